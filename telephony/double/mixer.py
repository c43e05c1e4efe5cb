"""Mixed sound: several voices into one, frame by frame. Pure.

Frames are 20 ms of G.711 μ-law. Voices are summed as samples and clipped; a lone voice passes through byte for byte.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

import numpy as np

from voice.audio import FRAME_MS, FRAME_ULAW_BYTES, ULAW_SILENCE, pcm_to_samples, samples_to_ulaw, ulaw_to_pcm

SILENCE: Final = bytes([ULAW_SILENCE]) * FRAME_ULAW_BYTES
_QUEUED_FRAMES: Final = 3
"""What a clock that is late may leave waiting beyond the delay; older frames are dropped, or the delay would grow."""


def mixed(frames: Iterable[bytes]) -> bytes:
    """One frame of all of them."""
    voices = [frame for frame in frames if frame != SILENCE]
    if len(voices) < 2:
        return voices[0] if voices else SILENCE
    total = sum((pcm_to_samples(ulaw_to_pcm(voice)).astype(np.int32) for voice in voices), np.zeros(160, np.int32))
    return samples_to_ulaw(np.clip(total, -32768, 32767).astype(np.int16))


class DelayLine:
    """A voice on its way through a jitter buffer: what comes in comes out `delay_ms` later."""

    def __init__(self, delay_ms: int = 0) -> None:
        self._delay_frames = delay_ms // FRAME_MS
        self._frames: deque[bytes] = deque([SILENCE] * self._delay_frames)

    def put(self, frame: bytes) -> None:
        """Add the next 20 ms."""
        self._frames.append(frame)
        if len(self._frames) > self._delay_frames + _QUEUED_FRAMES:
            self._frames.popleft()

    def take(self) -> bytes:
        """The 20 ms whose time has come; silence when there is nothing."""
        return self._frames.popleft() if self._frames else SILENCE


class Loop:
    """Sound that begins again when it is over."""

    def __init__(self, ulaw: bytes) -> None:
        whole = -(-len(ulaw) // FRAME_ULAW_BYTES) * FRAME_ULAW_BYTES
        self._ulaw = ulaw.ljust(whole, bytes([ULAW_SILENCE]))
        self._at = 0

    def take(self) -> bytes:
        """The next 20 ms; silence when there is no sound at all."""
        if not self._ulaw:
            return SILENCE
        frame = self._ulaw[self._at : self._at + FRAME_ULAW_BYTES]
        self._at = (self._at + FRAME_ULAW_BYTES) % len(self._ulaw)
        return frame


class Once:
    """Sound that is heard once; more may be put behind it."""

    def __init__(self) -> None:
        self._ulaw = bytearray()

    def put(self, ulaw: bytes) -> None:
        """Play this behind what still plays."""
        self._ulaw += ulaw

    def __bool__(self) -> bool:
        return bool(self._ulaw)

    def take(self) -> bytes:
        """The next 20 ms; silence when it is over."""
        if not self._ulaw:
            return SILENCE
        frame = bytes(self._ulaw[:FRAME_ULAW_BYTES]).ljust(FRAME_ULAW_BYTES, bytes([ULAW_SILENCE]))
        del self._ulaw[:FRAME_ULAW_BYTES]
        return frame
