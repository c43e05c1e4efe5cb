"""When Silero is asked: not while nothing stands out from the noise, at once where it matters, else by and by.

Silero remembers, so windows cannot be left out one by one; but they can wait. A window asked for alone costs 0.06 ms,
more when the model has left the cache by then, and each of eight together 0.025 ms (voice.silero_network). So Silero
sleeps until something stands out, is asked window by window while a sound begins, every third window while the
two stages differ, and catches up on eight windows at once while they agree.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Literal, Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
Haste = Literal["now", "soon", "whenever"]

WINDOW: Final = 256
"""Samples that are judged together: 32 ms."""

_WAIT_WINDOWS: Final[dict[Haste, int]] = {"now": 1, "soon": 3, "whenever": 8}
_WARMING_FRAMES: Final = 7
"""The frame that wakes it and six before, 140 ms: a recurrent model knows nothing at its first window."""
_NOTHING: Final[Samples] = np.zeros(0, dtype=np.float32)
_BEGINNING: Final = 10
"""Windows after it woke, 320 ms with the warming, in which a sound begins."""
_UNLIKELY: Final = 0.1
_ASLEEP_AFTER: Final = 6
"""Unlikely windows, 192 ms, after which it may sleep."""


class Likelihood(Protocol):
    """Tells speech, windows after windows (voice.silero)."""

    def restart(self) -> None:
        """What comes next does not continue what came before."""

    def hear(self, windows: Samples) -> Sequence[float]:
        """How likely each of these is speech, 0 to 1. Shape (n, 256), −1 to 1, one after the other."""


class SecondOpinion:
    """What Silero thinks of one caller's audio by now."""

    def __init__(self, listener: Likelihood) -> None:
        self.likely = 0.0
        """Speech, by the last window that was asked for; 0 while asleep."""
        self.best = 0.0
        """The most since it woke."""
        self.asked = 0
        """Windows asked for in this call."""
        self._listener = listener
        self._frames: deque[Samples] = deque(maxlen=_WARMING_FRAMES)
        """Not asked about yet; the last ones while it sleeps."""
        self._rest = _NOTHING
        """Samples before them that did not fill a window."""
        self._awake = False
        self._woke_at = 0
        self._unlikely = 0

    @property
    def beginning(self) -> bool:
        """It woke a moment ago."""
        return self.asked - self._woke_at < _BEGINNING

    def forget(self) -> None:
        """Frames are missing: nothing that was heard continues."""
        self._sleep()
        self._frames.clear()

    def hear(self, samples: Samples, haste: Haste, *, stands_out: bool) -> float:
        """Take a frame (PCM16's range): how likely it is speech, 0 while nothing stands out from the noise."""
        self._frames.append(samples)
        if not self._awake:
            if not stands_out:
                return 0.0
            self._awake, self._woke_at = True, self.asked
            self._frames = deque(self._frames)
        waiting = (self._rest.size + len(self._frames) * samples.size) // WINDOW
        if waiting >= _WAIT_WINDOWS[haste]:
            self._catch_up(waiting)
        if self._unlikely >= _ASLEEP_AFTER and not stands_out:
            self._sleep()
        return self.likely

    def _catch_up(self, windows: int) -> None:
        pending = np.concatenate([self._rest, *self._frames])
        scaled = pending[: windows * WINDOW].reshape(windows, WINDOW) * np.float32(1 / 32768)
        for likely in self._listener.hear(scaled):
            self.likely = likely
            self.best = max(self.best, self.likely)
            self._unlikely = self._unlikely + 1 if self.likely < _UNLIKELY else 0
        self._rest = pending[windows * WINDOW :]
        self._frames.clear()
        self.asked += windows

    def _sleep(self) -> None:
        self._awake, self._unlikely = False, 0
        self._frames, self._rest = deque(self._frames, maxlen=_WARMING_FRAMES), _NOTHING
        self.likely = self.best = 0.0
        self._listener.restart()
