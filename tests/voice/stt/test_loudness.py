import numpy as np
import pytest

from voice.stt.loudness import CallerLoudness, loudness_db

pytestmark = pytest.mark.unit


def test_a_full_scale_square_wave_is_at_zero() -> None:
    assert loudness_db(np.tile([32767, -32767], 800).astype("<i2").tobytes()) == pytest.approx(0.0, abs=0.1)


def test_silence_around_a_word_does_not_make_it_softer() -> None:
    word = (np.sin(np.arange(3200)) * 8000).astype("<i2").tobytes()
    assert loudness_db(bytes(8000) + word + bytes(8000)) == pytest.approx(loudness_db(word), abs=1.0)


@pytest.mark.parametrize("pcm", [b"", bytes(100), bytes(3200)])
def test_nothing_is_as_soft_as_can_be(pcm: bytes) -> None:
    assert loudness_db(pcm) == -96.0


def test_before_the_first_words_any_level_fits() -> None:
    assert CallerLoudness().fits(-80.0)


def test_one_loud_word_does_not_set_the_measure() -> None:
    loudness = CallerLoudness()
    for level_db in (-30.0, -30.0, -12.0):
        loudness.heard(level_db)
    assert loudness.fits(-45.0)
    assert not loudness.fits(-47.0)


def test_the_measure_follows_the_caller() -> None:
    loudness = CallerLoudness()
    for level_db in (-20.0, -32.0, -32.0, -32.0, -32.0, -32.0):
        loudness.heard(level_db)
    assert loudness.fits(-47.0)


def test_an_answer_12_db_softer_than_the_question_it_follows_is_the_callers() -> None:
    loudness = CallerLoudness()
    loudness.heard(-12.0)
    assert loudness.fits(-24.0)
    assert loudness.fits(-27.5)
    assert not loudness.fits(-30.0)
