"""A conversation on a terminal: how long the caller waited stands at the reply, and nowhere else."""

from typing import Any

import pytest

from server.cli.show import ConversationView

pytestmark = pytest.mark.unit


def speaks(utterance: str, purpose: str = "reply") -> dict[str, Any]:
    return {"kind": "assistant.speaks", "data": {"utterance": utterance, "text": utterance, "purpose": purpose}}


def heard(utterance: str, start_ms: int, *, complete: bool = True) -> dict[str, Any]:
    told = {"utterance": utterance, "heard_text": utterance, "start_ms": start_ms, "complete": complete}
    return {"kind": "assistant.heard", "data": told}


def said(start_ms: int, end_ms: int) -> dict[str, Any]:
    told = {"start_ms": start_ms, "end_ms": end_ms, "text": "hi", "via": "speech"}
    return {"kind": "caller.said", "data": told}


def shown(*events: dict[str, Any]) -> list[str]:
    view = ConversationView()
    return [line.plain for event in events for line in view.show(event)]


def test_a_reply_says_how_long_the_caller_waited():
    lines = shown(said(1000, 2000), speaks("a1"), heard("a1", 2500), speaks("a2"), heard("a2", 4000))
    assert lines[1].endswith("(0.50 s after the caller)")
    assert "after the caller" not in lines[2]


def test_what_the_caller_spoke_over_is_no_reply_to_it():
    lines = shown(speaks("a1"), said(1000, 2000), heard("a1", 200, complete=False), speaks("a2"), heard("a2", 2600))
    assert "after the caller" not in lines[1]
    assert lines[2].endswith("(0.60 s after the caller)")


def test_a_reply_that_begins_while_the_caller_still_speaks_was_not_waited_for():
    lines = shown(said(1000, 2000), speaks("a1"), heard("a1", 1900), speaks("a2", "question"), heard("a2", 4000))
    assert not any("after the caller" in line for line in lines)


def test_a_spent_budget_and_the_beginning_of_the_recording_are_shown():
    data = {"turn": "t2", "budget": "model_replies", "spent": 1, "limit": 1}
    spent = {"kind": "budget.spent", "at_ms": 9000, "data": data}
    began = {"kind": "recording.started", "at_ms": 0, "data": {"audio": "x.wav"}}
    lines = shown(spent, began)
    assert lines[0].endswith("nothing is left of model_replies (1 of 1)")
    assert lines[1].endswith("sound is kept from here on")


@pytest.mark.parametrize(
    ("gone", "back"),
    [("transfer.connected", "transfer.over"), ("supervisor.took_over", "supervisor.handed_back")],
)
def test_what_a_person_answered_waited_for_no_reply_of_the_assistant(gone, back):
    told = {"transfer": "h1", "offer": 0, "agent": "ana", "by": "desk", "outcome": "handed_back", "why": ""}
    away, again = ({"kind": kind, "at_ms": at_ms, "data": told} for kind, at_ms in ((gone, 2500), (back, 4500)))
    lines = shown(said(1000, 2000), away, said(2600, 4000), again, speaks("a1"), heard("a1", 9000))
    assert not any("after the caller" in line for line in lines)
    lines = shown(away, again, said(3000, 4400), speaks("a1"), heard("a1", 9000))  # its words come late
    assert not any("after the caller" in line for line in lines)
    lines = shown(away, said(3000, 4000), again, said(5000, 6000), speaks("a1"), heard("a1", 6500))
    assert lines[-1].endswith("(0.50 s after the caller)")
