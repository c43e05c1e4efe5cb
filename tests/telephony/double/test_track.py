from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.double.track import Span, Track, gaps, levels_db, loud_until_ms
from voice.audio import samples_to_ulaw, silence_ulaw

pytestmark = pytest.mark.unit


def tone(duration_ms: int, db: float = -20.0) -> bytes:
    at = np.arange(duration_ms * 8) / 8000
    amplitude = 10 ** (db / 20) * np.sqrt(2) * 32767
    return samples_to_ulaw((np.sin(2 * np.pi * 440 * at) * amplitude).astype(np.int16))


def test_level_of_a_tone_is_what_it_was_made_with():
    assert levels_db(tone(200, -30.0)) == pytest.approx([-30.0] * 10, abs=0.3)
    assert levels_db(silence_ulaw(20)).tolist() == [-96.0]


def test_a_gap_between_two_puts_is_silence():
    track = Track()
    track.put(0, tone(100))
    track.put(300 * 8, tone(100))
    assert track.sounds(500) == [Span(0, 100), Span(300, 400)]
    assert track.silences(500, 100) == [Span(100, 300), Span(400, 500)]
    assert track.audio(100, 300) == silence_ulaw(200)


def test_what_is_below_the_threshold_is_silence_and_what_is_above_is_not():
    track = Track()
    track.put(0, tone(200, -53.0) + tone(200, -47.0))
    assert track.sounds(400) == [Span(200, 400)]


def test_a_click_does_not_hide_dead_air():
    track = Track()
    track.put(1000 * 8, tone(20))
    assert track.silences(4000, 3000) == [Span(0, 4000)]


def test_sounds_close_together_are_joined_on_request_only():
    track = Track()
    track.put(0, tone(100) + silence_ulaw(100) + tone(100))
    assert track.sounds(300) == [Span(0, 100), Span(200, 300)]
    assert track.sounds(300, join_ms=120) == [Span(0, 300)]


def test_the_past_cannot_be_filled_twice():
    track = Track()
    track.put(0, tone(100))
    with pytest.raises(ValueError, match="past"):
        track.put(50 * 8, tone(100))


def test_cutting_gives_back_what_was_ahead_and_leaves_the_past():
    track = Track()
    track.put(0, tone(100))
    assert len(track.cut(60 * 8)) == 40 * 8
    assert track.end == 60 * 8


def test_quiet_and_audible_time_are_told_while_time_passes():
    track = Track()
    track.put(0, tone(100))
    assert track.quiet_since_ms(60) == 60
    assert track.waits(60)
    assert not track.waits(100)
    assert track.quiet_since_ms(400) == 100
    track.put(500 * 8, tone(60))
    assert track.audible_ms(0, 600) == 160
    assert track.audible_ms(300, 600) == 60
    assert track.quiet_since_ms(600) == 560


def test_time_zero_can_move_and_what_was_earlier_becomes_negative():
    track = Track()
    track.put(0, tone(100))
    track.rebase(40)
    assert track.start_ms == -40
    assert track.sounds(100) == [Span(0, 60)]
    assert track.audio(-40, 60) == tone(100)
    with pytest.raises(ValueError, match="grid"):
        track.rebase(7)


def test_audio_outside_of_what_is_known_is_silence():
    track = Track()
    assert track.audio(-20, 20) == silence_ulaw(40)
    track.put(0, tone(20))
    assert track.audio(-40, -20) == silence_ulaw(20)
    assert track.audio(10, 30) == tone(20)[80:] + silence_ulaw(10)


def test_speech_ends_before_its_trailing_noise():
    spoken = tone(500, -20.0) + tone(400, -40.0)
    assert loud_until_ms(spoken, Span(1000, 1900)) == 1500
    assert loud_until_ms(silence_ulaw(200), Span(1000, 1200)) == 1200


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(2, 30)), max_size=12), st.integers(1, 400))
def test_sounds_and_silences_together_fill_the_call(pieces, least_ms):
    track, at_ms = Track(), 0
    for pause, sound in pieces:
        track.put((at_ms + pause * 20) * 8, tone(sound * 20))
        at_ms += (pause + sound) * 20
    until_ms = at_ms + 200
    sounds, silences = track.sounds(until_ms), track.silences(until_ms, 1)
    assert sum(span.length_ms for span in [*sounds, *silences]) == until_ms
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(sounds))
    assert gaps(sounds, until_ms, least_ms) == [span for span in silences if span.length_ms >= least_ms]
