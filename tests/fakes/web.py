"""The calls' part of the server on a loopback port, with a store and a recording."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

from recordings.store import SqliteCallStore
from recordings.wav import CALLER, HEARD, Piece, StereoWav
from server.api.calls import calls_router
from server.auth import Access
from server.health import Trouble
from telephony.transfer_store import TransferStore
from tests.fakes.call_events import CALL_ID
from tests.fakes.stores import open_store

TOKEN = "a token of this test"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@dataclass(frozen=True, slots=True)
class Web:
    """A running server and how to reach it."""

    port: int
    store: SqliteCallStore
    troubles: list[Trouble]
    """What else is wrong with the server; a test adds to it."""
    audio_root: Path
    machine: httpx.AsyncClient
    """Sends the token with every request."""
    browser: httpx.AsyncClient
    """Sends nothing but what it was given as cookies."""

    answering: set["asyncio.Task[None]"]
    """Requests and sockets that are being served right now."""

    def socket_url(self, path: str) -> str:
        """Where a WebSocket client finds this path."""
        return f"ws://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serving(directory: Path) -> AsyncIterator[Web]:
    """Serve from this directory until the block ends."""
    async with open_store(directory) as store:
        app = FastAPI()
        troubles: list[Trouble] = []

        def wrong() -> list[Trouble]:
            stored = store.health().degraded
            return [*([Trouble(f"Not everything is on the disk: {stored}")] if stored else ()), *troubles]

        app.include_router(
            calls_router(store, TransferStore(store, "test").packets_of, directory, Access(TOKEN), wrong)
        )
        server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=0, ws="websockets-sansio", log_level="warning", lifespan="off")
        )
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        async with asyncio.TaskGroup() as group:
            running = group.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            url = f"http://127.0.0.1:{port}"
            async with (
                httpx.AsyncClient(base_url=url, headers=BEARER) as machine,
                httpx.AsyncClient(base_url=url) as browser,
            ):
                try:
                    yield Web(port, store, troubles, directory, machine, browser, server.server_state.tasks)
                finally:
                    server.should_exit = True
                    await running


def record_sound(directory: Path, duration_ms: int = 2000) -> Path:
    """A recording of the call in tests.fakes.call_events."""
    path = directory / f"{CALL_ID}.wav"
    file = StereoWav(path)
    file.write([Piece(CALLER, 0, b"\x20" * duration_ms * 8), Piece(HEARD, 100, b"\x30" * 800)])
    file.close()
    return path
