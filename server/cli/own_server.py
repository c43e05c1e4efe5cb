"""A server of our own for one command: started as a process on loopback, with secrets that only this command knows.

It is launched before anything slow is imported here, so that both start at once.
"""

import asyncio
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from server.cli.exits import Exit, fail

START_S = 120.0
STOP_S = 10.0
LOG = "server.log"


@dataclass(frozen=True, slots=True)
class Reachable:
    """A server and what opens it."""

    url: str
    auth_token: str
    """Signs the carrier's requests."""
    access_token: str
    """Opens the API."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The simulated carrier's account, and where its REST API is to be served."""

    account_sid: str
    port: int


@dataclass(frozen=True, slots=True)
class Launched:
    """A server process that may not be ready yet."""

    process: "subprocess.Popen[str]"
    auth_token: str
    access_token: str
    log: Path
    carrier: Carrier | None = None
    """Where the server asks for calls to agents; None: it cannot."""


def launch(data_dir: Path, lines: Sequence[Path], module: str = "server", *, agents: bool = False) -> Launched:
    """Start `cordboard serve` on a free port; what it logs goes to server.log in the data directory.

    agents: it may call agents, through a carrier that is to be served on loopback (Launched.carrier).
    """
    carrier = Carrier(f"AC{secrets.token_hex(16)}", _free_port()) if agents else None
    auth_token, access_token = secrets.token_hex(16), secrets.token_urlsafe(24)
    environment = os.environ | {
        "CORDBOARD_HOST": "127.0.0.1",
        "CORDBOARD_PORT": "0",
        "CORDBOARD_PUBLIC_URL": "",
        "CORDBOARD_TWILIO_AUTH_TOKEN": auth_token,
        "CORDBOARD_TWILIO_ACCOUNT_SID": carrier.account_sid if carrier else "",
        "CORDBOARD_TWILIO_API_URL": f"http://127.0.0.1:{carrier.port if carrier else 9}",
        "CORDBOARD_ACCESS_TOKEN": access_token,
        "CORDBOARD_DATA_DIR": str(data_dir),
        "CORDBOARD_LINES": ",".join(str(line) for line in lines),
    }
    log = data_dir / LOG
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        errors = log.open("w")
    except OSError as error:
        fail(Exit.INVALID, f"The data directory {data_dir.absolute()} cannot be written: {error.strerror}.")
    with errors:
        process = subprocess.Popen(  # noqa: S603 our own program
            [sys.executable, "-m", module, "serve"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    return Launched(process, auth_token, access_token, log, carrier)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@asynccontextmanager
async def own_server(launched: Launched) -> AsyncIterator[Reachable]:
    """Wait until it is ready; stop it in the end. Exits as the server did if it does not start."""
    try:
        url = await _ready(launched)
        yield Reachable(url, launched.auth_token, launched.access_token)
    finally:
        await asyncio.to_thread(_stop, launched.process)


async def _ready(launched: Launched) -> str:
    stdout = launched.process.stdout
    assert stdout is not None  # noqa: S101 it was asked for
    try:
        async with asyncio.timeout(START_S):
            while line := await asyncio.to_thread(stdout.readline):
                if line.startswith("Cordboard answers on "):
                    return line.removeprefix("Cordboard answers on ").strip()
            status = await asyncio.to_thread(launched.process.wait)
    except TimeoutError:
        launched.process.kill()
        fail(Exit.UNREACHABLE, f"the server did not start within {START_S:.0f} s; see {launched.log}")
    said = (await asyncio.to_thread(launched.log.read_text)).strip()
    known = Exit(status) if status in {*Exit} else Exit.UNREACHABLE
    return fail(known, said.removeprefix("error: ") or f"the server did not start (status {status})")


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
