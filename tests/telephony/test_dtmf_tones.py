"""Keys are told from speech, noise and silence by their tones."""

import numpy as np
import pytest

from telephony.double.files import read_ulaw
from telephony.double.tones import key_tone, tone
from telephony.dtmf_tones import holds_key
from tests.conftest import REPOSITORY
from voice.audio import pcm_to_samples, samples_to_ulaw, silence_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.unit


def frames(ulaw: bytes) -> list[bytes]:
    return [ulaw[start : start + 160] for start in range(0, len(ulaw), 160)]


@pytest.mark.parametrize("digit", "0123456789*#")
@pytest.mark.parametrize("level_db", [0, -12, -20])
def test_every_key_is_heard_loud_or_soft(digit, level_db):
    samples = pcm_to_samples(ulaw_to_pcm(key_tone(digit, 100))).astype(np.float64) * 10 ** (level_db / 20)
    assert all(holds_key(frame) for frame in frames(samples_to_ulaw(samples.astype(np.int16))))


def test_a_key_is_heard_in_noise():
    noise = np.random.default_rng(1).normal(0, 600, 800)
    samples = pcm_to_samples(ulaw_to_pcm(key_tone("5", 100))).astype(np.float64) + noise
    assert all(holds_key(frame) for frame in frames(samples_to_ulaw(samples.astype(np.int16))))


@pytest.mark.parametrize("hz", [(440.0,), (350.0, 440.0), (697.0,), (1336.0,), (480.0, 620.0)])
def test_other_tones_are_none(hz):
    assert not any(holds_key(frame) for frame in frames(tone(hz, 200)))


def test_silence_and_noise_are_none():
    noise = np.random.default_rng(2).normal(0, 2000, 16_000).astype(np.int16)
    assert not holds_key(silence_ulaw(1000))
    assert not any(holds_key(frame) for frame in frames(samples_to_ulaw(noise)))


def test_speech_is_hardly_ever_taken_for_one():
    speech = b"".join(read_ulaw(path) for path in sorted((REPOSITORY / "recordings" / "samples").glob("*.wav")))
    told = [holds_key(frame) for frame in frames(speech)]
    assert sum(told) / len(told) < 0.02
