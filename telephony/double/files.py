"""Caller audio from files, as μ-law at 8 kHz: WAV of any coding, rate and channels, FLAC, Ogg, and headerless μ-law."""

import io
from pathlib import Path
from typing import Final

import numpy as np
import soundfile  # type: ignore[import-untyped]  # ships no types
import soxr

from telephony.double.errors import NotAudio
from voice.audio import SAMPLE_RATE_HZ, samples_to_ulaw

HEADERLESS: Final = frozenset({".ulaw", ".ul", ".mulaw", ".pcmu"})
"""Endings of files that hold nothing but μ-law at 8 kHz."""
LONGEST_S: Final = 600
"""A caller who speaks longer without a pause is a wrong file."""

_CONTAINERS: Final = (b"RIFF", b"RIFX", b"fLaC", b"OggS", b"FORM", b".snd")


def read_ulaw(path: Path) -> bytes:
    """The audio of a file as μ-law, 8 kHz, mono (channels are averaged). Raises NotAudio with what to do about it."""
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise NotAudio(f"{path} is a folder; name an audio file in it") from error
    except OSError as error:
        raise NotAudio(f"{path} cannot be read: {error.strerror}") from error
    return decode(data, str(path), headerless=path.suffix.lower() in HEADERLESS)


def decode(data: bytes, name: str, *, headerless: bool = False) -> bytes:
    """The same for audio that is already in memory; `name` is for messages. Raises NotAudio."""
    if not data:
        raise NotAudio(f"{name} is empty")
    ulaw = data if headerless and not data.startswith(_CONTAINERS) else _from_container(data, name)
    if not ulaw:
        raise NotAudio(f"{name} holds no sound: its header is followed by nothing")
    if len(ulaw) > LONGEST_S * SAMPLE_RATE_HZ:
        raise NotAudio(f"{name} lasts {len(ulaw) // SAMPLE_RATE_HZ} s; at most {LONGEST_S} s can be spoken in one go")
    return ulaw


def _from_container(data: bytes, name: str) -> bytes:
    try:
        samples, rate_hz = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        # The library's own message names the buffer that it was given, not the file.
        reason = getattr(error, "error_string", "its header makes no sense").rstrip(".").lower()
        remedy = f"headerless μ-law needs one of the endings {', '.join(sorted(HEADERLESS))}"
        raise NotAudio(f"{name} is not audio that can be read ({reason}); use WAV, FLAC or Ogg; {remedy}") from error
    if not len(samples):
        return b""
    if len(samples) > LONGEST_S * rate_hz:
        raise NotAudio(f"{name} lasts {len(samples) // rate_hz} s; at most {LONGEST_S} s can be spoken in one go")
    mono = samples.mean(axis=1)
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ)
    return samples_to_ulaw(np.clip(np.rint(mono * 32768.0), -32768, 32767).astype(np.int16))
