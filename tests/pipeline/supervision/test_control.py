"""One supervisor controls a call at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.supervision.control import LASTS_MS, Control, released, taken

pytestmark = pytest.mark.unit


@pytest.mark.edge("two supervisors want the same call")
def test_of_two_who_want_it_at_once_the_first_has_it():
    first = taken(None, "ada", "Ada", 0)
    assert first == Control("ada", "Ada", LASTS_MS)
    assert taken(first, "bob", "Bob", 0) is None


def test_who_has_it_goes_on_by_any_wish_and_others_wait_until_it_has_run_out():
    first = taken(None, "ada", "Ada", 0)
    later = taken(first, "ada", "Ada", 20_000)
    assert taken(later, "bob", "Bob", 49_999) is None
    assert taken(later, "bob", "Bob", 50_000) == Control("bob", "Bob", 80_000)


def test_nobody_lets_go_for_others():
    first = taken(None, "ada", "Ada", 0)
    assert released(first, "bob") == first
    assert released(first, "ada") is None
    assert released(None, "ada") is None


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 40_000)), max_size=40))
def test_it_never_changes_hands_without_a_release_or_a_silence(steps):
    control, now_ms = None, 0
    for who, lets_go, later_ms in steps:
        now_ms += later_ms
        before = control
        if lets_go:
            control = released(control, who)
            continue
        got = taken(control, who, who, now_ms)
        assert (got is None) == (before is not None and not before.over(now_ms) and before.who != who)
        control = got or control
