"""Where a moment of a recogniser's stream lies on the call's clock."""

import pytest

from voice.stt.stream_time import StreamTime

pytestmark = pytest.mark.unit


def test_a_stream_without_gaps_counts_from_its_first_sample():
    time = StreamTime()
    for at_ms in range(5000, 5600, 60):
        time.sent(60, at_ms)
    assert time.at_ms(0) == 5000
    assert time.at_ms(250) == 5250
    assert time.end_ms == 5600


def test_missing_frames_shift_what_comes_after_them_only():
    time = StreamTime()
    time.sent(100, 0)
    time.sent(100, 1100)
    assert time.at_ms(90) == 90
    assert time.at_ms(100) == 1100
    assert time.at_ms(150) == 1150


def test_silence_of_ours_goes_on_where_the_audio_ended():
    time = StreamTime()
    time.sent(100, 0)
    time.sent(200, None)
    time.sent(100, 4000)
    assert time.at_ms(250) == 250
    assert time.at_ms(310) == 4010


def test_a_long_call_full_of_gaps_is_not_remembered_forever():
    time = StreamTime()
    for index in range(2000):
        time.sent(20, index * 40)
    assert time.at_ms(1999 * 20) == 1999 * 40
    assert len(time._at_ms) <= 512
