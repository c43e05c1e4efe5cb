"""Whether a recogniser still hears."""

import pytest

from voice.stt.liveness import Liveness

pytestmark = pytest.mark.unit


def test_two_seconds_of_speech_without_a_word_are_too_long():
    alive = Liveness(tells_partials=True)
    assert alive.deadline_ms is None
    alive.speech_started(1000)
    assert alive.deadline_ms == 3000
    assert not alive.is_silent(2999)
    assert alive.is_silent(3000)


def test_a_word_begins_the_count_anew():
    alive = Liveness(tells_partials=True)
    alive.speech_started(0)
    alive.answered(1900)
    assert not alive.is_silent(3800)
    assert alive.is_silent(3900)


def test_short_stretches_without_an_answer_add_up_and_pauses_do_not():
    alive = Liveness(tells_partials=True)
    alive.speech_started(0)
    alive.speech_ended(900)
    assert not alive.is_silent(60_000)
    alive.speech_started(10_000)
    assert alive.deadline_ms == 11_100
    alive.speech_ended(10_500)
    alive.answered(10_600)
    alive.speech_started(20_000)
    assert alive.deadline_ms == 22_000


def test_one_that_says_nothing_before_the_end_is_never_silent():
    alive = Liveness(tells_partials=False)
    alive.speech_started(0)
    assert alive.deadline_ms is None
    assert not alive.is_silent(60_000)
