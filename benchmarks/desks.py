"""Whole calls whose callers ask for a person, and agents at desks over WebSockets on loopback, all at once."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from benchmarks.measure import summary
from server.warming import warm
from telephony.agents import Agent
from tests.fakes.desk_office import ACCESS, DeskOffice, desk_office
from tests.fakes.ears import ToldStt
from tests.fakes.office import SPEECH, VirtualCall
from voice.audio import FRAME_ULAW_BYTES, level_db, silence_ulaw, ulaw_frames, ulaw_to_pcm
from voice.stt.port import Recognition, Result, Transcript

OPEN: Final = datetime(2026, 11, 20, 18, tzinfo=UTC)
WISH: Final = "a person please"
PAUSE_S: Final = 0.4
"""Between the bursts by which delays are measured; each is one loud frame."""
BURSTS: Final = 25
LOUD_DB: Final = -30.0
_LOUDEST: Final = max(ulaw_frames(SPEECH), key=lambda frame: level_db(ulaw_to_pcm(frame)))
_HELLO: Final = bytes((0x10, 0x90)) * (FRAME_ULAW_BYTES // 2)
"""What agents say from the offer on: nobody else ever does."""


def _loud(ulaw: bytes) -> bool:
    return len(ulaw) == FRAME_ULAW_BYTES and level_db(ulaw_to_pcm(ulaw)) > LOUD_DB


class StampedEars(ToldStt):
    """Tells when it gave each text; every text is another."""

    def __init__(self) -> None:
        super().__init__([])
        self.gave_s: dict[str, float] = {}

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """As ToldStt."""
        return _Stamped(await super().open(call_id, deadline_ms), self.gave_s)


class _Stamped:
    def __init__(self, inner: Recognition, gave_s: dict[str, float]) -> None:
        self._inner, self._gave_s = inner, gave_s

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aiter__(self) -> AsyncIterator[Result]:
        async for result in self._inner:
            if isinstance(result, Transcript):
                self._gave_s.setdefault(result.text, time.perf_counter())
            yield result


@dataclass
class Page:
    """An agent's page: takes what is offered, and hears and speaks."""

    socket: ClientConnection
    offered_s: float = 0.0
    accepted_s: float = 0.0
    hears_s: float = 0.0
    offer: Mapping[str, Any] = field(default_factory=dict)
    heard_s: list[float] = field(default_factory=list)
    """When loud frames came."""
    greets: "asyncio.Task[None] | None" = None
    """The microphone, from the offer until the caller heard it."""

    async def run(self) -> None:
        """Until the connection is closed."""
        with suppress(ConnectionClosed):
            async for message in self.socket:
                if isinstance(message, bytes):
                    self.hears_s = self.hears_s or time.perf_counter()
                    if _loud(message[-FRAME_ULAW_BYTES:]):
                        self.heard_s.append(time.perf_counter())
                else:
                    await self._told(json.loads(message))

    async def say(self, **message: Any) -> None:
        """Send."""
        await self.socket.send(json.dumps(message))

    async def _told(self, told: Mapping[str, Any]) -> None:
        match told["type"]:
            case "ping":
                await self.say(type="pong")
            case "offer":
                self.offer, self.offered_s = told, time.perf_counter()
                self.greets = asyncio.create_task(self.speaks([_HELLO] * 3000))
                self.accepted_s = time.perf_counter()
                await self.say(type="accept", transfer=told["transfer"], offer=told["offer"])
            case _:
                pass

    async def speaks(self, frames: list[bytes]) -> None:
        """At the pace of a microphone."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        for frame in frames:
            await self.socket.send(frame)
            due += 0.02
            await asyncio.sleep(max(0.0, due - loop.time()))


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[int]:
    """On loopback, as server.cli.serve does it; gives the port."""
    as_served: dict[str, Any] = {"ws": "websockets-sansio", "ws_per_message_deflate": False, "lifespan": "off"}
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", **as_served))
    await asyncio.to_thread(warm)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    running = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110 uvicorn offers nothing to wait for
            await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await running


async def spoken_with(folder: Path, count: int) -> dict[str, object]:
    """So many callers and agents at once; each pair speaks. Raises TimeoutError when somebody is not served."""
    ears, loop = StampedEars(), asyncio.get_running_loop()
    people = [Agent(f"a{number}", f"Agent {number}", frozenset({"support"})) for number in range(count)]
    options: dict[str, Any] = {"ears": ears, "prepared": True, "began": OPEN - timedelta(seconds=loop.time())}
    async with AsyncExitStack() as opened:
        house = await opened.enter_async_context(desk_office(folder, (), people, **options))
        port = await opened.enter_async_context(_served(house.app))
        pages = {}
        for agent in people:
            bearer = {"Authorization": f"Bearer {house.token_of[agent.id]}"}
            url = f"ws://127.0.0.1:{port}/api/v1/desk"
            pages[agent.id] = Page(
                await opened.enter_async_context(connect(url, additional_headers=bearer, compression=None))
            )
            opened.callback(asyncio.create_task(pages[agent.id].run()).cancel)
            await pages[agent.id].say(type="presence", presence="available")
        return await _Measured(house, ears, pages, port).run(count)


class _Measured:
    """The figures of one run."""

    def __init__(self, house: DeskOffice, ears: StampedEars, pages: Mapping[str, Page], port: int) -> None:
        self.house, self.ears, self.pages, self.port = house, ears, pages, port
        self.wanted_s: dict[str, float] = {}
        self.packet_ms: list[float] = []
        self.live_ms: list[float] = []
        self.overheard = 0
        """Frames of sound that supervisors' pages got."""

    async def run(self, count: int) -> dict[str, object]:
        """All at once."""
        self._stamp()
        cpu_s, began_s = time.process_time(), time.perf_counter()
        told = await asyncio.gather(*(self._call(number) for number in range(count)))
        cpu, wall = time.process_time() - cpu_s, time.perf_counter() - began_s
        figures: dict[str, object] = {"calls at once": count}
        for name in told[0]:
            figures[name] = summary([one for each in told for one in each[name]])
        figures["packet ready, ms after the decision"] = summary(self.packet_ms)
        figures["words recognised → a supervisor's socket, ms"] = summary(self.live_ms)
        figures["frames of sound at their pages"] = self.overheard
        figures["CPU s / wall s"] = f"{cpu:.1f} / {wall:.1f}"
        return figures

    def _stamp(self) -> None:
        """When a dialogue decides, and when its packet is there."""
        transfers = self.house.office.transfers
        wanted, make = transfers.wanted, transfers.acting.told.make_packet

        def timed(call: Any, action: Any) -> None:
            self.wanted_s.setdefault(call.call_id, time.perf_counter())
            wanted(call, action)

        async def made(running: Any, call: Any) -> None:
            await make(running, call)
            self.packet_ms.append((time.perf_counter() - self.wanted_s[call.call_id]) * 1000)

        transfers.wanted, transfers.acting.told.make_packet = timed, made  # type: ignore[method-assign]

    async def _watch(self, call_sid: str) -> None:
        """As a supervisor's page does, which hears the call, too: until it has ended."""
        bearer = {"Authorization": f"Bearer {ACCESS}"}
        url = f"ws://127.0.0.1:{self.port}/api/v1/calls/{call_sid}/listen"
        async with connect(url, additional_headers=bearer, compression=None) as socket:
            async for message in socket:
                came_s = time.perf_counter()
                if isinstance(message, bytes):
                    self.overheard += 1
                    continue
                event = json.loads(message).get("event", {})
                text = event.get("data", {}).get("text")
                if event.get("kind") in {"caller.said", "agent.said"} and text != WISH and text in self.ears.gave_s:
                    self.live_ms.append((came_s - self.ears.gave_s[text]) * 1000)

    async def _call(self, number: int) -> dict[str, list[float]]:
        office = self.house.office
        await asyncio.sleep(number * 0.05)
        call = await office.call(from_=f"+1415555{number:04d}")
        watching = asyncio.create_task(self._watch(call.sid))
        self.ears.of_call[call.sid] = [WISH, *(f"caller {number} says {said}" for said in range(100))]
        await call.quiet()
        greeted = _played(call, lambda ulaw: _HELLO[:40] in ulaw)
        await call.speak()
        page = await self._taken(call, greeted)
        self.ears.of_call[f"{call.sid}.h1-0"] = [f"agent {number} says {said}" for said in range(100)]
        told = {
            "decision → the page has the offer, ms": [(page.offered_s - self.wanted_s[call.sid]) * 1000],
            "accept → caller heard on the page, ms": [(page.hears_s - page.accepted_s) * 1000],
            "accept → agent heard by the caller, ms": [(greeted[0] - page.accepted_s) * 1000],
            "agent's frame → caller's stream, ms": await self._to_caller(call, page),
            "caller's frame → the page, ms": await self._to_page(call, page),
        }
        for _ in range(3):  # words for the live view
            await page.speaks([*ulaw_frames(SPEECH), *[silence_ulaw(20)] * 40])
            await call.speak()
            await call.handset.wait_ms(800)
        call.stream.hang_up()
        await call.over()
        async with asyncio.timeout(10):
            await watching
        return told

    async def _taken(self, call: VirtualCall, greeted: list[float]) -> Page:
        """Whoever took the call, once both have heard the other."""
        async with asyncio.timeout(60):
            while True:
                await call.handset.tick()
                for page in self.pages.values():
                    if page.offer.get("call") == call.sid and page.hears_s and greeted and page.greets is not None:
                        page.greets.cancel()
                        return page

    async def _to_caller(self, call: VirtualCall, page: Page) -> list[float]:
        took, quiet = [], [silence_ulaw(20)] * round(PAUSE_S / 0.02)
        for _ in range(BURSTS):
            await page.speaks(quiet)
            played = _played(call, _any_loud)
            sent_s = time.perf_counter()
            await page.speaks([_LOUDEST])
            if played:
                took.append((played[0] - sent_s) * 1000)
        return took

    async def _to_page(self, call: VirtualCall, page: Page) -> list[float]:
        took = []
        media = call.stream.media

        def leaves(ulaw: bytes) -> None:
            if _loud(ulaw):
                left_s.append(time.perf_counter())
            media(ulaw)

        call.stream.media = leaves  # type: ignore[method-assign]
        for _ in range(BURSTS):
            left_s: list[float] = []
            page.heard_s.clear()
            await call.speak(_LOUDEST)
            await call.handset.wait_ms(round(PAUSE_S * 1000))
            if left_s and page.heard_s:
                took.append((page.heard_s[0] - left_s[0]) * 1000)
        return took


def _any_loud(ulaw: bytes) -> bool:
    return any(map(_loud, ulaw_frames(ulaw)))


def _played(call: VirtualCall, wanted: Callable[[bytes], bool]) -> list[float]:
    """When such sound comes to the caller's stream, from now on."""
    came_s: list[float] = []
    play = type(call.stream).play.__get__(call.stream)

    async def timed(ulaw: bytes) -> None:
        if wanted(ulaw):
            came_s.append(time.perf_counter())
        await play(ulaw)

    call.stream.play = timed  # type: ignore[method-assign]
    return came_s
