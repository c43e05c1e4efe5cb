"""Sounds that Twilio makes itself: key tones, the beep of Record, and a stand-in for the voice of Say. Pure."""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import SAMPLE_RATE_HZ, samples_to_ulaw, silence_ulaw

_ROWS_HZ: Final = (697, 770, 852, 941)
_COLUMNS_HZ: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = "123A456B789C*0#D"
"""ITU-T Q.23."""

_CHARACTER_MS: Final = 65
"""About 150 words a minute."""
_SYLLABLE_MS: Final = 180
_GAP_MS: Final = 40


def tone(hz: tuple[float, ...], duration_ms: int, peak: float = 0.15) -> bytes:
    """A sum of sines as μ-law; `peak` of each is relative to full scale."""
    at: npt.NDArray[np.float64] = np.arange(duration_ms * SAMPLE_RATE_HZ // 1000) / SAMPLE_RATE_HZ
    wave = sum((np.sin(2 * np.pi * each * at) for each in hz), np.zeros_like(at))
    return samples_to_ulaw((np.clip(wave * peak, -1.0, 1.0) * 32767).astype(np.int16))


def key_tone(digit: str, duration_ms: int = 100) -> bytes:
    """The dual tone of a key. Raises ValueError for what is not on a keypad."""
    row, column = divmod(_KEYS.index(digit), 4)
    return tone((_ROWS_HZ[row], _COLUMNS_HZ[column]), duration_ms)


def keys(digits: str) -> bytes:
    """The tones of `<Play digits>`: 100 ms each with 100 ms between; `w` waits half a second. Raises ValueError."""
    return b"".join(silence_ulaw(500) if key == "w" else key_tone(key) + silence_ulaw(100) for key in digits)


def stand_in_speech(text: str, language: str = "") -> bytes:
    """Something audible, as long as the text takes to say, with the rhythm of syllables; the language is ignored."""
    del language
    syllables = max(2, len(text) * _CHARACTER_MS // (_SYLLABLE_MS + _GAP_MS))
    return (tone((220.0, 440.0), _SYLLABLE_MS) + silence_ulaw(_GAP_MS)) * syllables


def hold_music(duration_ms: int = 4_000) -> bytes:
    """A stand-in for music on hold: soft chords that no voice resembles; made to be played over and over."""
    chords = ((262.0, 330.0, 392.0), (294.0, 349.0, 440.0), (247.0, 294.0, 392.0), (262.0, 330.0, 523.0))
    return b"".join(tone(chord, duration_ms // len(chords), peak=0.04) for chord in chords)


def ringback() -> bytes:
    """What a caller hears while somebody is rung: 440 and 480 Hz, 2 s on and 4 s off (North America)."""
    return tone((440.0, 480.0), 2_000, peak=0.06) + silence_ulaw(4_000)
