import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.agents import Agent
from telephony.queue_order import FEWEST_HANDLED, LATELY_MS, chosen, expected_ms, fits, head_start_s, priority_s
from telephony.queue_settings import Needs, QueueSettings, Weights

pytestmark = pytest.mark.unit

WORDS = st.sampled_from(("", "vip", "gold", "high", "urgent", "angry", "negative", "whatever"))
NEEDS = st.builds(Needs, tier=WORDS, priority=WORDS, urgency=WORDS, sentiment=WORDS)


@given(NEEDS, NEEDS)
def test_waiting_wins_over_any_needs_within_the_greatest_head_start(one, other):
    weights = Weights()
    assert 0 <= head_start_s(one, weights) <= weights.most_s
    assert priority_s(one, weights, weights.most_s * 1000) >= priority_s(other, weights, 0)


@pytest.mark.row(89)
@pytest.mark.parametrize(
    ("needs", "seconds"),
    [
        (Needs(), 0),
        (Needs(tier="Gold"), 120),
        (Needs(priority="urgent"), 300),
        (Needs(tier="vip", urgency="high", sentiment="negative"), 480),
        (Needs(tier="vip", urgency="high", sentiment="angry", priority="urgent"), 600),
        (Needs(tier="unheard of"), 0),
    ],
)
def test_needs_are_worth_seconds_of_waiting(needs, seconds):
    assert head_start_s(needs, Weights()) == seconds


@pytest.mark.row(87)
@pytest.mark.parametrize(
    ("needs", "fit"),
    [
        (Needs(), True),
        (Needs("es"), True),
        (Needs("fr"), False),
        (Needs("es", frozenset({"refunds"})), True),
        (Needs("es", frozenset({"refunds", "loans"})), False),
    ],
)
def test_an_agent_fits_who_speaks_the_language_and_has_all_the_skills(needs, fit):
    agent = Agent("ana", "Ana", frozenset({"billing"}), frozenset({"refunds"}), frozenset({"en", "es"}))
    assert fits(agent, "billing", needs) is fit
    assert not fits(agent, "sales", needs)


def test_an_agent_of_whom_no_language_is_said_speaks_all():
    assert fits(Agent("ana", "Ana", frozenset({"billing"})), "billing", Needs("fr"))


def test_nothing_is_said_about_the_wait_before_enough_is_known():
    usual = [(0, 100_000)] * FEWEST_HANDLED
    assert expected_ms(1, 1, usual[1:], 0) is None
    assert expected_ms(1, 0, usual, 0) is None
    assert expected_ms(1, 1, usual, LATELY_MS + 1) is None
    assert expected_ms(1, 1, usual, 0) == 120_000
    assert expected_ms(3, 2, usual, 0) == 150_000


def test_one_very_long_call_does_not_change_what_is_usual():
    usual = [(0, 100_000)] * FEWEST_HANDLED
    assert expected_ms(1, 1, [*usual, (0, 10**9)], 0) == 120_000


def test_who_is_idle_for_longest_comes_first():
    assert chosen([(5, "b"), (9, "a"), (5, "a2")], 2) == ("a2", "b")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"at_once": 0},
        {"at_once": 13},
        {"ring_s": 0},
        {"max_wait_s": 0},
        {"max_size": -1},
        {"sla_s": -1},
        {"overflow": "a"},
    ],
)
def test_a_queue_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"a queue needs a name| of a |a overflows"):
        QueueSettings(**{"name": "a", **wrong})
    with pytest.raises(ValueError, match="head start"):
        Weights(tier={"vip": -1})
