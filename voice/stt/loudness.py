"""Whether an utterance is as loud as its caller: a room that is heard between two answers is not. Pure."""

from collections import deque
from typing import Final

import numpy as np

from voice.audio import FRAME_MS, PCM_BYTES_PER_MS, pcm_to_samples

_MUCH_SOFTER_DB: Final = 16.0
"""An answer 12 dB softer than the words before it is a caller who turned away, and must be heard; beyond this it is the
room. With 10 dB a caller at −27 dB after one at −13 dB was not heard at all."""
_SOFTER_DB: Final = 10.0
"""From here on it may be either; what is heard then has to be clear."""
_REMEMBERED: Final = 5
_LOUD_PART: Final = 90
"""Percentile of the levels of an utterance's frames: of a word, its vowels."""
_LONGEST_MS: Final = 10_000


def loudness_db(pcm: bytes) -> float:
    """Level of the loud parts of PCM16 audio, relative to full scale; −96.0 for less than a frame or for silence."""
    samples = pcm_to_samples(pcm[: _LONGEST_MS * PCM_BYTES_PER_MS])
    frame = FRAME_MS * PCM_BYTES_PER_MS // 2
    count = samples.size // frame
    if not count:
        return -96.0
    power = (samples[: count * frame].reshape(count, frame).astype(np.float32) ** 2).mean(axis=1)
    return max(-96.0, 10.0 * float(np.log10(np.percentile(power, _LOUD_PART) / 32768.0**2 + 1e-10)))


class CallerLoudness:
    """How loud one caller is, from what was understood."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque(maxlen=_REMEMBERED)

    def fits(self, level_db: float) -> bool:
        """Whether an utterance of this level may be the caller's; anything may be, before the first words."""
        return not self._recent or level_db >= float(np.median(self._recent)) - _MUCH_SOFTER_DB

    def doubtful(self, level_db: float) -> bool:
        """Whether an utterance of this level may be the room as well as a caller who turned away."""
        return bool(self._recent) and level_db < float(np.median(self._recent)) - _SOFTER_DB

    def heard(self, level_db: float) -> None:
        """Words were understood at this level."""
        self._recent.append(level_db)
