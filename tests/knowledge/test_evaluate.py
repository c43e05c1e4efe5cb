"""Recall and latency on a labelled set."""

import json
from pathlib import Path

import pytest

from knowledge.evaluate import EvalInvalid, Given, document_of, evaluate
from tests.fakes.shelf import TOPICS

pytestmark = pytest.mark.unit

DOCUMENTS = [{"id": name, "title": title, "content": f"{heading}. {text}"} for name, title, heading, text in TOPICS]
QUERIES = [
    {"id": "1", "query": "what does standard shipping cost", "required": ["shipping"]},
    {"id": "2", "query": "how long is the warranty and when do refunds arrive", "required": ["warranty", "refunds"]},
]


@pytest.fixture
def files(tmp_path):
    def write(documents, queries) -> tuple[Path, Path]:
        paths = tmp_path / "docs.json", tmp_path / "queries.json"
        for path, content in zip(paths, (documents, queries), strict=True):
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return paths

    return write


def measure(paths: tuple[Path, Path]):
    return evaluate(*paths, None)


def test_documents_are_found(files):
    report, found = measure(files(DOCUMENTS, QUERIES))
    figures = report.to_json()
    assert figures["recall@5"] == figures["recall@10"] == figures["recall@20"] == 1.0
    assert (figures["documents"], figures["queries"]) == (6, 2)
    assert figures["latency_ms"]["p50"] <= figures["latency_ms"]["p95"] <= figures["latency_ms"]["max"]
    assert found[0]["found"][0] == "shipping"


def test_recall_is_the_share_of_what_is_required(files):
    many = [{"id": f"d{n}", "title": "Kayaks", "content": "A kayak on the river."} for n in range(10)]
    report, _ = measure(files(many, [{"id": "1", "query": "kayak", "required": [f"d{n}" for n in range(10)]}]))
    assert (report.recall_at_5, report.recall_at_10) == (0.5, 1.0)


def test_ids_may_be_numbers_and_lists_may_be_named(files):
    documents = {"documents": [{"id": 7, "content": "A kayak rents for sixty dollars."}]}
    report, _ = measure(files(documents, {"queries": [{"id": 1, "query": "kayak", "required": [7]}]}))
    assert report.recall_at_5 == 1.0


@pytest.mark.parametrize(
    ("documents", "queries", "complaint"),
    [
        ("{", QUERIES, "cannot be read as JSON"),
        ([], QUERIES, "holds no documents"),
        (DOCUMENTS, [], "holds no queries"),
        ([{"id": "a"}], QUERIES, "content"),
        (DOCUMENTS, [{"id": "1", "query": "x", "required": []}], "required"),
        (DOCUMENTS, [{"id": "1", "query": "x", "required": ["none"]}], "document 'none' is required"),
        ([*DOCUMENTS, DOCUMENTS[0]], QUERIES, "the same id"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(files, documents, queries, complaint):
    with pytest.raises(EvalInvalid, match=complaint):
        measure(files(documents, queries))


@pytest.mark.parametrize("content", ["", "\n\n", "\0", "word " * 5000, "# A\n\nx\n\n# B\n\ny", "no heading\n\nat all"])
def test_any_content_is_a_document(content):
    document = document_of(Given(id="1", title="T", content=content))
    assert document.sections
    assert len({section.id for section in document.sections}) == len(document.sections)


def test_long_text_without_headings_is_cut_at_paragraphs():
    content = "\n\n".join(f"Paragraph {number}. " + "word " * 100 for number in range(10))
    assert len(document_of(Given(id="1", title="T", content=content)).sections) == 4
