"""Words of ours that caller and person hear at once, while they are joined: an introduction of three.

The bridge takes the carrier's place: frames go into it in real time, mixed with what the two say, and a mark is back
when the frame before it went in. So the same ledger (voice.playout) tells what was heard.
"""

from collections import deque
from collections.abc import Callable

from pipeline.drive import Clock, Driver
from voice.audio import FRAME_MS, ulaw_frames
from voice.playout import Playout
from voice.playout_events import (
    Enqueue,
    Heard,
    Interrupt,
    MarkReturned,
    PlayoutAction,
    SendAudio,
    SendClear,
    SendMark,
)

Both = Callable[[bytes], None]
"""Takes 20 ms, μ-law, for both ears; pipeline.bridge.Bridge.announced."""


class Introducing:
    """One stream's. Synchronous; every utterance ends in exactly one Heard."""

    def __init__(self, clock: Clock, heard: Callable[[Heard], None]) -> None:
        self._clock = clock
        self._heard = heard
        self._both: Both | None = None
        self._driver = Driver(Playout(), clock, self._act)
        self._waiting: deque[bytes | str] = deque()
        """Frames, and the names of marks."""
        self._disarm: Callable[[], None] | None = None
        self._due_ms = 0

    def joins(self, both: Both | None) -> None:
        """Who hears it from now on; None: nobody is joined any more, and what is being said is over."""
        self._both = both
        if both is None:
            self.interrupt()

    def say(self, enqueue: Enqueue) -> None:
        """Audio of it, in order. Where nobody is joined none of it is heard."""
        self._driver.post(enqueue)
        if self._both is None:
            self.interrupt()

    def interrupt(self) -> None:
        """What is being said is over."""
        self._driver.post(Interrupt(self._clock.now_ms()))

    def close(self) -> None:
        """The stream is gone."""
        self.interrupt()
        self._driver.close()

    def _act(self, action: PlayoutAction) -> None:
        match action:
            case SendAudio(ulaw=ulaw):
                self._waiting.extend(ulaw_frames(ulaw))
            case SendMark(name=name):
                self._waiting.append(name)
            case SendClear():
                self._waiting.clear()
            case Heard():
                self._heard(action)
            case _:  # what was heard when, the bridge records
                pass
        if self._waiting and self._disarm is None:
            self._due_ms = self._clock.now_ms()
            self._arm()

    def _arm(self) -> None:
        self._disarm = self._clock.call_at(self._due_ms, self._frame)

    def _frame(self) -> None:
        """The next 20 ms; a mark before it says that what went in by then was played."""
        while self._waiting:
            one = self._waiting.popleft()
            if isinstance(one, str):
                self._driver.post(MarkReturned(self._clock.now_ms(), one))
            elif self._both is not None:
                self._both(one)
                self._due_ms += FRAME_MS
                self._arm()
                return
        self._disarm = None
