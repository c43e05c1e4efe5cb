"""The server of a run: a process that is started, killed and started again, and what it says of itself."""

import asyncio
import multiprocessing
import os
import random
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Final

import httpx

from tests.edge_runs import server

_PROCESSES: Final = multiprocessing.get_context("forkserver")
_PORTS: Final = range(21_000, 30_000)
"""Below those that the system gives to clients: a server that is killed finds its own free again."""


def prepare() -> None:
    """Import once what all servers need."""
    _PROCESSES.set_forkserver_preload([server.__name__])


@dataclass
class Served:
    """One server, whichever process it is just now."""

    folder: Path
    environment: dict[str, str]
    http: httpx.AsyncClient
    process: ForkServerProcess | None = None
    cpu_s: float = 0.0
    """Processor time of those that were killed."""

    async def start(self) -> None:
        """Start the process and wait until it answers. Raises AssertionError with its log when it ends instead."""
        self.process = _PROCESSES.Process(target=server.run, args=(self.environment, self.folder / "server.log"))
        self.process.start()
        deadline_s = time.monotonic() + 90
        while time.monotonic() < deadline_s:
            with suppress(httpx.TransportError):
                if (await self.http.get("/healthz")).status_code == 200:
                    return
            assert self.process.is_alive(), self.log()[-2000:]
            await asyncio.sleep(0.05)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            self.cpu_s += _used_s(self.process.pid)
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.join()

    def log(self) -> str:
        """What the server wrote."""
        path = self.folder / "server.log"
        return path.read_text() if path.exists() else ""

    def clock(self, off_s: float) -> None:
        """The server's wall clock is off by so much from now on."""
        path = self.folder / "clock"
        fresh = path.with_suffix(".new")
        fresh.write_text(str(off_s))
        fresh.rename(path)

    @property
    def off_s(self) -> float:
        """By how much the server's clock is off."""
        return float((self.folder / "clock").read_text())

    async def degraded(self) -> bool:
        """Whether the server says that something is wrong with it."""
        return bool((await self.http.get("/healthz")).json()["degraded"])

    async def heals(self, timeout_s: float = 20.0) -> None:
        """Wait until nothing is wrong with it any more. Raises AssertionError."""
        deadline_s = time.monotonic() + timeout_s
        while await self.degraded():
            assert time.monotonic() < deadline_s, f"it is not well after {timeout_s:.0f} s"
            await asyncio.sleep(0.2)


def _used_s(pid: int) -> float:
    """Processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Of nobody."""
    rng = random.SystemRandom()
    while True:
        port = rng.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
