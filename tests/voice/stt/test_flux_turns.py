"""Turns that a recogniser detects, told as results for what our gate heard."""

from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.stt.flux_turns import FluxTurns, ForceEndTurn, Output, TurnEvent, TurnInfo
from voice.stt.port import EagerEnd, Transcript, TurnGoesOn, Unrecognised

pytestmark = pytest.mark.unit


def info(event: TurnEvent, text: str, start_ms: int, end_ms: int, over: float = 0.1) -> TurnInfo:
    return TurnInfo(event, text, start_ms, end_ms, 0.9, over)


def finals(outputs: list[Output]) -> list[tuple[str, int, int]]:
    return [(one.text, one.start_ms, one.end_ms) for one in outputs if isinstance(one, Transcript) and one.final]


def test_a_turn_has_partials_an_eager_end_and_a_final_that_ends_it():
    core = FluxTurns()
    core.speech_started(1000, 0)
    (partial,) = core.heard(info("StartOfTurn", "where", 1050, 1300))
    assert partial == Transcript("where", False, 1000, 1300, 0.9)
    assert core.heard(info("Update", "where", 1050, 1550)) == []
    assert core.heard(info("EagerEndOfTurn", "where is it", 1050, 1900, 0.5)) == [
        Transcript("where is it", False, 1000, 1900, 0.9),
        EagerEnd(1900, "where is it", 0.5),
    ]
    core.speech_ended(1850, 2500, 1200)
    (result,) = core.heard(info("EndOfTurn", "where is it", 1050, 2150, 0.8))
    assert isinstance(result, Transcript)
    assert (result.start_ms, result.end_ms, result.final, result.ends_turn) == (1000, 2150, True, True)
    assert core.deadline_ms is None


def test_a_turn_that_goes_on_says_so_and_one_final_answers_both_stretches():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "my number", 0, 500))
    core.speech_ended(800, 2500, 1300)
    core.heard(info("EagerEndOfTurn", "my number is", 0, 1000, 0.4))
    core.speech_started(1400, 1500)
    assert TurnGoesOn(1500) in core.heard(info("TurnResumed", "my number is", 0, 1500))
    assert core.deadline_ms is None
    core.speech_ended(2400, 2500, 2900)
    assert finals(core.heard(info("EndOfTurn", "my number is four two", 0, 2800))) == [
        ("my number is four two", 0, 2800)
    ]
    assert core.deadline_ms is None


def test_a_turn_that_ends_before_the_gate_notices_has_its_result_early_and_no_second_one():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "yes", 0, 300))
    assert finals(core.heard(info("EndOfTurn", "yes", 0, 700))) == [("yes", 0, 700)]
    assert core.speech_ended(900, 2500, 1400) == []
    assert core.deadline_ms is None
    assert core.heard(info("Update", "", 700, 3000)) == []


def test_a_caller_who_goes_on_after_an_early_end_gets_a_second_final():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "yes", 0, 300))
    core.heard(info("EndOfTurn", "yes", 0, 700))
    core.heard(info("StartOfTurn", "but", 1100, 1300))
    core.speech_ended(1800, 2500, 2300)
    assert finals(core.heard(info("EndOfTurn", "but not now", 1100, 2200))) == [("but not now", 1100, 2200)]


def test_an_early_end_that_is_told_late_leaves_the_rest_of_the_utterance_owed():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "yes", 0, 300))
    core.speech_ended(1800, 2500, 2300)
    assert finals(core.heard(info("EndOfTurn", "yes", 0, 700))) == [("yes", 0, 700)]
    core.heard(info("StartOfTurn", "but", 1100, 1300))
    assert finals(core.heard(info("EndOfTurn", "but not now", 1100, 2200))) == [("but not now", 1100, 2200)]
    assert core.deadline_ms is None


def test_a_caller_who_goes_on_in_a_turn_that_was_late_is_heard_whole():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "hello", 0, 500))
    core.speech_ended(800, 2500, 1300)
    core.tick(3000)
    core.tick(3800)
    core.speech_started(4000, 4000)
    core.speech_ended(4600, 2500, 5000)
    assert finals(core.heard(info("EndOfTurn", "hello are you there", 0, 4900))) == [
        ("hello are you there", 4000, 4900)
    ]


def test_breath_after_an_early_end_is_noise_once_it_was_heard_past():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "yes", 0, 300))
    core.heard(info("EndOfTurn", "yes", 0, 700))
    core.speech_ended(1500, 2500, 2000)
    assert core.heard(info("Update", "", 700, 1900)) == []
    assert core.heard(info("Update", "", 700, 2000)) == [Unrecognised("noise", 700, 1500)]


def test_a_cough_is_noise_once_it_was_heard_past():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.speech_ended(300, 2500, 800)
    assert core.heard(info("Update", "", 0, 700)) == []
    assert core.heard(info("Update", "", 0, 800)) == [Unrecognised("noise", 0, 300)]


def test_a_turn_left_open_is_ended_by_us_before_its_result_is_due():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "my number is", 0, 500))
    core.speech_ended(800, 2500, 1300)
    assert core.deadline_ms == 3000
    assert core.tick(3000) == [ForceEndTurn()]
    assert core.deadline_ms == 3800
    assert finals(core.heard(info("EndOfTurn", "my number is", 0, 3000))) == [("my number is", 0, 3000)]


def test_a_turn_that_never_ends_is_late_and_its_words_are_dropped():
    core = FluxTurns()
    core.speech_started(0, 0)
    core.heard(info("StartOfTurn", "hello", 0, 500))
    core.speech_ended(800, 2500, 1300)
    core.tick(3000)
    assert core.tick(3800) == [Unrecognised("late", 0, 800)]
    assert core.heard(info("Update", "hello you", 0, 3500)) == []
    assert core.heard(info("EndOfTurn", "hello you", 0, 4000)) == []


def test_words_while_the_gate_is_closed_are_nobodys():
    core = FluxTurns()
    assert core.heard(info("StartOfTurn", "television", 0, 500)) == []
    assert core.heard(info("EndOfTurn", "television", 0, 900)) == []
    core.speech_started(5000, 5000)
    core.heard(info("StartOfTurn", "yes", 5000, 5300))
    assert finals(core.heard(info("EndOfTurn", "yes", 5000, 5600))) == [("yes", 5000, 5600)]


EVENTS = st.one_of(
    st.just("start"), st.just("end"), st.just("wait"), st.tuples(st.sampled_from(get_args(TurnEvent)), st.booleans())
)


@given(st.lists(EVENTS, max_size=60))
def test_whatever_comes_every_utterance_is_answered_once_or_covered(script: list[object]):
    core, now_ms = FluxTurns(), 0
    results: list[Output] = []
    stretches: list[list[int]] = []
    for step in [*script, "end"]:
        now_ms += 300
        if step == "start":
            if stretches and len(stretches[-1]) == 1:
                stretches[-1].append(now_ms)
            stretches.append([now_ms])
            results += core.speech_started(now_ms, now_ms)
        elif step == "end" and stretches and len(stretches[-1]) == 1:
            stretches[-1].append(now_ms)
            results += core.speech_ended(now_ms, 2500, now_ms)
        elif isinstance(step, tuple):
            results += core.heard(info(step[0], "words" if step[1] else "", now_ms - 300, now_ms))
        results += core.tick(now_ms)
    results += core.tick(now_ms + 5000)
    results += core.tick(now_ms + 10_000)
    assert core.deadline_ms is None
    spans = [
        (one.start_ms, one.end_ms)
        for one in results
        if isinstance(one, Unrecognised) or (isinstance(one, Transcript) and one.final)
    ]
    for start_ms, end_ms in stretches:
        assert any(end >= end_ms - 300 and start <= end_ms for start, end in spans), (start_ms, end_ms, spans)
    assert all(earlier[1] <= later[1] for earlier, later in pairwise(spans))
