"""The providers of a benchmark in one process: loopback peers with set delays, and a journal of when each served.

    python -m benchmarks.providers --stt-ms 100 --llm-ms 200 --tts-ms 100 [--tails 3]

Prints one line of JSON with its addresses. Both systems under test talk to these, over the providers' own protocols.
What a caller is about to say is announced to it (POST /announce), as nothing here can recognise speech; every caller
has a word of their own, by which requests and audio are told apart. GET /journal gives what was served since a number.
Times are of the monotonic clock, which all processes of one machine share.
"""

import argparse
import asyncio
import contextvars
import functools
import json
import math
import random
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.peers.deepgram import DeepgramPeer, _Listening
from tests.peers.elevenlabs import ElevenLabsPeer
from tests.peers.faults import Stream
from tests.peers.hearing import SpokenWord, StreamHearing, Stretch
from tests.peers.openai import OpenAiPeer, Scripted, openai_peer
from tests.peers.speech import say_letter

CHUNK_LETTERS = 10
"""400 ms of speech in each piece of audio."""
CHUNK_MS = 40.0
"""Between pieces: ten times as fast as they are heard."""
_BROKEN_MS = 200
"""A word that has so little to go is recognised, when final words are asked for."""
_NORMAL_95 = 1.6449
"""Quantile of the normal distribution."""

Entry = dict[str, Any]


class Journal:
    """What was served, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def note(self, what: str, **data: object) -> Entry:
        """Write down that this happens now."""
        entry: Entry = {"what": what, "at_s": time.monotonic(), **data}
        self.entries.append(entry)
        return entry


class Delays:
    """A delay, fixed or with a heavy tail: log-normal around the median."""

    def __init__(self, median_ms: float, tails: float, seed: int) -> None:
        """Tails: the 95th percentile is so many times the median; 1 for a fixed delay."""
        self._median_ms = median_ms
        self._sigma = math.log(tails) / _NORMAL_95 if tails > 1 else 0.0
        self._random = random.Random(seed)  # noqa: S311 the same delays in every run

    def __call__(self) -> float:
        """The next one, in ms."""
        return (
            self._median_ms * math.exp(self._random.gauss(0.0, 1.0) * self._sigma) if self._sigma else self._median_ms
        )


@dataclass
class _Line(Stretch):
    """What was announced: its words lie evenly over its sounds."""

    lasts_ms: int = 0

    def words(self, *, over: bool) -> list[SpokenWord]:
        """All of them, those to come too."""
        del over
        texts = self.text.split()
        each_ms = self.lasts_ms // max(1, len(texts))
        starts = [self.start_ms + index * each_ms for index in range(len(texts))]
        return [SpokenWord(text, start, start + each_ms) for text, start in zip(texts, starts, strict=True)]


class _Announced(StreamHearing):
    """Hears in the next sounds what was announced; sounds of which nothing was announced hold no words."""

    waiting: tuple[str, int] | None = None

    def _sound(self) -> None:
        if self.waiting is not None or not self.stretches:
            text, lasts_ms = self.waiting or ("", 0)
            self.stretches.append(_Line(text, self.heard_ms, self.heard_ms, lasts_ms))
            self.waiting = None
        self.stretches[-1].end_ms = self.heard_ms + 20

    def words(self, since_ms: int, *, flush: bool = False) -> list[SpokenWord]:
        """Those that were said by now and not before; flush: one that is being said, too."""
        by_ms = self.heard_ms + (_BROKEN_MS if flush else 0)
        said = (word for stretch in self.stretches[-2:] for word in stretch.words(over=True))
        return [word for word in said if since_ms < word.end_ms <= by_ms]


class _Telling:
    """A connection that writes down when final words leave."""

    def __init__(self, connection: Any, journal: Journal, serial: int) -> None:
        self._connection = connection
        self._journal = journal
        self._serial = serial

    async def send(self, text: str) -> None:
        await self._connection.send(text)
        if '"is_final": true' in text:
            said = json.loads(text)["channel"]["alternatives"][0]["transcript"]
            self._journal.note("stt.final", serial=self._serial, text=said)

    async def close(self, code: int, reason: str) -> None:
        await self._connection.close(code, reason)


class Ears(DeepgramPeer):
    """Deepgram that is told what its callers say. Connections are numbered as they come."""

    def __init__(self, journal: Journal, delays: Delays) -> None:
        super().__init__((), delay_s=lambda: delays() / 1000)
        self._journal = journal
        self._hearings: list[_Announced] = []
        self._serials: dict[int, int] = {}

    @property
    def connections(self) -> int:
        return len(self._hearings)

    def announce(self, serial: int, text: str, lasts_ms: int) -> None:
        """The next sounds of this connection mean this."""
        self._hearings[serial].waiting = (text, lasts_ms)

    def opened(self, stream: Stream) -> None:
        super().opened(stream)
        serial = self._serials[id(stream)] = len(self._hearings)
        hearing = _Announced((), stream.wanted("encoding", "linear16"))
        self._hearings.append(hearing)
        self._listening[id(stream)] = _Listening(hearing)
        stream.connection = _Telling(stream.connection, self._journal, serial)  # type: ignore[assignment]

    def message(self, stream: Stream, message: dict[str, Any]) -> None:
        if message["type"] == "Finalize":
            self._journal.note("stt.asked", serial=self._serials[id(stream)])
        super().message(stream, message)


_request: contextvars.ContextVar[Entry | None] = contextvars.ContextVar("request", default=None)


class Writer(OpenAiPeer):
    """OpenAI that answers as announced. Replies begin with the caller's own word."""

    def __init__(self, journal: Journal, delays: Delays, route: str) -> None:
        super().__init__(replies=self._answer, first_token_ms=delays)
        self._journal = journal
        self._route = route
        self.announced: dict[str, str] = {}

    async def complete(self, request: web.Request) -> web.StreamResponse:
        asked = (await request.json())["messages"]
        entry = self._journal.note(
            "llm.asked", route=self._route, text=_last(asked, "user"), said=_last(asked, "assistant")
        )
        _request.set(entry)
        return await super().complete(request)

    def _note(self, what: str) -> None:
        entry = _request.get()
        if entry is not None and what in {"first_token", "closed", "done"}:
            entry[what] = time.monotonic()
        # The peer's own log is not read here, and must not grow for an hour.

    def _answer(self, asked: Mapping[str, Any]) -> Scripted:
        self.requests.clear()
        self.headers.clear()
        text = _plain(_last(asked["messages"], "user"))
        # What was said after an interruption stands in one message with what was asked before.
        known = [(text.rfind(said), reply) for said, reply in self.announced.items() if said in text]
        return Scripted(max(known)[1] if known else "Sorry, which of the two do you mean? Tell me a little more.")


class Mouth(ElevenLabsPeer):
    """ElevenLabs that spells with tones."""

    def __init__(self, journal: Journal, delays: Delays) -> None:
        super().__init__()
        self._journal = journal
        self.first_audio_ms = delays
        self.chunk_ms = CHUNK_MS
        self.chunk_letters = CHUNK_LETTERS
        letter = functools.lru_cache(maxsize=256)(say_letter)
        self.say = lambda text: b"".join(map(letter, text))

    def _note(self, what: str) -> None:
        kind, _, text = what.partition(" ")
        if kind in {"text", "audio"}:
            self._journal.note(f"tts.{kind}", text=text)


def _last(messages: list[dict[str, Any]], role: str) -> str:
    """The last message of a role, as text."""
    content = next((message["content"] for message in reversed(messages) if message["role"] == role), "")
    if isinstance(content, list):
        content = " ".join(part.get("text", "") for part in content)
    return str(content)


def _plain(text: str) -> str:
    return " ".join("".join(letter for letter in text.lower() if letter.isalpha() or letter.isspace()).split())


def _control(journal: Journal, ears: Ears, writers: list[Writer]) -> web.Application:
    async def announce(request: web.Request) -> web.Response:
        told = await request.json()
        for writer in writers:
            if told.get("reply"):
                writer.announced[_plain(told["text"])] = told["reply"]
        ears.announce(told["serial"], told["text"], told["lasts_ms"])
        return web.Response()

    async def read(request: web.Request) -> web.Response:
        return web.json_response({"entries": journal.entries[int(request.query["since"]) :]})

    async def counts(_request: web.Request) -> web.Response:
        return web.json_response({"entries": len(journal.entries), "connections": ears.connections})

    app = web.Application()
    app.router.add_get("/counts", counts)
    app.router.add_post("/announce", announce)
    app.router.add_get("/journal", read)
    return app


async def serve(stt_ms: float, llm_ms: float, tts_ms: float, tails: float, seed: int) -> None:
    """Serve until stdin closes."""
    journal = Journal()
    ears = Ears(journal, Delays(stt_ms, tails, seed))
    # The second route has delays of its own: it is another provider.
    writers = [
        Writer(journal, Delays(llm_ms, tails, seed + 1), "1"),
        Writer(journal, Delays(llm_ms, tails, seed + 2), "2"),
    ]
    mouth = Mouth(journal, Delays(tts_ms, tails, seed + 3))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ears)
        for writer in writers:
            await stack.enter_async_context(openai_peer(writer))
        await stack.enter_async_context(mouth)
        runner = web.AppRunner(_control(journal, ears, writers), access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        control = f"http://127.0.0.1:{runner.addresses[0][1]}"
        told = {"stt": ears.url, "llm": writers[0].url, "llm2": writers[1].url, "tts": mouth.url, "control": control}
        print(json.dumps(told), flush=True)
        await asyncio.to_thread(sys.stdin.read)


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stt-ms", type=float, default=100)
    parser.add_argument("--llm-ms", type=float, default=200)
    parser.add_argument("--tts-ms", type=float, default=100)
    parser.add_argument("--tails", type=float, default=1, help="95th percentile of each delay, in medians")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(serve(options.stt_ms, options.llm_ms, options.tts_ms, options.tails, options.seed))


if __name__ == "__main__":
    main()
