"""The real server as a process of its own; its ears are told what is said, and its voice spells.

Everything else is what `cordboard serve` runs: HTTP and WebSockets on loopback, the store on disk, calls to agents
through the carrier's REST API. Its wall clock is CORDBOARD_EDGES_CLOCK, a file with the seconds by which it is off: so
opening hours and calling hours do not depend on when this runs, and a clock can jump while callers wait.
"""

import asyncio
import functools
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import uvloop

import pipeline.phone_legs
import server.app
import telephony.twilio.control
import telephony.twilio.rest
from pipeline.runtime import Runtime
from server import logs
from server.cli.serve import serve
from server.settings import Settings
from tests.fakes.voice import SpelledVoice
from voice.stt.port import (
    Expectation,
    Hypothesis,
    Recognition,
    Result,
    SpeechToText,
    Transcript,
    Unrecognised,
    Vocabulary,
)
from voice.tts.port import TextToSpeech

CLOCK = "CORDBOARD_EDGES_CLOCK"
EARS = "CORDBOARD_EDGES_EARS"
TOOK_S = 0.15
"""From the end of an utterance to its words."""
_IMPORTED = pipeline.phone_legs, telephony.twilio.control, telephony.twilio.rest
"""What a server imports when it needs it: here once for all of them."""


class FileEars:
    """A SpeechToText (voice.stt.port): a folder for each stream, a file for each text that is said next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Utterances only."""
        return "speech"

    @property
    def trouble(self) -> str:
        """None."""
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """It hears what it is told."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Listen to one stream."""
        del deadline_ms
        return _Listening(self._folder / call_id)


class _Listening:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._start_ms = 0

    def expect(self, expectation: Expectation) -> None:
        """Whatever it is."""

    def speech_started(self, at_ms: int) -> None:
        self._start_ms = at_ms

    def write(self, pcm: bytes, at_ms: int) -> None:
        """The words are not in the sound."""

    def speech_paused(self, at_ms: int) -> None:
        """They come at the end."""

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        del deadline_ms
        text = self._next()
        told = Transcript(text, True, self._start_ms, at_ms, 0.9, (Hypothesis(text, 0.9),))
        result = told if text else Unrecognised("noise", self._start_ms, at_ms)
        asyncio.get_running_loop().call_later(TOOK_S, self._results.put_nowait, result)

    def _next(self) -> str:
        for path in sorted(self._folder.glob("*.said")):
            text = path.read_text()
            path.rename(path.with_suffix(".taken"))
            return text
        return ""

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result

    async def aclose(self) -> None:
        self._results.put_nowait(None)


class FileClock:
    """The wall clock, and the seconds that a file adds to it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._path.read_text()))


async def _open_ears(
    settings: Settings,
    vocabularies: Sequence[Vocabulary],
    data_dir: Path,
    stack: AsyncExitStack,
    spoken: Sequence[str] = ("en",),
) -> SpeechToText:
    """In place of server.engines.open_stt."""
    del settings, vocabularies, data_dir, stack, spoken
    return FileEars(Path(os.environ[EARS]))


async def _open_voice(settings: Settings, stack: AsyncExitStack) -> TextToSpeech:
    """In place of server.voices.open_tts."""
    del settings, stack
    return SpelledVoice()


def run(environment: Mapping[str, str], log: Path) -> None:
    """Serve until killed."""
    for name in [name for name in os.environ if name.startswith("CORDBOARD_")]:
        del os.environ[name]
    os.environ.update(environment)
    with log.open("a") as out:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            os.dup2(out.fileno(), stream.fileno())
    clock = FileClock(Path(os.environ[CLOCK]))
    runtime = functools.partial(Runtime, wall_clock=clock)
    for name, instead in {
        "utc_now": clock, "Runtime": runtime, "open_stt": _open_ears, "open_tts": _open_voice,
    }.items():  # fmt: skip
        setattr(server.app, name, instead)
    logs.configure(keep_pii=True)
    uvloop.run(serve(Settings(_env_file=None)))
