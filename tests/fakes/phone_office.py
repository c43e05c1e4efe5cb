"""A whole office whose agents are rung by telephone, in virtual time. Switchboard, transfers, store are the real ones.

The carrier is the double with its REST API; requests and media go over sockets on loopback. Whoever hears what is read
from the double's ears.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, cast

import httpx
import numpy as np
from aiohttp import WSMsgType, web
from fastapi import FastAPI, WebSocket

from pipeline import direct
from pipeline.assistant.tools.kept import Errand, KeptTools
from pipeline.line.human_queues import Target
from pipeline.line.ready import LineRuntime
from pipeline.office_clock import OfficeClock
from pipeline.supervision.calls import Supervised
from pipeline.switchboard import Switchboard
from pipeline.transfers.conference import Conferences
from pipeline.transfers.office import Transfers
from pipeline.transfers.packets import WrittenPackets
from pipeline.transfers.queues import queues_of
from recordings.events import Event
from recordings.fold import fold
from recordings.record import CallRecord
from recordings.store import CallStore
from server.agent_webhooks import agent_router
from server.callback_webhooks import callback_router
from server.media import TwilioSocket, monotonic_ms
from server.phoning import Phoning, open_phoning
from server.room_webhooks import room_router
from server.settings import Settings
from server.supervisor_webhooks import supervisor_router
from server.task_webhooks import task_router
from server.webhooks import carrier_router
from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.people import Answers
from telephony.double.record import DoubleResult
from telephony.double.script import PressAt
from telephony.double.twiml import Say
from telephony.token import CallTokens
from telephony.transfer_state import State, Transfer
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.signature import Signatures
from tests.fakes.application import tone
from tests.fakes.carrier import ACCOUNT, AUTH_TOKEN, CALLER, Carrier, carrier
from tests.fakes.mortal import MortalStore, MortalTransfers
from tests.fakes.office import NUMBER, SECRET, SPEECH, Parts, check_whole, parts
from voice.audio import pcm_to_samples, ulaw_to_pcm

WISH = "a person please"
SUPPORT = frozenset({"support"})
ACCEPTS = Answers(steps=[PressAt(1_000, "1")])


@dataclass
class PhoneOffice:
    """One process after the other, and the carrier that calls them."""

    at: Carrier
    url: str
    first: Parts
    people: Sequence[Agent]
    clock: OfficeClock
    life: AsyncExitStack
    asgi: FastAPI = field(init=False)
    process: MortalStore = field(init=False)
    switchboard: Switchboard = field(init=False)
    transfers: Transfers = field(init=False)
    phoning: Phoning = field(init=False)
    conferences: Conferences = field(init=False)
    lives: int = 0
    workspace: str = ""
    """Of TaskRouter; empty: none."""
    assistant: str = ""
    """The application whose leg is the assistant's in callers' rooms; empty: calls are direct."""
    down: bool = False
    """Nothing answers."""
    opens: asyncio.Event | None = None
    """Streams are taken once it is set; None: at once."""
    carrying: "dict[asyncio.Task[None], web.Request]" = field(default_factory=dict)
    """Streams of the process."""

    async def begin(self) -> None:
        """A process starts."""
        self.lives += 1
        self.process = MortalStore(self.first.store)
        store = self.first.store
        settings = Settings(
            twilio_account_sid=ACCOUNT, twilio_auth_token=AUTH_TOKEN, twilio_api_url=self.at.api_url, org_id="test",
            twilio_workspace_sid=self.workspace, twilio_taskrouter_url=self.at.api_url, twilio_app_sid=self.assistant,
        )  # fmt: skip
        tokens = CallTokens(SECRET)
        phoning = open_phoning(
            settings, self.url, store, self.clock, self.life, lambda sid: tokens.listening(sid, time.time())
        )
        assert phoning is not None
        self.phoning = phoning
        lines = [line.line for line in self.first.lines.values()]
        self.transfers = Transfers(
            MortalTransfers.of(self.process, "test"), self.clock,
            WrittenPackets(cast("CallStore", self.process), self.clock, None),
            lambda: lines, queues_of,
            phoning.phones,
        )  # fmt: skip
        runtime = replace(
            self.first.runtime, store=cast("CallStore", self.process), transfers=self.transfers, hang_up=self._hang_up,
            rooms=phoning.rooms,
        )  # fmt: skip
        self.switchboard = Switchboard(runtime, self.first.lines, tokens, 40)
        self.transfers.promised.errands = KeptTools(store, "test")
        reconciler = phoning.serve(self.transfers)
        await self.transfers.open(self.people)
        await self.switchboard.finish_abandoned()
        await phoning.recover(await self.transfers.store.live())
        await self.transfers.recall()
        phoning.look_after(self.switchboard, self.transfers)
        self.transfers.spawn(reconciler.run())
        self.asgi, signatures = FastAPI(), Signatures(AUTH_TOKEN, self.url)
        self.asgi.include_router(carrier_router(self.switchboard, signatures, self.url, self.media_url))
        self.asgi.include_router(agent_router(phoning.phones.desk, signatures, phoning.legs.addresses, self.media_url))
        self.conferences = await phoning.conferences(self.transfers)
        if phoning.rooms is not None:
            at = (signatures, self.url, self.media_url)
            self.asgi.include_router(room_router(phoning.rooms, phoning.phones.desk, self.switchboard, *at))
        self.asgi.include_router(supervisor_router(self.conferences, signatures, phoning.legs.addresses))
        if phoning.phones.memory.tasks is not None:
            self.asgi.include_router(task_router(phoning.phones.memory.tasks, signatures))
        self.asgi.include_router(
            callback_router(phoning.phones.desk, self.switchboard, signatures, self.url, self.media_url)
        )
        for agent in self.people:
            if agent.phone:
                self.transfers.presence(agent.id, "available")
        self.down = False

    def _hang_up(self, call_sid: str) -> "asyncio.Future[None]":
        """Whoever is dead asks for nothing."""
        if self.down:
            return asyncio.get_running_loop().create_future()
        return self.phoning.hang_up(call_sid)

    async def killed_at(self, state: State) -> None:
        """The process is killed when a transfer stands there in the store, before anything is done about it."""
        self.process.dies_at = state
        async with asyncio.timeout(120):
            await self.process.died.wait()
        await self.die()

    async def die(self) -> None:
        """The process is killed: nothing of what it does from now on is kept."""
        self.down = self.process.dead = True
        for task, request in self.carrying.items():
            if request.transport is not None:
                request.transport.abort()
            task.cancel()
        await self.transfers.close()
        if self.phoning.rooms is not None:
            self.phoning.rooms.close()

    @property
    def media_url(self) -> str:
        return "ws" + self.url[4:] + "/twilio/media"

    async def call(self, *texts: str, told: bool = True) -> DoubleCall:
        """Somebody calls who will say these texts. told: the carrier tells how their call is."""
        status = f"{self.url}/twilio/status" if told else ""
        call = await self.at.double.call(f"{self.url}/twilio/voice", to=NUMBER, from_=CALLER, status_callback=status)
        self.first.stt.of_call[call.call_sid] = list(texts)
        return call

    async def asks(self, *texts: str, told: bool = True) -> DoubleCall:
        """A caller who has just asked for a person."""
        call = await self.call(WISH, *texts, told=told)
        await call.until_quiet()
        await call.say(SPEECH)
        return call

    def says(self, call: DoubleCall, *, caller: Sequence[str] = (), agent: Sequence[str] = ()) -> None:
        """What is heard of the two while they speak with each other."""
        self.first.stt.of_call |= {f"{call.call_sid}.caller": list(caller), f"{call.call_sid}.agent": list(agent)}

    def says_to_assistant(self, call: DoubleCall, *texts: str) -> None:
        """What the assistant hears of them from now on."""
        self.first.stt.of_call[call.call_sid] = list(texts)

    def supervised(self, call: DoubleCall) -> Supervised:
        """A live call's supervisors."""
        found = self.switchboard.supervised(call.call_sid)
        assert found is not None
        return found

    def transfer(self, call: DoubleCall) -> Transfer | None:
        """The call's latest, if it is live."""
        found = [one.transfer for one in self.transfers.live() if one.transfer.call_id == call.call_sid]
        return found[-1] if found else None

    async def until(self, call: DoubleCall, state: State) -> Transfer:
        """Wait until the call's transfer is there."""
        async with asyncio.timeout(180):
            while (now := self.transfer(call)) is None or now.state is not state:  # noqa: ASYNC110 virtual time
                await asyncio.sleep(0.02)
        return now

    async def events(self, call: DoubleCall) -> tuple[Event, ...]:
        return await self.first.store.events(call.call_sid)

    async def kept(self, call: DoubleCall, kind: str) -> list[Mapping[str, Any]]:
        """What was recorded of this kind."""
        return [event.data for event in await self.events(call) if event.kind == kind]

    async def errands(self) -> list[Errand]:
        """What people are to do for callers."""
        return await KeptTools(self.first.store, "test").waiting()

    async def ended(self, call: DoubleCall) -> CallRecord:
        """The call as it is kept, once it is over."""
        async with asyncio.timeout(300):
            await self.switchboard.drained()
        events = await self.events(call)
        check_whole(events, killed=self.lives > 1)
        return fold(events)

    # What the carrier reaches

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.Response(status=502)
        body = await request.read()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.asgi), base_url=self.url) as http:
            got = await http.request(request.method, request.path_qs, content=body, headers=dict(request.headers))
        return web.Response(
            status=got.status_code,
            body=got.content,
            content_type=got.headers.get("content-type", "text/xml").partition(";")[0],
        )

    async def media(self, request: web.Request) -> web.StreamResponse:
        if self.down:
            return web.Response(status=502)
        websocket = web.WebSocketResponse(max_msg_size=0)
        await websocket.prepare(request)
        task = asyncio.create_task(self._carry(TwilioSocket(cast("WebSocket", _Served(websocket)), monotonic_ms)))
        self.carrying[task] = request
        try:
            await asyncio.wait([task])
        finally:
            del self.carrying[task]
            task.cancel()
        return websocket

    async def _carry(self, socket: TwilioSocket) -> None:
        started = await socket.started()
        if self.opens is not None:
            await self.opens.wait()
        if started is not None and not await self.switchboard.carry(socket, started):
            await socket.close(1008, "no such call")


@dataclass
class _Served:
    """A served socket as server.media reads it."""

    socket: web.WebSocketResponse

    async def receive(self) -> dict[str, Any]:
        message = await self.socket.receive()
        match message.type:
            case WSMsgType.TEXT:
                return {"type": "websocket.receive", "text": message.data}
            case WSMsgType.BINARY:
                return {"type": "websocket.receive", "bytes": message.data}
        return {"type": "websocket.disconnect", "code": self.socket.close_code or 1006, "reason": ""}

    async def send_text(self, text: str) -> None:
        await self.socket.send_str(text)

    async def close(self, code: int, reason: str) -> None:
        await self.socket.close(code=code, message=reason.encode())


async def hears(speaker: DoubleCall, listener: DoubleCall, hz: float) -> bool:
    """Whether what one says is in the other's ear."""
    await speaker.say(tone(500, db=-18, hz=hz))
    await speaker.wait(200)
    heard = listener.ear.heard.audio(listener.now_ms - 600, listener.now_ms)
    samples = pcm_to_samples(ulaw_to_pcm(heard)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)


def words(result: DoubleResult) -> list[str]:
    """What the carrier's voice said on a leg, beside briefings."""
    return [one.verb.text for one in result.executed if isinstance(one.verb, Say)]


def phone_agent(agent: str, phone: str, **more: Any) -> Agent:
    """Somebody who is rung there."""
    return Agent(agent, agent.title(), SUPPORT, phone=phone, **more)


def _workspace(at: Carrier, url: str, workers: Mapping[str, str], queue: dict[str, Any]) -> str:
    """A workspace with these workers, to whose workflow the queue goes."""
    addresses = TransferAddresses(url)
    router = at.double.taskrouter(assignment_url=addresses.task, event_url=addresses.task_events)
    for name, phone in workers.items():
        router.worker(name, phone)
    queue["to"] = Target(taskrouter=router.workflow_sid)
    return router.workspace_sid


def _with(built: Parts, queue: Mapping[str, Any], topology: str) -> Parts:
    """All queues of the line changed in these settings (pipeline.line.human_queues.Queue), and its topology."""

    def changed(ready: LineRuntime) -> LineRuntime:
        settings = ready.line.settings
        queues = tuple(one.model_copy(update=queue) for one in settings.queues)
        return replace(
            ready,
            line=replace(ready.line, settings=settings.model_copy(update={"queues": queues, "topology": topology})),
        )

    return replace(built, lines={number: changed(ready) for number, ready in built.lines.items()})


@asynccontextmanager
async def phone_office(
    root: Path,
    *people: Agent,
    queue: Mapping[str, Any] | None = None,
    workers: Mapping[str, str] | None = None,
    topology: Literal["direct", "conference_first"] = "direct",
    **options: Any,
) -> AsyncIterator[PhoneOffice]:
    """Use it inside virtual time. queue: of all queues. options: as of tests.fakes.office.parts.

    workers: of TaskRouter, by name, where they are rung; then all queues go to their workflow.
    """
    loop, began = asyncio.get_running_loop(), datetime(2026, 11, 20, 18, tzinfo=UTC)
    wall_clock = lambda: began + timedelta(seconds=loop.time())  # noqa: E731
    options.setdefault("ms_per_character", 15)
    async with (
        _serving() as (url, serves),  # longer than the carrier lives: its last callbacks find somebody
        carrier(retry_wait_ms=700) as at,
        parts(root, (), direct.carry, wall_clock=wall_clock, **options) as built,
        AsyncExitStack() as life,
    ):
        to: dict[str, Any] = dict(queue or {})
        workspace = _workspace(at, url, workers, to) if workers else ""
        assistant = at.double.app(f"{url}/twilio/assistant").removeprefix("app:") if topology != "direct" else ""
        office = PhoneOffice(
            at, url, _with(built, to, topology), people, OfficeClock(wall_clock), life,
            workspace=workspace, assistant=assistant,
        )  # fmt: skip
        serves.append(office)
        await office.begin()
        try:
            yield office
        finally:
            at.double.hang_up_all()
            await office.die()


@asynccontextmanager
async def _serving() -> AsyncIterator[tuple[str, list[PhoneOffice]]]:
    """A server on loopback, and a list for the office that it is to serve."""
    serves: list[PhoneOffice] = []

    async def media(request: web.Request) -> web.StreamResponse:
        return await serves[0].media(request)

    async def answer(request: web.Request) -> web.StreamResponse:
        return await serves[0].answer(request)

    served = web.Application()
    served.router.add_get("/twilio/media", media)
    served.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(served, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", serves
    finally:
        await runner.cleanup()
        await asyncio.sleep(0.1)  # virtual: what was closed is gone
