"""An office behind real sockets on loopback: uvicorn, pipecat, signatures and tokens are real; the double calls it."""

import asyncio
import base64
import hmac
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from pipeline import graph
from pipeline.stages import Stages
from recordings.fold import fold
from recordings.record import CallRecord
from server.cli.serve import MAX_MESSAGE_BYTES, PING_S
from server.webhooks import carrier_router
from telephony.double.call import DoubleCall
from telephony.double.exchange import TwilioDouble
from telephony.twilio.signature import SIGNATURE_HEADER, Signatures
from tests.fakes.office import NUMBER, Parts, check_whole, parts

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "0" * 32
CALLER = "+14155550101"


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass
class Exchange:
    """A served office and a double that calls it."""

    url: str
    parts: Parts
    double: TwilioDouble
    app: FastAPI
    http: httpx.AsyncClient
    stalls_ms: list[float]
    """How late a ticker of 10 ms was, when it was late by more than 5 ms."""
    calls: list[DoubleCall] = field(default_factory=list)
    signs_sockets: bool = False
    """Sign media sockets on behalf of a client that cannot."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.signs_sockets and scope["type"] == "websocket":
            signed = [(name.lower().encode(), given.encode()) for name, given in self.signed(scope["path"]).items()]
            scope = {**scope, "headers": [*scope["headers"], *signed]}
        await self.app(scope, receive, send)

    @property
    def media_url(self) -> str:
        return "ws" + self.url[4:] + "/twilio/media"

    def signed(self, path: str, form: Mapping[str, str] | None = None) -> dict[str, str]:
        """Headers with the carrier's signature of a webhook, or of a media socket."""
        url = (self.url if form is not None else "ws" + self.url[4:]) + path
        return {SIGNATURE_HEADER: signature(url, form or {})}

    async def post(self, path: str, **form: str) -> httpx.Response:
        """What the carrier's webhook would do."""
        return await self.http.post(self.url + path, data=form, headers=self.signed(path, form))

    async def call(self, texts: Sequence[str] = (), to: str = NUMBER, **options: Any) -> DoubleCall:
        """Place a call whose caller will say these texts."""
        call = await self.double.call(f"{self.url}/twilio/voice", to=to, from_=CALLER, **options)
        self.parts.stt.of_call[call.call_sid] = list(texts)
        self.calls.append(call)
        return call

    async def ended(self, sid: str) -> CallRecord:
        """The call as it was kept, once it is over."""
        async with asyncio.timeout(10):
            while (await self.record(sid)).outcome is None:  # noqa: ASYNC110 two stores' worth of threads lie between
                await asyncio.sleep(0.05)
        events = await self.parts.store.events(sid)
        check_whole(events)
        return fold(events)

    async def record(self, sid: str) -> CallRecord:
        return fold(await self.parts.store.events(sid))

    def die(self) -> None:
        """Another process answers from now on; nothing of what this one does is kept."""
        self.parts = self.parts.next_process()
        self.app = _app(self.parts, self.url)


def signature(url: str, form: Mapping[str, str]) -> str:
    """As Twilio signs (https://www.twilio.com/docs/usage/security)."""
    signed = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.digest(AUTH_TOKEN.encode(), signed.encode(), "sha1")).decode()


def _app(built: Parts, url: str) -> FastAPI:
    app = FastAPI()
    signatures = Signatures(AUTH_TOKEN, url)
    app.include_router(carrier_router(built.switchboard, signatures, url, "ws" + url[4:] + "/twilio/media"))
    return app


async def _tick(stalls_ms: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + 0.01
        await asyncio.sleep(0.01)
        late_ms = (loop.time() - due) * 1000
        if late_ms > 5:
            stalls_ms.append(late_ms)


@asynccontextmanager
async def aclosed(listening: socket.socket) -> AsyncIterator[None]:
    with listening:
        yield


@asynccontextmanager
async def exchange(
    root: Path,
    carry: Callable[[Stages], Coroutine[Any, Any, None]] = graph.carry,
    ms_per_character: int = 15,
    **options: Any,
) -> AsyncIterator[Exchange]:
    """An office that speaks quickly, so that calls are short."""
    async with parts(root, (), carry, ms_per_character=ms_per_character, **options) as built:
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with (
            aclosed(listening),
            TwilioDouble(ACCOUNT, AUTH_TOKEN) as double,
            httpx.AsyncClient(trust_env=False) as http,
            asyncio.TaskGroup() as tasks,
        ):
            served = Exchange(url, built, double, _app(built, url), http, [])
            server = _Server(
                uvicorn.Config(
                    served, ws="websockets-sansio", ws_max_size=MAX_MESSAGE_BYTES, ws_per_message_deflate=False,
                    ws_ping_interval=PING_S, ws_ping_timeout=PING_S, lifespan="off", log_level="warning",
                    access_log=False, timeout_graceful_shutdown=1,
                )
            )  # fmt: skip
            tasks.create_task(server.serve(sockets=[listening]))
            ticking = tasks.create_task(_tick(served.stalls_ms))
            try:
                yield served
            finally:
                for call in served.calls:
                    call.hang_up()
                ticking.cancel()
                server.should_exit = True
