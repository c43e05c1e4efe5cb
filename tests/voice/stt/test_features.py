import numpy as np
import pytest

from voice.stt.features import BANDS, CEPSTRA, band_energies, cepstra, cosines, raised_cepstra

pytestmark = pytest.mark.unit


def tone(hz: float, level: float = 8000.0, duration_ms: int = 200) -> bytes:
    at = np.arange(8 * duration_ms) / 8000.0
    return (level * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes()


def noise(level: float, duration_ms: int = 500) -> bytes:
    return (np.random.default_rng(1).standard_normal(8 * duration_ms) * level).astype("<i2").tobytes()


def test_a_tone_is_loudest_in_its_band() -> None:
    loudest = [int(band_energies(tone(hz)).mean(axis=0).argmax()) for hz in (300, 1000, 2000, 3300)]
    assert loudest == sorted(loudest)
    assert len(set(loudest)) == 4


def test_frames_come_every_ten_milliseconds() -> None:
    assert band_energies(tone(500, duration_ms=1000)).shape == (98, BANDS)


def test_too_little_audio_has_no_frames() -> None:
    assert band_energies(bytes(400)).shape == (0, BANDS)
    assert cepstra(band_energies(b"")) == b""


def test_the_level_of_the_audio_does_not_matter() -> None:
    quiet, loud = (np.frombuffer(cepstra(band_energies(noise(level))), "<f4") for level in (500.0, 4000.0))
    assert np.allclose(quiet, loud, atol=0.1)


def test_the_mean_is_taken_away() -> None:
    centred = np.frombuffer(cepstra(band_energies(noise(1000.0))), "<f4").reshape(-1, CEPSTRA)
    assert np.abs(centred.mean(axis=0)).max() < 1e-3


def test_one_silence_is_like_another() -> None:
    speech = noise(3000.0, duration_ms=300)
    after = [raised_cepstra(band_energies(speech + quiet))[-10:].mean(axis=0) for quiet in (bytes(4800), noise(3.0))]
    assert np.abs(after[0] - after[1]).max() < 2.0


def test_the_cosine_transform_is_orthonormal() -> None:
    assert np.allclose(cosines(18) @ cosines(18).T, np.eye(18))
