from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import summary
from recordings.summary import LIVE, CallSummary, Wanted, summarised
from tests.fakes.call_events import CALL_ID, call_events

pytestmark = pytest.mark.unit

BEGAN = datetime(2026, 1, 5, 10, tzinfo=UTC)
NOTED = [(event, BEGAN + timedelta(milliseconds=number)) for number, event in enumerate(call_events())]


def test_no_events_no_summary():
    assert summarised(None, []) is None


def test_a_call_in_one_line():
    call = summarised(None, NOTED)
    assert call is not None
    assert summary.to_json(call) == {
        "call_id": CALL_ID,
        "begun_at": "2026-01-05T10:00:00.000Z",
        "line": "example",
        "from_number": "+15550100",
        "to_number": "+15550199",
        "outcome": "caller_hung_up",
        "reason": "hang_up",
        "message_for": "customer_care",
        "duration_ms": 22_500,
        "last_seq": len(NOTED),
    }


def test_a_call_lives_until_it_has_ended():
    lives, ended = summarised(None, NOTED[:-1]), summarised(None, NOTED)
    assert lives is not None
    assert ended is not None
    assert lives.live
    assert not ended.live


@given(st.integers(0, len(NOTED)))
def test_in_two_steps_it_is_the_same_as_in_one(cut):
    assert summarised(summarised(None, NOTED[:cut]), NOTED[cut:]) == summarised(None, NOTED)


CALL = CallSummary("CAabc", "local", BEGAN, from_number="+14155550101", outcome="completed")


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (Wanted(), True),
        (Wanted("completed"), True),
        (Wanted("failed"), False),
        (Wanted(LIVE), False),
        (Wanted(text="(415) 555-0101"), True),
        (Wanted(text="555 0101"), True),
        (Wanted(text="+14155550101"), True),
        (Wanted(text="0102"), False),
        (Wanted(text="ABC"), True),
        (Wanted(text="()"), False),
        (Wanted("failed", "0101"), False),
        (Wanted(message=True), False),
    ],
)
def test_a_list_shows_what_was_asked_for(wanted, shown):
    assert wanted.matches(CALL) is shown


def test_a_call_without_an_outcome_is_live_and_a_queue_without_a_name_has_a_message():
    call = CallSummary("CA1", "local", BEGAN, message_for="")
    assert Wanted(LIVE, message=True).matches(call)
    assert not Wanted("completed").matches(call)
