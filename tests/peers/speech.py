"""Audio that can be read back: every letter is a tone of its own, so a test hears which words an ear received."""

from functools import cache

import numpy as np

from voice.audio import SAMPLE_RATE_HZ

LETTER_MS = 40
_SAMPLES = LETTER_MS * SAMPLE_RATE_HZ // 1000
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_STEP_HZ = 75
_LOWEST_HZ = 450
LEVEL = 8000.0


@cache
def say_letter(letter: str, level: float = LEVEL) -> bytes:
    """40 ms of PCM16; silence for what is not a letter."""
    place = _LETTERS.find(letter.lower())
    if place < 0:
        return bytes(2 * _SAMPLES)
    hz = _LOWEST_HZ + place * _STEP_HZ
    tone = np.sin(np.arange(_SAMPLES) * (2 * np.pi * hz / SAMPLE_RATE_HZ)) * level
    return bytes(tone.astype("<i2").tobytes())


def say(text: str, level: float = LEVEL) -> bytes:
    """A whole text."""
    return b"".join(say_letter(letter, level) for letter in text)


def hear(pcm: bytes) -> str:
    """What was said; pauses as single blanks. Letters may be cut off at the very end."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    heard = []
    while samples.size >= _SAMPLES // 2:
        quiet = np.abs(samples[:_SAMPLES]) < LEVEL / 20
        start = int(np.argmin(quiet))
        if quiet.all() or start > 16:
            heard.append(" ")
            samples = samples[_SAMPLES if quiet.all() else start :]
            continue
        letter = samples[start : start + _SAMPLES]
        spectrum = np.abs(np.fft.rfft(letter * np.hanning(letter.size), 3200))
        hz = float(np.argmax(spectrum)) * SAMPLE_RATE_HZ / 3200
        heard.append(_LETTERS[round((hz - _LOWEST_HZ) / _STEP_HZ) % len(_LETTERS)])
        samples = samples[start + _SAMPLES :]
    return " ".join("".join(heard).split())
