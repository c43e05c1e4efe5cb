import numpy as np
import pytest

from voice.errors import ProviderAbsent
from voice.silero import WINDOW, Silero, bundled_model

pytestmark = pytest.mark.adapter


@pytest.fixture(scope="module")
def silero():
    return Silero()


def windows(seconds, seed=1):
    return np.random.default_rng(seed).normal(0, 0.05, (int(seconds * 8000 / WINDOW), WINDOW)).astype(np.float32)


def test_the_model_is_found_without_importing_its_package():
    assert bundled_model().name == "silero_vad.onnx"


def test_a_model_that_is_not_there_is_told_of_with_what_to_install(monkeypatch):
    monkeypatch.setattr("voice.silero.find_spec", lambda _name: None)
    with pytest.raises(ProviderAbsent, match="install pipecat-ai"):
        bundled_model()


def test_noise_and_silence_are_unlikely_to_be_speech(silero):
    voice = silero.voice()
    assert max(voice.hear(window) for window in windows(2)) < 0.3
    assert max(voice.hear(np.zeros(WINDOW, dtype=np.float32)) for _ in range(30)) < 0.1


def test_a_voice_is_likely_speech_and_equal_to_what_pipecat_computes(silero, shared):
    from pipecat.audio.vad.silero import SileroOnnxModel  # noqa: PLC0415 the reference, for this test only

    pcm = (shared / "audio/tts_callers/ulaw8k/tau2_check_order_12345.ulaw").read_bytes()
    from voice.audio import ulaw_to_pcm  # noqa: PLC0415 beside it

    samples = np.frombuffer(ulaw_to_pcm(pcm), dtype="<i2").astype(np.float32) / 32768
    voice, theirs = silero.voice(), SileroOnnxModel(str(bundled_model()))
    ours = [voice.hear(samples[at : at + WINDOW]) for at in range(0, samples.size - WINDOW + 1, WINDOW)]
    reference = [float(theirs(samples[at : at + WINDOW], 8000).item()) for at in range(0, len(ours) * WINDOW, WINDOW)]
    assert ours == pytest.approx(reference, abs=1e-5)
    assert np.median(ours) > 0.9


def test_callers_do_not_share_what_was_heard(silero):
    alone = silero.voice()
    expected = [alone.hear(window) for window in windows(1)]
    one, other = silero.voice(), silero.voice()
    mixed = []
    for window, foreign in zip(windows(1), windows(1, seed=2), strict=True):
        mixed.append(one.hear(window))
        other.hear(foreign)
    assert mixed == expected


def test_after_a_restart_nothing_is_remembered(silero):
    voice = silero.voice()
    first = [voice.hear(window) for window in windows(1)]
    voice.restart()
    assert [voice.hear(window) for window in windows(1)] == first
