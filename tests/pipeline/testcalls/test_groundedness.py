"""Which answers of a call have a source, by its log."""

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.testcalls.groundedness import Groundedness, groundedness
from recordings.events import Event

pytestmark = pytest.mark.unit

FOUND = {
    "turn": "t1",
    "call": "k1",
    "question": "shipping",
    "certain": False,
    "passages": [{"title": "Shipping", "text": "Standard shipping costs $4.99 and takes 3 to 5 business days."}],
}


def log(*told: tuple[str, Mapping[str, Any]]) -> list[Event]:
    return [Event("local", "CA1", seq, 0, "", kind, data) for seq, (kind, data) in enumerate(told, 1)]


def says(text: str) -> tuple[str, Mapping[str, Any]]:
    return "model.said", {"turn": "t1", "call": "k2", "text": text}


@pytest.mark.row(167)
def test_a_clause_of_a_model_has_a_source_where_its_words_are_of_what_was_found():
    found = ("knowledge.found", FOUND)
    assert groundedness(log(found, says("Standard shipping takes three to five days."))) == Groundedness(1, 1)
    assert groundedness(log(found, says("Our founder climbed Everest twice."))) == Groundedness(1, 0)
    assert groundedness(log(says("Standard shipping takes three to five days."))) == Groundedness(1, 0)


def test_what_states_nothing_or_was_not_spoken_does_not_count():
    refused = ("model.refused", {"turn": "t1", "call": "k2", "text": "It is free.", "reason": "no source"})
    assert groundedness(log(says("Which parcel is it?"), says("It is free."), refused)) == Groundedness()
    assert Groundedness().share is None


def test_an_approved_answer_counts_by_its_source_on_record():
    understood = ("turn.understood", {"turn": "t1", "intent": "", "confidence": 0.9, "slots": {}, "by": "knowledge"})
    answered = ("turn.answered", {"turn": "t1", "sources": [{"document": "d", "section": "s", "title": "t"}]})
    bare = ("turn.answered", {"turn": "t1", "sources": []})
    assert (groundedness(log(understood, answered)) + groundedness(log(understood, bare))).share == 0.5


def test_results_of_tools_are_sources():
    returned = (
        "tool.returned",
        {"turn": "t1", "call": "k1", "tool": "order_status", "ok": True, "result": {"status": "shipped"}},
    )
    assert groundedness(log(returned, says("Your order has been shipped."))) == Groundedness(1, 1)
