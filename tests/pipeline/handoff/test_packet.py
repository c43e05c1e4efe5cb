"""The packet's shape: stored, read again, and described."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.handoff.build import packet_of
from pipeline.handoff.packet import PACKET_VERSION, from_json, schema, to_json
from pipeline.handoff.places import transcript
from recordings.fold import fold
from tests.fakes.told_calls import ABOUT, ToldCall, refund_that_fails
from tests.pipeline.handoff.test_build import ASKED

pytestmark = pytest.mark.unit

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "handoff.md"


def test_a_stored_packet_says_its_version():
    assert to_json(packet_of([], ABOUT, ASKED))["version"] == PACKET_VERSION == 1


def test_fields_of_a_later_version_are_left_out_and_nonsense_is_refused():
    stored = to_json(packet_of(refund_that_fails().events, ABOUT, ASKED))
    assert from_json({**stored, "later": 1}) == from_json(stored)
    with pytest.raises(ValidationError):
        from_json({**stored, "transcript": "none"})


def test_every_field_is_documented():
    written = DOCUMENT.read_text()
    missing = [name for name in schema()["properties"] if f"`{name}`" not in written]
    assert not missing


def test_the_transcript_tells_what_was_heard_and_what_was_not():
    call = ToldCall().says("stop").answers("You have thirty days to return it.", heard="You have thirty")
    call.told("assistant.speaks", utterance="a9", turn="t1", text="Anything else?", purpose="question")
    told = [(line.who, line.text, line.heard, line.unheard) for line in transcript(fold(call.events).utterances)][1:]
    assert told == [
        ("caller", "stop", True, ""),
        ("assistant", "You have thirty", False, "days to return it."),
        ("assistant", "", False, "Anything else?"),
    ]
