"""What callers called about, counted over calls."""

import pytest

from recordings.events import Event
from recordings.metrics.wishes import calls_by_intent, labels

pytestmark = pytest.mark.unit


def call(*said):
    return [understood(1 + at, {"wish": {"label": one}}) for at, one in enumerate(said)]


def understood(seq, data):
    return Event("local", "CA1", seq, seq, "", "turn.understood", data)


@pytest.mark.row(3)
def test_a_call_counts_once_for_each_of_its_intents_and_as_other_only_without_any():
    calls = [call("refund", "other", "refund", "hours"), call("other"), call("refund"), call()]
    assert [labels(one) for one in calls] == [("refund", "hours"), ("other",), ("refund",), ()]
    assert calls_by_intent(map(labels, calls)) == {"refund": 2, "hours": 1, "other": 1}


def test_a_log_of_an_earlier_version_has_no_labels():
    assert labels([understood(1, {"intent": "refund"}), understood(2, {"wish": 3})]) == ()
