"""Agents by telephone, between who decides (pipeline.transfers) and their legs.

As Phones (pipeline.transfers.acting). What the carrier asks and tells is pipeline.transfers.carrier_desk's.
"""

from collections.abc import Callable
from typing import Final

import structlog

from pipeline.drive import Clock
from pipeline.phone_legs import ASK_MS, RING_S, PhoneLegs, Target
from pipeline.transfers.carrier_desk import CarrierDesk
from pipeline.transfers.phone_memory import LiveTransfers, PhoneMemory, abandoned, was_accepted
from pipeline.transfers.ports import ReleaseWhy
from pipeline.transfers.running import Running
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError
from telephony.numbers import NotANumber, parse_number
from telephony.reconcile import Known
from telephony.transfer_events import (
    AgentJoined,
    CallerJoined,
    TransferEvent,
)
from telephony.transfer_state import State, Transfer

_HELD: Final = frozenset({State.ACCEPTED, State.BRIDGING, State.CONNECTED})
_log = structlog.get_logger(__name__)


class ByPhone:
    """One per process. `use` says whose transfers they are; before, everything is Unknown."""

    def __init__(self, legs: PhoneLegs, clock: Clock) -> None:
        self.memory = PhoneMemory(legs, clock)
        legs.own_room = self.memory.own_room
        self.desk = CarrierDesk(self.memory)
        """Answers what the carrier asks and tells."""

    def use(self, office: LiveTransfers) -> None:
        """Serve these transfers."""
        self.memory.office = office

    # Phones

    async def ring(self, running: Running, offer: int, agent_id: str) -> bool:
        """Ring their telephone; False: they have none, or there is no number of ours to call from.

        Raises CarrierError, StoreUnavailable, ValueError.
        """
        agent = self.memory.office.agent(agent_id) if self.memory.office is not None else None
        workflow = self.memory.office.workflow(agent_id) if self.memory.office is not None else ""
        if workflow and self.memory.tasks is not None:
            self.memory.rung.add((running.id, offer))
            await self.memory.tasks.ring(running, offer)
            return True
        try:
            ours = parse_number(running.wanted.line_number)
        except NotANumber:
            return False
        if agent is None or not agent.phone:
            return False
        self.memory.rung.add((running.id, offer))
        language = running.wanted.language
        if agent.languages and language not in agent.languages:
            language = min(agent.languages)
        office = self.memory.office
        settings = office.queues().get(running.transfer.queue) if office is not None else None
        headers = office.headers(agent_id) if office is not None else {}
        ring_s = settings.ring_s if settings is not None else RING_S
        target = Target(agent.phone, ours, language, running.wanted.reason, headers, ring_s)
        await self.memory.legs.ring(running.id, offer, target)
        await self._unless_wanted(running, offer)
        return True

    async def _unless_wanted(self, running: Running, offer: int) -> None:
        """Let go of what was asked to ring, if the offer ended meanwhile: there was nothing to let go of then."""
        now = running.transfer
        if offer in now.ringing or (offer == now.accepted and now.state is not State.OVER):
            return
        why: ReleaseWhy = "caller_left" if abandoned(running) else "taken" if was_accepted(now) else "withdrawn"
        await self.let_go(running.id, offer, why)

    async def let_go(self, transfer: str, offer: int, why: ReleaseWhy) -> None:
        """End an offer's leg, with a word if somebody is on it."""
        running = self.memory.running(transfer)
        try:
            await self.memory.legs.let_go(transfer, offer, why)
        except (CarrierError, StoreUnavailable):
            if running is not None:
                await self._take_out(running.transfer, offer)
            raise
        finally:
            if running is not None and running.transfer.accepted in (None, offer):
                self.memory.agent_comes(running.transfer, there=False)
            if self.memory.tasks is not None and running is not None:
                await self.memory.tasks.close(running.transfer, offer, why)

    async def _take_out(self, transfer: Transfer, offer: int) -> None:
        """An agent who cannot be told goes without a word: the next one may come to the caller of a conference."""
        room, leg = self.memory.own_room(transfer), self.memory.legs.legs(transfer.id).get(offer, "")
        if room and leg:
            try:
                await self.memory.legs.control.control.remove(room, leg, ASK_MS)
            except CarrierError as error:  # the reconciler ends the leg
                _log.warning("agent not taken out", transfer=transfer.id, offer=offer, reason=str(error))

    async def bridge(self, transfer: Transfer, offer: int) -> None:
        """Move the caller to where the agent is. Raises LegGone, CarrierError.

        Whose caller is in a conference of their own is there already, with the agent.
        """
        running = self.memory.running(transfer.id)
        if self.memory.own_room(transfer) and self.memory.own is not None and running is not None:
            running.post(CallerJoined(self.memory.clock.now_ms()))
            self.memory.own.let_assistant_go(transfer.call_id)
            return
        self.memory.after.pop(transfer.id, None)
        self.memory.moving.add((transfer.id, offer))
        try:
            if self.memory.tasks is not None:
                await self.memory.tasks.learn(transfer, offer)
            await self.memory.legs.bridge(transfer.id, transfer.call_id, self.memory.room(transfer), transfer.bridges)
        finally:
            self.memory.moving.discard((transfer.id, offer))
        if self.memory.own is not None:
            self.memory.own.leave(transfer.call_id, "put through elsewhere")

    async def take_back(self, transfer: Transfer, offer: int, is_here: Callable[[], bool]) -> bool:
        """Bring the caller back to the assistant. Raises LegGone, CarrierError.

        The conference ends with the agent; then the carrier asks what becomes of the caller, and the answer brings them
        back. Only where it does not ask they are moved: done twice, they would hear their conversation begin twice. Who
        was not moved at all, and is not about to be, has the assistant.
        """
        one = (transfer.id, offer)
        if self.memory.own is not None and (self.memory.own_room(transfer) or await self._never_left(transfer, one)):
            return self.memory.own.bring_back(transfer.call_id)
        if one in self.memory.returning:
            return True
        self.memory.returning.add(one)
        try:
            asked = await self.memory.asked_after(transfer.id)
            if self._is_with_next(transfer.id, offer):
                return False
            if not asked and (one in self.memory.moving or not is_here()):
                await self.memory.legs.take_back(transfer.id, transfer.call_id, offer)
        finally:
            self.memory.returning.discard(one)
        return True

    async def _never_left(self, transfer: Transfer, one: tuple[str, int]) -> bool:
        """Whether a caller who was to be moved elsewhere is where they were from the beginning, and stays there."""
        return (
            self.memory.own is not None
            and one not in self.memory.moving
            and await self.memory.own.is_there(transfer.call_id)
        )

    def _is_with_next(self, transfer: str, offer: int) -> bool:
        """Whether the caller is moved to another agent's telephone by now."""
        running = self.memory.running(transfer)
        if running is None or running.transfer.state not in {State.BRIDGING, State.CONNECTED}:
            return False
        accepted = running.transfer.accepted
        return accepted is not None and accepted != offer and self.rings(transfer, accepted)

    async def call(self, running: Running) -> None:
        """Call a caller back who said yes to it. Raises CarrierError, StoreUnavailable, ValueError."""
        wanted = running.wanted
        if not wanted.consent:
            raise ValueError("nobody is called back without a recorded consent")
        to, ours = parse_number(wanted.caller_number), parse_number(wanted.line_number)
        await self.memory.legs.call_caller(running.id, running.transfer.bridges, to, ours)

    async def introduce(self, transfer: Transfer) -> None:
        """Let both hear who has come (`announcement`). Raises CarrierError."""
        await self.memory.legs.introduce(transfer.id, self.memory.room(transfer))

    async def stop_calling(self, transfer: Transfer) -> None:
        """The last attempt is over. Raises CarrierError, StoreUnavailable."""
        await self.memory.legs.end_caller(transfer.id, transfer.bridges - 1)

    async def settle(self, transfer: str) -> None:
        """It has ended: the work of a worker of TaskRouter is done. Raises CarrierError."""
        running = self.memory.running(transfer)
        if self.memory.tasks is not None and running is not None:
            await self.memory.tasks.settle(running.transfer)

    def rings(self, transfer: str, offer: int) -> bool:
        """Whether this offer went to a telephone."""
        if (transfer, offer) in self.memory.rung or offer in self.memory.legs.legs(transfer):
            return True
        running = self.memory.running(transfer)
        offers = running.transfer.offers if running is not None else ()
        agent = offers[offer].agent if offer < len(offers) else ""
        return self.memory.office is not None and bool(self.memory.office.workflow(agent))

    @property
    def takes_tasks(self) -> bool:
        """Whether a queue can be a workflow of TaskRouter."""
        return self.memory.tasks is not None

    def forget(self, transfer: str) -> None:
        """It is over."""
        self.memory.rung = {one for one in self.memory.rung if one[0] != transfer}
        self.memory.after.pop(transfer, None)
        self.memory.legs.forget(transfer)
        if self.memory.tasks is not None:
            self.memory.tasks.forget(transfer)

    # For pipeline.reconciling and others who look after calls

    async def known(self) -> list[Known]:
        """The transfers that have legs at the carrier."""
        live = tuple(self.memory.office.live()) if self.memory.office is not None else ()
        if self.memory.tasks is not None:
            await self.memory.tasks.look(live)
        return [known for one in live if (known := self._known(one.transfer)) is not None]

    def _known(self, transfer: Transfer) -> Known | None:
        legs = self.memory.legs.legs(transfer.id)
        room = self.memory.room(transfer) if was_accepted(transfer) else self._last_room(transfer)
        return Known(transfer, transfer.call_id, room, legs) if transfer.reached and legs else None

    def _last_room(self, transfer: Transfer) -> str:
        """Where the caller was moved last, whose agent is lost; empty: nowhere. They may be alone there."""
        if transfer.moved is None or self.memory.own_room(transfer):  # in a room of their own others look after them
            return ""
        before = sum(offer.standing == "lost" for offer in transfer.offers[: transfer.moved])
        return self.memory.legs.room_with(transfer, transfer.moved, before)

    async def tell(self, transfer: str, event: TransferEvent) -> None:
        """An event that was missed."""
        running = self.memory.running(transfer)
        if running is None or self.memory.office is None:
            return
        if isinstance(event, AgentJoined):  # the caller may still be hearing who comes
            self.memory.office.acting.agent_there(running, event.offer)
        else:
            running.post(event)

    def listened(self, transfer: Transfer) -> str:
        """For pipeline.listening_again: the conference that a stream listens to; empty: none does."""
        accepted = transfer.accepted
        if self.memory.legs.token is None or accepted is None or not self.rings(transfer.id, accepted):
            return ""
        return self.memory.room(transfer)

    def holds(self, call_id: str) -> bool:
        """Whether an agent has this call's caller, or is about to."""
        live = self.memory.office.live() if self.memory.office is not None else ()
        return any(one.transfer.call_id == call_id and one.transfer.state in _HELD for one in live)

    def comes_to_own(self, call_id: str) -> bool:
        """Whether an agent by telephone is in the conference that this call's caller is in, or comes there."""
        live = self.memory.office.live() if self.memory.office is not None else ()
        held = [one.transfer for one in live if one.transfer.call_id == call_id and one.transfer.state in _HELD]
        return any(self.memory.own_room(one) and self.rings(one.id, one.accepted or 0) for one in held)
