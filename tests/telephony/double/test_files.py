import io
import wave

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]  # ships no types

from telephony.double.errors import NotAudio
from telephony.double.files import decode, read_ulaw
from telephony.double.track import levels_db
from voice.audio import samples_to_ulaw

pytestmark = pytest.mark.unit


def sine(rate_hz: int, seconds: float = 1.0, hz: float = 440.0, peak: float = 0.25) -> np.ndarray:
    return peak * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)


def wav(samples: np.ndarray, rate_hz: int, subtype: str) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate_hz, subtype=subtype, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "ULAW", "ALAW"])
def test_any_wav_becomes_ulaw_at_8_khz_at_the_same_level(rate_hz, channels, subtype):
    samples = np.repeat(sine(rate_hz)[:, None], channels, axis=1)
    ulaw = decode(wav(samples, rate_hz, subtype), "a.wav")
    assert len(ulaw) == pytest.approx(8000, abs=2)
    assert levels_db(ulaw)[5:-5] == pytest.approx(20 * np.log10(0.25 / np.sqrt(2)), abs=0.5)


def test_ulaw_in_a_wav_file_comes_out_as_it_went_in():
    codes = bytes(range(256)) * 10
    pcm = np.frombuffer(codes, dtype=np.uint8)
    header = wav(np.zeros(len(pcm)), 8000, "ULAW")[: -len(pcm)]
    again = decode(header + codes, "a.wav")
    assert again.replace(b"\x7f", b"\xff") == codes.replace(b"\x7f", b"\xff")


def test_what_lies_above_the_telephone_band_is_filtered_and_not_folded():
    ulaw = decode(wav(sine(48000, hz=6000.0), 48000, "PCM_16"), "a.wav")
    assert levels_db(ulaw)[5:-5].max() < -60


def test_headerless_ulaw_is_taken_as_it_is(tmp_path):
    file = tmp_path / "line.ulaw"
    file.write_bytes(b"\x10" * 800)
    assert read_ulaw(file) == b"\x10" * 800


def test_a_wav_that_is_called_ulaw_is_still_a_wav(tmp_path):
    file = tmp_path / "line.ulaw"
    file.write_bytes(wav(sine(16000), 16000, "PCM_16"))
    assert len(read_ulaw(file)) == pytest.approx(8000, abs=2)


def test_the_ending_is_read_without_regard_to_case(tmp_path):
    file = tmp_path / "LINE.ULAW"
    file.write_bytes(b"\x10" * 8)
    assert read_ulaw(file) == b"\x10" * 8


def test_a_wav_of_the_standard_library_is_read(tmp_path):
    file = tmp_path / "line.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes((sine(8000) * 32767).astype("<i2").tobytes())
    assert read_ulaw(file) == samples_to_ulaw((sine(8000) * 32767).astype(np.int16))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("a.wav", b"", "empty"),
        ("a.wav", b"hello, this is a text", "WAV, FLAC or Ogg"),
        ("a.bin", b"\x10" * 800, ".ulaw"),
        ("a.wav", b"RIFF\x00\x00\x00\x00WAVE", "not audio"),
        ("a.wav", b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(24), "not audio that can be read"),
        ("a.wav", wav(np.zeros(0), 8000, "PCM_16"), "holds no sound"),
        ("a.ulaw", bytes(8000 * 601), "at most 600 s"),
    ],
)
def test_what_is_not_audio_is_refused_with_the_remedy(tmp_path, name, data, says):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(NotAudio, match=says) as refused:
        read_ulaw(file)
    assert str(file) in str(refused.value)
    assert "BytesIO" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(NotAudio, match="No such file"):
        read_ulaw(tmp_path / "nothing.wav")
    with pytest.raises(NotAudio, match="folder"):
        read_ulaw(tmp_path)


def test_every_recording_beside_the_repository_is_read(shared):
    files = sorted((shared / "audio").rglob("*.wav")) + sorted((shared / "audio").rglob("*.ulaw"))
    for file in files:
        assert len(read_ulaw(file)) > 800, file
    assert len(files) > 200
