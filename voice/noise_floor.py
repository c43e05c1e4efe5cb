"""How loud a frame is, against the noise that is always there and against the caller so far. Pure."""

import math
from collections import deque
from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

QUIETEST_DB: Final = -52.0
"""Below this nothing is speech: 20 dB under a caller who speaks 12 dB too softly."""

_ABOVE_FLOOR_DB: Final = 9.0
"""Always: over the least level of the last 2 s (5 blocks of 400 ms). Speech pauses within that, hum does not."""
_FLOOR_BLOCK_FRAMES: Final = 20
_FLOOR_BLOCKS: Final = 5
_ABOVE_NOISE_DB: Final = 9.0
"""To begin: over the mean level while nobody speaks. The pre-roll makes up for a word's soft beginning."""
_NOISE_PACE: Final = 0.04
_NOISE_RISE_DB: Final = 0.3
"""Most that one frame raises the mean (15 dB a second), so that a word's own onset does not hide it."""
_BELOW_PEAK_DB: Final = 15.0
"""To go on: within this of the loudest so far, which fades by 3 dB a second. Noise 15 dB below a voice lets it end."""
_PEAK_DECAY_DB: Final = 0.06
_FULL_SCALE_DB: Final = 90.3

_GONE_BELOW_PEAK_DB: Final = 30.0
_GONE_ABOVE_NOISE_DB: Final = 2.0
_CLEAR_DB: Final = 25.0
"""A voice so far above the noise is followed exactly by its level; one less far drowns now and then."""
_GONE_FRAMES: Final = {True: 5, False: 8}


class NoiseFloor:
    """One caller's levels, in dB relative to full scale, frame by frame."""

    def __init__(self) -> None:
        self.level_db = QUIETEST_DB
        """Of the frame just taken."""
        self.noise_db = QUIETEST_DB
        """Mean while nobody speaks."""
        self.loud = False
        """The frame stands out as a voice would."""
        self.gone = False
        """The level has fallen to the noise, or to nothing beside the voice, for longer than a sound's closure."""
        self._peak_db = QUIETEST_DB
        self.low_frames = 0
        """For how many frames the level has been that low."""
        self._minima: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._block_db = 0.0
        self._block_frames = 0

    @property
    def floor_db(self) -> float:
        """The noise that is always there."""
        return min(*self._minima, self._block_db) if self._minima else self._block_db

    @property
    def above_noise_db(self) -> float:
        """How far the frame is above the noise, or above what is never speech where that is louder."""
        return self.level_db - max(self.noise_db, QUIETEST_DB - _ABOVE_NOISE_DB)

    def take(self, samples: Samples, *, speaking: bool) -> None:
        """Take a frame of samples in PCM16's range, of a caller who speaks or does not."""
        level_db = 10.0 * math.log10(float(samples @ samples) / samples.size + 1.0) - _FULL_SCALE_DB
        self.level_db = level_db
        self._track(level_db)
        if speaking:
            self._peak_db = max(self._peak_db - _PEAK_DECAY_DB, level_db)
            beyond_db = self._peak_db - _BELOW_PEAK_DB
        else:
            beyond_db = self.noise_db + _ABOVE_NOISE_DB
            self.noise_db += min(_NOISE_PACE * (level_db - self.noise_db), _NOISE_RISE_DB)
            self._peak_db = QUIETEST_DB
        self.loud = level_db > max(self.floor_db + _ABOVE_FLOOR_DB, beyond_db, QUIETEST_DB)
        low = level_db < max(self.noise_db + _GONE_ABOVE_NOISE_DB, self._peak_db - _GONE_BELOW_PEAK_DB)
        self.low_frames = self.low_frames + 1 if low else 0
        self.gone = self.low_frames >= _GONE_FRAMES[self._peak_db - self.noise_db > _CLEAR_DB]

    def _track(self, level_db: float) -> None:
        self._block_db = min(self._block_db, level_db)
        self._block_frames += 1
        if self._block_frames == _FLOOR_BLOCK_FRAMES:
            self._minima.append(self._block_db)
            self._block_db, self._block_frames = 0.0, 0
