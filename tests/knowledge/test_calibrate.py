"""In a large corpus something always resembles the question: how certain is certain enough is learned from it."""

import pytest

from knowledge.build import build_index
from knowledge.calibrate import least_certain
from knowledge.document import read_document
from knowledge.index import Index
from knowledge.ingest import calibrate
from knowledge.prepared import prepare
from knowledge.retrieve import search

pytestmark = pytest.mark.unit

THINGS = ("tents", "boots", "kayaks", "stoves", "lamps", "ropes", "maps", "bikes", "skis", "gloves", "poles", "cups")
SIDES = ("colour", "weight", "price", "age")


def text(name: str, *, alike: bool) -> str:
    """Sections that begin with the same words, or with words that only one has; and go on with words of their own."""
    sections = []
    for side in SIDES:
        own = " ".join(f"{name}{side}{letter * 2}" for letter in "bcdfghjklmnpqr")
        first = "The heavy wooden furniture arrives every rainy morning" if alike else f"The {own}"
        sections.append(f"## {side} {name}\n\n{first}. {first}. {first}. Also {own}.\n")
    return f"# {name}\n\n" + "\n".join(sections)


def built(path, *, alike: bool) -> Index:
    documents = [prepare(read_document(f"{name}.md", text(name, alike=alike))) for name in THINGS]
    build_index(documents, {"content_hash": "x"}, path)
    return Index(path)


def test_where_sections_say_the_same_more_is_needed_to_be_certain(tmp_path):
    alike, apart = built(tmp_path / "alike.sqlite", alike=True), built(tmp_path / "apart.sqlite", alike=False)
    assert least_certain(alike) > least_certain(apart)
    assert least_certain(alike) == least_certain(alike)


def test_what_is_less_certain_than_the_corpus_asks_for_is_not_certain(tmp_path):
    index = built(tmp_path / "index.sqlite", alike=False)
    question = "price kayaks"
    found = search(index, question)
    assert found.certain
    index.least_certain = (found.passages[0].score + 1) / 2
    again = search(index, question)
    assert (again.certain, again.passages) == (False, found.passages)


def test_a_small_corpus_is_judged_as_the_one_that_was_learned_on(tmp_path):
    built(tmp_path / "index.sqlite", alike=True).close()
    calibrate(tmp_path / "index.sqlite", None)
    assert Index(tmp_path / "index.sqlite").least_certain == 0.0
