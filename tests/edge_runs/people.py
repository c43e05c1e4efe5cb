"""The caller, agents by telephone and agents at desks, all over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from telephony.double.call import DoubleCall
from telephony.double.errors import CallOver
from telephony.double.track import Span
from tests.edge_runs.oracle import has_tone, heard, is_in
from tests.fakes.application import tone
from tests.fakes.office import SPEECH
from voice.audio import FRAME_ULAW_BYTES, silence_ulaw, ulaw_frames

CALLERS_HZ: Final = 500.0
AGENTS_HZ: Final = 950.0
STEP_HZ: Final = 50.0
"""Whole waves in a frame: one that is lost does not break a sound in two."""
STEPS: Final = 8
"""So many sounds each has, one after the other."""
HEARD_S: Final = 6.0
"""So soon a sound has to be with the other; a loaded machine takes a while."""
HUM: Final = tone(240, db=-24, hz=350.0) + silence_ulaw(560)
"""What people sound like while they have nothing to say: so that a connection that is lost is silence."""
PATIENCE_S: Final = 40.0


class Ears:
    """What the server's ears are told, by stream."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def will_hear(self, stream: str, text: str) -> None:
        """The next utterance on this stream says that."""
        folder = self._folder / stream
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"{next(self._numbers):04d}.new"
        fresh.write_text(text)
        fresh.rename(fresh.with_suffix(".said"))


@dataclass
class Caller:
    """Somebody who has called."""

    call: DoubleCall
    ears: Ears
    excused: list[Span] = field(default_factory=list)
    """When silence is nobody's fault who is being tested."""
    sounded: int = 0
    """How many sounds they have made to be heard."""

    @property
    def sid(self) -> str:
        """The call's id."""
        return self.call.call_sid

    async def says(self, text: str, *, waits: bool = True) -> None:
        """Say it when the assistant has finished, or now."""
        if waits:
            await self.call.until_quiet(timeout_s=PATIENCE_S)
        self.ears.will_hear(self.sid, text)
        await self.call.say(SPEECH)

    def heard(self, since_ms: int = 0) -> str:
        """What came to their ear, as words."""
        return heard(self.call.ear, since_ms)

    async def hears(self, words: str, since_ms: int = 0, timeout_s: float = PATIENCE_S) -> None:
        """Wait until these words have come to their ear. Raises AssertionError when they do not."""
        with suppress(TimeoutError, CallOver):
            async with asyncio.timeout(timeout_s):
                while not is_in(words, self.heard(since_ms)):
                    await self.call.wait(800)
        assert is_in(words, self.heard(since_ms)), f"not heard: {words!r} in {self.heard(since_ms)!r}"

    async def sounds(self, hz: float) -> None:
        """Make a sound."""
        await self.call.say(tone(400, db=-16, hz=hz))

    def ear(self, last_ms: int) -> bytes:
        """What they heard last."""
        return self.call.ear.heard.audio(self.call.now_ms - last_ms, self.call.now_ms)

    @asynccontextmanager
    async def excuses(self) -> AsyncIterator[None]:
        """Silence in here is nobody's fault who is being tested."""
        began_ms = self.call.now_ms
        try:
            yield
        finally:
            self.excused.append(Span(began_ms, self.call.now_ms))


@dataclass
class Phoned:
    """An agent who has taken a call on their telephone."""

    call: DoubleCall

    async def sounds(self, hz: float) -> None:
        """Make a sound."""
        await self.call.say(tone(400, db=-16, hz=hz))

    def ear(self, last_ms: int) -> bytes:
        """What they heard last."""
        return self.call.ear.heard.audio(self.call.now_ms - last_ms, self.call.now_ms)

    async def hums(self) -> None:
        """Until the call is over."""
        with suppress(CallOver):
            while True:
                await self.call.say(HUM)


@dataclass
class Desk:
    """An agent's page, with a headset."""

    agent: str
    socket: ClientConnection
    told: list[Mapping[str, Any]] = field(default_factory=list)
    all: list[Mapping[str, Any]] = field(default_factory=list)
    """As told; nothing is taken out."""
    heard: bytearray = field(default_factory=bytearray)
    speaks: list[bytes] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)

    def begin(self) -> None:
        """Read and speak from now on."""
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._speak())]

    async def end(self, *, abruptly: bool = False) -> None:
        """Close the page; abruptly: its connection breaks."""
        for task in self._tasks:
            task.cancel()
        if abruptly:
            self.socket.transport.abort()
        else:
            await self.socket.close()
        for how in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(how, Exception):
                raise how
        self.closed.set()

    async def say(self, kind: str, **more: Any) -> None:
        """Send a message."""
        await self.socket.send(json.dumps({"type": kind, **more}))

    async def gets(self, kind: str, timeout_s: float = PATIENCE_S, **like: Any) -> Mapping[str, Any]:
        """Wait for such a message that was not waited for before. Raises AssertionError when none comes."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while True:
                    for message in self.told:
                        if message["type"] == kind and like.items() <= message.items():
                            self.told.remove(message)
                            return message
                    self._news.clear()
                    await self._news.wait()
        kinds = [message["type"] for message in self.all if message["type"] not in {"levels", "ping"}]
        raise AssertionError(f"{self.agent}'s desk was not told {kind!r}: {kinds}")

    async def accepts(self) -> Mapping[str, Any]:
        """Take the next offer; gives it once caller and agent are joined."""
        offer = await self.gets("offer")
        await self.say("accept", transfer=offer["transfer"], offer=offer["offer"])
        await self.gets("connected")
        return offer

    def kinds(self, kind: str) -> list[Mapping[str, Any]]:
        """All messages of this kind so far."""
        return [message for message in self.all if message["type"] == kind]

    async def sounds(self, hz: float) -> None:
        """Make a sound."""
        self.speaks += ulaw_frames(tone(400, db=-16, hz=hz))
        await asyncio.sleep(0.4)

    def ear(self, last_ms: int) -> bytes:
        """What they heard last."""
        return bytes(self.heard[-last_ms * 8 :])

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.heard += message
                    continue
                told = json.loads(message)
                if told["type"] == "ping":
                    await self.say("pong")
                self.told.append(told)
                self.all.append(told)
                self._news.set()
        self.closed.set()

    async def _speak(self) -> None:
        loop, hum = asyncio.get_running_loop(), list(ulaw_frames(HUM))
        due = loop.time()
        with suppress(ConnectionClosed):
            for number in count():
                frame = self.speaks.pop(0) if self.speaks else hum[number % len(hum)]
                if len(frame) == FRAME_ULAW_BYTES:
                    await self.socket.send(frame)
                due += 0.02
                await asyncio.sleep(max(0.0, due - loop.time()))


@dataclass
class Supervisor:
    """Somebody who has their microphone open for a call."""

    name: str
    page: Desk
    posts: Callable[..., Awaitable[httpx.Response]]
    """Commands of theirs about the call: the verb, then what goes with it."""

    async def sounds(self, hz: float) -> None:
        """Make a sound."""
        await self.page.sounds(hz)

    def ear(self, last_ms: int) -> bytes:
        """What they heard last."""
        return self.page.ear(last_ms)


class Speaks(Protocol):
    """Whoever the caller may be joined with."""

    async def sounds(self, hz: float) -> None:
        """Make a sound."""

    def ear(self, last_ms: int) -> bytes:
        """What they heard last, μ-law."""


async def open_page(url: str, path: str, token: str, name: str) -> Desk:
    """Open a WebSocket of the API, with a microphone. Raises what connecting raises."""
    bearer = {"Authorization": f"Bearer {token}"}
    page = Desk(name, await connect(f"ws{url[4:]}/api/v1{path}", additional_headers=bearer, proxy=None))
    page.begin()
    return page


async def both_hear(caller: Caller, agent: Speaks) -> None:
    """Each makes a sound that was not heard before, and the other hears it. Raises AssertionError."""
    caller.sounded += 1
    pairs: list[tuple[Speaks, Speaks, float, str]] = [
        (caller, agent, CALLERS_HZ + STEP_HZ * (caller.sounded % STEPS), "the caller"),
        (agent, caller, AGENTS_HZ + STEP_HZ * (caller.sounded % STEPS), "the agent"),
    ]
    loop = asyncio.get_running_loop()
    for speaker, listener, hz, who in pairs:
        began_s = loop.time()
        await speaker.sounds(hz)
        while not (found := has_tone(listener.ear(round((loop.time() - began_s) * 1000) + 200), hz)):
            if loop.time() - began_s > HEARD_S:
                break
            await asyncio.sleep(0.2)
        assert found, f"{who} was not heard by the other"
