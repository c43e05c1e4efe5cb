"""A transfer to agents by telephone with as little around it as possible: the core, the legs, and one caller.

The queue is a list of agents, the store a database in memory.
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

from pipeline.phone_legs import PhoneLegs, Target
from pipeline.switchboard import HangUp
from pipeline.transfer_desk import (
    Accepted,
    AgentAnswer,
    Briefing,
    CallerLeft,
    Declined,
    Goodbye,
    Over,
    Taken,
    Unknown,
)
from server.agent_webhooks import agent_router
from telephony import transfer_events as told
from telephony.errors import CarrierError, Overtaken
from telephony.intended import IntendedControl
from telephony.intent_tables import metadata
from telephony.intents import Intents
from telephony.reconcile import Known
from telephony.rooms import CALLER, offer_of
from telephony.transfer import decide
from telephony.transfer_state import State, Transfer
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
    """Runs one transfer; a TransferDesk."""

    legs: PhoneLegs
    agents: tuple[str, ...]
    tasks: asyncio.TaskGroup
    at_once: int = 9
    """So many agents are rung together."""
    caller_sid: str = ""
    transfer: Transfer = field(default_factory=lambda: Transfer.asked("trf_1", "call", "sales", 0, patience_ms=600_000))
    actions: list[told.TransferAction] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)

    def now_ms(self) -> int:
        return int(asyncio.get_running_loop().time() * 1000)

    def post(self, event: told.TransferEvent) -> None:
        self.transfer, actions = decide(self.transfer, event)
        self.actions += actions
        self.tasks.create_task(self._perform(actions))

    def did(self, kind: type) -> list[Any]:
        return [action for action in self.actions if isinstance(action, kind)]

    async def _perform(self, actions: tuple[told.TransferAction, ...]) -> None:
        async with asyncio.TaskGroup() as tasks:
            for action in actions:
                tasks.create_task(self._do(action))

    async def _do(self, action: told.TransferAction) -> None:
        match action:
            case told.FindAgents(without=without):
                left = tuple(agent for agent in self.agents if agent not in without)[: self.at_once]
                self.post(
                    told.AgentsFound(self.now_ms(), left) if left else told.NobodyComes(self.now_ms(), "no_agents")
                )
            case told.Ring(offer=offer, agent=agent):
                await self.legs.ring("trf_1", offer, Target(agent, OURS))
            case told.StopRinging(offer=offer, why=why) | told.ReleaseAgent(offer=offer, why=why):
                await self.legs.let_go("trf_1", offer, why)
            case told.MoveCaller(offer=offer):
                try:
                    await self.legs.bridge("trf_1", self.caller_sid, self.rooms[-1], len(self.rooms))
                except CarrierError as error:
                    if offer == self.transfer.accepted:  # it names no offer, and another may be on the way by now
                        self.post(told.BridgeFailed(self.now_ms(), str(error)))
            case told.TakeBack():
                with suppress(Overtaken):  # the next agent has accepted meanwhile
                    await self.legs.take_back("trf_1", self.caller_sid, len(self.rooms))

    async def known(self) -> list[Known]:
        """For the reconciler."""
        return [Known(self.transfer, self.caller_sid, self.rooms[-1] if self.rooms else "", self.legs.legs("trf_1"))]

    async def tell(self, transfer: str, event: told.TransferEvent) -> None:
        """From the reconciler."""
        assert transfer == "trf_1"
        self.post(event)

    # TransferDesk

    async def _is_ours(self, transfer: str, offer: int, sid: str, *, answered: bool = False) -> bool:
        known = transfer == "trf_1" and offer < len(self.transfer.offers)
        return known and await self.legs.learn(transfer, offer, sid, answered=answered)

    def _standing(self, offer: int) -> AgentAnswer:
        if offer == self.transfer.accepted:
            return Accepted(self.rooms[-1])
        if offer in self.transfer.ringing:
            return Briefing(BRIEFING)
        if self.transfer.outcome == "abandoned":
            return CallerLeft()
        return Taken() if self.transfer.accepted is not None else Over()

    async def ringing(self, transfer: str, offer: int, leg_sid: str) -> bool:
        return await self._is_ours(transfer, offer, leg_sid)

    async def answered(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        if not await self._is_ours(transfer, offer, leg_sid, answered=True):
            return Unknown()
        return self._standing(offer)

    async def chose(self, transfer: str, offer: int, digit: str, leg_sid: str) -> AgentAnswer:
        if not await self._is_ours(transfer, offer, leg_sid, answered=True):
            return Unknown()
        if digit == "2" and offer in self.transfer.ringing:
            self.post(told.AgentDeclines(self.now_ms(), offer))
            return Declined()
        if digit == "1" and offer in self.transfer.ringing:
            self.rooms.append(self.legs.room(self.caller_sid, len(self.rooms) + 1))
            self.post(told.AgentAccepts(self.now_ms(), offer))
        return self._standing(offer)

    async def agent_after(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        self.post(told.AgentLeft(self.now_ms(), offer))
        return Goodbye()

    async def heard_machine(self, transfer: str, offer: int, leg_sid: str) -> bool:
        self.post(told.AgentUnanswered(self.now_ms(), offer, "voicemail"))
        await self.legs.hang_up(transfer, offer)
        return True

    async def leg_over(self, transfer: str, offer: int, status: str, answered_by: str, leg_sid: str) -> bool:
        if offer == self.transfer.accepted:
            self.post(told.AgentLeft(self.now_ms(), offer))
        else:
            how = {"busy": "busy", "no_answer": "no_answer", "completed": "hung_up"}.get(status, "failed")
            self.post(told.AgentUnanswered(self.now_ms(), offer, how))  # type: ignore[arg-type]  # of these words
        return True

    async def joined(self, transfer: str, label: str, leg_sid: str) -> bool:
        offer = offer_of(label)
        self.post(told.CallerJoined(self.now_ms()) if offer is None else told.AgentJoined(self.now_ms(), offer))
        return True

    async def left(self, transfer: str, label: str, leg_sid: str) -> bool:
        offer = offer_of(label)
        if offer is not None:
            self.post(told.AgentLeft(self.now_ms(), offer))
        elif label == CALLER and self.transfer.state is State.CONNECTED:
            self.post(told.CallerLeft(self.now_ms()))
        return True

    async def announcement(self, transfer: str, what: str) -> Briefing | Unknown:
        return Briefing("Bo, this is Ana, who calls about order one.") if what == "introduction" else Unknown()

    async def caller_after(self, transfer: str, dial_status: str) -> HangUp | Unknown:
        return HangUp() if self.transfer.outcome == "completed" else Unknown()


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
            desk = PhoneDesk(PhoneLegs(control, addresses, media, lambda sid: "t0k"), agents, tasks)
            asgi.include_router(agent_router(desk, Signatures(AUTH_TOKEN, served.url), addresses, media))
            yield desk
    finally:
        database.close()
