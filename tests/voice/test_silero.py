import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.errors import ProviderAbsent
from voice.silero import WINDOW, Silero, bundled_model
from voice.silero_weights import NotSilero, weights

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
    assert max(voice.hear(windows(2))) < 0.3
    assert max(voice.hear(np.zeros((30, WINDOW), dtype=np.float32))) < 0.1


def test_a_voice_is_likely_speech_and_equal_to_what_pipecat_computes(silero, shared):
    from pipecat.audio.vad.silero import SileroOnnxModel  # noqa: PLC0415 the reference, for this test only

    pcm = (shared / "audio/tts_callers/ulaw8k/tau2_check_order_12345.ulaw").read_bytes()
    from voice.audio import ulaw_to_pcm  # noqa: PLC0415 beside it

    samples = np.frombuffer(ulaw_to_pcm(pcm), dtype="<i2").astype(np.float32) / 32768
    voice, theirs = silero.voice(), SileroOnnxModel(str(bundled_model()))
    ours = voice.hear(samples[: samples.size // WINDOW * WINDOW].reshape(-1, WINDOW))
    reference = [float(theirs(samples[at : at + WINDOW], 8000).item()) for at in range(0, len(ours) * WINDOW, WINDOW)]
    assert ours == pytest.approx(reference, abs=1e-5)
    assert np.median(ours) > 0.9


def test_callers_do_not_share_what_was_heard(silero):
    alone = silero.voice()
    expected = [alone.hear(window[np.newaxis]) for window in windows(1)]
    one, other = silero.voice(), silero.voice()
    mixed = []
    for window, foreign in zip(windows(1), windows(1, seed=2), strict=True):
        mixed.append(one.hear(window[np.newaxis]))
        other.hear(foreign[np.newaxis])
    assert mixed == expected


def test_windows_may_come_one_by_one_or_together(silero):
    together, one_by_one, in_parts = silero.voice(), silero.voice(), silero.voice()
    line = windows(2) * np.hanning(windows(2).size).reshape(-1, WINDOW).astype(np.float32) * 10
    expected = [likely for window in line for likely in one_by_one.hear(window[np.newaxis])]
    assert together.hear(line) == pytest.approx(expected, abs=1e-5)
    assert [*in_parts.hear(line[:5]), *in_parts.hear(line[5:])] == pytest.approx(expected, abs=1e-5)


def test_after_a_restart_nothing_is_remembered(silero):
    voice, fresh = silero.voice(), silero.voice()
    voice.hear(windows(1, seed=2))
    voice.restart()
    assert voice.hear(windows(1)) == fresh.hear(windows(1))


@pytest.mark.parametrize("content", [b"", b"\x3a", b"no model at all", bytes(1000), b"\xff" * 100])
def test_a_file_that_is_no_model_is_told_of_with_what_to_install(tmp_path, content):
    path = tmp_path / "silero_vad.onnx"
    path.write_bytes(content)
    with pytest.raises(ProviderAbsent, match=r"silero_vad\.onnx is another model.*install pipecat-ai"):
        Silero(path)


@given(st.integers(0, 2**31), st.binary(max_size=8))
@settings(max_examples=50, deadline=None)
def test_a_damaged_model_is_read_or_refused(at, damage):
    model = bytearray(bundled_model().read_bytes())
    at %= len(model)
    model[at : at + len(damage)] = damage
    try:
        read = weights(bytes(model))
    except NotSilero:
        return
    assert len(read) == 15
