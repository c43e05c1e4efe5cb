"""An office behind real sockets on loopback: uvicorn, pipecat, signatures and tokens are real; the double calls it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from pipeline import graph
from recordings.fold import fold
from recordings.record import CallRecord
from server.webhooks import carrier_router
from telephony.double.call import DoubleCall
from telephony.double.exchange import TwilioDouble
from telephony.twilio.signature import Signatures
from tests.fakes.office import NUMBER, Parts, parts

AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "0" * 32


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Exchange:
    """A served office and a double that calls it."""

    url: str
    parts: Parts
    double: TwilioDouble

    async def call(self, to: str = NUMBER, from_: str = "+14155550101", **options: Any) -> DoubleCall:
        return await self.double.call(f"{self.url}/twilio/voice", to=to, from_=from_, **options)

    async def record(self, sid: str, wait_s: float = 5.0) -> CallRecord:
        """The call as it was kept, once it has an outcome."""
        async with asyncio.timeout(wait_s):
            while (record := fold(await self.parts.store.events(sid))).outcome is None:
                await asyncio.sleep(0.05)
        return record


@asynccontextmanager
async def exchange(root: Path, texts: Sequence[str] = (), **options: Any) -> AsyncIterator[Exchange]:
    async with parts(root, texts, graph.carry, **options) as built:
        listening = __import__("socket").create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        app = FastAPI()
        app.include_router(
            carrier_router(built.switchboard, Signatures(AUTH_TOKEN, url), url, "ws" + url[4:] + "/twilio/media")
        )
        server = _Server(
            uvicorn.Config(
                app, ws="websockets-sansio", ws_max_size=65536, ws_per_message_deflate=False, lifespan="off",
                log_level="warning", access_log=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.serve(sockets=[listening]))
            try:
                async with TwilioDouble(ACCOUNT, AUTH_TOKEN) as double:
                    yield Exchange(url, built, double)
            finally:
                server.should_exit = True
