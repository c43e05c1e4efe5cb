"""Vectors from an endpoint on loopback, and from an ONNX model that is made here."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from knowledge.embed import REST_S, EndpointEmbeddings, OnnxSentences, sentence_vectors
from knowledge.english.onnx_writer import Graph
from knowledge.english.sentences import SentenceModelUnusable
from knowledge.errors import EmbeddingsFailed
from knowledge.ingest import ingest
from knowledge.retrieve import search
from tests.fakes import shelf
from tests.peers.embeddings import DIMENSIONS, Embeddings, embeddings_server

pytestmark = pytest.mark.adapter

WORDS = ("[UNK]", "where", "is", "my", "order", "refund", "tent")


@pytest.fixture
def peer() -> Iterator[Embeddings]:
    with embeddings_server() as peer:
        yield peer


@pytest.fixture
def endpoint(peer: Embeddings) -> Iterator[EndpointEmbeddings]:
    endpoint = EndpointEmbeddings(peer.url, "embed-1", "sk-test")
    yield endpoint
    endpoint.close()


def test_texts_become_unit_rows_in_their_order(peer, endpoint):
    rows = endpoint.embed(["where is my order", "a tent", "where is my order"])
    assert rows.shape == (3, DIMENSIONS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)
    assert np.array_equal(rows[0], rows[2])
    assert not np.allclose(rows[0], rows[1])
    assert peer.keys == ["Bearer sk-test"]


def test_many_texts_are_sent_in_batches_and_a_question_once(peer, endpoint):
    assert endpoint.embed([f"text {number}" for number in range(150)]).shape == (150, DIMENSIONS)
    assert [len(texts) for texts in peer.asked] == [64, 64, 22]
    endpoint.embed(["a question"])
    endpoint.embed(["a question"])
    assert peer.asked[3:] == [["a question"]]


@pytest.mark.parametrize("fault", ["wrong_key", "broken", "html", "too_few", "nan", "short"])
def test_whatever_goes_wrong_is_one_error(peer, endpoint, fault):
    endpoint.embed(["first", "second"])
    assert endpoint.dimensions == DIMENSIONS
    peer.fault = fault
    with pytest.raises(EmbeddingsFailed, match="embed-1"):
        endpoint.embed(["third", "fourth"] if fault != "short" else ["third"])


def test_a_search_goes_on_without_an_endpoint_that_is_late_and_asks_it_again_later(peer, tmp_path):
    now = [0.0]
    endpoint = EndpointEmbeddings(peer.url, "embed-1", "", now=lambda: now[0])
    shelf.public(tmp_path / "knowledge")
    index = ingest(tmp_path / "knowledge", tmp_path / "data", endpoint)
    asked = len(peer.asked)
    assert search(index, "what does standard shipping cost").passages[0].document == "shipping.md"
    assert len(peer.asked) == asked + 1
    peer.fault = "late"
    assert search(index, "when do refunds arrive").passages[0].document == "refunds.md"
    assert search(index, "what does the warranty cover").passages[0].document == "warranty.md"
    assert len(peer.asked) == asked + 2
    peer.fault = ""
    now[0] += REST_S + 1
    search(index, "how do i rent a kayak")
    assert len(peer.asked) == asked + 3
    endpoint.close()


def test_an_edit_asks_only_for_what_is_new(peer, endpoint, tmp_path):
    shelf.public(tmp_path / "knowledge")
    ingest(tmp_path / "knowledge", tmp_path / "data", endpoint)
    peer.asked.clear()
    shelf.write(tmp_path / "knowledge", "maps", "Maps", "Trail maps", "A trail map costs four dollars.")
    ingest(tmp_path / "knowledge", tmp_path / "data", endpoint)
    assert all("map" in text.lower() for texts in peer.asked for text in texts)
    assert peer.asked


def onnx_folder(folder: Path, *, by_token: bool) -> Path:
    """A model whose vector of a word is a row of a matrix; a sentence's is the mean, made here or by the caller."""
    folder.mkdir()
    graph = Graph()
    table = np.random.default_rng(5).standard_normal((len(WORDS), 8)).astype(np.float32)
    found = graph.add("Gather", graph.constant(table), "input_ids")
    if by_token:
        packed = graph.model({"input_ids": ("int64", ("batch", "tokens"))}, found, ("batch", "tokens", 8))
    else:
        mean = graph.add("ReduceMean", found, graph.constant(np.array([1], np.int64)), keepdims=0)
        packed = graph.model({"input_ids": ("int64", ("batch", "tokens"))}, mean, ("batch", 8))
    (folder / "model.onnx").write_bytes(packed)
    vocabulary = {word: at for at, word in enumerate(WORDS)}
    model = {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"}
    tokenizer = {"version": "1.0", "model": model, "pre_tokenizer": {"type": "Whitespace"}}
    empty = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor", "decoder"))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer | empty | {"added_tokens": []}))
    return folder


@pytest.mark.parametrize("by_token", [True, False])
def test_an_onnx_model_of_a_folder_is_used(tmp_path, by_token):
    model = OnnxSentences(onnx_folder(tmp_path / "model", by_token=by_token))
    rows = model.embed(["where is my order", "my order is where", "tent"])
    assert rows.shape == (3, model.dimensions) == (3, 8)
    assert np.allclose(rows[0], rows[1], atol=1e-6)
    assert not np.allclose(rows[0], rows[2])
    assert np.allclose(np.linalg.norm(rows, axis=1), 1)


def test_the_two_shapes_of_output_mean_the_same(tmp_path):
    one, other = (OnnxSentences(onnx_folder(tmp_path / str(kind), by_token=kind)) for kind in (True, False))
    assert np.allclose(one.embed(["my tent"]), other.embed(["my tent"]), atol=1e-6)


def test_an_index_is_searched_with_an_onnx_model(tmp_path):
    shelf.public(tmp_path / "knowledge")
    model = sentence_vectors(onnx_folder(tmp_path / "model", by_token=True))
    assert isinstance(model, OnnxSentences)
    index = ingest(tmp_path / "knowledge", tmp_path / "data", model)
    assert search(index, "what does standard shipping cost").passages[0].document == "shipping.md"


def test_a_folder_without_a_usable_model_is_told(tmp_path):
    folder = onnx_folder(tmp_path / "model", by_token=True)
    (folder / "model.onnx").write_bytes(b"no model")
    with pytest.raises(SentenceModelUnusable, match="holds no ONNX sentence model"):
        sentence_vectors(folder)


def test_an_endpoint_is_preferred(endpoint, tmp_path):
    assert sentence_vectors(tmp_path, endpoint) is endpoint
