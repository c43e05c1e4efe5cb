"""A media stream that only listens, as `<Start><Stream>` opens it: both directions of a call, whatever verb runs."""

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp

from telephony.double.errors import StreamRefused
from telephony.double.handset import Handset
from telephony.double.socket import CLOSED_IN_ANGER, GOODBYE_MS, connected
from telephony.double.stream import BadMessage, CarrierStream, Track
from telephony.double.twiml import Stream
from telephony.double.webhooks import Webhooks

OUTBOX_MESSAGES: Final = 3_000
"""30 s of both tracks."""

TRACKS: Final[dict[str, tuple[Track, ...]]] = {
    "inbound_track": ("inbound",),
    "outbound_track": ("outbound",),
    "both_tracks": ("inbound", "outbound"),
}


class Fork:
    """One of them. `tell(event, error)` makes its status callbacks, `problem` is told what the debugger would show."""

    def __init__(
        self,
        codec: CarrierStream,
        stream: Stream,
        handset: Handset,
        tell: Callable[[str, str], None],
        problem: Callable[[int, str], None],
    ) -> None:
        self.codec = codec
        self.stream = stream
        self._handset, self._tell, self._problem = handset, tell, problem
        self._tracks = TRACKS[stream.track]
        self._outbox: asyncio.Queue[str | None] = asyncio.Queue(OUTBOX_MESSAGES)
        self._warned: set[int] = set()
        self.over = False
        """It listens no more."""
        self._session: aiohttp.ClientSession | None = None

    async def run(self, webhooks: Webhooks) -> None:
        """Open the socket and pass the audio on until it is stopped or the application has closed."""
        url = self.stream.url
        try:
            session, socket = await connected(url, webhooks.reach(url), webhooks.signature(url, {}))
        except StreamRefused as refused:
            self._warn(refused.code, refused.detail)
            self._tell("stream-error", str(refused))
            self.over = True
            return
        if self.over:
            await session.close()
            return
        self._tell("stream-started", "")
        self._post(self.codec.connected())
        self._post(self.codec.start())
        self._handset.taps.append(self)
        self._session = session
        try:
            async with session:
                await self._carry(socket)
        finally:
            self.over = True
            self._leave()

    def both(self, said: bytes, heard: bytes) -> None:
        """Pass 20 ms of both directions on."""
        for track in self._tracks:
            self._post(self.codec.media(said if track == "inbound" else heard, track))

    def stop(self) -> None:
        """The call is over, or `<Stop>` was executed: say so and close."""
        self.over = True
        if self._leave():
            self._post(self.codec.stop())
            self._outbox.put_nowait(None)
            self._tell("stream-stopped", "")

    async def lose(self) -> None:
        """The connection breaks."""
        if self._session is not None and self._session.connector is not None:
            await self._session.connector.close()

    def _leave(self) -> bool:
        there = self in self._handset.taps
        if there:
            self._handset.taps.remove(self)
        return there

    async def _carry(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read(socket))
            writer = tasks.create_task(self._write(socket))
            await asyncio.wait({reader, writer}, return_when=asyncio.FIRST_COMPLETED)
            if reader.done() and self._leave():
                self._warn(CLOSED_IN_ANGER, "the application closed a stream that it was to listen to")
                self._tell("stream-stopped", "")
            writer.cancel()
            try:
                async with asyncio.timeout(GOODBYE_MS / 1000):
                    await socket.close()
                    await reader
            except TimeoutError:
                reader.cancel()

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while (message := await self._outbox.get()) is not None:
            try:
                await socket.send_str(message)
            except ConnectionError:
                return

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            for asked in self.codec.receive(message.data):
                if isinstance(asked, BadMessage):
                    self._warn(asked.code, asked.detail)

    def _post(self, message: str) -> None:
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            self._warn(0, f"the application has not read for {OUTBOX_MESSAGES} messages; frames are dropped")

    def _warn(self, code: int, detail: str) -> None:
        if code not in self._warned:
            self._warned.add(code)
            self._problem(code, detail)
