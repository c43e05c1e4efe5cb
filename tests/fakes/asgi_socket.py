"""A WebSocket client of an application in this process, without a network: so that it works in virtual time."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp


@dataclass
class AsgiSocket:
    """One connection, seen from the client."""

    told: list[Mapping[str, Any]] = field(default_factory=list)
    """Text messages that nobody waited for yet."""
    sound: bytearray = field(default_factory=bytearray)
    """All binary messages."""
    accepted: bool = False
    closed: tuple[int, str] | None = None
    answers_pings: bool = True
    takes: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: the client takes nothing more, as when its network is stuck."""
    _to_app: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, **message: Any) -> None:
        self.text(json.dumps(message))

    def text(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    def frame(self, ulaw: bytes) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "bytes": ulaw})

    def leave(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1001})

    async def gets(self, kind: str, timeout_s: float = 60.0) -> Mapping[str, Any]:
        """Wait for a message of this kind that was not waited for before; those before it stay."""
        async with asyncio.timeout(timeout_s):
            while True:
                for message in self.told:
                    if message["type"] == kind:
                        self.told.remove(message)
                        return message
                await self.news()

    async def ends(self, timeout_s: float = 60.0) -> tuple[int, str]:
        """Wait until the application closes it."""
        async with asyncio.timeout(timeout_s):
            while self.closed is None:
                await self.news()
        return self.closed

    async def news(self) -> None:
        self._news.clear()
        await self._news.wait()

    async def send(self, message: Any) -> None:
        """ASGI."""
        await self.takes.wait()
        match message["type"]:
            case "websocket.accept":
                self.accepted = True
            case "websocket.close":
                self.closed = (message.get("code", 1000), message.get("reason") or "")
            case "websocket.send" if message.get("text") is not None:
                told = json.loads(message["text"])
                if told["type"] == "ping" and self.answers_pings:
                    self.say(type="pong")
                self.told.append(told)
            case _:
                self.sound += message["bytes"]
        self._news.set()

    async def receive(self) -> Any:
        """ASGI."""
        return await self._to_app.get()


@asynccontextmanager
async def asgi_socket(
    app: ASGIApp, path: str, headers: Mapping[str, str], subprotocols: Sequence[str] = ()
) -> AsyncIterator[AsgiSocket]:
    """Connect; leave at the end."""
    socket = AsgiSocket()
    socket.takes.set()
    socket._to_app.put_nowait({"type": "websocket.connect"})
    place, _, query = path.partition("?")
    given = {"host": "test", **headers, "sec-websocket-protocol": ", ".join(subprotocols)}
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": place,
        "raw_path": place.encode(), "query_string": query.encode(), "root_path": "", "state": {},
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "subprotocols": list(subprotocols), "client": ("127.0.0.1", 1), "server": ("test", 80),
    }  # fmt: skip
    serving = asyncio.ensure_future(app(scope, socket.receive, socket.send))
    try:
        async with asyncio.timeout(10):
            await socket.news()  # accepted, or closed
        yield socket
    finally:
        socket.leave()
        done, _ = await asyncio.wait([serving], timeout=30)
        serving.cancel()
        if done:
            serving.result()
