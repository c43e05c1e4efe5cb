"""Does what transfers decide: rings desks and telephones, joins and parts callers, and writes down what happened."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import structlog

from pipeline.drive import Clock
from pipeline.joining import Away, Joining
from pipeline.transfers.called_later import leave_errand
from pipeline.transfers.calling_back import callback_of
from pipeline.transfers.desk import Desk, Seat
from pipeline.transfers.ports import By, Packets, Phones, ReleaseWhy
from pipeline.transfers.running import Running
from pipeline.transfers.targets import is_target
from pipeline.transfers.told import Told, name_of, short_of
from pipeline.transfers.workers import next_worker, now_a_worker
from recordings.errors import StoreUnavailable
from telephony.agents import TARGET
from telephony.errors import CarrierError, LegGone
from telephony.queue_events import CallerGone, CallerWaits, CallOver, How, OfferOver
from telephony.queue_settings import Needs
from telephony.transfer_events import (
    AgentJoined,
    AgentsFound,
    AgentUnanswered,
    BridgeFailed,
    CallerJoined,
    CallerLeft,
    CallerUnreached,
    FallBack,
    FindAgents,
    Finished,
    KeepCaller,
    MoveCaller,
    NobodyComes,
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

LATE_MS: Final = 1_000
"""A caller who knows who comes hears nothing no longer than this; then music, until they are moved."""
RING_AGAIN_S: Final = 4.0
"""After another process the desks are back by then: their pages try every two seconds (server/pages/desk.js).

Who has none, or takes calls elsewhere, is rung again."""
ANNOUNCED_MS: Final = 3_000
"""An agent who is in the conference waits no longer than this for the caller to have heard who comes."""
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
        self._store = store
        self._packets = packets
        self._phones = phones
        self.told = Told(office, desk, clock, store, packets, phones=phones is not None)
        self._there: dict[str, set[str]] = {}
        """Of transfers that are accepted: "caller" has heard who comes, "agent" is where the caller will come."""

    def by(self, transfer: Transfer, offer: int) -> By:
        """How the agent of an offer is reached."""
        return "phone" if self._phones is not None and self._phones.rings(transfer.id, offer) else "desk"

    def forget(self, transfer_id: str) -> None:
        """Nobody can come late any more."""
        self.told.forget(transfer_id)
        self._there.pop(transfer_id, None)
        if self._phones is not None:
            self._phones.forget(transfer_id)

    @property
    def rings_phones(self) -> bool:
        """Whether agents can be reached by telephone at all."""
        return self._phones is not None

    # What was decided

    def act(self, running: Running, action: TransferAction) -> None:
        """Do it."""
        match action:
            case FindAgents(without=without):
                self._find(running, without)
            case Ring(offer=offer, agent=agent):
                self._ring(running, offer, agent)
            case StopRinging(offer=offer, why=why):
                self.stop_ringing(running, offer, why)
            case MoveCaller(offer=offer):
                self._move(running, offer)
            case ReleaseAgent(offer=offer, why=why):
                self._release(running, offer, why)
            case KeepCaller(why=why):
                self._keep(running, why)
            case _:
                self._part_or_end(running, action)

    def _part_or_end(self, running: Running, action: TransferAction) -> None:
        match action:
            case TakeBack(offer=offer):
                self._take_back(running, offer)
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
            self._connected(running)

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
            self._there[running.id] = set()
            at_once = self.by(running.transfer, number) == "desk"
            name = agent.name if agent is not None and not is_target(agent.id) else ""
            self.told.news(running, "found", agent=name, at_once=at_once)
            if not running.transfer.reached:
                self._office.spawn(self._call(running))

    def _find(self, running: Running, without: tuple[str, ...], rung: frozenset[str] = frozenset()) -> None:
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
            call.away = self._away(running, transfer.accepted)
        if transfer.ringing:
            rung = frozenset(transfer.offers[number].agent for number in transfer.ringing)
            self._find(running, transfer.asked_already, rung)
            self._office.spawn(self._ring_again(running))

    async def _ring_again(self, running: Running) -> None:
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

    def offer_again(self, running: Running, seat: Seat) -> None:
        """An agent who is rung opened another desk, or the same one after its process."""
        transfer = running.transfer
        for offer in transfer.ringing:
            theirs = transfer.offers[offer].agent == seat.agent and self.by(transfer, offer) == "desk"
            if theirs and (running.id, offer) not in seat.offers:
                self._offer_at(seat, running, offer)

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
            at_once = self.by(transfer, transfer.accepted) == "desk"
            self.told.news(running, "found", agent=agent.name if agent else "", at_once=at_once)

    # Ringing

    def _ring(self, running: Running, offer: int, agent: str) -> None:
        seat = self._desk.seat(agent)
        at_desk = seat is not None and not seat.by_phone and not (running.wanted.agent and running.wanted.by_phone)
        by: By = "desk" if at_desk else "phone"
        told = {"transfer": short_of(running), "offer": offer, "agent": agent, "by": by}
        self.told.record(running, "transfer.offered", **told)
        if by == "phone":
            self._office.spawn(self._dial(running, offer, agent))
        if seat is None:
            return
        queue = self._office.queues().get(running.transfer.queue)
        until_ms = self._clock.now_ms() + queue.ring_s * 1000 if queue is not None else None
        self._offer_at(seat, running, offer, by, until_ms)

    def _offer_at(self, seat: Seat, running: Running, offer: int, by: By = "desk", until_ms: int | None = None) -> None:
        message = {
            "type": "offer", "transfer": running.id, "offer": offer, "queue": running.transfer.queue, "by": by,
            "call": running.transfer.call_id, "packet": self.told.packet(running.id), "until_ms": until_ms,
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

    # Joining

    def caller_ready(self, running: Running) -> None:
        """The caller knows who comes, and can be joined."""
        transfer = running.transfer
        if transfer.accepted is None:  # an earlier process lost that agent and was killed before it told
            self.told.news(running, "lost")
            return
        if transfer.state is State.CONNECTED:  # their connection had been lost
            if self.by(transfer, transfer.accepted) == "desk":
                self._join(running, transfer.accepted)
            return
        there = self._there.setdefault(running.id, set())
        there.add("caller")
        if self.by(transfer, transfer.accepted) == "desk":
            there.add("agent")
        if transfer.state is State.BRIDGING and self.by(transfer, transfer.accepted) == "desk":  # had no stream then
            self._join_at_desk(running, transfer.accepted)
            return
        self._late_in_a_moment(running, transfer.accepted)
        self._together(running, transfer.accepted)

    def _late_in_a_moment(self, running: Running, offer: int) -> None:
        def late() -> None:
            """The caller knows who comes, and is still here."""
            now = running.transfer
            waits = now.accepted == offer and now.state in {State.ACCEPTED, State.BRIDGING}
            if waits and self.by(now, offer) == "phone":
                self.told.news(running, "late")
                self._late_in_a_moment(running, offer)

        self._clock.call_at(self._clock.now_ms() + LATE_MS, late)

    def agent_there(self, running: Running, offer: int) -> None:
        """The agent is in the conference."""
        if offer != running.transfer.accepted:
            running.post(AgentJoined(self._clock.now_ms(), offer))  # it lets them go
            return
        self._there.setdefault(running.id, set()).add("agent")
        self._together(running, offer)
        if not running.transfer.reached:
            return
        self._wait(running, offer)

    def _wait(self, running: Running, offer: int) -> None:
        self._clock.call_at(self._clock.now_ms() + ANNOUNCED_MS, lambda: self._waited(running, offer))

    def _waited(self, running: Running, offer: int) -> None:
        """The agent in the conference has waited long enough, if they still wait and there is a caller to be moved.

        Who was called back and hears who calls is none yet, nor is one whose stream comes back after a restart.
        """
        if running.transfer.state is not State.ACCEPTED or running.transfer.accepted != offer:
            return
        if self._office.call(running.transfer.call_id) is None:
            self._wait(running, offer)
            return
        running.post(AgentJoined(self._clock.now_ms(), offer))

    def _together(self, running: Running, offer: int) -> None:
        if self._there.get(running.id) == {"caller", "agent"}:
            running.post(AgentJoined(self._clock.now_ms(), offer))

    def _move(self, running: Running, offer: int) -> None:
        by = self.by(running.transfer, offer)
        told = {"transfer": short_of(running), "offer": offer, "agent": running.transfer.offers[offer].agent, "by": by}
        self.told.record(running, "transfer.bridging", **told)
        if by == "phone":
            self._office.spawn(self._bridge(running, offer))
        else:
            self._join_at_desk(running, offer)

    def _join_at_desk(self, running: Running, offer: int) -> None:
        """Join them, or wait for the caller's next stream: the process may be new, or the caller's connection lost."""
        if self._join(running, offer):
            running.post(CallerJoined(self._clock.now_ms()))

    def _join(self, running: Running, offer: int) -> bool:
        """Join desk and caller on the caller's own stream."""
        transfer = running.transfer
        agent_id, call = transfer.offers[offer].agent, self._office.call(transfer.call_id)
        if call is None:
            return False
        person = self._desk.speaking(agent_id) or self._desk.person(agent_id, f"{short_of(running)}-{offer}")
        bridge = call.join(person, agent_id, self._spoken(running, agent_id))
        if bridge is None:
            self._desk.hung_up(agent_id)
            return False
        person.said = bridge.said
        call.with_agent(True)
        seat = self._desk.seat(agent_id)
        if seat is not None:
            told = {"transfer": running.id, "offer": offer, "call": transfer.call_id, "by": "desk"}
            seat.tell({"type": "connected", **told})
        return True

    def _spoken(self, running: Running, agent_id: str) -> str:
        """The language that this agent speaks with this caller."""
        agent, wanted = self._office.agent(agent_id), running.wanted.language
        return wanted if agent is None or not agent.languages or wanted in agent.languages else min(agent.languages)

    def _away(self, running: Running, offer: int) -> Away:
        agent = running.transfer.offers[offer].agent
        return Away(agent, self._spoken(running, agent))

    async def _bridge(self, running: Running, offer: int) -> None:
        call = self._office.call(running.transfer.call_id)
        if self._phones is None or call is None:
            return
        call.moving_away(self._away(running, offer))
        try:
            await self._phones.bridge(running.transfer, offer)
        except LegGone:
            running.post(CallerLeft(self._clock.now_ms()))
        except (CarrierError, StoreUnavailable) as error:
            if offer == running.transfer.accepted:  # else another may be on the way by now
                may_be_done = not isinstance(error, CarrierError) or error.may_be_done
                running.post(BridgeFailed(self._clock.now_ms(), type(error).__name__, may_be_done))

    def _connected(self, running: Running) -> None:
        offer = running.transfer.accepted or 0
        agent = running.transfer.offers[offer].agent
        by = self.by(running.transfer, offer)
        self.told.record(running, "transfer.connected", transfer=short_of(running), offer=offer, agent=agent, by=by)
        introduces = self.told.introduces(running, agent)
        self.told.news(running, "connected", agent=agent, introduces=introduces if by == "desk" else "")
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.with_agent(True)
        if by == "phone" and introduces:
            self._office.spawn(self._introduce(running.transfer))
        seat = self._desk.seat(agent)
        if by == "phone" and seat is not None:  # a desk was told when its sound was joined
            told = {"transfer": running.id, "offer": offer, "call": running.transfer.call_id, "by": by}
            seat.tell({"type": "connected", **told})

    async def _settle(self, transfer_id: str) -> None:
        try:
            if self._phones is not None:
                await self._phones.settle(transfer_id)
        except (CarrierError, StoreUnavailable) as error:  # the workflow's own timeout ends it
            _log.warning("task not closed", transfer=transfer_id, reason=str(error))

    async def _introduce(self, transfer: Transfer) -> None:
        try:
            if self._phones is not None:
                await self._phones.introduce(transfer)
        except CarrierError as error:  # they speak all the same
            _log.warning("caller and agent not introduced", transfer=transfer.id, reason=str(error))

    # Parting

    def _release(self, running: Running, offer: int, why: ReleaseWhy) -> None:
        agent = running.transfer.offers[offer].agent
        if self.by(running.transfer, offer) == "desk":
            self._desk.hung_up(agent)
        elif why != "left":
            self._office.spawn(self.let_go(running.id, offer, why))
        seat = self._desk.seat(agent)
        if seat is not None:
            seat.tell({"type": "released", "transfer": running.id, "offer": offer, "why": why})
        if offer != running.transfer.accepted:  # whoever comes late parts nobody: others may be speaking
            return
        self._part(running)
        if running.transfer.outcome not in {"completed", "handed_back"}:  # else WrapUp follows
            self._office.queue.post(CallOver(self._clock.now_ms(), running.id, agent, wrap_up=False))

    def _keep(self, running: Running, why: str) -> None:
        """The caller was not moved."""
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.come_back()
        self.told.news(running, "lost", why=why)

    def _take_back(self, running: Running, offer: int | None) -> None:
        """The caller was moved to the agent of this offer, or may have been."""
        self._part(running)
        call = self._office.call(running.transfer.call_id)
        if call is None:
            return
        call.with_agent(False)
        if offer is not None and self.by(running.transfer, offer) == "phone":
            self._office.spawn(self._bring_back(running, offer, call))
        else:
            call.others_hear(False)
        self.told.news(running, "back" if running.over else "lost")

    async def _bring_back(self, running: Running, offer: int, call: Joining) -> None:
        """Until the carrier has been asked they count as away: it may be moving them, or has them back already."""
        if self._phones is None:
            return
        try:
            if not await self._phones.take_back(running.transfer, offer, lambda: call.is_open):
                return
        except LegGone:
            running.post(CallerLeft(self._clock.now_ms()))
        except (CarrierError, StoreUnavailable) as error:  # their TwiML brings them back when the conference ends
            _log.warning("caller not brought back", transfer=running.id, reason=str(error))
        call.come_back()

    def _part(self, running: Running) -> None:
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.part()

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
            self._part(running)
            call.end("transferred", "the agent hung up")

    async def wrapped_up(self, transfer: Transfer, told: Disposition) -> None:
        """Write into the call's log what came of it, while it has one that is open."""
        call = self._office.call(transfer.call_id)
        if call is not None:
            data = {"transfer": name_of(transfer.id), "agent": told.agent, "disposition": told.disposition}
            call.record("transfer.wrapped_up", **data, note=told.note)
