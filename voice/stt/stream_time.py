"""Where on the call's clock a moment of a recogniser's stream lies. Pure.

A recogniser counts the audio that it was sent; a call has gaps in it. Each piece of audio without a gap before it goes
on where the last one ended, any other begins a new stretch.
"""

from bisect import bisect_right
from typing import Final

_MOST: Final = 512
"""Stretches remembered; results come within seconds, so that only a stream of nothing but gaps would need more."""
_JITTER_MS: Final = 2
"""Audio that begins this close to where the last one ended goes on."""


class StreamTime:
    """The instants of one stream, from its first sample on."""

    def __init__(self) -> None:
        self._stream_ms: list[float] = []
        self._at_ms: list[float] = []
        self._sent_ms = 0.0

    @property
    def end_ms(self) -> int:
        """Instant at which the audio sent so far ends; 0 before any."""
        return self.at_ms(self._sent_ms)

    def sent(self, duration_ms: float, at_ms: float | None) -> None:
        """Audio goes out whose first sample is at this instant; None: silence of ours, wherever the last one ended."""
        expected = self.at_ms(self._sent_ms)
        if not self._at_ms or (at_ms is not None and abs(at_ms - expected) > _JITTER_MS):
            self._stream_ms.append(self._sent_ms)
            self._at_ms.append(float(at_ms or 0))
            del self._stream_ms[:-_MOST], self._at_ms[:-_MOST]
        self._sent_ms += duration_ms

    def at_ms(self, stream_ms: float) -> int:
        """The call's instant of this much audio into the stream."""
        if not self._at_ms:
            return 0
        index = max(0, bisect_right(self._stream_ms, stream_ms) - 1)
        return round(self._at_ms[index] + stream_ms - self._stream_ms[index])
