"""One media WebSocket from Twilio's end: opens it, passes messages both ways, and loses it on demand."""

import asyncio
import ipaddress
import struct
from collections.abc import Callable
from dataclasses import dataclass
from socket import SO_LINGER, SOL_SOCKET
from typing import Final, Literal
from urllib.parse import urlsplit

import aiohttp

from telephony.double.ear import MarkEcho
from telephony.double.errors import NoMedia, StreamRefused
from telephony.double.faults import Faults
from telephony.double.handset import Handset
from telephony.double.record import StreamEndedBy
from telephony.double.stream import PROTOCOL_ERROR, BadMessage, CarrierStream, ClearAsked, MarkAsked, PlayAsked

HANDSHAKE_REFUSED: Final = 31920
CONNECTION_REFUSED: Final = 31902
CONNECT_TIMEOUT: Final = 31901
BAD_URL: Final = 31923
BROKEN_PIPE: Final = 31903
CLOSED_IN_ANGER: Final = 31921
CONNECT_MS: Final = 5000
GOODBYE_MS: Final = 1000
"""How long the application has to take the last messages and answer the close."""
OUTBOX_MESSAGES: Final = 1500
"""30 s of frames. When the application has not read for so long the newest are dropped, and it is written down once."""

Loss = Literal["clean", "reset", "limbo"]
"""clean: closed in order by the carrier · reset: torn down by the network (RST) · limbo: dead, unknown to TCP."""


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """How a stream ended."""

    by: StreamEndedBy
    code: int | None = None
    """The WebSocket code of the application."""
    reason: str = ""


class StreamSocket:
    """A stream's socket. `problem(code, detail)` is told what Twilio's debugger would show.

    With `wait_when_broken` a connection that breaks is lost, as by `lose`, and waits for `give_up`.
    """

    def __init__(
        self,
        codec: CarrierStream,
        handset: Handset,
        problem: Callable[[int, str], None],
        *,
        wait_when_broken: bool = False,
    ) -> None:
        self.codec = codec
        self.faults = Faults()
        self._handset = handset
        self._problem = problem
        self._outbox: asyncio.Queue[str | bytes | None] = asyncio.Queue(OUTBOX_MESSAGES)
        self._session: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._end: asyncio.Future[StreamEnd] = asyncio.get_running_loop().create_future()
        self._lost: Loss | None = None
        self._wait_when_broken = wait_when_broken
        self._leaving = False
        self._warned: set[int] = set()
        self._tasks: list[asyncio.Task[None]] = []

    # Before

    async def open(self, url: str, *, reach: str, signature: str) -> None:
        """Connect to `reach` with the signature of `url`. Raises StreamRefused with Twilio's error code."""
        # A session for each stream, so that closing its connector tears down this socket and no other.
        self._session, self._socket = await connected(url, reach, signature)

    # What the handset passes on

    def begin(self) -> None:
        """Say `connected` and `start`."""
        self._post(self.codec.connected())
        self._post(self.codec.start())

    def media(self, ulaw: bytes) -> None:
        """Pass a frame on, with the faults that were planned."""
        for message in self.faults.apply(self.codec.media(ulaw)):
            self._post(message)

    def key(self, digit: str) -> None:
        """Pass a key on."""
        self._post(self.codec.dtmf(digit))

    def marks(self, echoes: list[MarkEcho]) -> None:
        """Send marks back."""
        for echo in echoes:
            self._post(self.codec.mark(echo.name))

    def raw(self, message: str | bytes) -> None:
        """Send anything at all."""
        self._post(message)

    # While it is open

    async def run(self) -> StreamEnd:
        """Pass messages both ways until the stream has ended; cancelled when the call is over, it sends `stop` last.

        Raises NoMedia before `open`.
        """
        if self._socket is None:
            raise NoMedia("the stream was not opened")
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write(self._socket))
                reader = tasks.create_task(self._read(self._socket))
                self._tasks = [writer, reader]
                try:
                    end = await asyncio.shield(self._end)
                except asyncio.CancelledError:
                    await self._say_goodbye(writer)
                    raise
                finally:
                    writer.cancel()
                    reader.cancel()
        finally:
            await self._hang_up()
        return end

    async def lose(self, how: Loss) -> None:
        """Take the connection away. The stream stays, dead, until `give_up`. Raises NoMedia when it is not open."""
        if self._socket is None or self._session is None or self._lost or self._end.done():
            raise NoMedia("no media stream is open that could be lost")
        self._lost = how
        self._handset.detach(self)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if how == "limbo":
            return
        self._handset.ear.clear(self._handset.now_ms, "stream_ended")
        if how == "clean":
            await self._socket.close(code=aiohttp.WSCloseCode.OK)
        else:
            await self._reset(self._socket, self._session)

    def give_up(self) -> None:
        """Twilio has noticed that a lost connection is lost: the stream is over. Raises NoMedia when it is not lost."""
        if self._lost is None or self._end.done():
            raise NoMedia("no media stream is lost")
        self._finish(StreamEnd("lost", reason=self._lost))

    def _finish(self, end: StreamEnd) -> None:
        if self._end.done() or self._leaving or (self._lost is not None and end.by != "lost"):
            return
        if end.by == "broken":
            self._warn(BROKEN_PIPE, "the connection broke while the stream was active")
        if end.by == "broken" and self._wait_when_broken:
            self._lost = "reset"
            self._handset.detach(self)
            self._handset.ear.clear(self._handset.now_ms, "stream_ended")
            return
        if end.by == "protocol":
            self._warn(PROTOCOL_ERROR, end.reason)
        if end.by == "application" and end.code not in {1000, 1001, 1005}:
            self._warn(CLOSED_IN_ANGER, f"the application closed the stream with {end.code} {end.reason}".rstrip())
        self._end.set_result(end)

    def _post(self, message: str | bytes) -> None:
        if self._lost is not None:
            return
        try:
            self._outbox.put_nowait(message)
        except asyncio.QueueFull:
            self._warn(0, f"the application has not read for {OUTBOX_MESSAGES} messages; frames are dropped")

    def _warn(self, code: int, detail: str) -> None:
        if code not in self._warned:
            self._warned.add(code)
            self._problem(code, detail)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while (message := await self._outbox.get()) is not None:
            try:
                if isinstance(message, str):
                    await socket.send_str(message)
                else:
                    await socket.send_bytes(message)
            except ConnectionError:
                return  # The reader sees how it ended.

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            message = await socket.receive()
            match message.type:
                case aiohttp.WSMsgType.TEXT | aiohttp.WSMsgType.BINARY:
                    self._obey(message.data)
                case aiohttp.WSMsgType.CLOSE:
                    return self._finish(StreamEnd("application", message.data or 1005, message.extra or ""))
                case aiohttp.WSMsgType.ERROR:
                    return self._finish(StreamEnd("protocol", reason=str(message.data)))
                case _:
                    return self._finish(StreamEnd("broken"))

    def _obey(self, message: str | bytes) -> None:
        ear, now_ms = self._handset.ear, self._handset.now_ms
        for asked in self.codec.receive(message):
            match asked:
                case PlayAsked(ulaw):
                    ear.queue(now_ms, ulaw)
                case MarkAsked(name):
                    self.marks(ear.mark(now_ms, name))
                case ClearAsked():
                    self.marks(ear.clear(now_ms))
                case BadMessage(code, detail):
                    self._warn(code, detail)

    async def _say_goodbye(self, writer: asyncio.Task[None]) -> None:
        self._handset.detach(self)
        if self._lost is not None or self._socket is None:
            return
        self._post(self.codec.stop())
        self._leaving = True
        try:
            async with asyncio.timeout(GOODBYE_MS / 1000):
                await self._outbox.put(None)
                await asyncio.shield(writer)
                await self._socket.close(code=aiohttp.WSCloseCode.OK)
        except TimeoutError:
            self._warn(0, f"the application did not take `stop` and the close within {GOODBYE_MS} ms")

    async def _hang_up(self) -> None:
        self._handset.detach(self)
        self._handset.ear.clear(self._handset.now_ms, "stream_ended")
        if self._socket is not None and self._session is not None:
            if self._lost == "limbo":
                await self._reset(self._socket, self._session)
            await self._session.close()

    @staticmethod
    async def _reset(open_socket: aiohttp.ClientWebSocketResponse, session: aiohttp.ClientSession) -> None:
        raw = open_socket.get_extra_info("socket")
        if raw is not None:
            # Linger for 0 s: closing discards what is unsent and sends RST (socket(7)).
            raw.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        await session.close()
        await open_socket.close()  # sends nothing any more; lets go of the connection


async def connected(
    url: str, reach: str, signature: str
) -> tuple[aiohttp.ClientSession, aiohttp.ClientWebSocketResponse]:
    """Connect to `reach` with the signature of `url`. Raises StreamRefused with Twilio's error code."""
    checked_url(url, reach)
    session = aiohttp.ClientSession(trust_env=False)
    headers = {"X-Twilio-Signature": signature, "User-Agent": "Twilio.TmeWs/1.0", "Host": urlsplit(url).netloc}
    timeout = aiohttp.ClientWSTimeout(ws_close=GOODBYE_MS / 1000)
    socket = None
    try:
        async with asyncio.timeout(CONNECT_MS / 1000):
            socket = await session.ws_connect(reach, headers=headers, max_msg_size=0, timeout=timeout)
    except aiohttp.WSServerHandshakeError as refused:
        raise StreamRefused(HANDSHAKE_REFUSED, f"{url}: HTTP {refused.status} instead of 101") from refused
    except (aiohttp.ClientError, OSError) as refused:
        late = isinstance(refused, TimeoutError)
        detail = "no connection in time" if late else "connection refused"
        raise StreamRefused(CONNECT_TIMEOUT if late else CONNECTION_REFUSED, f"{url}: {detail}") from refused
    finally:
        if socket is None:
            await session.close()
    return session, socket


def checked_url(url: str, reach: str) -> None:
    """Nothing when a stream may be opened there. Raises StreamRefused.

    Twilio wants wss and no query; the double allows ws on loopback.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.hostname:
        raise StreamRefused(BAD_URL, f"{url!r} is not a wss URL")
    if parts.query:
        raise StreamRefused(HANDSHAKE_REFUSED, f"{url}: a stream's URL cannot have a query; use <Parameter>")
    if urlsplit(reach).scheme == "ws" and not _is_loopback(urlsplit(reach).hostname or ""):
        raise StreamRefused(BAD_URL, f"{url}: ws without TLS is accepted on loopback only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
