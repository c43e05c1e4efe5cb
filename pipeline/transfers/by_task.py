"""Workers of TaskRouter, such as Flex's: the workflow chooses who is asked, and they come into the task's conference.

Whoever comes has accepted. The queue of such a line is TaskRouter's: ours does not order its callers. A worker who is
lost before the caller came is followed by another task, which counts the caller as waiting since they asked.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

import structlog

from pipeline.drive import Clock
from pipeline.phone_legs import PhoneLegs
from pipeline.transfer_desk import Accepted, AgentAnswer, CallerLeft, Over, Taken, Unknown
from pipeline.transfers.running import Running
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError, CarrierFailed, CarrierRefused, LegGone
from telephony.numbers import parse_number
from telephony.ports import Participant
from telephony.rooms import ASSISTANT, CALLER, is_supervisor
from telephony.transfer_events import AgentLeft, AgentUnanswered, Unanswered
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept
from telephony.twilio.taskrouter import TwilioTasks, task_attributes

DEADLINE_MS: Final = 5_000
BRING_MS: Final = 4_000
"""TaskRouter waits 5 s for what it asks."""
ASK_MS: Final = 2_000
IN_DOUBT_MS: Final = 30_000
"""A worker who may be rung already is not asked again before: 20 s of ringing, 5 s that carriers add, and some."""
LOST_MS: Final = 4_000
"""What TaskRouter asks about a reservation comes within so much of it, or is lost."""
GONE_MS: Final = 10_000
"""Whoever has had a task so long and is not in its conference was there, and has left."""
WAITED_MS: Final = 10_000
"""Of less TaskRouter is not told: it refuses an instant of its own future."""
AT_ONCE: Final = 8
_PRIORITIES: Final[Mapping[str, int]] = {"urgent": 20, "high": 10}
_log = structlog.get_logger(__name__)


class TaskOffice(Protocol):
    """Whose transfers these are (pipeline.transfers.carrier_desk)."""

    def running(self, transfer_id: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""

    def workflow(self, agent_id: str) -> str:
        """The workflow that stands for a queue's agents; empty: none."""

    def any_workflow(self) -> str:
        """One of the lines' workflows; empty: there is none."""

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told."""

    async def kept(self, transfer_id: str) -> Kept | None:
        """A transfer as it is stored. Raises StoreUnavailable."""

    async def worker_came(self, running: Running, offer: int) -> None:
        """A worker is in the conference: they have accepted."""


@dataclass(slots=True)
class _Task:
    tasks: TwilioTasks
    ours: bool
    """The transfer began in this process: nobody else has asked these workers to come."""
    sid: str = ""
    """Empty: not made, or not known yet."""
    given_up: bool = False
    """The carrier did not take it: another offer follows."""
    closed: bool = False
    asked: dict[str, int] = field(default_factory=dict)
    """Reservations whose workers were asked to come, and when."""
    first_seen: dict[str, int] = field(default_factory=dict)
    """Reservations that nobody had answered, and when they were seen first."""
    alone_since_ms: int | None = None
    """A worker has it, or is with the caller, whom nobody sees."""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Made once, and not closed while it is made."""


@dataclass(slots=True)
class ByTask:
    """One per process. As TaskDesk. Methods raise CarrierError."""

    office: TaskOffice
    legs: PhoneLegs
    clock: Clock
    tasks: Callable[[str], TwilioTasks]
    """Of a workflow."""
    _tasks: dict[tuple[str, int], _Task] = field(default_factory=dict)
    """By transfer and offer."""
    _swept: bool = False
    """Tasks that an earlier process has left behind are closed."""
    _since_ms: int = field(init=False)

    def __post_init__(self) -> None:
        """The process begins."""
        self._since_ms = self.clock.now_ms()

    async def ring(self, running: Running, offer: int) -> None:
        """Make the task of an offer, if it has none. Raises ValueError on what no task can hold."""
        one = self._one(running.transfer, offer)
        if one is None:
            return
        async with one.turn:
            if not one.sid and not one.given_up and not one.closed and offer in running.transfer.ringing:
                one.given_up = True  # unless it is made now
                self._knows(running.id, offer, await self._made(running, offer, one.tasks))
        if offer not in running.transfer.ringing and offer != running.transfer.accepted:
            await self.close(running.transfer, offer, "nobody waits any more")
        for before in range(offer):  # whose worker was lost
            await self._closed_or_said(running.transfer, before)

    def has(self, transfer: Transfer, offer: int) -> bool:
        """Whether this offer is a task."""
        return self._one(transfer, offer) is not None

    def came(self, transfer: Transfer, leg_sid: str) -> int | None:
        """Somebody who is none of us is in a conference of these: the offer that they have accepted."""
        legs = self.legs.legs(transfer.id)
        known = next((number for number, sid in legs.items() if sid == leg_sid), None)
        if known is not None:
            return known
        free = [number for number in self._offers(transfer) if number not in legs]
        wanted = [number for number in free if number in (*transfer.ringing, transfer.accepted)]
        return next(iter([*wanted, *reversed(free)]), None)

    async def learn(self, transfer: Transfer, offer: int | None) -> None:
        """Know the conference of this offer, before somebody is moved there. Raises CarrierFailed where it is none."""
        one = self._one(transfer, offer) if offer is not None else None
        if offer is not None and one is not None and not await self._found(transfer, offer, one):
            raise CarrierFailed("taskrouter", "the worker's task is not listed")

    async def close(self, transfer: Transfer, offer: int, why: str) -> None:
        """Nobody is to come through the task any more, or the work is done."""
        one = self._one(transfer, offer)
        if one is None or one.closed:
            return
        async with one.turn:
            if one.sid or await self._found(transfer, offer, one):
                await one.tasks.close(one.sid, why, DEADLINE_MS)
                if offer not in self.legs.legs(transfer.id):  # of an earlier process, or nobody told of them
                    await self._let_go(transfer, one.sid)
            one.closed = True

    async def settle(self, transfer: Transfer) -> None:
        """It has ended, and all of its tasks with it."""
        for offer in self._offers(transfer):
            await self.close(transfer, offer, "over")

    def forget(self, transfer: str) -> None:
        """Nobody can come late any more."""
        self._tasks = {key: one for key, one in self._tasks.items() if key[0] != transfer}

    # TaskDesk

    async def reserved(self, transfer: str, task_sid: str, reservation_sid: str, worker: str) -> AgentAnswer:
        """A worker is reserved: they are called into the conference while the caller waits."""
        del worker
        running = self.office.running(transfer)
        if running is None:
            return await self._stray(transfer, task_sid)
        if running.transfer.outcome == "abandoned":
            return CallerLeft()
        if running.transfer.state is State.OVER:
            return Over()
        offer = await self._offer_of(running.transfer, task_sid)
        if offer is None:
            return Over()
        return await self._bring(running, offer, reservation_sid) if offer in running.transfer.ringing else Taken()

    async def reservation_over(self, transfer: str, reservation_sid: str, how: str) -> bool:
        """The workflow asks the next worker by itself."""
        del reservation_sid, how
        return self.office.running(transfer) is not None

    async def task_over(self, transfer: str, task_sid: str, how: str) -> bool:
        """Nobody comes through the task any more."""
        del how
        running = self.office.running(transfer)
        offer = next((key[1] for key, one in self._tasks.items() if (key[0], one.sid) == (transfer, task_sid)), None)
        if running is None or offer is None:
            return False
        if offer in running.transfer.ringing:
            self._unanswered(running, offer, "no_answer")
        return True

    # What was missed

    async def look(self, live: Iterable[Running]) -> None:
        """Ask how the tasks are of those who wait or speak. What cannot be asked now is asked the next time."""
        turn = asyncio.Semaphore(AT_ONCE)
        live = tuple(live)
        await self._close_left_behind(live)

        async def one(running: Running, offer: int) -> None:
            async with turn:
                try:
                    await self._look_at(running, offer)
                except (CarrierError, StoreUnavailable, ValueError) as error:
                    _log.info("task not asked about", transfer=running.id, reason=str(error))
                except Exception as error:  # noqa: BLE001 one that breaks must not keep us from looking at the others
                    told = {"reason": type(error).__name__, "pii_error": repr(error)}
                    _log.error("task not asked about", transfer=running.id, **told)

        async with asyncio.TaskGroup() as asking:
            for running in live:
                over = running.transfer.state is State.OVER
                for offer in self._offers(running.transfer) if over else _current(running.transfer):
                    if self.has(running.transfer, offer):
                        asking.create_task(one(running, offer))

    async def _close_left_behind(self, live: Iterable[Running]) -> None:
        """Once: tasks of transfers that are over, whose process was killed before it closed them."""
        workflow = self.office.any_workflow()
        if self._swept or not workflow:
            return
        tasks, here = self.tasks(workflow), {running.id for running in live}
        try:
            for sid, transfer in (await tasks.left(ASK_MS)).items():
                kept = await self.office.kept(transfer) if transfer not in here else None
                if kept is not None and kept.transfer.state is State.OVER:
                    await tasks.close(sid, "over", DEADLINE_MS)
                    await self._let_go(kept.transfer, sid)
                    self.legs.forget(transfer)
            self._swept = True
        except (CarrierError, StoreUnavailable) as error:
            _log.info("tasks left behind not asked for", reason=str(error))

    async def _look_at(self, running: Running, offer: int) -> None:
        one = self._one(running.transfer, offer)
        if one is None:
            return
        if running.transfer.state is State.OVER:
            await self.close(running.transfer, offer, "over")
            if one.sid and offer not in self.legs.legs(running.id):  # who was being rung then may come now
                await self._let_go(running.transfer, one.sid)
            return
        if offer in running.transfer.ringing:
            await self.ring(running, offer)
        elif not await self._found(running.transfer, offer, one):
            return
        if not one.sid or offer in self.legs.legs(running.id):
            return
        inside = await self.legs.control.control.participants(one.sid, ASK_MS)
        leg = next((each.sid for each in inside if _is_worker(each, running.transfer)), "")
        if leg:
            _log.warning("callback missed", transfer=running.id, missed="a worker came")
            self.arrived(running, offer, leg)
            await self.office.worker_came(running, offer)
        elif offer in running.transfer.ringing:
            await self._look_at_task(running, offer, one)
        elif running.transfer.state is State.CONNECTED and self._is_alone_for_long(one):
            running.post(AgentLeft(self.clock.now_ms(), offer))

    async def _look_at_task(self, running: Running, offer: int, one: _Task) -> None:
        try:
            seen = await one.tasks.seen(one.sid, ASK_MS)
        except LegGone:
            self._unanswered(running, offer, "no_answer")
            return
        now_ms = self.clock.now_ms()
        if seen.is_over:
            self._unanswered(running, offer, "hung_up" if seen.status == "wrapping" else "no_answer")
        elif seen.status == "assigned" and self._is_alone_for_long(one):
            self._unanswered(running, offer, "hung_up")
        for reservation in seen.pending:
            first_ms, asked_ms = one.first_seen.setdefault(reservation, now_ms), one.asked.get(reservation)
            doubt_ms = LOST_MS if one.ours else IN_DOUBT_MS
            if now_ms >= (first_ms + doubt_ms if asked_ms is None else asked_ms + IN_DOUBT_MS):
                await self._bring(running, offer, reservation)

    def arrived(self, running: Running, offer: int, leg_sid: str) -> None:
        """This leg is the worker of this offer."""
        self.legs.adopt(running.id, offer, leg_sid, running.wanted.language or "en")

    # Workers

    async def _bring(self, running: Running, offer: int, reservation: str) -> AgentAnswer:
        """Call them into the conference. One who may be rung already is not rung twice: what became of it is seen."""
        one = self._tasks[running.id, offer]
        one.asked[reservation] = self.clock.now_ms()
        ours, room_url = parse_number(running.wanted.line_number), self.legs.addresses.room(running.id)
        try:
            await one.tasks.bring(one.sid, reservation, ours, room_url, BRING_MS)
        except CarrierRefused:
            return Over()
        except CarrierError as error:
            _log.warning("worker perhaps not called", transfer=running.id, reason=str(error))
        return Accepted(one.sid)

    async def _stray(self, transfer: str, task_sid: str) -> AgentAnswer:
        """A worker is reserved for a transfer that does not run here: one that is over has left its task behind."""
        kept = await self.office.kept(transfer)
        if kept is None or kept.transfer.state is not State.OVER:
            return Unknown()
        workflow = next(filter(None, (self.office.workflow(offer.agent) for offer in kept.transfer.offers)), "")
        if not workflow:
            return Over()
        try:
            await self.tasks(workflow).close(task_sid, "over", BRING_MS)
        except CarrierError as error:
            _log.warning("task not closed", transfer=transfer, reason=str(error))
            return Over()
        return Accepted(task_sid)

    def _unanswered(self, running: Running, offer: int, how: Unanswered) -> None:
        running.post(AgentUnanswered(self.clock.now_ms(), offer, how))

    def _is_alone_for_long(self, one: _Task) -> bool:
        now_ms = self.clock.now_ms()
        if one.alone_since_ms is None:
            one.alone_since_ms = now_ms
        return now_ms >= one.alone_since_ms + GONE_MS

    async def _let_go(self, transfer: Transfer, room: str) -> None:
        """Tell whoever is alone in the conference of a task that is over."""
        for one in await self.legs.control.control.participants(room, ASK_MS):
            if _is_worker(one, transfer):
                await self.legs.send_off(one.sid, "not_connected")

    # Tasks

    def _offers(self, transfer: Transfer) -> tuple[int, ...]:
        """Those that are tasks."""
        return tuple(number for number in range(len(transfer.offers)) if self._one(transfer, number) is not None)

    def _one(self, transfer: Transfer, offer: int) -> _Task | None:
        known = self._tasks.get((transfer.id, offer))
        if known is None and offer < len(transfer.offers):
            workflow = self.office.workflow(transfer.offers[offer].agent)
            if workflow:
                known = _Task(self.tasks(workflow), ours=transfer.asked_ms >= self._since_ms)
                self._tasks[transfer.id, offer] = known
        return known

    def _knows(self, transfer: str, offer: int, sid: str) -> None:
        self._tasks[transfer, offer].sid = sid
        self.legs.use_room(transfer, offer, sid)

    async def _found(self, transfer: Transfer, offer: int, one: _Task) -> bool:
        """Whether there is a task, perhaps of an earlier process."""
        if not one.sid:
            sid = await one.tasks.find(transfer.id, offer, ASK_MS)
            if sid is not None and not one.sid:
                self._knows(transfer.id, offer, sid)
        return bool(one.sid)

    async def _offer_of(self, transfer: Transfer, task_sid: str) -> int | None:
        """Whose task this is; None: nobody's who waits."""
        for offer in self._offers(transfer):
            if self._tasks[transfer.id, offer].sid == task_sid:
                return offer
        for offer in _current(transfer):
            one = self._one(transfer, offer)
            if one is not None and not one.sid:  # its request is under way, or was made by another process
                self._knows(transfer.id, offer, task_sid)
                return offer
        return None

    async def _made(self, running: Running, offer: int, tasks: TwilioTasks) -> str:
        transfer, wanted, now_ms = running.transfer, running.wanted, self.clock.now_ms()
        packet = self.office.packet(running.id)
        facts = {
            "call_sid": transfer.call_id, "queue": transfer.queue, "reason": wanted.reason,
            "priority": wanted.priority, "language": wanted.language, "from": wanted.caller_number,
            **({"callback": "true"} if transfer.callback else {}),
            "briefing": str(packet.get("briefing", "")), "sentence": wanted.sentence,
        }  # fmt: skip
        url = f"{self.legs.addresses.public_url}/api/v1/transfers/{transfer.id}/packet"
        waited = now_ms - transfer.asked_ms >= WAITED_MS
        return await tasks.create(
            running.id, task_attributes(running.id, url, facts, offer=offer), DEADLINE_MS, offer=offer,
            priority=_PRIORITIES.get(wanted.priority, 0),
            timeout_s=max(10, (transfer.asked_ms + transfer.patience_ms - now_ms) // 1000),
            since=datetime.fromtimestamp(transfer.asked_ms / 1000, UTC) if waited else None,
        )  # fmt: skip

    async def _closed_or_said(self, transfer: Transfer, offer: int) -> None:
        try:
            await self.close(transfer, offer, "the worker was lost")
        except CarrierError as error:  # it is tried again at the end
            _log.warning("task not closed", transfer=transfer.id, offer=offer, reason=str(error))


def _current(transfer: Transfer) -> tuple[int, ...]:
    """The offers that somebody waits for, or speaks through."""
    joined = transfer.state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED}
    accepted = (transfer.accepted,) if joined and transfer.accepted is not None else ()
    return (*transfer.ringing, *accepted)


def _is_worker(one: Participant, transfer: Transfer) -> bool:
    ours = one.label in (CALLER, ASSISTANT) or is_supervisor(one.label)
    return not ours and one.sid != transfer.call_id
