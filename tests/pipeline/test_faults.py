"""Faults of a stream, counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.faults import EVERY_MS, FaultTally
from telephony.ports import Faulty

pytestmark = pytest.mark.unit


def test_the_first_of_a_kind_is_told_at_once_and_the_rest_once_a_second():
    tally = FaultTally()
    assert tally.add(Faulty("missing", "a"), 0) == Faulty("missing", "a")
    assert tally.add(Faulty("duplicate", "b"), 10) == Faulty("duplicate", "b")
    assert tally.add(Faulty("missing", "c", 3), 20) is None
    assert tally.add(Faulty("missing", "d"), 999) is None
    assert tally.add(Faulty("missing", "e"), 1000) == Faulty("missing", "e", 5)
    assert tally.rest() == []


def test_what_was_not_told_is_told_at_the_end_once():
    tally = FaultTally()
    for at_ms in (0, 1, 2):
        tally.add(Faulty("flood", "x"), at_ms)
    assert tally.rest() == [Faulty("flood", "x", 2)]
    assert tally.rest() == []


@given(st.lists(st.tuples(st.sampled_from(("flood", "missing")), st.integers(1, 5), st.integers(0, 700))))
def test_nothing_is_lost_and_little_is_told(faults):
    tally, told, now_ms = FaultTally(), [], 0
    for fault, count, after_ms in faults:
        now_ms += after_ms
        one = tally.add(Faulty(fault, "", count), now_ms)
        told += [one] if one else []
    assert len(told) <= 2 * (now_ms // EVERY_MS + 1)
    told += tally.rest()
    for kind in ("flood", "missing"):
        assert sum(each.count for each in told if each.fault == kind) == sum(
            count for fault, count, _ in faults if fault == kind
        )
