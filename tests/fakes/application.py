"""An application of the tests' own: it behaves as they tell it, and remembers what the double did to it."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web

from voice.audio import samples_to_ulaw


def tone(duration_ms: int, db: float = -20.0, hz: float = 440.0) -> bytes:
    """A sine as μ-law."""
    at = np.arange(duration_ms * 8) / 8000
    amplitude = 10 ** (db / 20) * np.sqrt(2) * 32767
    return samples_to_ulaw((np.sin(2 * np.pi * hz * at) * amplitude).astype(np.int16))


@dataclass
class MediaLine:
    """The application's end of one stream."""

    socket: web.WebSocketResponse
    request: web.Request
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    """With when they came, in seconds of the loop's clock."""
    raw: list[str | bytes] = field(default_factory=list)
    ended: str = ""

    @property
    def stream_sid(self) -> str:
        return next(str(told["streamSid"]) for _, told in self.messages if told["event"] == "start")

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [told for _, told in self.messages if told["event"] == kind]

    def heard(self) -> bytes:
        return b"".join(base64.b64decode(told["media"]["payload"]) for told in self.events("media"))

    async def play(self, ulaw: bytes) -> None:
        payload = base64.b64encode(ulaw).decode()
        await self.send(event="media", streamSid=self.stream_sid, media={"payload": payload})

    async def mark(self, name: str) -> None:
        await self.send(event="mark", streamSid=self.stream_sid, mark={"name": name})

    async def clear(self) -> None:
        await self.send(event="clear", streamSid=self.stream_sid)

    async def send(self, **told: Any) -> None:
        await self.socket.send_str(json.dumps(told))

    async def read_until(self, done: Callable[[dict[str, Any]], bool]) -> None:
        """Take messages until one of them is it, or the stream ends."""
        while True:
            message = await self.socket.receive()
            if message.type not in {WSMsgType.TEXT, WSMsgType.BINARY}:
                self.ended = message.type.name
                return
            self.raw.append(message.data)
            try:
                told = json.loads(message.data)
            except ValueError:
                continue
            self.messages.append((asyncio.get_running_loop().time(), told))
            if done(told):
                return

    async def read_for(self, frames: int) -> None:
        """Take messages until so many frames came."""
        wanted = len(self.events("media")) + frames
        await self.read_until(lambda told: told["event"] == "media" and len(self.events("media")) >= wanted)

    async def read_to_end(self) -> None:
        await self.read_until(lambda told: told["event"] == "stop")


@dataclass
class Application:
    """What an operator would run: TwiML by path, and something that talks on a stream."""

    url: str = ""
    twiml: dict[str, Any] = field(default_factory=dict)
    """By path: TwiML, or a response, or a function of the form that gives either."""
    talk: Callable[[MediaLine], Awaitable[None]] | None = None
    requests: list[tuple[str, str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    """Method, path with query, form, headers."""
    lines: list[MediaLine] = field(default_factory=list)

    def connect(self, after: str = "", attributes: str = "") -> str:
        media = self.url.replace("http", "ws") + "/media"
        return f'<Connect><Stream url="{media}" {attributes}><Parameter name="t" value="1"/></Stream></Connect>{after}'

    def forms(self, path: str) -> list[dict[str, str]]:
        return [form for _, requested, form, _ in self.requests if requested == path]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        form = {key: str(value) for key, value in (await request.post()).items()}
        self.requests.append((request.method, request.path_qs, form, dict(request.headers)))
        told = self.twiml.get(request.path, web.Response(status=404))
        told = told(form) if callable(told) else told
        if isinstance(told, str):
            return web.Response(text=f"<Response>{told}</Response>", content_type="text/xml")
        assert isinstance(told, web.StreamResponse)
        return told

    async def media(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = MediaLine(socket, request)
        self.lines.append(line)
        assert self.talk is not None
        try:
            await line.read_until(lambda told: told["event"] == "start")
            await self.talk(line)
            await socket.close()
        except asyncio.CancelledError:
            line.ended = "BROKEN"  # aiohttp cancels a handler whose connection has gone
            raise
        return socket


@asynccontextmanager
async def serving(application: Application, port: int = 0) -> AsyncIterator[Application]:
    app = web.Application()
    app.router.add_get("/media", application.media)
    app.router.add_route("*", "/{path:.*}", application.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    application.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield application
    finally:
        await runner.cleanup()
