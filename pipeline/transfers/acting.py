"""Does what transfers decide: rings desks and telephones, joins and parts callers, and writes down what happened."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from pipeline.drive import Clock
from pipeline.joining import Joining
from pipeline.transfers.called_later import leave_errand
from pipeline.transfers.desk import Desk
from pipeline.transfers.ports import By, Packets, Phones
from pipeline.transfers.ringing import Ringing
from pipeline.transfers.running import Running
from pipeline.transfers.targets import is_target
from pipeline.transfers.together import Together
from pipeline.transfers.told import Told, name_of, short_of
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError
from telephony.queue_events import CallerGone, CallOver, How, OfferOver
from telephony.transfer_events import (
    CallerUnreached,
    FallBack,
    FindAgents,
    Finished,
    KeepCaller,
    MoveCaller,
    ReleaseAgent,
    Ring,
    StopRinging,
    TakeBack,
    TransferAction,
    WrapUp,
)
from telephony.transfer_state import Offer, State, Transfer
from telephony.transfer_store import Disposition, TransferStore

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

_HOWS: Final[Mapping[str, How]] = {
    "accepted": "accepted",
    "declined": "declined",
    "busy": "busy",
    "failed": "failed",
    "withdrawn": "withdrawn",
}
_log = structlog.get_logger(__name__)


class Acting:
    """What transfers decide, done. Methods return at once unless they are coroutines."""

    def __init__(
        self,
        office: "Transfers",
        desk: Desk,
        clock: Clock,
        store: TransferStore,
        packets: Packets,
        phones: Phones | None,
    ) -> None:
        """phones: None: agents are at the desk only."""
        self._office = office
        self._desk = desk
        self._clock = clock
        self._phones = phones
        self.told = Told(office, desk, clock, store, packets, phones=phones is not None)
        self.ringing = Ringing(office, desk, clock, phones, self.told)
        self.together = Together(office, desk, clock, phones, self.told, self.ringing)

    def forget(self, transfer_id: str) -> None:
        """Nobody can come late any more."""
        self.told.forget(transfer_id)
        self.together.there.pop(transfer_id, None)
        if self._phones is not None:
            self._phones.forget(transfer_id)

    def by(self, transfer: Transfer, offer: int) -> By:
        """How the agent of an offer is reached."""
        return self.ringing.by(transfer, offer)

    def agent_there(self, running: Running, offer: int) -> None:
        """The agent is in the conference."""
        self.together.agent_there(running, offer)

    @property
    def rings_phones(self) -> bool:
        """Whether agents can be reached by telephone at all."""
        return self._phones is not None

    # What was decided

    def act(self, running: Running, action: TransferAction) -> None:
        """Do it."""
        match action:
            case FindAgents(without=without):
                self.ringing.find(running, without)
            case Ring(offer=offer, agent=agent):
                self.ringing.ring(running, offer, agent)
            case StopRinging(offer=offer, why=why):
                self.ringing.stop_ringing(running, offer, why)
            case MoveCaller(offer=offer):
                self.together.move(running, offer)
            case ReleaseAgent(offer=offer, why=why):
                self.together.release(running, offer, why)
            case KeepCaller(why=why):
                self.together.keep(running, why)
            case _:
                self._part_or_end(running, action)

    def _part_or_end(self, running: Running, action: TransferAction) -> None:
        match action:
            case TakeBack(offer=offer):
                self.together.take_back(running, offer)
            case FallBack(why=why):
                self.told.news(running, "nobody", why=why, callback=self.told.calls_back(running))
                if running.transfer.callback:
                    self._office.spawn(leave_errand(self._office, running, why))
            case WrapUp(offer=offer):
                self._wrap_up(running, offer)
            case Finished():
                self._finished(running, action)
            case _:
                _log.debug("ignored by a transfer", transfer=running.id, why=getattr(action, "why", ""))

    def changed(self, running: Running, before: Transfer) -> None:
        """Tell the queues, the dialogue and the log what became of offers."""
        after = running.transfer
        for number, offer in enumerate(after.offers):
            was = before.offers[number].standing if number < len(before.offers) else "ringing"
            if was == "ringing" and offer.standing != "ringing":
                self._answered(running, number, offer)
            elif was == "accepted" and offer.standing == "lost":
                self._office.queue.post(CallOver(self._clock.now_ms(), after.id, offer.agent, wrap_up=False))
                if not after.reached:
                    self._office.spawn(self._stop_calling(after))
        if after.state is State.CONNECTED and before.state is not State.CONNECTED:
            self.together.connected(running)

    def _answered(self, running: Running, number: int, offer: Offer) -> None:
        how = _HOWS.get(offer.standing, "unanswered")
        self._office.queue.post(OfferOver(self._clock.now_ms(), running.id, offer.agent, how))
        told = {"transfer": short_of(running), "offer": number, "agent": offer.agent, "reason": offer.reason}
        self.told.record(running, "transfer.answered", how=offer.standing, **told)
        seat = self._desk.seat(offer.agent)
        if seat is not None:
            seat.offers.pop((running.id, number), None)
        if offer.standing == "accepted":
            agent = self._office.agent(offer.agent)
            self.together.there[running.id] = set()
            at_once = self.ringing.by(running.transfer, number) == "desk"
            name = agent.name if agent is not None and not is_target(agent.id) else ""
            self.told.news(running, "found", agent=name, at_once=at_once)
            if not running.transfer.reached:
                self._office.spawn(self._call(running))

    # Calling back

    async def _call(self, running: Running) -> None:
        try:
            if self._phones is not None:
                await self._phones.call(running)
                return
            why = "nobody can be called"
        except (CarrierError, StoreUnavailable, ValueError) as error:
            _log.warning("caller not called back", transfer=running.id, reason=str(error))
            why = type(error).__name__
        running.post(CallerUnreached(self._clock.now_ms(), why))

    async def _stop_calling(self, transfer: Transfer) -> None:
        try:
            if self._phones is not None:
                await self._phones.stop_calling(transfer)
        except (CarrierError, StoreUnavailable) as error:  # whoever answers hears that the call is over
            _log.warning("caller's leg not ended", transfer=transfer.id, reason=str(error))

    # After another process

    def take_on(self, running: Running) -> None:
        """Of a transfer that another process left behind: what the queue and the agents are to know again."""
        transfer = running.transfer
        self._office.spawn(self.told.read_packet(running))
        call = self._office.call(transfer.call_id)
        if call is not None and transfer.accepted is not None:
            call.away = self.together.away(running, transfer.accepted)
        if transfer.ringing:
            rung = frozenset(transfer.offers[number].agent for number in transfer.ringing)
            self.ringing.find(running, transfer.asked_already, rung)
            self._office.spawn(self.ringing.ring_again(running))

    def tell_again(self, running: Running, call: Joining) -> None:
        """A dialogue asks for somebody who is brought in already: it does not know what became of it meanwhile."""
        transfer = running.transfer
        if not self.told.packet(running.id):
            self._office.spawn(self.told.make_packet(running, call))
        if transfer.state is State.OVER:
            nobody = transfer.outcome == "exhausted"
            self.told.news(running, "nobody" if nobody else "back", callback=nobody and self.told.calls_back(running))
        elif transfer.accepted is not None:
            agent = self._office.agent(transfer.offers[transfer.accepted].agent)
            at_once = self.ringing.by(transfer, transfer.accepted) == "desk"
            self.told.news(running, "found", agent=agent.name if agent else "", at_once=at_once)

    # The end

    async def _settle(self, transfer_id: str) -> None:
        try:
            if self._phones is not None:
                await self._phones.settle(transfer_id)
        except (CarrierError, StoreUnavailable) as error:  # the workflow's own timeout ends it
            _log.warning("task not closed", transfer=transfer_id, reason=str(error))

    def _wrap_up(self, running: Running, offer: int) -> None:
        agent = running.transfer.offers[offer].agent
        self._desk.hung_up(agent)
        self._office.wrapping[agent] = running.id
        self._office.queue.post(CallOver(self._clock.now_ms(), running.id, agent))
        seat = self._desk.seat(agent)
        if seat is not None:
            words = self._office.dispositions(running.wanted.line, running.transfer.queue).told()
            told = {"transfer": running.id, "offer": offer, "call": running.transfer.call_id, "dispositions": words}
            seat.tell({"type": "wrap_up", **told})

    def note_end(self, running: Running, call: Joining, actions: tuple[TransferAction, ...]) -> None:
        """Write into the log of a call that is ending what becomes of its transfer: later it is closed."""
        for action in actions:
            if isinstance(action, Finished):
                call.record("transfer.over", transfer=short_of(running), outcome=action.outcome, why=action.why)

    def _finished(self, running: Running, finished: Finished) -> None:
        told = {"transfer": short_of(running), "outcome": finished.outcome, "why": finished.why}
        self.told.record(running, "transfer.over", **told)
        self._office.queue.post(CallerGone(self._clock.now_ms(), running.id))
        self._office.spawn(self._settle(running.id))
        call = self._office.call(running.transfer.call_id)
        if call is None:
            return
        if finished.why == "the caller left":  # at the carrier nobody else may tell
            call.caller_gone()
            return
        agent_hung_up = finished.outcome == "completed" and finished.why == "the agent left"
        if agent_hung_up and running.transfer.after == "end":
            self.together.part(running)
            call.end("transferred", "the agent hung up")

    async def wrapped_up(self, transfer: Transfer, told: Disposition) -> None:
        """Write into the call's log what came of it, while it has one that is open."""
        call = self._office.call(transfer.call_id)
        if call is not None:
            data = {"transfer": name_of(transfer.id), "agent": told.agent, "disposition": told.disposition}
            call.record("transfer.wrapped_up", **data, note=told.note)
