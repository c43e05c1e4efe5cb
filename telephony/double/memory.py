"""A media stream without a socket: the double's handset on one side, a MediaSocket for the application on the other.

For calls in virtual time (virtual_time.py): clock, ear and the rules of marks and clear are the real ones.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping

from telephony.double.ear import MarkEcho
from telephony.double.handset import Handset
from telephony.ports import Audio, Dtmf, Marked, MediaEvent, MediaLost, Started, Stopped
from voice.audio import FRAME_MS


class MemoryStream:
    """One stream of one call; both a handset's Listener and an application's MediaSocket."""

    def __init__(self, handset: Handset, call_sid: str, stream_sid: str, parameters: Mapping[str, str]) -> None:
        self._handset = handset
        self._started = Started(call_sid, stream_sid, dict(parameters))
        self._events: asyncio.Queue[MediaEvent | MediaLost | None] = asyncio.Queue()
        self._frames = 0
        self.closed: tuple[int, str] | None = None
        """How the application closed it."""
        handset.attach(self)

    # The handset's side

    def begin(self) -> None:
        self._events.put_nowait(self._started)

    def media(self, ulaw: bytes) -> None:
        self._events.put_nowait(Audio(ulaw, self._frames * FRAME_MS))
        self._frames += 1

    def key(self, digit: str) -> None:
        self._events.put_nowait(Dtmf(digit))

    def marks(self, echoes: list[MarkEcho]) -> None:
        for echo in echoes:
            self._events.put_nowait(Marked(echo.name))

    # The caller's side

    def hang_up(self) -> None:
        """The caller ends the call."""
        self._leave(Stopped())

    def lose(self) -> None:
        """The stream breaks; the caller is still there."""
        self._leave(MediaLost("reset"))

    # The application's side

    async def __aiter__(self) -> AsyncIterator[MediaEvent]:
        while True:
            event = await self._events.get()
            if event is None:
                return
            if isinstance(event, MediaLost):
                raise event
            yield event
            if isinstance(event, Stopped):
                return

    async def play(self, ulaw: bytes) -> None:
        self._require_open()
        self._handset.ear.queue(self._handset.now_ms, ulaw)

    async def mark(self, name: str) -> None:
        self._require_open()
        self.marks(self._handset.ear.mark(self._handset.now_ms, name))

    async def clear(self) -> None:
        self._require_open()
        self.marks(self._handset.ear.clear(self._handset.now_ms))

    async def close(self, code: int, reason: str) -> None:
        if self.closed is None:
            self.closed = (code, reason)
            self._handset.detach(self)
            self._handset.ear.clear(self._handset.now_ms, "stream_ended")
            self._events.put_nowait(None)

    def _leave(self, how: Stopped | MediaLost) -> None:
        self._handset.detach(self)
        self._handset.ear.clear(self._handset.now_ms, "stream_ended")
        self._events.put_nowait(how)

    def _require_open(self) -> None:
        if self.closed is not None:
            raise MediaLost("closed")
