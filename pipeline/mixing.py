"""Several people's sound for one ear, 20 ms by 20 ms. Pure.

People's frames do not come at the same instant. A frame waits a little for those of the others who speak just now, and
is then mixed with them; who alone sends is passed on as it came.
"""

from collections import deque
from typing import Final

import numpy as np

from voice.audio import pcm_to_samples, samples_to_ulaw, ulaw_to_pcm

SENDS_MS: Final = 60
"""Whose last frame is older than this is not waited for."""
MOST_WAITING: Final = 3
"""So many frames (60 ms) of one wait for another's at most."""


class Mix:
    """One ear's."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[bytes]] = {}
        self._sent_ms: dict[str, int] = {}

    def put(self, source: str, now_ms: int, ulaw: bytes) -> list[bytes]:
        """One more frame of somebody; gives what is to be heard now."""
        self._waiting.setdefault(source, deque()).append(ulaw)
        self._sent_ms[source] = now_ms
        mixed = []
        while self._ready(now_ms):
            mixed.append(_sum([queue.popleft() for queue in self._waiting.values() if queue]))
        return mixed

    def forget(self, source: str) -> None:
        """They are gone."""
        self._waiting.pop(source, None)
        self._sent_ms.pop(source, None)

    def _ready(self, now_ms: int) -> bool:
        lengths = {source: len(queue) for source, queue in self._waiting.items()}
        if not any(lengths.values()):
            return False
        late = [source for source, length in lengths.items() if not length and self._sends(source, now_ms)]
        return not late or max(lengths.values()) > MOST_WAITING

    def _sends(self, source: str, now_ms: int) -> bool:
        return now_ms - self._sent_ms[source] <= SENDS_MS


def _sum(frames: list[bytes]) -> bytes:
    if len(frames) == 1:
        return frames[0]
    longest = max(map(len, frames))
    total = np.zeros(longest, np.int32)
    for frame in frames:
        samples = pcm_to_samples(ulaw_to_pcm(frame))
        total[: len(samples)] += samples
    return samples_to_ulaw(np.clip(total, -32768, 32767).astype(np.int16))
