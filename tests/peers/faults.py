"""How a peer misbehaves, and the plumbing that all peers of recognition services share."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response


def now_s() -> float:
    """The loop's clock: time.monotonic(), and virtual time under a loop whose time is."""
    return asyncio.get_running_loop().time()


Delay = float | Callable[[], float]
"""Seconds, fixed or drawn anew each time."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one connection; nothing by default."""

    status: int = 0
    """HTTP status in place of a connection: 401, 402, 429, 500."""
    error: str = ""
    """dg-error header of a refusal."""
    dead_after_ms: int = -1
    """Milliseconds of audio after which nothing is said any more, though the socket stays open; 0: from the start."""
    close_after_ms: int = -1
    """Milliseconds of audio after which the connection is closed with 1011."""
    close_after_sound_ms: int = -1
    """Milliseconds of sound after which it is closed: in the middle of the first words."""
    malformed: bool = False
    """Says what is no JSON in place of its first result."""
    no_words: bool = False
    """Its results hold no words."""
    slow: float = 1.0
    """Factor on every delay."""
    connect_s: float = 0.0
    """Time before the handshake is answered."""


@dataclass
class Stream:
    """One connection and what is said on it, in order and after its delay."""

    connection: ServerConnection
    query: dict[str, list[str]]
    fault: Fault
    outgoing: "asyncio.Queue[tuple[float, str]]" = field(default_factory=asyncio.Queue)
    heard_ms: int = 0
    told: list[dict[str, Any]] = field(default_factory=list)
    """Messages of the client."""

    def wanted(self, name: str, otherwise: str = "") -> str:
        return self.query.get(name, [otherwise])[0]

    def say(self, message: dict[str, Any] | str, delay_s: float = 0.0) -> None:
        """Queue a message; nothing when the fault says so."""
        if 0 <= self.fault.dead_after_ms <= self.heard_ms:
            return
        due_s = now_s() + delay_s * self.fault.slow
        self.outgoing.put_nowait((due_s, message if isinstance(message, str) else json.dumps(message)))

    async def send(self) -> None:
        """Say what is queued when it is due."""
        while True:
            due_s, text = await self.outgoing.get()
            await asyncio.sleep(max(0.0, due_s - now_s()))
            await self.connection.send(text)


class RecognitionPeer(ABC):
    """The server of a recognition service on loopback, port 0. Subclasses say what is heard: `audio`, `message`."""

    def __init__(self, texts: Sequence[str] = (), *, delay_s: Delay = 0.1) -> None:
        """texts: what the stretches of sound of each connection say."""
        self.texts: Sequence[str] = list(texts)
        self.delay_s = delay_s
        self.log: list[tuple[str, float]] = []
        """What was done and when (monotonic seconds): connected, finalized, final, eager, turn_end, closed."""
        self.faults: list[Fault] = []
        """Of the next connections; then there are none."""
        self.always: Fault | None = None
        """Of every connection without one of its own."""
        self.keys: set[str] = set()
        """Accepted keys; empty: any."""
        self.streams: list[Stream] = []
        self.refused = 0
        self.url = ""
        self._server: Server

    def delay(self) -> float:
        return self.delay_s() if callable(self.delay_s) else self.delay_s

    def done(self, what: str) -> None:
        self.log.append((what, now_s()))

    def times(self, what: str) -> list[float]:
        return [at for name, at in self.log if name == what]

    @abstractmethod
    def opened(self, stream: Stream) -> None:
        """A client is there."""

    @abstractmethod
    def audio(self, stream: Stream, data: bytes) -> None:
        """Audio came."""

    @abstractmethod
    def sound_ms(self, stream: Stream) -> int:
        """How much sound came so far."""

    @abstractmethod
    def message(self, stream: Stream, message: dict[str, Any]) -> None:
        """A message came."""

    @abstractmethod
    def closing(self, stream: Stream) -> None:
        """The client is done: say the last."""

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, process_request=self._admit, close_timeout=0.2)
        port = next(iter(self._server.sockets)).getsockname()[1]
        self.url = f"ws://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        fault = self.faults.pop(0) if self.faults else self.always or Fault()
        await asyncio.sleep(fault.connect_s)
        key = request.headers.get("Authorization", "").removeprefix("Token ")
        if self.keys and key not in self.keys:
            fault = Fault(status=401, error="Invalid credentials.")
        if fault.status:
            self.refused += 1
            response = connection.respond(HTTPStatus(fault.status), "refused\n")
            response.headers["dg-error"] = fault.error
            return response
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(request.path).query):
            query.setdefault(name, []).append(value)
        self.streams.append(Stream(connection, query, fault))
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        stream = next(one for one in self.streams if one.connection is connection)
        self.done("connected")
        sending = asyncio.create_task(stream.send())
        try:
            self.opened(stream)
            async for data in connection:
                if isinstance(data, bytes):
                    self._audio(stream, data)
                    sound_ms, fault = self.sound_ms(stream), stream.fault
                    if 0 <= fault.close_after_ms <= stream.heard_ms or 0 <= fault.close_after_sound_ms <= sound_ms:
                        await connection.close(1011, "NET-0000")
                        break
                else:
                    stream.told.append(json.loads(data))
                    if stream.told[-1]["type"] == "CloseStream":
                        self.closing(stream)
                        break
                    self.message(stream, stream.told[-1])
        except ConnectionClosed:
            pass
        finally:
            sending.cancel()
            await asyncio.wait([sending])
            self.done("closed")

    def _audio(self, stream: Stream, data: bytes) -> None:
        bytes_per_ms = 16 if stream.wanted("encoding") == "linear16" else 8
        stream.heard_ms += len(data) // bytes_per_ms
        if stream.fault.malformed:
            stream.say('{"type": "Results", "channel"')
        self.audio(stream, data)
