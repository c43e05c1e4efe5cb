"""What the ear heard, and its statistics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import (
    begins_with,
    heard_until,
    late_share,
    percentile,
    reply_gap,
    sounds,
    spoken,
    summary,
    uncovered_ms,
    words_heard,
)
from telephony.double.track import Span
from tests.peers.speech import say
from voice.audio import ULAW_BYTES_PER_MS, ULAW_SILENCE, pcm_to_ulaw

pytestmark = pytest.mark.unit


def silence(ms: int) -> bytes:
    return bytes([ULAW_SILENCE]) * ULAW_BYTES_PER_MS * ms


def voice(text: str) -> bytes:
    return pcm_to_ulaw(say(text))


def test_a_sound_is_found_to_the_millisecond():
    assert sounds(silence(137) + voice("abc") + silence(50)) == [Span(137, 257)]


def test_the_pauses_between_words_belong_to_the_sound_and_longer_ones_end_it():
    ear = silence(100) + voice("one two") + silence(201) + voice("three")
    assert sounds(ear) == [Span(100, 380), Span(581, 781)]
    assert spoken(ear, Span(100, 380)) == "one two"


def test_the_gap_ends_where_the_answer_begins_and_a_fill_is_told_apart():
    ear = silence(1000) + voice("one moment") + silence(500) + voice("alder creek is lovely")
    gap = reply_gap(ear, 400, 9000, "alder")
    assert (gap.first_ms, gap.answer_ms) == (600, 1500)


def test_an_answer_to_somebody_else_or_none_at_all_is_a_lost_turn():
    gap = reply_gap(silence(1000) + voice("birch creek"), 400, 9000, "alder")
    assert (gap.first_ms, gap.answer_ms) == (600, None)
    assert reply_gap(silence(9000), 400, 9000, "alder").first_ms is None


def test_an_answer_after_the_caller_spoke_again_does_not_count():
    assert reply_gap(silence(1000) + voice("alder creek"), 400, 900, "alder").answer_ms is None


def test_an_answer_that_comes_too_late_is_lost():
    assert reply_gap(silence(5500) + voice("alder creek"), 400, 99_000, "alder").answer_ms is None


def test_one_spoilt_letter_does_not_hide_a_word_but_two_do():
    assert begins_with(voice("aldex creek"), Span(0, 440), "alder")
    assert not begins_with(voice("alxex creek"), Span(0, 440), "alder")


def test_time_that_nothing_accounts_for_is_counted_once():
    assert uncovered_ms(0, 640, [(0, 300), (100, 200), (310, 510), (515, 615)]) == 10 + 5 + 25
    assert uncovered_ms(0, 100, []) == 100
    assert uncovered_ms(0, 100, [(-50, 400)]) == 0


@given(
    st.floats(0, 1000), st.lists(st.tuples(st.floats(-500, 1500), st.floats(0, 800)).map(lambda p: (p[0], p[0] + p[1])))
)
def test_uncovered_time_is_never_negative_nor_longer_than_the_stretch(end: float, covered: list[tuple[float, float]]):
    assert 0 <= uncovered_ms(0, end, covered) <= end


def test_what_sounds_at_an_instant_ends_at_the_next_pause_that_is_noticed():
    ear = silence(100) + voice("one two three") + silence(300) + voice("four")
    assert heard_until(ear, 200) == 620
    assert heard_until(ear, 700) is None


def test_frames_that_are_not_late_count_as_punctual():
    assert late_share([50, 10], 100, 0.99) == 10
    assert late_share([50], 1000, 0.99) == 0
    assert late_share([], 0, 0.99) == 0


def test_percentiles_are_by_nearest_rank():
    assert percentile([4, 1, 3, 2], 0.5) == 2
    assert percentile([4, 1, 3, 2], 0.95) == 4
    assert percentile([], 0.5) is None


def test_a_summary_of_nothing_has_no_figures():
    assert summary([]) == {"n": 0, "p50": None, "p95": None, "min": None, "max": None}
    assert summary([1.26, 3])["p50"] == 1.3


def test_words_are_counted_a_broken_one_included():
    ear = voice("one two thr")
    assert words_heard(ear, sounds(ear)) == 3
