import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from recordings import messages
from recordings.messages import left_messages
from recordings.summary import CallSummary
from tests.fakes.call_events import CALL_ID, call_events

pytestmark = pytest.mark.unit

RANG = datetime(2026, 1, 5, 9, 59, 59, tzinfo=UTC)
EVENTS = call_events()
CALL = CallSummary(CALL_ID, "local", RANG, "example", "+15550100")
TAKEN = next(event for event in EVENTS if event.kind == "message.taken")


def again(seq, **data):
    return dataclasses.replace(TAKEN, seq=seq, data={**TAKEN.data, **data})


def test_a_message_says_who_left_it_when_and_for_whom():
    (left,) = left_messages(CALL, EVENTS)
    assert messages.to_json(left) == {
        "call_id": CALL_ID,
        "number": 1,
        "left_at": "2026-01-05T10:00:21.500Z",
        "from_number": "+15550100",
        "line": "example",
        "queue": "customer_care",
        "text": "please call me back",
        "start_ms": 18_600,
        "end_ms": 21_500,
        "recording_url": None,
    }


def test_a_message_that_grew_is_one_message_and_the_latest_stands_first():
    events = [*EVENTS, again(90, message="m1", text="it is"), again(91, message="m1", text="it is Dana")]
    told = [(left.number, left.message.text) for left in left_messages(CALL, events)]
    assert told == [(2, "it is Dana"), (1, "please call me back")]


@pytest.mark.parametrize("wall_clock", ["", "yesterday", "2026-01-05T10:00:00"])
def test_without_a_usable_clock_it_is_told_by_when_the_call_rang(wall_clock):
    started = next(event for event in EVENTS if event.kind == "call.media_started")
    events = [dataclasses.replace(started, data={"wall_clock": wall_clock}), TAKEN]
    assert left_messages(CALL, events)[0].left_at == RANG + timedelta(milliseconds=21_500)


def test_a_message_that_the_carrier_recorded_says_where_it_is():
    left = left_messages(CALL, [again(90, text="", recording_url="https://api.twilio.com/RE1")])
    assert messages.to_json(left[0])["recording_url"] == "https://api.twilio.com/RE1"


def test_a_call_without_a_message_has_none():
    assert left_messages(CALL, [event for event in EVENTS if event is not TAKEN]) == ()
