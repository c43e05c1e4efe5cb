"""An index that was amended answers like one that was made anew."""

import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.access import CALLER, Group, Reader
from knowledge.build import amend_index, build_index
from knowledge.document import read_document
from knowledge.index import Index
from knowledge.labels import Labels
from knowledge.prepared import Prepared, prepare
from knowledge.retrieve import search

pytestmark = pytest.mark.unit

STAFF = Reader("A", "pin", frozenset({"internal", "operational"}))
THINGS = ("tents", "boots", "kayaks", "jackets", "stoves", "maps", "lamps", "bikes")
QUESTIONS = tuple(f"{asked} {thing}" for thing in THINGS[:4] for asked in ("what does it cost to rent", "warranty of"))


class WordHashes:
    """A stand-in for a sentence model: words, hashed into 32 places, and what it was asked."""

    fingerprint = "word hashes"
    dimensions = 32

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        rows = np.zeros((len(texts), 32), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[zlib.crc32(word.strip("?.").encode()) % 32] += 1
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def document(name: str, days: int = 30, group: Group = "public") -> Prepared:
    text = (
        f"# {name.title()}\n\n## Renting {name}\n\nRenting {name} costs {days} dollars a day.\n\n"
        f"## Warranty of {name}\n\nThe warranty of {name} ends after {days} months.\n\n"
        f"## Returns of {name}\n\nBring {name} back within {days} days.\n"
    )
    return prepare(read_document(f"{name}.md", text, Labels(group=group)))


def table(index: Index, name: str) -> list[tuple[object, ...]]:
    rows = index.connection().execute(f"SELECT * FROM {name}")  # noqa: S608  # a name of ours
    return sorted(rows.fetchall())


def said_of(index: Index, question: str, reader: Reader) -> dict[tuple[str, str], float]:
    places = index.matches(question, reader)
    named = {one.place: (one.document, one.section) for one in index.entries}
    return {named[place]: round(weight, 4) for place, weight in places.items()}


def contradictions(index: Index) -> set[tuple[str, str, str]]:
    named = {one.place: f"{one.document}#{one.section}" for one in index.entries}
    rows = index.connection().execute("SELECT one, other, kind FROM conflicts")
    return {(*sorted((named[one], named[other])), kind) for one, other, kind in rows}


def likeness(index: Index, question: str) -> dict[tuple[str, str], float]:
    rows = index.concept_lines @ index.concepts(question.split(), kept=True)
    named = {one.place: (one.document, one.section) for one in index.entries}
    found: dict[tuple[str, str], float] = {}
    for place, value in zip(index.line_owners.tolist(), rows.tolist(), strict=True):
        found[named[place]] = max(found.get(named[place], 0.0), round(value, 4))
    return found


def amended(folder: Path, before: list[Prepared], after: list[Prepared], sentences: WordHashes | None = None) -> Index:
    for old in folder.glob("*.sqlite"):
        old.unlink()
    build_index(before, {"content_hash": "before"}, folder / "before.sqlite", sentences)
    same = [one for one in before if one in after]
    fresh = [one for one in after if one not in same]
    gone = [one.path for one in before if one not in same]
    amend_index(folder / "before.sqlite", fresh, gone, {"content_hash": "after"}, folder / "after.sqlite", sentences)
    return Index(folder / "after.sqlite", sentences)


GROUPS: tuple[Group, ...] = ("public", "public", "internal")
DOCUMENTS = st.builds(document, st.sampled_from(THINGS), st.integers(10, 12), st.sampled_from(GROUPS))
SHELVES = st.lists(DOCUMENTS, min_size=1, max_size=8, unique_by=lambda one: one.path)


@settings(max_examples=6)
@given(before=SHELVES, after=SHELVES)
def test_an_amended_index_says_what_one_made_anew_says(tmp_path_factory, before, after):
    folder = tmp_path_factory.mktemp("indexes")
    now = amended(folder, before, after)
    build_index(after, {"content_hash": "anew"}, folder / "anew.sqlite")
    anew = Index(folder / "anew.sqlite")
    assert (now.sections, now.open_sections, now.content_hash) == (anew.sections, anew.open_sections, "after")
    assert table(now, "frequency") == table(anew, "frequency")
    assert contradictions(now) == contradictions(anew)
    for question in QUESTIONS:
        assert likeness(now, question) == likeness(anew, question)
        for reader in (CALLER, STAFF):
            assert said_of(now, question, reader) == said_of(anew, question, reader)


def test_what_changed_is_found_and_what_is_gone_is_not(tmp_path):
    before = [document(name) for name in THINGS]
    after = [document("tents", 99), *before[2:], document("canoes", 77)]
    index = amended(tmp_path, before, after)
    assert search(index, "what does renting tents cost").passages[0].spoken == "Renting tents costs 99 dollars a day."
    assert search(index, "what does renting canoes cost").passages[0].spoken == "Renting canoes costs 77 dollars a day."
    assert all(one.document != "boots.md" for one in search(index, "what does renting boots cost").passages)
    assert float(index.about("learned_drift")) == pytest.approx(0.25)


def test_what_was_made_internal_is_not_found_by_a_caller_any_more(tmp_path):
    before = [document(name) for name in THINGS]
    index = amended(tmp_path, before, [replace(before[0], group="internal"), *before[1:]])
    assert all(one.document != "tents.md" for one in search(index, "what does renting tents cost").passages)
    assert search(index, "what does renting tents cost", STAFF).passages[0].document == "tents.md"


def test_texts_that_stayed_are_not_embedded_again_and_those_that_went_are_forgotten(tmp_path):
    before = [document(name) for name in THINGS]
    sentences = WordHashes()
    index = amended(tmp_path, before, [document("tents", 99), *before[1:]], sentences)
    assert len(sentences.asked) == len(set(sentences.asked))
    anew = tmp_path / "anew.sqlite"
    build_index([document("tents", 99), *before[1:]], {"content_hash": "anew"}, anew, sentences)
    other = Index(anew, sentences)
    assert {key for key, _ in table(index, "vectors")} == {key for key, _ in table(other, "vectors")}
    assert index.piece_sentences is not None
    assert other.piece_sentences is not None
    assert np.allclose(np.sort(index.piece_sentences.vectors, 0), np.sort(other.piece_sentences.vectors, 0))
