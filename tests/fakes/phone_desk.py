"""A transfer to agents by telephone with as little around it as possible: no call of ours, no queue, no disk.

The queue is a list of agents, the stores a database in memory.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import sqlalchemy as sa
from aiohttp import web
from fastapi import FastAPI

import telephony.intent_tables
import telephony.transfer_tables
from pipeline.drive import utc_now
from pipeline.office_clock import OfficeClock
from pipeline.phone_legs import PhoneLegs
from pipeline.transfers.by_phone import ByPhone
from pipeline.transfers.running import Running
from server.agent_webhooks import agent_router
from telephony import transfer_events as events
from telephony.agents import Agent
from telephony.errors import CarrierError, CarrierFailed, Overtaken
from telephony.intended import IntendedControl
from telephony.intents import Intents
from telephony.queue_settings import QueueSettings
from telephony.rooms import room_of
from telephony.transfer_state import Transfer
from telephony.transfer_store import Kept, TransferStore, Wanted
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.control import TwilioControl
from telephony.twilio.signature import Signatures
from tests.fakes.application import Application, serving
from tests.fakes.carrier import AUTH_TOKEN, OURS, Carrier

_T = TypeVar("_T")
BRIEFING = "Ana calls about order one. She has been verified."


class MemoryDatabase:
    """One SQLite database in memory, without threads: it fits into virtual time."""

    def __init__(self) -> None:
        self._engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        for metadata in (telephony.intent_tables.metadata, telephony.transfer_tables.metadata):
            metadata.create_all(self._engine)

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        with self._engine.begin() as connection:
            return work(connection)

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        return await self.apply(read)

    def close(self) -> None:
        self._engine.dispose()


@dataclass
class PhoneDesk:
    """Performs what one transfer decides; as LiveTransfers and Acts (pipeline.transfers.phone_memory)."""

    phones: ByPhone
    legs: PhoneLegs
    store: TransferStore
    clock: OfficeClock
    people: tuple[Agent, ...]
    tasks: asyncio.TaskGroup
    at_once: int = 9
    """So many agents are rung together."""
    _one: Running | None = None
    actions: list[events.TransferAction] = field(default_factory=list)
    _running: "asyncio.Task[None] | None" = None

    def close(self) -> None:
        """Nobody comes any more."""
        if self._running is not None:
            self._running.cancel()

    @property
    def told(self) -> "PhoneDesk":
        """Itself."""
        return self

    @property
    def acting(self) -> "PhoneDesk":
        return self

    @property
    def one(self) -> Running:
        """The transfer that runs."""
        assert self._one is not None
        return self._one

    @property
    def transfer(self) -> Transfer:
        return self.one.transfer

    @property
    def room(self) -> str:
        """Of the agent who has accepted."""
        return room_of(self.transfer.id, self.transfer.bridges)

    def now_ms(self) -> int:
        return self.clock.now_ms()

    async def begin(self, caller_sid: str) -> None:
        """The caller wants a person."""
        transfer = Transfer.asked(f"{caller_sid}-t1", caller_sid, "sales", self.now_ms(), patience_ms=600_000)
        kept = Kept(transfer, Wanted("line", "en", line_number=OURS))
        assert await self.store.create(kept)
        self._one = Running(kept, self.store, self.clock, self._act, lambda running, before: None)
        self._running = self.tasks.create_task(self.one.run())
        self.post(events.PacketReady(self.now_ms()))

    def post(self, event: events.TransferEvent) -> None:
        self.one.post(event)

    def did(self, kind: type) -> list[Any]:
        return [action for action in self.actions if isinstance(action, kind)]

    def _act(self, running: Running, action: events.TransferAction) -> None:
        self.actions.append(action)
        self.tasks.create_task(self._do(running, action))

    async def _do(self, running: Running, action: events.TransferAction) -> None:
        now_ms = self.now_ms()
        match action:
            case events.FindAgents(without=without):
                left = tuple(agent.id for agent in self.people if agent.id not in without)[: self.at_once]
                running.post(events.AgentsFound(now_ms, left) if left else events.NobodyComes(now_ms, "no_agents"))
            case events.Ring(offer=offer, agent=agent):
                assert await self.phones.ring(running, offer, agent)
            case events.StopRinging(offer=offer, why=why) | events.ReleaseAgent(offer=offer, why=why):
                with suppress(CarrierFailed):  # the reconciler's
                    await self.phones.let_go(running.id, offer, why)
            case events.MoveCaller(offer=offer):
                try:
                    await self.phones.bridge(running.transfer, offer)
                except CarrierError as error:
                    if offer == running.transfer.accepted:  # it names no offer, and another may be on the way by now
                        running.post(events.BridgeFailed(self.now_ms(), str(error)))
            case events.TakeBack(offer=moved) if moved is not None:
                with suppress(Overtaken):  # the next agent has accepted meanwhile
                    await self.phones.take_back(running.transfer, moved, lambda: False)

    def running(self, transfer_id: str) -> Running | None:
        return self.one if self.one.id == transfer_id else None

    def live(self) -> list[Running]:
        return [self._one] if self._one is not None else []

    def agent(self, agent_id: str) -> Agent | None:
        return next((agent for agent in self.people if agent.id == agent_id), None)

    def queues(self) -> dict[str, QueueSettings]:
        return {}

    def workflow(self, agent_id: str) -> str:
        return ""

    def headers(self, agent_id: str) -> dict[str, str]:
        return {}

    def packet(self, transfer_id: str) -> dict[str, str]:
        return {"briefing": BRIEFING, "agent_language": "en"}

    def agent_there(self, running: Running, offer: int) -> None:
        running.post(events.AgentJoined(self.now_ms(), offer))


@asynccontextmanager
async def phone_desk(at: Carrier, *agents: str) -> AsyncIterator[PhoneDesk]:
    """Serve the routes of transfers, and run one. The carrier's application answers /twilio/resume."""
    served, asgi = Application(), FastAPI()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/twilio/resume":
            return await at.app.answer(request)
        body = await request.read()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url=served.url) as http:
            got = await http.post(request.path_qs, content=body, headers=dict(request.headers))
        return web.Response(status=got.status_code, body=got.content, content_type="text/xml")

    served.answer = answer  # type: ignore[method-assign]
    database = MemoryDatabase()
    try:
        async with serving(served), asyncio.TaskGroup() as tasks:
            addresses, media = TransferAddresses(served.url), at.app.url.replace("http", "ws") + "/media"
            control = IntendedControl(
                TwilioControl(at.rest), Intents(database, "local"), lambda: int(time.time() * 1000)
            )
            legs, clock = PhoneLegs(control, addresses, media, lambda sid: "t0k"), OfficeClock(utc_now)
            phones = ByPhone(legs, clock)
            people = tuple(
                Agent(f"agent{number}", f"Agent {number}", frozenset({"sales"}), phone=phone)
                for number, phone in enumerate(agents)
            )
            desk = PhoneDesk(phones, legs, TransferStore(database, "local"), clock, people, tasks)
            phones.use(desk)
            asgi.include_router(agent_router(phones.desk, Signatures(AUTH_TOKEN, served.url), addresses, media))
            try:
                yield desk
            finally:
                desk.close()
    finally:
        database.close()
