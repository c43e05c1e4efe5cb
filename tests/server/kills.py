"""Kill a server in the middle of a call, start it again, and compare what was kept with what the caller's ear got."""

import asyncio
import os
import random
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
import numpy as np

from recordings.events import Event
from recordings.fold import fold
from recordings.store import SqliteCallStore
from server.cli.own_server import Reachable
from server.cli.remote import Api
from server.data_dir import DATABASE, RECORDINGS
from telephony.double.call import DoubleCall
from telephony.double.errors import CallError
from telephony.double.exchange import TwilioDouble
from telephony.double.files import read_ulaw
from telephony.double.record import DoubleResult
from voice.audio import pcm_to_samples, ulaw_to_pcm

REPOSITORY = Path(__file__).resolve().parent.parent.parent
SAMPLES = REPOSITORY / "recordings" / "samples"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"
ACCESS_TOKEN = "0" * 16
NUMBER = "+14155550199"
DOWN_S = 1.0
"""How long the server stays away before it is started again; it needs some seconds to be ready."""

RETRY_MS = 2_500
PATIENCE_S = 12.0
"""For so long the carrier asks again: five times, and 15 s in all."""


@dataclass(frozen=True, slots=True)
class Killed:
    """What one kill cost."""

    at_ms: int
    """Instant of the kill on the call's clock."""
    events_missing_ms: int
    """How long before the kill the first lost event happened; 0 when none was lost."""
    caller_missing_ms: int
    """Caller audio before the kill that the recording lacks."""
    heard_missing_ms: int
    """What the ear got before the kill and the recording lacks."""
    resumed: bool
    """Whether the call went on after the kill."""
    outcome: str | None
    plays: bool
    down_s: float = 0.0
    """From the kill until the server answered again."""

    @property
    def in_time(self) -> bool:
        """Whether the carrier still asked when it did: a machine that starts it later shows nothing of the server."""
        return self.down_s < PATIENCE_S


class Office:
    """A server process on a fixed port that can be killed and started again."""

    def __init__(self, data_dir: Path, lines: Sequence[str] = ("example",)) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self._lines = ",".join(str(REPOSITORY / "lines" / name) for name in lines)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        environment = os.environ | {
            "CORDBOARD_PORT": str(self.port),
            "CORDBOARD_PUBLIC_URL": self.url,
            "CORDBOARD_TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "CORDBOARD_ACCESS_TOKEN": ACCESS_TOKEN,
            "CORDBOARD_DATA_DIR": str(self.data_dir),
            "CORDBOARD_LINES": self._lines,
            "CORDBOARD_SPHINX_PROCESSES": "1",
        }
        with (self.data_dir / "server.log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "server", "serve"],
                env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
            )  # fmt: skip

    async def ready(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        while line := await asyncio.to_thread(self._process.stdout.readline):
            if line.startswith("Cordboard answers on"):
                return
        raise AssertionError((self.data_dir / "server.log").read_text()[-2000:])

    def kill(self) -> None:
        """SIGKILL for the server and everything it started."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


async def kill_once(office: Office, rng: random.Random) -> Killed:
    """Place a call, kill the server at a random instant of it, start it again, let the call go on, and compare."""
    async with TwilioDouble("AC" + token_hex(16), AUTH_TOKEN, retry_wait_ms=RETRY_MS) as double:
        call = await double.call(
            f"{office.url}/twilio/voice", to=NUMBER, from_="+14155550101", status_callback=f"{office.url}/twilio/status"
        )
        told: list[Mapping[str, Any]] = []
        async with asyncio.TaskGroup() as tasks:
            talking = tasks.create_task(_talk(call, rng))
            watching = tasks.create_task(_watch(office, call.call_sid, told))
            await asyncio.sleep(rng.uniform(0.3, 14.0))
            killed_ms, killed_s = call.now_ms, asyncio.get_running_loop().time()
            office.kill()
            talking.cancel()
            watching.cancel()
        before = await _kept(office.data_dir, call.call_sid)
        await asyncio.sleep(DOWN_S)
        office.start()
        await office.ready()
        heard_before_ms, down_s = call.now_ms, asyncio.get_running_loop().time() - killed_s
        try:
            await call.until_heard(600, timeout_s=20)
            resumed = True
        except CallError:
            resumed = call.ear.heard.audible_ms(heard_before_ms, call.now_ms) > 0
        call.hang_up()
        result = await call.finished()
        after = await _outcome(office.data_dir, call.call_sid)
        lost_ms = _events_missing_ms(told, before, killed_ms)
        compared = _compared(office.data_dir, result, killed_ms, lost_ms, after, resumed=resumed)
        return replace(compared, down_s=round(down_s, 1))


async def _talk(call: DoubleCall, rng: random.Random) -> None:
    names = ["where_is_my_order_rms", "order_number_rms", "yes_rms", "how_long_to_return_slt", "no_slt"]
    while True:
        await call.until_quiet()
        await call.say(read_ulaw(SAMPLES / f"{rng.choice(names)}.wav"))


async def _kept(data_dir: Path, call_id: str) -> tuple[Event, ...]:
    store = SqliteCallStore(data_dir / DATABASE)
    try:
        return await store.events(call_id)
    finally:
        await store.close()


async def _outcome(data_dir: Path, call_id: str, wait_s: float = 8.0) -> tuple[Event, ...]:
    deadline_s = asyncio.get_running_loop().time() + wait_s
    while True:
        events = await _kept(data_dir, call_id)
        if fold(events).outcome is not None or asyncio.get_running_loop().time() > deadline_s:
            return events
        await asyncio.sleep(0.2)


def _compared(
    data_dir: Path,
    result: DoubleResult,
    killed_ms: int,
    events_missing_ms: int,
    after: Sequence[Event],
    *,
    resumed: bool,
) -> Killed:
    path = data_dir / RECORDINGS / f"{result.call_sid}.wav"
    with wave.open(str(path), "rb") as file:
        frames = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
    ear = result.ear
    record = fold(after)
    return Killed(
        killed_ms,
        events_missing_ms,
        _missing_ms(frames[:, 0], ear.caller.audio(0, killed_ms), killed_ms),
        _missing_ms(frames[:, 1], ear.heard.audio(0, killed_ms), killed_ms),
        resumed,
        record.outcome,
        len(frames) > 0,
    )


def _missing_ms(kept: "np.ndarray[tuple[int], np.dtype[np.int16]]", truth: bytes, killed_ms: int) -> int:
    """How much sound before the kill is not in what was kept: per 20 ms window by energy, ±40 ms in time."""
    wanted = pcm_to_samples(ulaw_to_pcm(truth)).astype(float)
    have = np.zeros(len(wanted))
    have[: min(len(have), len(kept))] = kept[: len(have)]
    window = 160
    last_missing = 0
    for start in range(0, len(wanted) - window, window):
        loud = np.abs(wanted[start : start + window]).max() > 500
        around = have[max(0, start - 2 * window) : start + 3 * window]
        if loud and np.abs(around).max(initial=0) <= 100:
            last_missing += window
    return last_missing // 8


def _events_missing_ms(told: Sequence[Mapping[str, Any]], kept: Sequence[Event], killed_ms: int) -> int:
    """How long before the kill the first event happened that a viewer was told of and the database lacks."""
    there = {event.seq for event in kept}
    return max((killed_ms - int(event["at_ms"]) for event in told if event["seq"] not in there), default=0)


async def _watch(office: Office, call_id: str, told: list[Mapping[str, Any]]) -> None:
    async with aiohttp.ClientSession() as session:
        async for event in Api(session, Reachable(office.url, AUTH_TOKEN, ACCESS_TOKEN)).events(call_id):
            told.append(event)  # noqa: PERF401 as they come: the watcher is cancelled at the kill
