"""Somebody who listens to a call: its sound as it happens, both sides apart, in a buffer that cannot slow the call."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from voice.audio import FRAME_ULAW_BYTES, ULAW_BYTES_PER_MS, ulaw_frames

Channel = Literal["caller", "heard"]
MOST_FRAMES: Final = 200
"""2 s of both sides: who takes longer to fetch them loses the oldest, and is told how many."""
_FRAME_MS: Final = FRAME_ULAW_BYTES // ULAW_BYTES_PER_MS
_SILENCE: Final = b"\xff" * FRAME_ULAW_BYTES


@dataclass(frozen=True, slots=True)
class Frame:
    """20 ms of one side."""

    channel: Channel
    """What the caller says, or what they hear."""
    at_ms: int
    """On the call's clock."""
    ulaw: bytes
    hidden: bool = False
    """Silence stands for what nobody may hear."""


class Listener:
    """As pipeline.taps.Sound. Belongs to the call's event loop; nothing of it ever waits."""

    def __init__(self, name: str, hidden: Callable[[], bool]) -> None:
        """name: unique in the call. hidden: whether what is said now is kept from listeners."""
        self.name = name
        self._hidden = hidden
        self._frames: deque[Frame] = deque()
        self._latest: Frame | None = None
        """Of the caller: a key's tone may be found in it once the next one is there."""
        self.lost = 0
        """Frames that were not fetched in time, since the last `take`."""
        self.lost_in_all = 0
        self.over = False
        """The call has ended: nothing more comes."""
        self.wake: Callable[[], None] = _nobody
        """Told that there is more."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """The caller's sound from this instant on."""
        for frame in self._framed("caller", at_ms, ulaw):
            if self._latest is not None and self._latest.at_ms < frame.at_ms:
                self._add(self._latest)
            self._latest = frame

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """What the caller hears from this instant on."""
        for frame in self._framed("heard", at_ms, ulaw):
            self._add(frame)

    def take(self) -> tuple[list[Frame], int]:
        """What has come since, and how many frames before it were lost."""
        frames, lost = list(self._frames), self.lost
        self._frames.clear()
        self.lost = 0
        return frames, lost

    def end(self) -> None:
        """Nothing more comes."""
        self.over = True
        self.wake()

    def _framed(self, channel: Channel, at_ms: int, ulaw: bytes) -> list[Frame]:
        hidden = self._hidden()
        return [
            Frame(channel, at_ms + index * _FRAME_MS, _SILENCE if hidden else piece, hidden)
            for index, piece in enumerate(ulaw_frames(ulaw))
        ]

    def _add(self, frame: Frame) -> None:
        if len(self._frames) >= MOST_FRAMES:
            self._frames.popleft()
            self.lost += 1
            self.lost_in_all += 1
        self._frames.append(frame)
        self.wake()


def _nobody() -> None:
    """Nobody fetches it yet."""
