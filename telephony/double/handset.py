"""The caller's handset: one clock of 20 ms frames for the whole call, the mouth that fills them and the ear.

The clock runs from answering to the end, whether or not a media stream is open: a caller goes on speaking and listening
while an application is away. Frame n leaves at `answered + n · 20 ms`; a late one does not move those after it.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from telephony.double.ear import Ear, MarkEcho
from telephony.double.mouth import Mouth
from telephony.double.record import Pacing
from voice.audio import FRAME_MS


class Listener(Protocol):
    """The carrier's end of an open media stream."""

    def begin(self) -> None:
        """Say that the stream starts; the first frame follows at once."""

    def media(self, ulaw: bytes) -> None:
        """Pass the caller's next 20 ms on."""

    def key(self, digit: str) -> None:
        """Pass a key on."""

    def marks(self, echoes: list[MarkEcho]) -> None:
        """Send marks back."""


class Tap(Protocol):
    """Whoever listens to both directions without being heard."""

    def both(self, said: bytes, heard: bytes) -> None:
        """The next 20 ms of what the caller says and of what the ear receives."""


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key on the caller's keypad."""

    at_ms: int
    digit: str


class Handset:
    """Where the caller speaks and listens. One per call; must be created in the event loop that runs it."""

    def __init__(self) -> None:
        self.ear = Ear()
        self.mouth = Mouth()
        self.keys: list[KeyPressed] = []
        self.up = asyncio.Event()
        """The line carries sound (or never will: the call is over)."""
        self._loop = asyncio.get_running_loop()
        self._answered = self._loop.time()
        self._zero_ms: int | None = None
        self._joining: Listener | None = None
        self._listener: Listener | None = None
        self.taps: list[Tap] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._frames = 0
        self._stopped = False
        self._worst_ms = 0.0
        self._late = 0

    @property
    def now_ms(self) -> int:
        """The instant on the call's clock; counts from answering until there was a media frame."""
        return self.lasted_ms - (self._zero_ms or 0)

    @property
    def lasted_ms(self) -> int:
        """How long ago the call was answered."""
        return int((self._loop.time() - self._answered) * 1000)

    @property
    def next_frame_ms(self) -> int:
        """Where the frame that comes next lies on the call's clock; in the past while the clock is late."""
        return self._frames * FRAME_MS - (self._zero_ms or 0)

    @property
    def listening(self) -> bool:
        """Whether an application receives what the caller says."""
        return self._listener is not None

    @property
    def stopped(self) -> bool:
        """Whether the call is over: no frame will come."""
        return self._stopped

    @property
    def pacing(self) -> Pacing:
        """How punctual the clock was so far."""
        return Pacing(self._frames, round(self._worst_ms, 1), self._late)

    def attach(self, listener: Listener) -> None:
        """Let a stream begin with the next frame."""
        self._joining = listener

    def detach(self, listener: Listener) -> None:
        """The stream is gone; what the caller says now is lost."""
        if self._joining is listener:
            self._joining = None
        if self._listener is listener:
            self._listener = None

    def press(self, digit: str) -> None:
        """Press one key now."""
        self.keys.append(KeyPressed(self.now_ms, digit))
        if self._listener is not None:
            self._listener.key(digit)

    async def tick(self) -> int:
        """Wait for the next frame, or the end of the clock; gives the instant."""
        if self._stopped:
            return self.now_ms
        waiting = self._loop.create_future()
        self._waiting.append(waiting)
        await waiting
        return self.now_ms

    async def wait_ms(self, duration_ms: int) -> None:
        """Let time pass on the call's clock."""
        until = self.lasted_ms + duration_ms
        while self.lasted_ms < until:
            await self.tick()

    async def run(self) -> None:
        """Keep the clock until cancelled; then whoever waits for a frame is woken."""
        try:
            while True:
                due = self._answered + self._frames * FRAME_MS / 1000
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                late_ms = (self._loop.time() - due) * 1000
                self._worst_ms = max(self._worst_ms, late_ms)
                self._late += late_ms > FRAME_MS
                self._frame(self._frames * FRAME_MS)
                self._frames += 1
        finally:
            self._stopped = True
            self._wake()

    def _frame(self, lasted_ms: int) -> None:
        if self._joining is not None:
            self._admit(self._joining, lasted_ms)
        at_ms = lasted_ms - (self._zero_ms or 0)
        ulaw = self.mouth.frame()
        self.ear.said(at_ms, ulaw)
        echoes = self.ear.tick(max(at_ms, self.now_ms))
        for tap in self.taps:
            tap.both(ulaw, self.ear.heard.audio(at_ms - FRAME_MS, at_ms))
        if self._listener is not None:
            self._listener.media(ulaw)
            self._listener.marks(echoes)
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    def _admit(self, joining: Listener, lasted_ms: int) -> None:
        if self._zero_ms is None:
            self._zero_ms = lasted_ms
            self.ear.begin(lasted_ms)
        self._listener, self._joining = joining, None
        joining.begin()
        self.up.set()
