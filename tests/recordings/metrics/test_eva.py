import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.metrics.eva import count_score, latency_score, overlap_score, turn_taking, yield_score
from recordings.metrics.timeline import Stretch, Timeline
from tests.fakes.timelines import timelines

pytestmark = pytest.mark.unit


def call(*caller, assistant=(), end_ms=60_000, used_tool=False):
    stretches = tuple(Stretch(start, end, "turn", used_tool) for start, end in caller)
    return Timeline(stretches, tuple(assistant), end_ms)


@pytest.mark.parametrize(
    ("latency_ms", "plain", "with_tool"),
    [
        (-500, 0, 0),
        (0, 0.5, 0.5),
        (499, 0.999, 0.999),
        (500, 1, 1),
        (2000, 1, 1),
        (2750, 0.5, 1),
        (3000, 1 / 3, 1),
        (3500, 0, 0.75),
        (4000, 0, 0.5),
        (5000, 0, 0),
        (60_000, 0, 0),
    ],
)
def test_the_latency_curve(latency_ms, plain, with_tool):
    assert latency_score(latency_ms, used_tool=False) == pytest.approx(plain)
    assert latency_score(latency_ms, used_tool=True) == pytest.approx(with_tool)


def test_the_other_curves():
    assert [overlap_score(ms) for ms in (0, 1000, 2000, 3000)] == [0.5, 0.25, 0, 0]
    assert [count_score(n) for n in (1, 2, 3, 4)] == [0.5, 0.25, 0, 0]
    assert [yield_score(ms) for ms in (0, 500, 2000, 9000)] == [1, 0.75, 0, 0]


def test_a_turn_that_was_answered_in_good_time_scores_one():
    found = turn_taking(call((1000, 2000), assistant=[(2600, 4000)]))
    (turn,) = found.turns
    assert (found.score, found.n, turn.route, turn.latency_ms) == (1.0, 1, "latency", 600)


def test_a_tool_buys_time():
    line = call((1000, 2000), assistant=[(5000, 6000)])
    assert turn_taking(line).score == pytest.approx(1 / 3)
    assert turn_taking(call((1000, 2000), assistant=[(5000, 6000)], used_tool=True)).score == 1.0


def test_the_greeting_is_no_turn():
    found = turn_taking(call(assistant=[(0, 4000)]))
    assert (found.score, found.n, found.waited_in_vain) == (None, 0, False)


def test_what_the_caller_says_twice_before_an_answer_is_one_turn():
    (turn,) = turn_taking(call((1000, 2000), (4000, 5000), assistant=[(6000, 7000)])).turns
    assert (turn.start_ms, turn.end_ms, turn.latency_ms) == (1000, 5000, 1000)


def test_an_interrupted_caller_is_worth_half_at_best():
    (turn,) = turn_taking(call((1000, 3000), assistant=[(2000, 2400), (3700, 4000)])).turns
    assert turn.route == "assistant_interrupted"
    assert (turn.overlap_ms, turn.incursions, turn.latency_ms) == (400, 1, 700)
    assert turn.score == pytest.approx(0.4)


def test_interrupting_twice_or_falling_silent_afterwards_is_worse():
    (twice,) = turn_taking(call((1000, 3000), assistant=[(1500, 1600), (2000, 2100), (3700, 4000)])).turns
    assert twice.score == 0.25
    (silent,) = turn_taking(call((1000, 3000), assistant=[(2000, 2100), (6400, 7000)])).turns
    assert silent.score == pytest.approx(0.1 / 1.5)


def test_an_assistant_that_speaks_past_the_end_of_the_turn_has_no_latency():
    (turn,) = turn_taking(call((1000, 3000), assistant=[(2500, 4000)])).turns
    assert turn.latency_ms is None
    assert turn.score == overlap_score(500)


def test_a_caller_who_interrupts_is_scored_by_how_soon_the_assistant_yields():
    (turn,) = turn_taking(call((2000, 3000), assistant=[(0, 2300), (3600, 5000)])).turns
    assert (turn.route, turn.yield_ms, turn.latency_ms) == ("caller_interrupted", 300, None)
    assert turn.score == pytest.approx(0.85)


def test_when_both_interrupt_the_worse_counts():
    (turn,) = turn_taking(call((2000, 4000), assistant=[(0, 2300), (3000, 3200)])).turns
    assert turn.route == "both_interrupted"
    assert turn.score == pytest.approx(0.45)


@pytest.mark.parametrize(("ends_ms", "score"), [(6499, 1.0), (6500, 0.0)])
def test_a_caller_who_waits_in_vain_makes_the_call_worth_nothing(ends_ms, score):
    line = call((500, 900), (2500, 3000), assistant=[(1500, 2000)], end_ms=ends_ms)
    found = turn_taking(line)
    assert (found.score, found.n) == (score, 1)
    assert found.waited_in_vain == (score == 0.0)


def test_the_score_is_the_mean_of_the_turns():
    found = turn_taking(call((1000, 2000), (6000, 7000), assistant=[(2600, 4000), (9750, 9900)]))
    assert found.score == pytest.approx(0.75)


def test_what_is_no_turn_is_not_scored():
    line = Timeline((Stretch(1000, 1300, "backchannel"), Stretch(5000, 5200, None)), ((0, 9000),), 9000)
    assert turn_taking(line).n == 0


@given(st.floats(-1e6, 1e6), st.booleans())
def test_curves_stay_within_their_bounds(value, used_tool):
    assert 0 <= latency_score(value, used_tool=used_tool) <= 1
    assert 0 <= overlap_score(abs(value)) <= 0.5
    assert 0 <= yield_score(abs(value)) <= 1
    assert 0 <= count_score(1 + int(abs(value))) <= 0.5


@given(timelines())
def test_scores_stay_within_their_bounds(line):
    found = turn_taking(line)
    assert found.score is None or 0 <= found.score <= 1
    for turn in found.turns:
        assert 0 <= turn.score <= (1 if turn.route in {"latency", "caller_interrupted"} else 0.5)
        assert turn.latency_ms is None or turn.latency_ms >= 0
