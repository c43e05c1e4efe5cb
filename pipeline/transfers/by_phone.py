"""Agents by telephone, between who decides (pipeline.transfers), their legs, and what the carrier asks and tells.

As Phones (pipeline.transfers.acting) and TransferDesk (pipeline.transfer_desk). A transfer of another process, or one
that is over for long, is Unknown: its legs are hung up.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import structlog

from pipeline.assistant.events import CalledBack
from pipeline.drive import Clock
from pipeline.phone_legs import ASK_MS, RING_S, PhoneLegs, Target
from pipeline.switchboard import HangUp
from pipeline.transfer_desk import (
    Accepted,
    AgentAnswer,
    Briefing,
    Declined,
    Goodbye,
    Over,
    Reached,
    Taken,
    Unknown,
)
from pipeline.transfer_desk import CallerLeft as CallerGone
from pipeline.transfers.by_task import ByTask
from pipeline.transfers.ports import ReleaseWhy
from pipeline.transfers.running import Running
from pipeline.transfers.targets import is_target
from recordings.errors import StoreUnavailable
from telephony.agent_words import introduction, words_of
from telephony.agents import TARGET, Agent
from telephony.errors import CarrierError
from telephony.numbers import NotANumber, parse_number
from telephony.ports import LegStatus
from telephony.queue_settings import QueueSettings
from telephony.reconcile import Known
from telephony.rooms import ASSISTANT, CALLER, is_supervisor, offer_of
from telephony.transfer_events import (
    AgentAccepts,
    AgentDeclines,
    AgentJoined,
    AgentLeft,
    AgentUnanswered,
    CallerJoined,
    CallerLeft,
    CallerReached,
    CallerUnreached,
    HandsBack,
    RingOver,
    TransferEvent,
    Unanswered,
)
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept, TransferStore

AFTER_S: Final = 1.0
"""The carrier's question comes within so much of the conference's end, or is lost."""
TOLD_S: Final = ASK_MS / 1000 + AFTER_S
"""Why the conference ended is told within so much of the question, or is lost: of an agent who gives the caller back,
the carrier is asked first whether the caller is there."""
_HELD: Final = frozenset({State.ACCEPTED, State.BRIDGING, State.CONNECTED})
_HOWS: Final[Mapping[LegStatus, Unanswered]] = {"busy": "busy", "no_answer": "no_answer", "completed": "hung_up"}
_log = structlog.get_logger(__name__)


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


class ByPhone:
    """One per process. `use` says whose transfers they are; before, everything is Unknown."""

    def __init__(self, legs: PhoneLegs, clock: Clock) -> None:
        self._legs, self._clock = legs, clock
        legs.own_room = self._own
        self._office: LiveTransfers | None = None
        self.own: Own | None = None
        """None: callers are in no conferences of their own."""
        self.tasks: ByTask | None = None
        """Workers of TaskRouter; None: no workspace is set."""
        self._rung: set[tuple[str, int]] = set()
        self._moving: set[tuple[str, int]] = set()
        self._returning: set[tuple[str, int]] = set()
        """Callers who are moved to the agent of an offer, and back from there."""
        self._after: dict[str, asyncio.Event] = {}
        """Set: the carrier has asked what becomes of the caller."""

    def use(self, office: LiveTransfers) -> None:
        """Serve these transfers."""
        self._office = office

    # Phones

    async def ring(self, running: Running, offer: int, agent_id: str) -> bool:
        """Ring their telephone; False: they have none, or there is no number of ours to call from.

        Raises CarrierError, StoreUnavailable, ValueError.
        """
        agent = self._office.agent(agent_id) if self._office is not None else None
        workflow = self._office.workflow(agent_id) if self._office is not None else ""
        if workflow and self.tasks is not None:
            self._rung.add((running.id, offer))
            await self.tasks.ring(running, offer)
            return True
        try:
            ours = parse_number(running.wanted.line_number)
        except NotANumber:
            return False
        if agent is None or not agent.phone:
            return False
        self._rung.add((running.id, offer))
        language = running.wanted.language
        if agent.languages and language not in agent.languages:
            language = min(agent.languages)
        office = self._office
        settings = office.queues().get(running.transfer.queue) if office is not None else None
        headers = office.headers(agent_id) if office is not None else {}
        ring_s = settings.ring_s if settings is not None else RING_S
        target = Target(agent.phone, ours, language, running.wanted.reason, headers, ring_s)
        await self._legs.ring(running.id, offer, target)
        await self._unless_wanted(running, offer)
        return True

    async def _unless_wanted(self, running: Running, offer: int) -> None:
        """Let go of what was asked to ring, if the offer ended meanwhile: there was nothing to let go of then."""
        now = running.transfer
        if offer in now.ringing or (offer == now.accepted and now.state is not State.OVER):
            return
        why: ReleaseWhy = "caller_left" if _abandoned(running) else "taken" if _was_accepted(now) else "withdrawn"
        await self.let_go(running.id, offer, why)

    async def let_go(self, transfer: str, offer: int, why: ReleaseWhy) -> None:
        """End an offer's leg, with a word if somebody is on it."""
        running = self._running(transfer)
        try:
            await self._legs.let_go(transfer, offer, why)
        except (CarrierError, StoreUnavailable):
            if running is not None:
                await self._take_out(running.transfer, offer)
            raise
        finally:
            if running is not None and running.transfer.accepted in (None, offer):
                self._agent_comes(running.transfer, there=False)
            if self.tasks is not None and running is not None:
                await self.tasks.close(running.transfer, offer, why)

    async def _take_out(self, transfer: Transfer, offer: int) -> None:
        """An agent who cannot be told goes without a word: the next one may come to the caller of a conference."""
        room, leg = self._own(transfer), self._legs.legs(transfer.id).get(offer, "")
        if room and leg:
            try:
                await self._legs.control.control.remove(room, leg, ASK_MS)
            except CarrierError as error:  # the reconciler ends the leg
                _log.warning("agent not taken out", transfer=transfer.id, offer=offer, reason=str(error))

    async def bridge(self, transfer: Transfer, offer: int) -> None:
        """Move the caller to where the agent is. Raises LegGone, CarrierError.

        Whose caller is in a conference of their own is there already, with the agent.
        """
        running = self._running(transfer.id)
        if self._own(transfer) and self.own is not None and running is not None:
            running.post(CallerJoined(self._clock.now_ms()))
            self.own.let_assistant_go(transfer.call_id)
            return
        self._after.pop(transfer.id, None)
        self._moving.add((transfer.id, offer))
        try:
            if self.tasks is not None:
                await self.tasks.learn(transfer, offer)
            await self._legs.bridge(transfer.id, transfer.call_id, self._room(transfer), transfer.bridges)
        finally:
            self._moving.discard((transfer.id, offer))
        if self.own is not None:
            self.own.leave(transfer.call_id, "put through elsewhere")

    async def take_back(self, transfer: Transfer, offer: int, is_here: Callable[[], bool]) -> bool:
        """Bring the caller back to the assistant. Raises LegGone, CarrierError.

        The conference ends with the agent; then the carrier asks what becomes of the caller, and the answer brings them
        back. Only where it does not ask they are moved: done twice, they would hear their conversation begin twice. Who
        was not moved at all, and is not about to be, has the assistant.
        """
        one = (transfer.id, offer)
        if self.own is not None and (self._own(transfer) or await self._never_left(transfer, one)):
            return self.own.bring_back(transfer.call_id)
        if one in self._returning:
            return True
        self._returning.add(one)
        try:
            asked = await self._asked_after(transfer.id)
            if self._is_with_next(transfer.id, offer):
                return False
            if not asked and (one in self._moving or not is_here()):
                await self._legs.take_back(transfer.id, transfer.call_id, offer)
        finally:
            self._returning.discard(one)
        return True

    async def _never_left(self, transfer: Transfer, one: tuple[str, int]) -> bool:
        """Whether a caller who was to be moved elsewhere is where they were from the beginning, and stays there."""
        return self.own is not None and one not in self._moving and await self.own.is_there(transfer.call_id)

    def _is_with_next(self, transfer: str, offer: int) -> bool:
        """Whether the caller is moved to another agent's telephone by now."""
        running = self._running(transfer)
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
        await self._legs.call_caller(running.id, running.transfer.bridges, to, ours)

    async def introduce(self, transfer: Transfer) -> None:
        """Let both hear who has come (`announcement`). Raises CarrierError."""
        await self._legs.introduce(transfer.id, self._room(transfer))

    async def stop_calling(self, transfer: Transfer) -> None:
        """The last attempt is over. Raises CarrierError, StoreUnavailable."""
        await self._legs.end_caller(transfer.id, transfer.bridges - 1)

    async def settle(self, transfer: str) -> None:
        """It has ended: the work of a worker of TaskRouter is done. Raises CarrierError."""
        running = self._running(transfer)
        if self.tasks is not None and running is not None:
            await self.tasks.settle(running.transfer)

    def rings(self, transfer: str, offer: int) -> bool:
        """Whether this offer went to a telephone."""
        if (transfer, offer) in self._rung or offer in self._legs.legs(transfer):
            return True
        running = self._running(transfer)
        offers = running.transfer.offers if running is not None else ()
        agent = offers[offer].agent if offer < len(offers) else ""
        return self._office is not None and bool(self._office.workflow(agent))

    @property
    def takes_tasks(self) -> bool:
        """Whether a queue can be a workflow of TaskRouter."""
        return self.tasks is not None

    def forget(self, transfer: str) -> None:
        """It is over."""
        self._rung = {one for one in self._rung if one[0] != transfer}
        self._after.pop(transfer, None)
        self._legs.forget(transfer)
        if self.tasks is not None:
            self.tasks.forget(transfer)

    # For pipeline.reconciling

    async def known(self) -> list[Known]:
        """The transfers that have legs at the carrier."""
        live = tuple(self._office.live()) if self._office is not None else ()
        if self.tasks is not None:
            await self.tasks.look(live)
        return [known for one in live if (known := self._known(one.transfer)) is not None]

    def _known(self, transfer: Transfer) -> Known | None:
        legs = self._legs.legs(transfer.id)
        room = self._room(transfer) if _was_accepted(transfer) else self._last_room(transfer)
        return Known(transfer, transfer.call_id, room, legs) if transfer.reached and legs else None

    async def tell(self, transfer: str, event: TransferEvent) -> None:
        """An event that was missed."""
        running = self._running(transfer)
        if running is None or self._office is None:
            return
        if isinstance(event, AgentJoined):  # the caller may still be hearing who comes
            self._office.acting.agent_there(running, event.offer)
        else:
            running.post(event)

    def listened(self, transfer: Transfer) -> str:
        """For pipeline.listening_again: the conference that a stream listens to; empty: none does."""
        accepted = transfer.accepted
        if self._legs.token is None or accepted is None or not self.rings(transfer.id, accepted):
            return ""
        return self._room(transfer)

    # What agents hear, as TransferDesk

    async def answered(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """Somebody, or something, has answered."""
        running = await self._of(transfer, offer, leg_sid, answered=True)
        return self._standing(running, offer) if running is not None else Unknown()

    async def chose(self, transfer: str, offer: int, digit: str, leg_sid: str) -> AgentAnswer:
        """A key."""
        running = await self._of(transfer, offer, leg_sid, answered=True)
        if running is None:
            return Unknown()
        if offer in running.transfer.ringing and digit == "2":
            running.post(AgentDeclines(self._clock.now_ms(), offer))
            return Declined(self._language(running))
        if offer in running.transfer.ringing and digit == "1":
            running.post(AgentAccepts(self._clock.now_ms(), offer))
            await running.until(lambda now: offer not in now.ringing)
        return self._standing(running, offer)

    async def agent_after(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """An agent is out of the conference and still there: the star key gave the caller back, or the caller left."""
        running = await self._of(transfer, offer, leg_sid)
        if running is None:
            return Unknown()
        now = running.transfer
        speaking = now.state is State.CONNECTED and now.accepted == offer
        if speaking and await self._legs.is_over(now.call_id):
            running.post(CallerLeft(self._clock.now_ms()))
        elif speaking:  # as far as is known they are there: somebody who is must not be hung up on
            running.post(HandsBack(self._clock.now_ms(), "by the star key"))
        else:
            running.post(AgentLeft(self._clock.now_ms(), offer))
        return CallerGone(self._language(running)) if _abandoned(running) else Goodbye(self._language(running))

    async def announcement(self, transfer: str, what: str) -> Briefing | Unknown:
        """The introduction names the agent to the caller."""
        running = self._running(transfer)
        accepted = running.transfer.accepted if running is not None else None
        if running is None or self._office is None or accepted is None or what != "introduction":
            return Unknown()
        agent = self._office.agent(running.transfer.offers[accepted].agent)
        if agent is None:
            return Unknown()
        language = self._language(running)
        return Briefing(introduction(language, agent.name), language)

    def _standing(self, running: Running, offer: int) -> AgentAnswer:
        transfer, language = running.transfer, self._language(running)
        if offer in transfer.ringing:
            return self._briefing(running, language)
        if transfer.state is not State.OVER and offer == transfer.accepted:
            self._agent_comes(transfer)
            return Accepted(self._room(transfer), language)
        if _abandoned(running):
            return CallerGone(language)
        if offer == transfer.accepted:
            return Over(language) if transfer.outcome == "withdrawn" else Goodbye(language)
        return Taken(language) if _was_accepted(transfer) else Over(language)

    def _briefing(self, running: Running, language: str) -> Briefing:
        packet = self.packet(running.id)
        text, spoken_in = packet.get("briefing"), packet.get("agent_language")
        if isinstance(spoken_in, str) and spoken_in:
            language = spoken_in
        words = words_of(language)
        told = text if isinstance(text, str) and text else words.caller_waits
        return Briefing(told if running.transfer.reached else f"{words.calls_back} {told}", language)

    # What they are told, as TransferDesk

    async def ringing(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """The leg of this offer is this one."""
        return await self._of(transfer, offer, leg_sid) is not None

    async def heard_machine(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """A machine has answered: it is hung up on, unless a key was pressed."""
        running = await self._of(transfer, offer, leg_sid)
        if running is None:
            return False
        offers = running.transfer.offers
        running.post(RingOver(self._clock.now_ms(), offers[offer].agent, "voicemail"))
        await running.until(lambda now: offer not in now.ringing)
        if running.transfer.offers[offer].standing == "voicemail":
            await self._legs.hang_up(transfer, offer)
        return True

    async def leg_over(self, transfer: str, offer: int, status: LegStatus, answered_by: str, leg_sid: str) -> bool:
        """An agent's leg has ended."""
        running = await self._of(transfer, offer, leg_sid)
        if running is None:
            return False
        now_ms = self._clock.now_ms()
        machine = answered_by in ("machine", "fax")
        how: Unanswered = "voicemail" if machine else _HOWS.get(status, "failed")
        if offer in running.transfer.ringing:
            running.post(AgentUnanswered(now_ms, offer, how))
        else:
            running.post(AgentLeft(now_ms, offer))
        return True

    async def joined(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference."""
        running, offer = self._running(transfer), offer_of(label)
        if running is None or self._office is None:
            return False
        if offer is not None and leg_sid == self._legs.legs(transfer).get(offer):
            self._office.acting.agent_there(running, offer)
        elif label == CALLER and leg_sid == running.transfer.call_id:
            running.post(CallerJoined(self._clock.now_ms()))
        elif offer is None and label not in (CALLER, ASSISTANT) and not is_supervisor(label):
            await self._worker_joined(running, leg_sid)
        return True

    async def _worker_joined(self, running: Running, leg_sid: str) -> None:
        offer = self.tasks.came(running.transfer, leg_sid) if self.tasks is not None else None
        if self.tasks is not None and offer is not None:
            self.tasks.arrived(running, offer, leg_sid)
            await self.worker_came(running, offer)

    def _room(self, transfer: Transfer) -> str:
        """Of the bridge that comes, or is."""
        return self._legs.room_with(transfer, transfer.accepted, transfer.bridges)

    def _own(self, transfer: Transfer) -> str:
        """The conference that the caller is in from the beginning, if agents come there; empty: they do not.

        Not where the agent had to wait for the caller, or in a task's own: then the caller is moved.
        """
        if self.own is None or transfer.callback or self._is_task(transfer):
            return ""
        return self.own.room(transfer.call_id)

    def _is_task(self, transfer: Transfer) -> bool:
        office = self._office
        return office is not None and any(office.workflow(offer.agent) for offer in transfer.offers[-1:])

    def _agent_comes(self, transfer: Transfer, *, there: bool = True) -> None:
        if self.own is not None:
            self.own.agent_comes(transfer.call_id, there=there)

    def holds(self, call_id: str) -> bool:
        """Whether an agent has this call's caller, or is about to."""
        live = self._office.live() if self._office is not None else ()
        return any(one.transfer.call_id == call_id and one.transfer.state in _HELD for one in live)

    def comes_to_own(self, call_id: str) -> bool:
        """Whether an agent by telephone is in the conference that this call's caller is in, or comes there."""
        live = self._office.live() if self._office is not None else ()
        held = [one.transfer for one in live if one.transfer.call_id == call_id and one.transfer.state in _HELD]
        return any(self._own(one) and self.rings(one.id, one.accepted or 0) for one in held)

    def of_call(self, call_id: str) -> str:
        """The latest transfer of this call; empty: it has none that is live."""
        live = self._office.live() if self._office is not None else ()
        return next((one.id for one in reversed(tuple(live)) if one.transfer.call_id == call_id), "")

    def _last_room(self, transfer: Transfer) -> str:
        """Where the caller was moved last, whose agent is lost; empty: nowhere. They may be alone there."""
        if transfer.moved is None or self._own(transfer):  # in a room of their own others look after them
            return ""
        before = sum(offer.standing == "lost" for offer in transfer.offers[: transfer.moved])
        return self._legs.room_with(transfer, transfer.moved, before)

    async def left(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference no longer. Why, tells their own leg: it has ended, or asks what now.

        A worker's tells nothing; once caller and worker speak, the caller's leg asks.
        """
        del label
        running = self._running(transfer)
        if running is None:
            return False
        offer = next((number for number, sid in self._legs.legs(transfer).items() if sid == leg_sid), None)
        is_task = offer is not None and self.tasks is not None and self.tasks.has(running.transfer, offer)
        if offer is not None and is_task and running.transfer.state is not State.CONNECTED:
            running.post(AgentLeft(self._clock.now_ms(), offer))
        return True

    async def caller_after(self, transfer: str, dial_status: str) -> HangUp | Unknown:
        """The conference ended and the caller is still there: the agent has left it, or could not be reached."""
        del dial_status
        running = self._running(transfer)
        if running is None:
            return Unknown()
        self._after.setdefault(transfer, asyncio.Event()).set()
        if running.transfer.accepted is None:
            return Unknown()
        if not await running.until(_is_not_connected, TOLD_S):  # what tells why it ended is lost
            running.post(AgentLeft(self._clock.now_ms(), running.transfer.accepted))
            await running.until(_is_not_connected)
        agent_ended = running.transfer.outcome == "completed" and running.transfer.after == "end"
        return HangUp() if agent_ended else Unknown()

    async def _asked_after(self, transfer: str) -> bool:
        """Whether the carrier asks what becomes of the caller, now or in a moment."""
        asked = self._after.setdefault(transfer, asyncio.Event())
        try:
            async with asyncio.timeout(AFTER_S):
                await asked.wait()
        except TimeoutError:
            return False
        asked.clear()  # each bridge has its own
        return True

    # Callers who are called back, as CallbackDesk

    async def caller_answered(self, transfer: str, attempt: int, leg_sid: str) -> Reached | Unknown:
        """A caller has answered: the agent who accepted waits for them."""
        running = await self._called(transfer, attempt, leg_sid)
        if running is None or running.transfer.accepted is None or self._office is None:
            return Unknown()
        running.post(CallerReached(self._clock.now_ms(), leg_sid))
        await running.until(lambda now: now.call_id == leg_sid or now.state is not State.ACCEPTED)
        now, wanted = running.transfer, running.wanted
        if now.call_id != leg_sid or now.accepted is None:
            return Unknown()
        agent = self._office.agent(now.offers[now.accepted].agent)
        name = agent.name if agent is not None and not is_target(agent.id) else ""
        back = CalledBack(transfer.rpartition("-")[2], now.queue, name)
        return Reached(wanted.caller_number, wanted.line_number, back)

    async def caller_unreached(self, transfer: str, attempt: int, why: str, leg_sid: str) -> bool:
        """Nobody answered, or a machine did; once caller and agent speak it is no news."""
        running = await self._called(transfer, attempt, leg_sid)
        if running is None:
            return False
        if running.transfer.bridges == attempt and (why == "machine" or not running.transfer.reached):
            running.post(CallerUnreached(self._clock.now_ms(), why))
        return True

    async def _called(self, transfer: str, attempt: int, leg_sid: str) -> Running | None:
        running = self._running(transfer)
        return running if running is not None and await self._legs.learn_caller(transfer, attempt, leg_sid) else None

    # For workers of TaskRouter, as TaskOffice

    def running(self, transfer_id: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""
        return self._running(transfer_id)

    def workflow(self, agent_id: str) -> str:
        """The workflow that stands for a queue's agents; empty: none."""
        return self._office.workflow(agent_id) if self._office is not None else ""

    def any_workflow(self) -> str:
        """One of the lines' workflows; empty: there is none."""
        queues = self._office.queues() if self._office is not None else ()
        return next(filter(None, (self.workflow(f"{TARGET}{name}") for name in queues)), "")

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told."""
        return self._office.acting.told.packet(transfer_id) if self._office is not None else {}

    async def kept(self, transfer_id: str) -> Kept | None:
        """A transfer as it is stored. Raises StoreUnavailable."""
        return await self._office.store.get(transfer_id) if self._office is not None else None

    async def worker_came(self, running: Running, offer: int) -> None:
        """A worker is in the conference: they have accepted."""
        if offer in running.transfer.ringing:
            running.post(AgentAccepts(self._clock.now_ms(), offer))
            await running.until(lambda now: offer not in now.ringing)
        if self._office is not None:
            self._office.acting.agent_there(running, offer)

    # Who is spoken of

    def _running(self, transfer: str) -> Running | None:
        return self._office.running(transfer) if self._office is not None else None

    async def _of(self, transfer: str, offer: int, leg_sid: str, *, answered: bool = False) -> Running | None:
        running = self._running(transfer)
        if running is None or offer >= len(running.transfer.offers):
            return None
        return running if await self._legs.learn(transfer, offer, leg_sid, answered=answered) else None

    def _language(self, running: Running) -> str:
        return running.wanted.language or "en"


def _was_accepted(transfer: Transfer) -> bool:
    return any(offer.standing == "accepted" for offer in transfer.offers)


def _is_not_connected(transfer: Transfer) -> bool:
    return transfer.state is not State.CONNECTED


def _abandoned(running: Running) -> bool:
    return running.transfer.outcome == "abandoned"
