import numpy as np
import pytest

from voice.onset import measured
from voice.overlap import HOLD_FROM

pytestmark = pytest.mark.unit

TIME_S = np.arange(1120) / 8000


def vowel(pitch_hz=120):
    partials = range(1, 28)
    gain = {n: 1 / (1 + abs(n * pitch_hz - 500) / 150) + 0.4 / (1 + abs(n * pitch_hz - 1800) / 200) for n in partials}
    return scaled(sum(gain[n] * np.sin(2 * np.pi * n * pitch_hz * TIME_S + n) for n in partials))


def burst(seed=1):
    return scaled(np.random.default_rng(seed).normal(0, 1, TIME_S.size) * np.exp(-TIME_S / 0.05))


def scaled(samples, db=-20.0):
    return (samples * 32768 * 10 ** (db / 20) / np.sqrt(np.mean(samples**2))).astype(np.float32)


def test_a_vowel_resembles_a_voice_and_a_burst_of_noise_does_not():
    assert measured(vowel(), 0.8, -60.0).strength > HOLD_FROM
    assert measured(burst(), 0.8, -60.0).strength < 0.1


def test_what_silero_doubts_is_weaker():
    assert measured(vowel(), 0.2, -60.0).strength < measured(vowel(), 0.9, -60.0).strength


def test_what_hardly_stands_out_from_the_noise_is_weaker():
    assert measured(vowel(), 0.7, -24.0).strength < measured(vowel(), 0.7, -60.0).strength


def test_a_vowel_is_periodic_and_noise_is_not():
    assert measured(vowel(), 1.0, -60.0).periodic > 0.9
    assert measured(burst(), 1.0, -60.0).periodic < 0.6


def test_a_high_tone_is_all_tonal_and_all_high():
    tone = measured(scaled(np.sin(2 * np.pi * 1400 * TIME_S)), 0.3, -60.0)
    assert tone.tonal > 0.95
    assert tone.high_db == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize("samples", [0, 1], ids=["digital silence", "one frame"])
def test_little_to_measure_is_weak(samples):
    assert measured(np.full(160, samples, dtype=np.float32), 0.0, -52.0).strength < 0.1
