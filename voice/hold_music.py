"""Music for callers who wait: made here, so that it belongs to nobody and is the same everywhere. Pure."""

from functools import cache
from itertools import cycle, islice
from typing import Final

import numpy as np

from voice.audio import SAMPLE_RATE_HZ, pcm_to_ulaw

BAR_S: Final = 2.5
CHORDS: Final = (
    (220.00, 261.63, 329.63, 440.00),
    (174.61, 220.00, 261.63, 349.23),
    (196.00, 246.94, 293.66, 392.00),
    (164.81, 196.00, 246.94, 329.63),
)
"""A minor, F, G, E minor: frequencies in Hz, one chord to a bar."""
NOTES_PER_BAR: Final = 8
LEVEL: Final = 0.10
"""Peak, of full scale: quieter than a voice on the phone by some 6 dB, so that callers who speak are heard over it."""
BARS: Final = 8


@cache
def hold_music() -> bytes:
    """Some 20 s of soft broken chords as μ-law, 8 kHz, that may be played again and again."""
    bar = int(BAR_S * SAMPLE_RATE_HZ)
    sound = np.zeros(bar * BARS)
    for index, chord in enumerate(islice(cycle(CHORDS), BARS)):
        for beat in range(NOTES_PER_BAR):
            note = _plucked(chord[(0, 2, 1, 3, 2, 3, 1, 2)[beat]])
            begin = index * bar + beat * bar // NOTES_PER_BAR
            end = min(begin + len(note), len(sound))
            sound[begin:end] += note[: end - begin]
    sound *= LEVEL / np.abs(sound).max()
    fade = np.linspace(0.0, 1.0, SAMPLE_RATE_HZ // 4)
    sound[: len(fade)] *= fade
    sound[-len(fade) :] *= fade[::-1]
    return pcm_to_ulaw((sound * 32767).astype("<i2").tobytes())


def _plucked(frequency_hz: float) -> np.ndarray:
    """A soft note of 1.2 s with three partials, gone by its end."""
    t = np.arange(int(1.2 * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    partials = sum(np.sin(2 * np.pi * frequency_hz * n * t) * 0.5 ** (n - 1) for n in (1, 2, 3))
    return np.asarray(partials * np.minimum(t / 0.012, 1.0) * np.exp(-3.2 * t))
