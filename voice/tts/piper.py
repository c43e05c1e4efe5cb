"""Piper's neural voices, where an operator has installed them: one process a text, started before it is wanted.

piper is GPL-3.0-or-later, as espeak-ng is, which it contains. It is no dependency of ours: this module starts the
program `piper`, or the Python module of that name, as a process of its own and loads none of it. A process gives all
audio of the lines it reads and says nothing of where one ends, so each reads one line: the end of its output is the end
of the text, and ending it cancels. Loading a voice takes a second or so, hence the spare ones.
"""

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import soxr
import structlog

from voice.audio import SAMPLE_RATE_HZ
from voice.errors import ProviderAbsent, ProviderError, ProviderFailed, ProviderLate
from voice.tts.trim import LeadingSilence

PROVIDER: Final = "piper"
LEVEL_DB: Final = -20.0
"""As the other voices: what carriers' own prompts have (voice.tts.espeak)."""
LONGEST_TEXT: Final = 4000
"""Characters; five minutes of speech."""
START_MS: Final = 60_000
"""For loading the voice and saying one sentence, at start."""
AGAIN_S: Final = 5.0
"""After a process could not be started."""
_CALIBRATION: Final = "Thank you for calling. Your order number is four seven one two nine."
_READ_BYTES: Final = 16_384


@dataclass(frozen=True, slots=True)
class PiperVoice:
    """A voice on disk and the program that speaks it."""

    model: Path
    command: tuple[str, ...]
    sample_rate_hz: int
    language: str
    """ISO 639-1; empty where the voice's file does not tell."""

    @classmethod
    def found(cls, model: Path, command: Sequence[str] = ()) -> Self:
        """The voice whose .onnx this is, its .onnx.json beside it; command: what starts piper, if not found by itself.

        Raises ProviderAbsent: there is no voice there, or no piper.
        """
        told = _config(model)
        rate_hz, language = told.get("audio", {}).get("sample_rate"), told.get("language", {})
        if not isinstance(rate_hz, int) or not 4000 <= rate_hz <= 96_000:
            raise ProviderAbsent(PROVIDER, f"{model}.json does not tell the voice's sample rate")
        family = language.get("family") or str(language.get("code", "")).partition("_")[0]
        return cls(model, tuple(command) or _program(), rate_hz, family)


class Piper:
    """A TextToSpeech (voice.tts.port). Get one from `opened`."""

    def __init__(self, voice: PiperVoice, spares: int, at_once: int) -> None:
        self._voice = voice
        self._wanted = spares
        self._spares: deque[Process] = deque()
        self._room = asyncio.Semaphore(at_once)
        self._wake = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._alive: set[Process] = set()
        self._gain = 1.0
        self._trouble = ""

    @classmethod
    @asynccontextmanager
    async def opened(cls, voice: PiperVoice, *, spares: int = 2, at_once: int = 0) -> AsyncIterator[Self]:
        """A voice that has spoken once, with processes ready; ends them in the end.

        spares: processes that wait with the voice loaded, some 100 MB each. at_once: texts that are spoken at a time,
        each on a core; 0: one a core. Raises ProviderAbsent when the voice does not work.
        """
        one = cls(voice, spares, at_once or os.cpu_count() or 1)
        async with one._tasks as tasks:
            keeping = tasks.create_task(one._keep(), name=PROVIDER)
            try:
                await one._calibrate()
                yield one
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])
                ending = list(one._alive)
                for process in ending:
                    _kill(process)
                # Here, not by the tasks that reap: those are cancelled when the voice did not work.
                await asyncio.gather(*(process.wait() for process in ending))

    @property
    def name(self) -> str:
        """Engine and voice in one word."""
        return f"piper-{self._voice.model.stem}"

    @property
    def trouble(self) -> str:
        """How it last failed; empty as soon as it speaks again."""
        return self._trouble

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it is made, leading silence trimmed; closing the iterator ends the process.

        Raises ProviderLate, ProviderFailed, and ProviderAbsent for a language that the voice does not speak.
        """
        family = language.lower().replace("_", "-").partition("-")[0]
        if self._voice.language not in ("", family):
            raise ProviderAbsent(PROVIDER, f"the voice {self._voice.model.name} does not speak {language!r}")
        if len(text) > LONGEST_TEXT:
            raise ProviderFailed(PROVIDER, f"a text of {len(text)} characters is too long; split it into clauses")
        if not any(map(str.isalnum, text)):
            return
        try:
            async with aclosing(self._said(text, deadline_ms)) as pieces:
                async for pcm in pieces:
                    yield pcm
        except ProviderError as error:
            self._trouble = str(error).removeprefix(f"{PROVIDER}: ")
            raise
        self._trouble = ""

    async def _said(self, text: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + deadline_ms / 1000
        process, trim, path = None, LeadingSilence(), _ToTelephone(self._voice.sample_rate_hz, self._gain)
        try:
            async with asyncio.timeout_at(due_s):
                await self._room.acquire()
            try:
                async with asyncio.timeout_at(due_s):
                    process = await self._process()
                _send(process, text)
                while chunk := await _read(process, due_s):
                    if pcm := trim.take(path.take(chunk)):
                        yield pcm
                        due_s = loop.time() + deadline_ms / 1000
                if pcm := trim.take(path.finish()):
                    yield pcm
                async with asyncio.timeout_at(due_s):
                    status = await process.wait()
            finally:
                self._room.release()
                if process is not None:
                    _kill(process)
        except TimeoutError:
            raise ProviderLate(PROVIDER, f"no audio within {deadline_ms} ms") from None
        if status or not trim.begun:
            raise ProviderFailed(PROVIDER, f"ended with status {status}" if status else "said nothing")

    async def _process(self) -> Process:
        """One that waits for its text."""
        while self._spares:
            process = self._spares.popleft()
            self._wake.set()
            if process.returncode is None:
                return process
        return await self._start()

    async def _start(self) -> Process:
        command = (*self._voice.command, "--model", str(self._voice.model), "--output-raw")
        try:
            process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        except OSError as error:
            raise ProviderFailed(PROVIDER, f"{command[0]} cannot be started: {error.strerror}") from error
        self._alive.add(process)
        self._tasks.create_task(self._reap(process), name="piper process")
        return process

    async def _reap(self, process: Process) -> None:
        await process.wait()
        self._alive.discard(process)
        self._wake.set()

    async def _keep(self) -> None:
        """Have the spare processes started."""
        while True:
            live = deque(process for process in self._spares if process.returncode is None)
            died, self._spares = len(live) < len(self._spares), live
            if died:  # by itself, and the next may, too: not as fast as they can be started
                self._trouble = "processes end before they are used"
                structlog.get_logger().error("voice failed", provider=PROVIDER, reason=self._trouble)
                await asyncio.sleep(AGAIN_S)
            try:
                while len(self._spares) < self._wanted:
                    self._spares.append(await self._start())
            except ProviderFailed as error:
                self._trouble = str(error).removeprefix(f"{PROVIDER}: ")
                structlog.get_logger().error("voice failed", provider=PROVIDER, reason=self._trouble)
                await asyncio.sleep(AGAIN_S)
            else:
                await self._wake.wait()
                self._wake.clear()

    async def _calibrate(self) -> None:
        """Have one sentence said: whether it works, and how loud it is."""
        pcm = bytearray()
        try:
            async with aclosing(self._said(_CALIBRATION, START_MS)) as pieces:
                async for piece in pieces:
                    pcm += piece
        except ProviderError as error:
            raise ProviderAbsent(PROVIDER, f"{self._voice.model} does not speak: {error}") from error
        samples = np.frombuffer(bytes(pcm), "<i2").astype(np.float64) / 32768
        power = np.sort(np.mean(samples[: samples.size // 160 * 160].reshape(-1, 160) ** 2, axis=1))
        self._gain = float(10 ** (LEVEL_DB / 20) / np.sqrt(np.mean(power[power.size // 3 :]) + 1e-12))


class _ToTelephone:
    """From the voice's samples to 8 kHz at our level, in whatever pieces they come."""

    def __init__(self, rate_hz: int, gain: float) -> None:
        self._resample = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
        self._gain = gain
        self._odd = b""

    def take(self, raw: bytes) -> bytes:
        raw = self._odd + raw
        whole = len(raw) // 2 * 2
        raw, self._odd = raw[:whole], raw[whole:]
        return self._made(np.frombuffer(raw, "<i2").astype(np.float32), last=False)

    def finish(self) -> bytes:
        return self._made(np.zeros(0, np.float32), last=True)

    def _made(self, samples: np.ndarray[Any, np.dtype[np.float32]], *, last: bool) -> bytes:
        resampled = self._resample.resample_chunk(samples, last=last)
        return bytes(np.clip(resampled * self._gain, -32768, 32767).astype("<i2").tobytes())


def _config(model: Path) -> dict[str, Any]:
    try:
        told = json.loads(Path(f"{model}.json").read_text())
    except (OSError, ValueError) as error:
        raise ProviderAbsent(PROVIDER, f"{model}.json, the voice's description, cannot be read: {error}") from error
    if not model.is_file():
        raise ProviderAbsent(PROVIDER, f"there is no voice {model}")
    return told if isinstance(told, dict) else {}


def _program() -> tuple[str, ...]:
    if (program := shutil.which("piper")) is not None:
        return (program,)
    if importlib.util.find_spec("piper") is not None:
        return (sys.executable, "-m", "piper")
    raise ProviderAbsent(
        PROVIDER, "piper is not installed: pip install piper-tts (GPL-3.0), or put `piper` on the PATH"
    )


def _send(process: Process, text: str) -> None:
    assert process.stdin is not None  # noqa: S101 it was asked for
    process.stdin.write(" ".join(text.split()).encode(errors="replace") + b"\n")
    process.stdin.close()


async def _read(process: Process, due_s: float) -> bytes:
    assert process.stdout is not None  # noqa: S101 it was asked for
    async with asyncio.timeout_at(due_s):
        return await process.stdout.read(_READ_BYTES)


def _kill(process: Process) -> None:
    """End it at once; what it has written is of no use any more."""
    with suppress(ProcessLookupError):
        process.kill()
    transport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001 else unread output keeps it from closing
    transport.close()
