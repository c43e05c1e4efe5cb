import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.metrics.panel import FINE_TICK_MS, TICK_MS, Figure, Panel, moments, panel
from recordings.metrics.timeline import Stretch, Timeline
from tests.fakes.timelines import timelines

pytestmark = pytest.mark.unit


def call(*caller, assistant=(), end_ms=60_000):
    """A timeline of (start, end, kind) and (start, end)."""
    stretches = tuple(Stretch(start, end, kind) for start, end, kind in caller)
    return Timeline(stretches, tuple(assistant), end_ms)


def of(timeline, tick_ms=TICK_MS) -> Panel:
    return panel([moments(timeline, tick_ms)])


def turn(start_ms, end_ms):
    return start_ms, end_ms, "turn"


def test_a_call_in_which_nothing_happened_has_no_figures():
    figures = of(call())
    assert figures.response_latency_s == figures.response_rate == figures.yield_rate == Figure(None, 0)
    assert figures.interruption_rate == figures.selectivity_non_directed == Figure(None, 0)
    assert figures.unclassified == 0


# L_R and R_R


def test_response_latency_runs_from_the_end_of_the_turn_to_the_first_sound():
    figures = of(call(turn(1000, 3000), assistant=[(4200, 6000)]))
    assert figures.response_latency_s == Figure(1.2, 1)
    assert figures.response_rate == Figure(1.0, 1)


def test_response_latency_comes_in_ticks_and_the_fine_one_in_frames():
    line = call(turn(1000, 3010), assistant=[(4390, 6000)])
    assert of(line).response_latency_s == Figure(1.0, 1)  # the turn's tick ends at 3200, the answer's begins at 4200
    assert of(line, FINE_TICK_MS).response_latency_s == Figure(1.36, 1)


def test_several_latencies_are_averaged():
    line = call(turn(1000, 2000), turn(6000, 7000), assistant=[(3000, 5000), (9000, 9900)])
    assert of(line).response_latency_s == Figure(1.5, 2)


def test_a_turn_after_which_the_caller_had_to_speak_again_is_unanswered():
    figures = of(call(turn(1000, 2000), turn(5000, 6000), assistant=[(7000, 8000)]))
    assert figures.response_rate == Figure(0.5, 2)
    assert figures.response_latency_s == Figure(1.0, 1)


def test_an_answer_that_begins_with_the_next_turn_still_answers():
    figures = of(call(turn(1000, 2000), turn(5000, 6000), assistant=[(5000, 5400)]))
    assert figures.response_latency_s == Figure(3.0, 1)


def test_the_last_turn_that_nobody_follows_is_not_counted():
    assert of(call(turn(1000, 2000))).response_rate == Figure(None, 0)


def test_a_turn_at_whose_end_the_assistant_speaks_is_no_turn_to_respond_to():
    assert of(call(turn(1000, 2000), assistant=[(1500, 4000)])).response_rate.n == 0
    assert of(call(turn(1000, 2000), assistant=[(2000, 4000)])).response_rate.n == 0  # in the very next tick


def test_an_interruption_that_was_yielded_to_wants_an_answer():
    figures = of(call(turn(2000, 4000), assistant=[(0, 2400), (5000, 6000)]))
    assert figures.response_latency_s == Figure(1.0, 1)


# L_Y and R_Y


@pytest.mark.parametrize(
    ("stops_ms", "latency_s", "rate"), [(2200, 0.2, 1.0), (3000, 1.0, 1.0), (3800, 1.8, 1.0), (4000, None, 0.0)]
)
def test_to_yield_is_to_be_quiet_in_a_tick_within_two_seconds(stops_ms, latency_s, rate):
    figures = of(call(turn(2000, 5000), assistant=[(0, stops_ms)]))
    assert figures.yield_rate == Figure(rate, 1)
    assert figures.yield_latency_s.value == latency_s


def test_who_speaks_in_silence_interrupts_nobody():
    assert of(call(turn(2000, 5000), assistant=[(0, 1800)])).yield_rate.n == 0


def test_an_assistant_that_was_still_speaking_when_the_call_ended_did_not_yield():
    line = call(turn(2000, 2600), assistant=[(0, 2600)], end_ms=2600)
    assert of(line).yield_rate == Figure(0.0, 1)


# I_A


def test_an_assistant_that_begins_while_the_caller_speaks_interrupts():
    figures = of(call(turn(1000, 3000), assistant=[(2000, 2200), (2600, 2800), (4000, 5000)]))
    assert figures.interruption_rate == Figure(2.0, 1)


def test_an_assistant_that_begins_with_the_caller_interrupts_and_after_it_does_not():
    assert moments(call(turn(1000, 3000), assistant=[(1000, 1100)])).incursions == 1
    assert moments(call(turn(1000, 3000), assistant=[(3000, 4000)])).incursions == 0
    assert moments(call((1000, 3000, None), assistant=[(2000, 4000)])).incursions == 0


# Selectivity


@pytest.mark.parametrize(("kind", "name"), [("backchannel", "backchannel"), ("vocal_tic", "vocal_tic")])
@pytest.mark.parametrize(("stops_ms", "right"), [(2800, 0.0), (3000, 1.0), (9000, 1.0)])
def test_to_stop_within_a_second_of_what_was_no_interruption_is_an_error(kind, name, stops_ms, right):
    figures = of(call((2000, 2400, kind), assistant=[(0, stops_ms)]))
    assert getattr(figures, f"selectivity_{name}") == Figure(right, 1)
    assert figures.yield_rate.n == figures.response_rate.n == 0


@pytest.mark.parametrize("kind", ["vocal_tic", "non_directed"])
@pytest.mark.parametrize(("starts_ms", "right"), [(2600, 0.0), (4400, 0.0), (4600, 1.0)])
def test_to_answer_within_two_seconds_what_was_said_to_nobody_is_an_error(kind, starts_ms, right):
    figures = of(call((2000, 2400, kind), assistant=[(starts_ms, 9000)]))
    assert getattr(figures, f"selectivity_{kind}") == Figure(right, 1)


def test_what_is_not_known_counts_in_no_figure_but_its_own():
    figures = of(call((2000, 2400, None), (6000, 6500, None), assistant=[(0, 2200), (6200, 7000)]))
    assert figures.unclassified == 2
    others = {name: getattr(figures, name) for name in Panel.__dataclass_fields__ if name != "unclassified"}
    assert set(others.values()) == {Figure(None, 0)}


def test_calls_together_count_their_moments_not_their_averages():
    one = moments(call(turn(1000, 2000), assistant=[(3000, 5000)]))
    other = moments(call(turn(1000, 2000), turn(6000, 7000), assistant=[(4000, 5000), (9000, 9900)]))
    together = panel([one, other]).response_latency_s
    assert together.value == pytest.approx(5 / 3)
    assert together.n == 3


@given(timelines(), st.sampled_from([FINE_TICK_MS, TICK_MS]))
def test_figures_stay_within_their_bounds(line, tick_ms):
    figures = of(line, tick_ms)
    rates = ["response_rate", "yield_rate", "selectivity_backchannel", "selectivity_vocal_tic"]
    for name in [*rates, "selectivity_non_directed"]:
        figure = getattr(figures, name)
        assert (figure.value is None) == (figure.n == 0)
        assert figure.value is None or 0 <= figure.value <= 1
    assert figures.interruption_rate.value is None or figures.interruption_rate.value >= 0
    assert figures.response_latency_s.value is None or 0 < figures.response_latency_s.value <= 20
    assert figures.yield_latency_s.value is None or 0 < figures.yield_latency_s.value < 2
    seen = moments(line, tick_ms)
    assert len(seen.backchannels) <= sum(stretch.kind == "backchannel" for stretch in line.caller)
    assert seen.unclassified == sum(stretch.kind is None for stretch in line.caller)
