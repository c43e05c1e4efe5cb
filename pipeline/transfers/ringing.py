"""Looks for agents and rings them: at their desk, on their telephone, or as a workflow of TaskRouter chooses."""

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from pipeline.drive import Clock
from pipeline.transfers.calling_back import callback_of
from pipeline.transfers.desk import Desk, Seat
from pipeline.transfers.ports import By, Phones, ReleaseWhy
from pipeline.transfers.running import Running
from pipeline.transfers.told import Told, short_of
from pipeline.transfers.workers import next_worker, now_a_worker
from recordings.errors import StoreUnavailable
from telephony.agents import TARGET
from telephony.errors import CarrierError
from telephony.queue_events import CallerGone, CallerWaits
from telephony.queue_settings import Needs
from telephony.transfer_events import (
    AgentsFound,
    AgentUnanswered,
    NobodyComes,
)
from telephony.transfer_state import State, Transfer

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

RING_AGAIN_S: Final = 4.0
"""After another process the desks are back by then: their pages try every two seconds (server/pages/desk.js).

Who has none, or takes calls elsewhere, is rung again."""
_log = structlog.get_logger(__name__)


class Ringing:
    """Of all transfers of a process. Methods return at once unless they are coroutines."""

    def __init__(self, office: "Transfers", desk: Desk, clock: Clock, phones: Phones | None, told: Told) -> None:
        self._office, self._desk, self._clock = office, desk, clock
        self._phones, self._told = phones, told

    def by(self, transfer: Transfer, offer: int) -> By:
        """How the agent of an offer is reached."""
        return "phone" if self._phones is not None and self._phones.rings(transfer.id, offer) else "desk"

    def ring(self, running: Running, offer: int, agent: str) -> None:
        """Ring an agent: their desk, or their telephone."""
        seat = self._desk.seat(agent)
        at_desk = seat is not None and not seat.by_phone and not (running.wanted.agent and running.wanted.by_phone)
        by: By = "desk" if at_desk else "phone"
        told = {"transfer": short_of(running), "offer": offer, "agent": agent, "by": by}
        self._told.record(running, "transfer.offered", **told)
        if by == "phone":
            self._office.spawn(self._dial(running, offer, agent))
        if seat is None:
            return
        queue = self._office.queues().get(running.transfer.queue)
        until_ms = self._clock.now_ms() + queue.ring_s * 1000 if queue is not None else None
        self._offer_at(seat, running, offer, by, until_ms)

    def stop_ringing(self, running: Running, offer: int, why: ReleaseWhy) -> None:
        """Take an offer back; whoever answered it hears why."""
        offers = running.transfer.offers
        if offer >= len(offers):
            return
        seat = self._desk.seat(offers[offer].agent)
        if self.by(running.transfer, offer) == "phone":
            self._office.spawn(self.let_go(running.id, offer, why))
        if seat is not None:
            seat.tell({"type": "withdrawn", "transfer": running.id, "offer": offer, "why": why})

    async def let_go(self, transfer_id: str, offer: int, why: ReleaseWhy) -> None:
        """End the leg of an offer, with a word if somebody is on it."""
        if self._phones is None:
            return
        try:
            await self._phones.let_go(transfer_id, offer, why)
        except (CarrierError, StoreUnavailable) as error:  # the reconciler ends what is left over
            _log.warning("agent's leg not ended", transfer=transfer_id, offer=offer, reason=str(error))

    def offer_again(self, running: Running, seat: Seat) -> None:
        """An agent who is rung opened another desk, or the same one after its process."""
        transfer = running.transfer
        for offer in transfer.ringing:
            theirs = transfer.offers[offer].agent == seat.agent and self.by(transfer, offer) == "desk"
            if theirs and (running.id, offer) not in seat.offers:
                self._offer_at(seat, running, offer)

    async def ring_again(self, running: Running) -> None:
        """Ring telephones that were about to be rung when the earlier process ended."""
        await asyncio.sleep(RING_AGAIN_S)
        for offer in running.transfer.ringing:
            agent = self._office.agent(running.transfer.offers[offer].agent)
            if agent is None or not agent.phone or self.by(running.transfer, offer) == "phone":
                continue
            seat = self._desk.seat(agent.id)
            if seat is None or seat.by_phone:
                self._office.spawn(self._dial(running, offer, agent.id))
            if seat is not None and seat.by_phone:
                self._offer_at(seat, running, offer, "phone")

    def find(self, running: Running, without: tuple[str, ...], rung: frozenset[str] = frozenset()) -> None:
        """Look for agents: the queue finds them, or a workflow of TaskRouter. rung: who rings already."""
        transfer, wanted = running.transfer, running.wanted
        if wanted.agent:
            if wanted.agent in rung:
                return
            gone = wanted.agent in without or self._office.agent(wanted.agent) is None
            now_ms = self._clock.now_ms()
            running.post(NobodyComes(now_ms, "no_agents") if gone else AgentsFound(now_ms, (wanted.agent,)))
            return
        needs = Needs(
            wanted.language, frozenset(wanted.skills), wanted.tier, wanted.priority, wanted.urgency, wanted.sentiment
        )
        if self._office.workflow(f"{TARGET}{transfer.queue}"):
            self._find_worker(running, rung)
            return
        now_ms, callback = self._clock.now_ms(), None
        if not transfer.reached:  # whoever did not reach them may try again
            without, callback = transfer.declined, callback_of(running)
        elif transfer.callback:  # they are on the phone now, and wait like everybody else
            self._office.queue.post(CallerGone(now_ms, transfer.id))
        waits = CallerWaits(
            now_ms, transfer.id, transfer.queue, transfer.asked_ms, needs, frozenset(without),
            again=bool(transfer.offers), callback=callback, rung=rung,
        )  # fmt: skip
        self._office.queue.post(waits)

    def _find_worker(self, running: Running, rung: frozenset[str]) -> None:
        """Whom to ask, and when, a workflow of TaskRouter decides: the caller waits there, not in a queue of ours."""
        if rung:  # by an earlier process, perhaps before the task was made
            for offer in running.transfer.ringing:
                self._office.spawn(self._dial(running, offer, running.transfer.offers[offer].agent))
            return
        match next_worker(running.transfer, running.wanted, self._clock.now_ms()):
            case int(due_ms):
                self._clock.call_at(due_ms, lambda: self._worker_due(running))
            case event:
                running.post(event)

    def _worker_due(self, running: Running) -> None:
        """A callback's time has come, if nobody was asked meanwhile."""
        if running.transfer.state is State.QUEUED and not running.transfer.ringing:
            running.post(now_a_worker(running.transfer, running.wanted, self._clock.now_ms()))

    def _offer_at(self, seat: Seat, running: Running, offer: int, by: By = "desk", until_ms: int | None = None) -> None:
        message = {
            "type": "offer", "transfer": running.id, "offer": offer, "queue": running.transfer.queue, "by": by,
            "call": running.transfer.call_id, "packet": self._told.packet(running.id), "until_ms": until_ms,
        }  # fmt: skip
        seat.offers[running.id, offer] = message
        seat.tell(message)

    async def _dial(self, running: Running, offer: int, agent: str) -> None:
        try:
            if self._phones is not None and await self._phones.ring(running, offer, agent):
                return
        except (CarrierError, StoreUnavailable, ValueError) as error:
            _log.warning("agent not rung", transfer=running.id, agent=agent, reason=str(error))
        running.post(AgentUnanswered(self._clock.now_ms(), offer, "failed"))
