"""How levels of identity are reached, and lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.identity import NOBODY, asked, checked, dropped
from pipeline.assistant.tools.port import LEVELS

pytestmark = pytest.mark.unit

RIGHT = {"verified": True, "customer": "c1"}
WRONG = {"verified": False}


def test_a_tools_word_raises_the_level():
    done = checked(NOBODY, "claimed", "find", RIGHT, 100)
    assert (done.passed, done.raised) == (True, True)
    assert (done.identity.level, done.identity.customer, done.identity.how, done.identity.at_ms) == (
        "claimed", "c1", "find", 100,
    )  # fmt: skip
    assert checked(done.identity, "pin", "check", {"verified": True}, 200).identity.level == "pin"


def test_a_weaker_check_does_not_lower_a_level():
    known = checked(NOBODY, "pin", "check", RIGHT, 1).identity
    again = checked(known, "claimed", "find", RIGHT, 2)
    assert (again.passed, again.raised, again.identity) == (True, False, known)


@pytest.mark.parametrize(
    "result", [WRONG, {}, {"verified": "yes", "customer": "c1"}, {"verified": 1, "customer": "c1"}]
)
def test_anything_but_true_is_a_failure(result):
    done = checked(NOBODY, "knowledge", "check", result, 1)
    assert (done.passed, done.raised, done.identity.level) == (False, False, "none")
    assert done.identity.has_failed("knowledge")


def test_a_customer_without_a_name_is_nobody():
    assert not checked(NOBODY, "knowledge", "check", {"verified": True}, 1).passed


def test_a_tool_that_broke_says_nothing_about_the_caller():
    assert checked(NOBODY, "pin", "check", None, 1).identity == NOBODY


def test_a_proof_of_another_customer_is_none():
    claimed = checked(NOBODY, "claimed", "find", RIGHT, 1).identity
    done = checked(claimed, "pin", "check", {"verified": True, "customer": "c2"}, 2)
    assert (done.passed, done.identity.level, done.identity.customer) == (False, "claimed", "c1")


def test_who_claims_to_be_another_customer_loses_what_was_proved():
    known = checked(NOBODY, "pin", "check", RIGHT, 1).identity
    done = checked(known, "claimed", "find", {"verified": True, "customer": "c2"}, 2)
    assert (done.identity.level, done.identity.customer) == ("claimed", "c2")


def test_attempts_end_and_another_speaker_does_not_begin_anew():
    identity = NOBODY
    for _ in range(3):
        assert identity.may_try("pin", 3)
        identity = checked(asked(identity, "pin"), "pin", "check", WRONG, 1).identity
    assert not identity.may_try("pin", 3)
    assert not identity.may_check("pin", 3)
    assert not dropped(identity).may_try("pin", 3)
    assert identity.may_try("knowledge", 3)


def test_another_speaker_is_nobody():
    known = checked(NOBODY, "pin", "check", RIGHT, 1).identity
    assert (dropped(known).level, dropped(known).customer, dropped(known).how) == ("none", "", "")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("check"), st.sampled_from(LEVELS[1:]), st.sampled_from(["c1", "c2", ""]), st.booleans()),
        st.tuples(st.just("drop"), st.just("none"), st.just(""), st.just(False)),
    ),
    max_size=12,
)


@given(STEPS)
def test_no_level_above_claimed_is_held_without_a_proof_for_that_customer(steps):
    identity = NOBODY
    proved: set[tuple[str, str]] = set()
    for what, level, customer, ok in steps:
        if what == "drop":
            identity = dropped(identity)
            proved.clear()
            continue
        done = checked(identity, level, "tool", {"verified": ok, "customer": customer}, 1)
        identity = done.identity
        if done.passed:
            proved.add((level, identity.customer))
    if identity.level != "none":
        assert (identity.level, identity.customer) in proved
