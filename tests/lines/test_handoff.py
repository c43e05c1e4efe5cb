"""The packet that an agent would get of calls to the lines of this repository."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.handoff.about import about
from pipeline.handoff.build import Asked, packet_of
from pipeline.handoff.packet import Packet
from pipeline.handoff.summary import MOST_WORDS
from pipeline.testcalls.script import Scripted, TestCall
from server.testcalls import run_call
from server.text_office import TextLine

pytestmark = pytest.mark.call

LINES = Path(__file__).resolve().parents[2] / "lines"
ASKED = Asked("tr_1", "CA1", "support", datetime(2026, 11, 23, 18, tzinfo=UTC))
Opened = Callable[[Path], TextLine]


def packet(opened: Opened, folder: str, *steps: dict[str, str], faults: dict[str, str] | None = None) -> Packet:
    """What a call of these steps would hand over."""
    line = opened(LINES / folder)
    call = TestCall.model_validate({"name": "handoff", "steps": steps, "faults": faults or {}})
    outcome = run_call(line, Scripted(call, Path("handoff.yaml"), 1))
    assert outcome.passed, outcome.failures
    made = packet_of(outcome.events, about(line.line), ASKED)
    assert made.summary.source == "extract"
    assert sum(len(one.text.split()) for one in made.summary.bullets) <= MOST_WORDS
    assert all(one.spans for one in made.summary.bullets)
    return made


def says(*texts: str) -> list[dict[str, str]]:
    return [{"keys": text[1:]} if text.startswith("#") else {"caller": text} for text in texts]


@pytest.mark.row(80, 83)
def test_a_verified_caller_of_the_bank_need_not_say_again_who_they_are_and_what_was_done(opened: Opened) -> None:
    loan = "can i speak to a person about my loan, it's urgent"
    steps = says("please block my credit card", "it's lost", "#204815", "#4471", "#7316", "yes please", loan)
    made = packet(opened, "bank", *steps)
    assert (made.caller.customer, made.caller.verified.level, made.caller.verified.how) == (
        "204815",
        "pin",
        "check_pin",
    )
    assert [(one.tool, one.result["reference"]) for one in made.done] == [("block_card", "B601")]
    assert [(one.tool, one.status) for one in made.pending] == [("order_card", "waiting")]
    assert made.wanted[0].text == loan
    assert {"approve", "serve"} <= {one.code for one in made.next_steps}
    assert "7316" not in repr(made)
    assert made.earlier.calls == 0


@pytest.mark.row(78, 79)
def test_who_was_answered_from_a_document_and_wants_more_is_told_with_the_document(opened: Opened) -> None:
    made = packet(opened, "example", *says("how long do I have to return boots", "I want to return something",
                                           "it arrived damaged", "#70018", "yes", "yes",
                                           "I want the refund now, get me a manager"))  # fmt: skip
    assert [one.document for one in made.sources] == ["returns.md"]
    assert [one.text for one in made.summary.bullets] == [
        "In their words: “I want the refund now”.",
        "Said: “it arrived damaged”.",
        "Done: start return (R701).",
        "Why: The caller asked for a person.",
    ]
    assert made.briefing.startswith("Transfer. Caller not verified. Says: I want the refund now. Order number: 70018.")
    assert made.completeness.score == 100


@pytest.mark.row(78)
def test_a_spanish_call_is_told_to_an_english_agent(opened: Opened) -> None:
    made = packet(opened, "example", *says("español por favor", "quiero devolver algo", "llegó roto",
                                           "siete cero cero uno ocho", "así es", "claro que sí",
                                           "quiero hablar con una persona"))  # fmt: skip
    assert made.caller.language == "es"
    assert [fact.confirmed for fact in made.facts if fact.slot == "order_number"] == ["read_back"]
    assert made.briefing.endswith("Speaks Spanish.")
    assert "roto" not in made.briefing


@pytest.mark.row(80, 81)
def test_what_a_broken_system_left_undone_is_told_as_such(opened: Opened) -> None:
    made = packet(opened, "example", *says("where is my order", "#12345", "can I speak to a person"),
                  faults={"order_status": "down"})  # fmt: skip
    assert not made.done
    assert [one.tool for one in made.failed][-1] == "order_status"
    assert "do_by_hand" in {one.code for one in made.next_steps}
