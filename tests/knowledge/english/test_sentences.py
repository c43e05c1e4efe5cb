"""A sentence encoder from its files: a small one with random weights against the same arithmetic in numpy."""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import erf

from knowledge.english.sentences import (
    BertSentences,
    SentenceModelUnusable,
    installed_sentences,
    read_safetensors,
)

pytestmark = pytest.mark.unit

WIDTH, WIDE, LAYERS, HEADS = 48, 96, 2, 4
WORDS = ("[UNK]", "where", "is", "my", "order", "refund", "please", "a", "tent")
Tensors = dict[str, npt.NDArray[np.float32]]


def random_tensors() -> Tensors:
    draw = np.random.default_rng(7)

    def matrix(*shape: int) -> npt.NDArray[np.float32]:
        return (draw.standard_normal(shape) * 0.3).astype(np.float32)

    def norm() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        return 1 + matrix(WIDTH), matrix(WIDTH)

    tensors: Tensors = {
        "embeddings.word_embeddings.weight": matrix(len(WORDS), WIDTH),
        "embeddings.position_embeddings.weight": matrix(64, WIDTH),
        "embeddings.token_type_embeddings.weight": matrix(2, WIDTH),
    }
    tensors["embeddings.LayerNorm.weight"], tensors["embeddings.LayerNorm.bias"] = norm()
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        sizes = {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        sizes |= {
            "attention.output.dense": (WIDTH, WIDTH),
            "intermediate.dense": (WIDE, WIDTH),
            "output.dense": (WIDTH, WIDE),
        }
        for part, (rows, columns) in sizes.items():
            tensors[f"{name}.{part}.weight"], tensors[f"{name}.{part}.bias"] = matrix(rows, columns), matrix(rows)
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            tensors[f"{name}.{part}.weight"], tensors[f"{name}.{part}.bias"] = norm()
    return tensors


def pack(tensors: Tensors) -> bytes:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(body), len(body) + tensor.nbytes]}
        body += tensor.tobytes()
    header["position_ids"] = {"dtype": "I64", "shape": [1], "data_offsets": [len(body), len(body) + 8]}
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + body + bytes(8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    shape = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
    (folder / "config.json").write_text(json.dumps(shape))
    (folder / "model.safetensors").write_bytes(pack(random_tensors()))
    vocabulary = {word: at for at, word in enumerate(WORDS)}
    tokenizer: dict[str, object] = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    return folder


def in_numpy(tensors: Tensors, text: str) -> npt.NDArray[np.float64]:
    """The same encoder, float64, written out."""

    def linear(value: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        return np.asarray(value @ tensors[f"{name}.weight"].T.astype(np.float64) + tensors[f"{name}.bias"])

    def normalised(value: npt.NDArray[np.float64], name: str) -> npt.NDArray[np.float64]:
        centred = value - value.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True))
        return np.asarray(scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"])

    ids = [WORDS.index(word) if word in WORDS else 0 for word in text.split()]
    value = (
        tensors["embeddings.word_embeddings.weight"][ids] + tensors["embeddings.position_embeddings.weight"][: len(ids)]
    )
    layer = normalised(
        value.astype(np.float64) + tensors["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm"
    )
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        query, key, values = (
            linear(layer, f"{name}.attention.self.{part}").reshape(len(ids), HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        likeness = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(WIDTH / HEADS))
        seen = (likeness / likeness.sum(-1, keepdims=True) @ values).transpose(1, 0, 2).reshape(len(ids), WIDTH)
        layer = normalised(layer + linear(seen, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        wide = linear(layer, f"{name}.intermediate.dense")
        narrow = linear(wide * 0.5 * (1 + erf(wide / np.sqrt(2))), f"{name}.output.dense")
        layer = normalised(layer + narrow, f"{name}.output.LayerNorm")
    pooled = layer.mean(0)
    return np.asarray(pooled / np.linalg.norm(pooled))


@pytest.mark.parametrize("text", ["order", "where is my order please", "a tent", "nobody knows this"])
def test_the_graph_computes_what_the_encoder_does(folder, text):
    row = BertSentences(folder).embed([text])[0]
    assert float(row @ in_numpy(random_tensors(), text)) > 0.98  # 8-bit weights


def test_a_sentence_has_one_vector_alone_or_among_others(folder):
    model = BertSentences(folder)
    texts = ["where is my order", "refund please", "a tent", "where is my tent please"] * 5
    together = model.embed(texts)
    assert np.array_equal(together, np.concatenate([model.embed([text]) for text in texts]))
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    assert (model.dimensions, len(model.fingerprint)) == (WIDTH, 64)
    assert model.embed([]).shape == (0, WIDTH)


def test_no_text_is_too_long_or_too_short(folder):
    model = BertSentences(folder)
    assert model.embed(["order " * 500]).shape == (1, WIDTH)
    assert np.isfinite(model.embed([""])).all()


def test_a_folder_that_holds_no_model_is_named_with_what_is_missing(tmp_path, folder):
    with pytest.raises(SentenceModelUnusable, match=r"has no config\.json"):
        installed_sentences(tmp_path)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert installed_sentences(tmp_path) is installed_sentences(tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (broken / name).write_bytes((folder / name).read_bytes())
    for damage in (b"", b"12345678", struct.pack("<Q", 10**12) + b"{}", struct.pack("<Q", 2) + b"{}"):
        (broken / "model.safetensors").write_bytes(damage)
        with pytest.raises(SentenceModelUnusable, match="broken"):
            BertSentences(broken)


def test_tensors_of_other_types_are_left_out(folder):
    tensors = read_safetensors((folder / "model.safetensors").read_bytes())
    assert "position_ids" not in tensors
    assert np.array_equal(
        tensors["embeddings.word_embeddings.weight"], random_tensors()["embeddings.word_embeddings.weight"]
    )


class Counted(BertSentences):
    """Counts how often it is run."""

    runs = 0

    def _run(self, ids: Sequence[int]) -> npt.NDArray[np.float32]:
        self.runs += 1
        return super()._run(ids)


def test_the_same_words_are_run_once_and_what_is_given_back_may_be_changed(folder: Path):
    model = Counted(folder)
    first = model.embed(["where is my order"])
    kept = first.copy()
    first[:] = 0
    assert np.array_equal(model.embed(["where is my order"]), kept)
    assert model.runs == 1
