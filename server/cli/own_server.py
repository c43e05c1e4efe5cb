"""A server of our own for one command: started as a process on loopback, with secrets that only this command knows."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from server.cli.exits import Exit, fail

START_S = 120.0
STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Reachable:
    """A server and what opens it."""

    url: str
    auth_token: str
    """Signs the carrier's requests."""
    access_token: str
    """Opens the API."""


@asynccontextmanager
async def own_server(data_dir: Path, lines: Sequence[Path]) -> AsyncIterator[Reachable]:
    """Start `cordboard serve` on a free port; stop it in the end. Exits as the server did if it does not start."""
    auth_token, access_token = secrets.token_hex(16), secrets.token_urlsafe(24)
    environment = os.environ | {
        "CORDBOARD_HOST": "127.0.0.1",
        "CORDBOARD_PORT": "0",
        "CORDBOARD_PUBLIC_URL": "",
        "CORDBOARD_TWILIO_AUTH_TOKEN": auth_token,
        "CORDBOARD_ACCESS_TOKEN": access_token,
        "CORDBOARD_DATA_DIR": str(data_dir),
        "CORDBOARD_LINES": ",".join(str(line) for line in lines),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server", "serve",
        env=environment, stdout=asyncio.subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        url = await _ready(process)
        yield Reachable(url, auth_token, access_token)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None  # noqa: S101 it was asked for
    try:
        async with asyncio.timeout(START_S):
            while line := (await process.stdout.readline()).decode():
                if line.startswith("Cordboard answers on "):
                    return line.removeprefix("Cordboard answers on ").strip()
            status = await process.wait()
    except TimeoutError:
        fail(Exit.UNREACHABLE, f"the server did not start within {START_S:.0f} s")
    return fail(
        Exit(status) if status in {*Exit} else Exit.UNREACHABLE, "the server did not start; its errors are above"
    )
