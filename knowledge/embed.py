"""Vectors of texts from an embeddings endpoint, or from an ONNX model in a folder. Both are a SentenceVectors.

Nothing is asked of a service unless it is set up. Questions of callers then leave this machine: docs/knowledge.md.
"""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.english.sentences import MAX_TOKENS, SentenceModelUnusable, SentenceVectors, installed_sentences
from knowledge.errors import EmbeddingsFailed

Floats = npt.NDArray[np.float32]

QUESTION_S: Final = 0.15
"""A question is waited for so long: retrieval as a whole has 250 ms."""
BATCH_S: Final = 30.0
BATCH: Final = 64
REST_S: Final = 20.0
"""After a failure questions are not sent for so long: retrieval goes on without."""
_REMEMBERED: Final = 256
_MODEL: Final = "model.onnx"


class EndpointEmbeddings:
    """An OpenAI-compatible /embeddings endpoint. Safe in any thread."""

    def __init__(self, base_url: str, model: str, api_key: str, now: Callable[[], float] = time.monotonic) -> None:
        """api_key may be empty for a server that wants none."""
        import openai  # noqa: PLC0415 0.5 s, for those who use it

        self._client = openai.OpenAI(api_key=api_key or "none", base_url=base_url, max_retries=0)
        self._client.organization = self._client.project = None  # only the settings say who we are
        self._model = model
        self._fingerprint = hashlib.sha256(f"{base_url}\0{model}".encode()).hexdigest()
        self._dimensions = 0
        self._now = now
        self._resting_until = 0.0
        self._remembered: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def fingerprint(self) -> str:
        """Hash of server and model."""
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector; asked of the server once. Raises EmbeddingsFailed."""
        if not self._dimensions:
            self._dimensions = int(self._asked(["length"], BATCH_S).shape[1])
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit row a text. One text alone is a question: it is waited for 150 ms. Raises EmbeddingsFailed."""
        if len(texts) == 1:
            return self._question(texts[0])
        batches = [self._asked(list(texts[at : at + BATCH]), BATCH_S) for at in range(0, len(texts), BATCH)]
        return np.concatenate(batches) if batches else np.zeros((0, self.dimensions), np.float32)

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _question(self, text: str) -> Floats:
        with self._lock:
            known = self._remembered.get(text)
            resting = self._now() < self._resting_until
        if known is not None:
            return known
        if resting:
            raise EmbeddingsFailed(f"{self._model} failed less than {REST_S:.0f} s ago; it is not asked")
        try:
            rows = self._asked([text], QUESTION_S)
        except EmbeddingsFailed:
            with self._lock:
                self._resting_until = self._now() + REST_S
            raise
        with self._lock:
            self._remembered[text] = rows
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return rows

    def _asked(self, texts: list[str], patience_s: float) -> Floats:
        import openai  # noqa: PLC0415 as above

        try:
            answer = self._client.embeddings.create(
                model=self._model, input=[text or " " for text in texts], encoding_format="float", timeout=patience_s
            )
            rows = np.array([one.embedding for one in sorted(answer.data, key=lambda one: one.index)], np.float32)
        except openai.OpenAIError as error:
            raise EmbeddingsFailed(f"{self._model}: {type(error).__name__}; look at the embeddings settings") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise EmbeddingsFailed(f"{self._model} gave no vectors ({error})") from error
        if rows.ndim != 2 or len(rows) != len(texts) or not np.isfinite(rows).all():
            raise EmbeddingsFailed(
                f"{self._model} gave {len(answer.data)} vectors for {len(texts)} texts, or broken ones"
            )
        if self._dimensions and rows.shape[1] != self._dimensions:
            raise EmbeddingsFailed(f"{self._model} gave vectors of {rows.shape[1]} numbers, not {self._dimensions}")
        return _unit(rows)


class OnnxSentences:
    """A sentence encoder as exporters write it: model.onnx and tokenizer.json in a folder. Safe in any thread."""

    def __init__(self, folder: Path) -> None:
        """Load it. Raises SentenceModelUnusable."""
        # Both are heavy to import and needed only where a model is set up.
        from onnxruntime import InferenceSession, SessionOptions  # type: ignore[import-untyped]  # noqa: PLC0415
        from tokenizers import Tokenizer  # noqa: PLC0415

        packed = (folder / _MODEL).read_bytes()
        self._fingerprint = hashlib.sha256(packed + (folder / "tokenizer.json").read_bytes()).hexdigest()
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            self._session = InferenceSession(packed, options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._inputs = {one.name for one in self._session.get_inputs()}
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(MAX_TOKENS)
            self._dimensions = int(self._run("length").shape[0])
        except Exception as problem:  # onnxruntime and tokenizers raise bare Exceptions of their own
            raise SentenceModelUnusable(f"{folder} holds no ONNX sentence model ({problem})") from problem

    @property
    def fingerprint(self) -> str:
        """Hash of model and tokenizer."""
        return self._fingerprint

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit row a text; each runs alone, so that a text's vector is always the same."""
        rows = np.zeros((len(texts), self._dimensions), np.float32)
        for at, text in enumerate(texts):
            rows[at] = self._run(text)
        return _unit(rows)

    def _run(self, text: str) -> Floats:
        """The sentence's vector; where the model gives one a token, their mean."""
        ids = np.array([self._tokenizer.encode(text).ids], np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        first = self._session.run(None, {name: value for name, value in given.items() if name in self._inputs})[0]
        values: Floats = np.asarray(first, np.float32)
        pooled: Floats = values[0].mean(0) if values.ndim == 3 else values[0]
        return pooled


def sentence_vectors(folder: Path | None, endpoint: EndpointEmbeddings | None = None) -> SentenceVectors | None:
    """The endpoint if there is one, else the model of a folder, else the installed one, else None.

    Raises SentenceModelUnusable when the folder that was named holds no usable model.
    """
    if endpoint is not None:
        return endpoint
    if folder is not None and (folder / _MODEL).is_file() and (folder / "tokenizer.json").is_file():
        return OnnxSentences(folder)
    return installed_sentences(folder)


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
