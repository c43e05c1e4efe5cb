from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import summary
from recordings.summary import summarised
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
