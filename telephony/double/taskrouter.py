"""TaskRouter, as far as transfers need it: tasks, workers, reservations, and what the application is told of them.

A task is offered to the worker who has been idle longest; a reservation that nobody answers in time passes it on.
The conference instruction rings the worker and brings them into the conference that bears the task's sid. Not
documented by Twilio, and assumed here: the reservation is accepted when the worker is in the conference, rejected when
they are busy or decline, and timed out when they do not answer.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, Literal

from telephony.double import dialling
from telephony.double.callbacks import Callback, CallbackLine
from telephony.double.conference import Conference
from telephony.double.dial_twiml import Attendance
from telephony.double.entry import Caller, Subscription, call_sid
from telephony.double.errors import WebhookFailed
from telephony.double.legs import place
from telephony.double.program import Outcome, Over, Program, Settings
from telephony.double.record import Purpose

if TYPE_CHECKING:
    from telephony.double.account import Account

TaskStatus = Literal["pending", "reserved", "assigned", "wrapping", "canceled", "completed"]
ReservationStatus = Literal[
    "pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed"
]
MAX_ATTRIBUTES: Final = 4_096
_MAY_BECOME: Final[Mapping[str, frozenset[str]]] = {
    "canceled": frozenset({"pending", "reserved"}),
    "wrapping": frozenset({"assigned"}),
    "completed": frozenset({"assigned", "wrapping"}),
}


def _sid(kind: str) -> str:
    return kind + token_hex(16)


@dataclass(slots=True, eq=False)
class Worker:
    """Somebody whom tasks are offered to."""

    name: str
    contact: str
    """Where they are rung: E.164, `client:name` or a SIP address."""
    attributes: dict[str, Any]
    available: bool = True
    sid: str = field(default_factory=lambda: _sid("WK"))
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    """Since when they are available or not."""
    idle_order: int = 0


@dataclass(slots=True, eq=False)
class Reservation:
    """One offer of a task to a worker."""

    task: "Task"
    worker: Worker
    status: ReservationStatus = "pending"
    sid: str = field(default_factory=lambda: _sid("WR"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def open(self) -> bool:
        """Whether it can still be answered."""
        return self.status == "pending"


@dataclass(slots=True, eq=False)
class Task:
    """Something that a worker has to take."""

    attributes: str
    priority: int
    timeout_s: int
    channel: str
    waits_since: datetime | None = None
    """VirtualStartTime; None: since it was made."""
    sid: str = field(default_factory=lambda: _sid("WT"))
    status: TaskStatus = "pending"
    reason: str = ""
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))
    reservations: list[Reservation] = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        """Its attributes, read."""
        return dict(json.loads(self.attributes))


class TaskRouter:
    """One workspace with one workflow. `assignment_url` is asked about each reservation, `event_url` is told all."""

    def __init__(
        self, account: "Account", *, assignment_url: str = "", event_url: str = "", reservation_timeout_s: int = 120
    ) -> None:
        self.workspace_sid, self.workflow_sid = _sid("WS"), _sid("WW")
        self.activity_sids = {True: _sid("WA"), False: _sid("WA")}
        """Of being available, and of not."""
        self.queue_sid, self.channel_sid = _sid("WQ"), _sid("TC")
        self.tasks: list[Task] = []
        self.workers: list[Worker] = []
        self.account = account
        self._assignment_url, self._event_url = assignment_url, event_url
        self.unasked = 0
        """The next so many reservations about which nobody is asked: the request is lost."""
        self._timeout_s = reservation_timeout_s
        self._order = 0
        self._changed = asyncio.Event()
        self._line = CallbackLine(account.callbacks, self._make)
        self._running = [asyncio.ensure_future(self._line.run()), asyncio.ensure_future(self._offer())]
        self._holding: set[asyncio.Task[None]] = set()

    def worker(self, name: str, contact: str, **attributes: Any) -> Worker:
        """Let somebody in who takes tasks."""
        made = Worker(name, contact, {"contact_uri": contact, **attributes})
        self.workers.append(made)
        self._became(made, available=True)
        return made

    def away(self, worker: Worker, *, available: bool = False) -> None:
        """Let a worker become unavailable, or available again."""
        self._became(worker, available=available)

    def add(self, task: Task) -> None:
        """Take a task."""
        self.tasks.append(task)
        self._tell("task.created", task)
        self._changed.set()

    def may_become(self, task: Task, status: str) -> bool:
        """Whether a task's status can be changed so."""
        return status == task.status or task.status in _MAY_BECOME.get(status, frozenset())

    def become(self, task: Task, status: TaskStatus, reason: str = "") -> None:
        """Change a task's status, and what hangs on it."""
        if status == task.status:
            return
        task.status, task.reason, task.updated = status, reason, datetime.now(UTC)
        after: dict[str, ReservationStatus] = {"canceled": "canceled", "wrapping": "wrapping", "completed": "completed"}
        for each in task.reservations:
            if each.open or (status != "canceled" and each.status in {"accepted", "wrapping"}):
                self.settle(each, after[status])
        self._tell(f"task.{status}", task)

    def settle(self, reservation: Reservation, status: ReservationStatus) -> None:
        """Change a reservation's status, and what follows for task and worker."""
        reservation.status = status
        reservation.answered.set()
        self._tell(f"reservation.{status}", reservation.task, reservation)
        task = reservation.task
        if status == "accepted":
            task.status = "assigned"
        elif status in {"rejected", "timeout"} and task.status == "reserved":
            task.status = "pending"
        if status == "timeout":
            self._became(reservation.worker, available=False)
        elif status in {"completed", "canceled", "rejected"}:
            self._became(reservation.worker, available=reservation.worker.available)
        task.updated = datetime.now(UTC)
        self._changed.set()

    def conference(self, reservation: Reservation, attendance: Attendance, from_: str, to: str, timeout_s: int) -> None:
        """Ring the worker and bring them into the task's conference."""
        account = self.account
        entry = account.register(
            Caller(account.sid, call_sid(), from_, to or reservation.worker.contact, "outbound-api"), Subscription()
        )
        conference = account.conference(attendance.name) or Conference(account, attendance)
        invited = conference.expect(entry, attendance)

        async def joins(leg: Program) -> Outcome:
            if reservation.open:
                self.settle(reservation, "accepted")
            await dialling.join(leg, invited, conference)
            return Over("peer")

        async def placed() -> None:
            settings = Settings(
                voice_url="https://api.twilio.com/", voice=account.voice, twiml=b"<Response/>", then=joins
            )
            await place(account, entry, settings, timeout_s=timeout_s)
            conference.leave(invited, "hung_up")
            if reservation.open:
                self.settle(reservation, "timeout" if entry.status == "no-answer" else "rejected")
            elif reservation.status == "accepted":
                self.become(reservation.task, "wrapping")

        account.tasks.create_task(placed(), name=f"call {entry.sid}")

    async def close(self) -> None:
        """Stop offering."""
        for task in [*self._running, *self._holding]:
            task.cancel()
        await asyncio.gather(*self._running, *self._holding, return_exceptions=True)

    # Offers

    async def _offer(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            for task in sorted(self.tasks, key=lambda each: (-each.priority, each.waits_since or each.created)):
                worker = self._free(task) if task.status == "pending" else None
                if worker is not None:
                    reservation = Reservation(task, worker)
                    task.status = "reserved"
                    task.reservations.append(reservation)
                    holding = asyncio.ensure_future(self._hold(reservation))
                    self._holding.add(holding)
                    holding.add_done_callback(self._holding.discard)

    def _free(self, task: Task) -> Worker | None:
        taken = {
            each.worker.sid
            for other in self.tasks
            for each in other.reservations
            if each.status in {"pending", "accepted", "wrapping"}
        }
        refused = {each.worker.sid for each in task.reservations if each.status == "rejected"}
        free = [each for each in self.workers if each.available and each.sid not in taken | refused]
        return min(free, key=lambda each: each.idle_order, default=None)

    async def _hold(self, reservation: Reservation) -> None:
        self._tell("reservation.created", reservation.task, reservation)
        await self._assign(reservation)
        try:
            async with asyncio.timeout(self._timeout_s):
                await reservation.answered.wait()
        except TimeoutError:
            self.settle(reservation, "timeout")

    async def _assign(self, reservation: Reservation) -> None:
        if self.unasked:
            self.unasked -= 1
            return
        if not self._assignment_url:
            return
        try:
            answer = await self.account.webhooks.request("POST", self._assignment_url, self._told(reservation))
            asked = json.loads(answer.body or b"{}")
        except WebhookFailed as failed:
            self.account.problem(40001, failed.detail)
            return
        except ValueError:
            self.account.problem(40001, "the assignment callback was answered with what is not JSON")
            return
        match asked.get("instruction"):
            case None:
                pass
            case "accept" | "reject" as instruction if reservation.open:
                self.settle(reservation, "accepted" if instruction == "accept" else "rejected")
            case other:
                self.account.problem(
                    0, f"the instruction {other!r} of an assignment callback is not played by this double"
                )

    def _became(self, worker: Worker, *, available: bool) -> None:
        self._order += 1
        worker.available, worker.since, worker.idle_order = available, datetime.now(UTC), self._order
        self._changed.set()

    # What is told

    def _told(self, reservation: Reservation) -> dict[str, str]:
        task, worker = reservation.task, reservation.worker
        return {
            "AccountSid": self.account.sid,
            "WorkspaceSid": self.workspace_sid,
            "WorkflowSid": self.workflow_sid,
            "TaskQueueSid": self.queue_sid,
            "ReservationSid": reservation.sid,
            "TaskSid": task.sid,
            "TaskAttributes": task.attributes,
            "TaskAge": str(int((datetime.now(UTC) - task.created).total_seconds())),
            "TaskPriority": str(task.priority),
            "TaskChannelUniqueName": task.channel,
            "WorkerSid": worker.sid,
            "WorkerName": worker.name,
            "WorkerAttributes": json.dumps(worker.attributes),
        }

    def _tell(self, event: str, task: Task, reservation: Reservation | None = None) -> None:
        if not self._event_url:
            return
        told = {
            "EventType": event,
            "AccountSid": self.account.sid,
            "WorkspaceSid": self.workspace_sid,
            "WorkflowSid": self.workflow_sid,
            "Sid": _sid("EV"),
            "TimestampMs": str(int(datetime.now(UTC).timestamp() * 1000)),
            "ResourceType": "task" if reservation is None else "reservation",
            "ResourceSid": task.sid if reservation is None else reservation.sid,
            "TaskSid": task.sid,
            "TaskAttributes": task.attributes,
            "TaskAssignmentStatus": task.status,
            "TaskPriority": str(task.priority),
            **({} if reservation is None else self._told(reservation)),
        }
        purpose: Purpose = "task"
        self._line.tell(Callback(purpose, event, "POST", self._event_url, told))

    async def _make(self, callback: Callback) -> None:
        try:
            await self.account.webhooks.request(callback.method, callback.url, callback.params)
        except WebhookFailed as failed:
            self.account.problem(failed.code, failed.detail)
