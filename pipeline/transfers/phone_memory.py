"""What is known of agents by telephone, for who rings them (by_phone) and who answers the carrier (carrier_desk)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pipeline.drive import Clock
from pipeline.phone_legs import PhoneLegs
from pipeline.transfers.by_task import ByTask
from pipeline.transfers.running import Running
from telephony.agents import Agent
from telephony.queue_settings import QueueSettings
from telephony.transfer_state import Transfer
from telephony.transfer_store import TransferStore

AFTER_S: Final = 1.0
"""The carrier's question comes within so much of the conference's end, or is lost."""


class Tells(Protocol):
    """What of pipeline.transfers.told is needed here."""

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told."""


class Acts(Protocol):
    """What of pipeline.transfers.acting is needed here."""

    @property
    def told(self) -> Tells:
        """See Tells."""

    def agent_there(self, running: Running, offer: int) -> None:
        """The agent is in the conference."""


class LiveTransfers(Protocol):
    """What of pipeline.transfers.office is needed here."""

    @property
    def store(self) -> TransferStore:
        """Where transfers are kept."""

    @property
    def acting(self) -> Acts:
        """See Acts."""

    def running(self, transfer_id: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""

    def live(self) -> Iterable[Running]:
        """All of them."""

    def agent(self, agent_id: str) -> Agent | None:
        """Who that is."""

    def headers(self, agent_id: str) -> Mapping[str, str]:
        """X- headers for their SIP address."""

    def workflow(self, agent_id: str) -> str:
        """The workflow that stands for a queue's agents; empty: none."""

    def queues(self) -> Mapping[str, QueueSettings]:
        """By name."""


class Own(Protocol):
    """What of pipeline.rooms is needed here: callers who are in a conference of their own from the beginning."""

    def room(self, call_sid: str) -> str:
        """Its name; empty: they are in none."""

    def agent_comes(self, call_sid: str, *, there: bool = True) -> None:
        """An agent may be there from now on, or is not any more."""

    def let_assistant_go(self, call_sid: str) -> None:
        """The agent has the caller."""

    def bring_back(self, call_sid: str) -> bool:
        """The caller gets the assistant back. False: they are in no such conference any more."""

    async def is_there(self, call_sid: str) -> bool:
        """Whether the caller is in that conference for certain."""

    def leave(self, call_sid: str, why: str) -> None:
        """The caller is about to be moved into another one."""


@dataclass(slots=True)
class PhoneMemory:
    """One per process. Before its transfers are known, everything is unknown."""

    legs: PhoneLegs
    clock: Clock
    office: LiveTransfers | None = None
    own: Own | None = None
    """None: callers are in no conferences of their own."""
    tasks: ByTask | None = None
    """Workers of TaskRouter; None: no workspace is set."""
    rung: set[tuple[str, int]] = field(default_factory=set)
    """Offers that went to a telephone."""
    moving: set[tuple[str, int]] = field(default_factory=set)
    """Callers who are moved to the agent of an offer."""
    returning: set[tuple[str, int]] = field(default_factory=set)
    """Callers who are moved back from there."""
    after: dict[str, asyncio.Event] = field(default_factory=dict)
    """Set: the carrier has asked what becomes of the caller."""

    def running(self, transfer: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""
        return self.office.running(transfer) if self.office is not None else None

    async def of(self, transfer: str, offer: int, leg_sid: str, *, answered: bool = False) -> Running | None:
        """A live transfer whose offer has this leg; None: it has not, or is none of ours."""
        running = self.running(transfer)
        if running is None or offer >= len(running.transfer.offers):
            return None
        return running if await self.legs.learn(transfer, offer, leg_sid, answered=answered) else None

    async def called(self, transfer: str, attempt: int, leg_sid: str) -> Running | None:
        """A live transfer that calls its caller back by this leg; None: it does not."""
        running = self.running(transfer)
        return running if running is not None and await self.legs.learn_caller(transfer, attempt, leg_sid) else None

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told."""
        return self.office.acting.told.packet(transfer_id) if self.office is not None else {}

    def language(self, running: Running) -> str:
        """What is spoken."""
        return running.wanted.language or "en"

    def room(self, transfer: Transfer) -> str:
        """Of the bridge that comes, or is."""
        return self.legs.room_with(transfer, transfer.accepted, transfer.bridges)

    def own_room(self, transfer: Transfer) -> str:
        """The conference that the caller is in from the beginning, if agents come there; empty: they do not.

        Not where the agent had to wait for the caller, or in a task's own: then the caller is moved.
        """
        if self.own is None or transfer.callback or self.is_task(transfer):
            return ""
        return self.own.room(transfer.call_id)

    def is_task(self, transfer: Transfer) -> bool:
        """Whether the agent of the latest offer is a worker of TaskRouter."""
        office = self.office
        return office is not None and any(office.workflow(offer.agent) for offer in transfer.offers[-1:])

    def agent_comes(self, transfer: Transfer, *, there: bool = True) -> None:
        """An agent may be where the caller is from now on, or is not any more."""
        if self.own is not None:
            self.own.agent_comes(transfer.call_id, there=there)

    async def asked_after(self, transfer: str) -> bool:
        """Whether the carrier asks what becomes of the caller, now or in a moment."""
        asked = self.after.setdefault(transfer, asyncio.Event())
        try:
            async with asyncio.timeout(AFTER_S):
                await asked.wait()
        except TimeoutError:
            return False
        asked.clear()  # each bridge has its own
        return True


def was_accepted(transfer: Transfer) -> bool:
    """Whether an agent has taken it, and was not lost since."""
    return any(offer.standing == "accepted" for offer in transfer.offers)


def abandoned(running: Running) -> bool:
    """Whether the caller has left before anybody had them."""
    return running.transfer.outcome == "abandoned"
