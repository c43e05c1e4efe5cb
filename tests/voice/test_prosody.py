import numpy as np
import pytest

from voice.prosody import ending

pytestmark = pytest.mark.unit


def buzz(duration_ms, db):
    time_s = np.arange(duration_ms * 8) / 8000
    sound = sum(np.sin(2 * np.pi * 120 * n * time_s) / n for n in range(1, 20))
    return sound / np.sqrt(np.mean(sound**2)) * 10 ** (db / 20)


def pcm(*parts):
    return (np.clip(np.concatenate(parts), -1, 1) * 32767).astype("<i2").tobytes()


def test_a_last_syllable_is_measured_against_what_came_before_whatever_the_level_of_the_call():
    for line_db in (-20.0, -35.0):
        fading = ending(pcm(buzz(900, line_db), buzz(120, line_db - 12), np.zeros(800)))
        level = ending(pcm(buzz(900, line_db), buzz(120, line_db), np.zeros(800)))
        assert fading is not None
        assert level is not None
        assert fading.level_db == pytest.approx(-12, abs=1.5)
        assert level.level_db == pytest.approx(0, abs=1.0)


def test_too_little_speech_cannot_be_compared():
    assert ending(b"") is None
    assert ending(pcm(buzz(200, -20), np.zeros(800))) is None
