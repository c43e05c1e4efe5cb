import numpy as np
import pytest
from pipecat.audio.turn.smart_turn._whisper_features import compute_whisper_log_mel_features

from voice.log_mel import log_mel

pytestmark = pytest.mark.unit


def speech(samples):
    """A rising tone in noise that swells and fades, with an offset as telephone lines have it."""
    time_s = np.arange(samples) / 16_000
    noise = np.random.default_rng(samples).normal(0, 0.05, samples)
    return ((0.3 * np.sin(2 * np.pi * (200 + 300 * time_s) * time_s) + noise) * np.hanning(samples) + 0.002).astype(
        "f4"
    )


@pytest.mark.parametrize("samples", [321, 16_000, 37_777, 127_600, 127_999, 128_000, 200_000])
def test_features_are_those_that_the_model_was_made_for(samples):
    heard = speech(samples)
    window = np.pad(heard[-128_000:], (max(0, 128_000 - samples), 0))
    expected = compute_whisper_log_mel_features(window, do_normalize=True)
    found = log_mel(heard, 8)
    assert found.shape == expected.shape == (80, 800)
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-4


def test_silence_has_features_too():
    assert np.isfinite(log_mel(np.zeros(16_000, np.float32), 8)).all()
