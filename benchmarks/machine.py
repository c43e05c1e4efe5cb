"""The processes of a benchmark, where they run, and whether the machine is quiet enough to measure on."""

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from benchmarks.client import Providers, Target
from benchmarks.measure import percentile
from tests.peers.elevenlabs import API_KEY, VOICE
from tests.peers.openai import KEY, MODEL

ROOT: Final = Path(__file__).resolve().parent.parent
IDLE_LIMIT_MS: Final = 5.0
"""A round before which an idle ticker was later than this is discarded."""
IDLE_S: Final = 2.0
START_S: Final = 90.0
STOP_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Machine:
    """The state of the machine before a round."""

    load: float
    """Load average of the last minute."""
    idle_ms: float
    """99.9th percentile of how late a ticker of 10 ms is while nothing of ours runs."""

    @property
    def quiet(self) -> bool:
        return self.idle_ms <= IDLE_LIMIT_MS


async def look(tries: int = 1) -> Machine:
    """Watch the machine for IDLE_S, again when it is not quiet."""
    machine = await _look()
    while not machine.quiet and tries > 1:
        tries -= 1
        machine = await _look()
    return machine


async def _look() -> Machine:
    late_ms: list[float] = []
    loop, until = asyncio.get_running_loop(), time.monotonic() + IDLE_S
    while time.monotonic() < until:
        due = loop.time() + 0.01
        await asyncio.sleep(0.01)
        late_ms.append((loop.time() - due) * 1000)
    return Machine(round(os.getloadavg()[0], 2), round(percentile(late_ms, 0.999) or 0.0, 2))


def described() -> dict[str, object]:
    """What this was measured on."""
    info = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = next((line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")), "")
    return {"processor": model, "cores": os.cpu_count(), "python": sys.version.split()[0], "system": os.uname().release}


@dataclass(frozen=True, slots=True)
class Delays:
    """Service times of the loopback providers."""

    stt_ms: int = 100
    llm_ms: int = 200
    tts_ms: int = 100
    tails: float = 1.0
    """95th percentile, in medians."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Running providers."""

    control: Providers
    urls: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """A running server under test."""

    target: Target
    pid: int
    session: aiohttp.ClientSession

    async def gauge(self) -> dict[str, Any]:
        """Its event loop's lateness since the last reading, memory and CPU time."""
        async with self.session.get(f"{self.target.url}/bench") as answer:
            told: dict[str, Any] = await answer.json()
            return told


@asynccontextmanager
async def providers(
    session: aiohttp.ClientSession, delays: Delays, seed: int = 1, core: int | None = None
) -> AsyncIterator[Serving]:
    """Start the providers."""
    command = ["benchmarks.providers", "--stt-ms", str(delays.stt_ms), "--llm-ms", str(delays.llm_ms)]
    command += ["--tts-ms", str(delays.tts_ms), "--tails", str(delays.tails), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        process = _start(command, {}, Path(folder), core)
        try:
            urls = json.loads(await _line(process, "{", Path(folder)))
            yield Serving(Providers(session, urls["control"]), urls)
        finally:
            await asyncio.to_thread(_stop, process)


@asynccontextmanager
async def ours(
    session: aiohttp.ClientSession,
    serving: Serving,
    name: str = "cordboard",
    *,
    wait_ms: int = 0,
    eager: bool = True,
    hedge_ms: str = "",
    core: int | None = None,
) -> AsyncIterator[Server]:
    """Cordboard; wait_ms: of every turn; 0: as it ships. hedge_ms: for a second model and the voice."""
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "CORDBOARD_HOST": "127.0.0.1",
            "CORDBOARD_PORT": "0",
            "CORDBOARD_PUBLIC_URL": "",
            "CORDBOARD_DATA_DIR": f"{folder}/data",
            "CORDBOARD_LINES": str(ROOT / "lines" / "example"),
            "CORDBOARD_MAX_CALLS": "200",
            "CORDBOARD_TWILIO_AUTH_TOKEN": token,
            "CORDBOARD_ACCESS_TOKEN": secrets.token_urlsafe(24),
            "CORDBOARD_STT": "deepgram",
            "CORDBOARD_DEEPGRAM_API_KEY": "key",
            "CORDBOARD_DEEPGRAM_URL": serving.urls["stt"],
            "CORDBOARD_TTS": "elevenlabs",
            "CORDBOARD_ELEVENLABS_API_KEY": API_KEY,
            "CORDBOARD_ELEVENLABS_VOICE": VOICE,
            "CORDBOARD_ELEVENLABS_URL": serving.urls["tts"],
            "CORDBOARD_LLM_MODEL": MODEL,
            "CORDBOARD_LLM_API_KEY": KEY,
            "CORDBOARD_LLM_BASE_URL": serving.urls["llm"],
            "BENCH_WAIT_MS": str(wait_ms or ""),
            "BENCH_EAGER": "1" if eager else "0",
        }
        if hedge_ms:
            environment |= {
                "CORDBOARD_LLM_HEDGE_MS": hedge_ms,
                "CORDBOARD_TTS_HEDGE_MS": hedge_ms,
                "CORDBOARD_LLM2_MODEL": MODEL,
                "CORDBOARD_LLM2_API_KEY": KEY,
                "CORDBOARD_LLM2_BASE_URL": serving.urls["llm2"],
            }
        process = _start(["benchmarks.our_server", "serve"], environment, Path(folder), core)
        async with _served(process, Path(folder), "Cordboard answers on http://127.0.0.1:", session, name, token) as up:
            yield up


@asynccontextmanager
async def bare_pipecat(
    session: aiohttp.ClientSession,
    serving: Serving,
    name: str,
    turns: str,
    *,
    wait_ms: int = 0,
    core: int | None = None,
) -> AsyncIterator[Server]:
    """A bare pipecat bot; turns: smart or timer."""
    command = ["benchmarks.peers_bot", "--turns", turns, "--wait-ms", str(wait_ms)]
    for kind in ("stt", "llm", "tts"):
        command += [f"--{kind}", serving.urls[kind]]
    with tempfile.TemporaryDirectory() as folder:
        process = _start(command, {}, Path(folder), core)
        async with _served(process, Path(folder), "listening on ", session, name, "") as up:
            yield up


def stay_on(core: int | None) -> None:
    """Keep this process to one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def children_of(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += children_of(int(child))
    return found


def memory_mb(pid: int) -> float:
    """Resident memory of a process and of all that it started."""
    page_mb = os.sysconf("SC_PAGE_SIZE") / 2**20
    return sum(int(Path(f"/proc/{each}/statm").read_text().split()[1]) * page_mb for each in children_of(pid))


def cpu_s(pid: int) -> float:
    """Processor time of a process and of all that it started."""
    ticks = 0
    for each in children_of(pid):
        ticks += sum(map(int, Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _served(
    process: "subprocess.Popen[str]", folder: Path, ready: str, session: aiohttp.ClientSession, name: str, token: str
) -> AsyncIterator[Server]:
    try:
        port = (await _line(process, ready, folder)).removeprefix(ready)
        server = Server(Target(name, f"http://127.0.0.1:{port}", token), process.pid, session)
        await server.gauge()
        yield server
    finally:
        await asyncio.to_thread(_stop, process)


def _start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, core: int | None
) -> "subprocess.Popen[str]":
    pinned = ["taskset", "-c", str(core)] if core is not None else []
    with (folder / "log").open("w") as log:
        return subprocess.Popen(  # noqa: S603 our own programs
            [*pinned, sys.executable, "-W", "ignore", "-m", *command],
            cwd=ROOT,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "", "LOGURU_LEVEL": "WARNING", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )


async def _line(process: "subprocess.Popen[str]", begins: str, folder: Path) -> str:
    """The line with which a program says that it is ready. Raises RuntimeError with its log when it does not."""
    assert process.stdout is not None  # noqa: S101 it was asked for
    async with asyncio.timeout(START_S):
        while line := await asyncio.to_thread(process.stdout.readline):
            if line.startswith(begins):
                return line.strip()
    raise RuntimeError(f"{process.args!r} did not start:\n{(folder / 'log').read_text()[-3000:]}")


def _stop(process: "subprocess.Popen[str]") -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
