"""Workers of TaskRouter, such as Flex's: the workflow chooses who is asked, and they come into the task's conference.

Whoever comes has accepted. The queue of such a line is TaskRouter's: ours does not order its callers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pipeline.drive import Clock
from pipeline.transfer_desk import Accepted, AgentAnswer, CallerLeft, Over, Taken, Unknown
from pipeline.transfers.running import Running
from pipeline.transfers.targets import is_target
from telephony.errors import CarrierError
from telephony.numbers import parse_number
from telephony.transfer_events import AgentUnanswered
from telephony.transfer_state import State
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.taskrouter import TwilioTasks, task_attributes

DEADLINE_MS: Final = 5_000
_PRIORITIES: Final[Mapping[str, int]] = {"urgent": 20, "high": 10}


class TaskOffice(Protocol):
    """What of pipeline.transfers.office is needed here."""

    def running(self, transfer_id: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""

    def workflow(self, agent_id: str) -> str:
        """The workflow that stands for a queue's agents; empty: none."""


@dataclass(slots=True)
class _Task:
    offer: int
    sid: str
    tasks: TwilioTasks
    worker_leg: str = ""
    """Empty: nobody has come yet."""


@dataclass(slots=True)
class ByTask:
    """One per process. As TaskDesk. Methods raise CarrierError."""

    office: TaskOffice
    clock: Clock
    addresses: TransferAddresses
    tasks: Callable[[str], TwilioTasks]
    """Of a workflow."""
    _tasks: dict[str, _Task] = field(default_factory=dict)

    async def ring(self, running: Running, offer: int, workflow: str, packet: Mapping[str, Any]) -> None:
        """Make the transfer's task. Raises ValueError on what no task can hold."""
        transfer, wanted, tasks = running.transfer, running.wanted, self.tasks(workflow)
        facts = {
            "call_sid": transfer.call_id, "queue": transfer.queue, "reason": wanted.reason,
            "priority": wanted.priority, "language": wanted.language, "from": wanted.caller_number,
            "briefing": str(packet.get("briefing", "")), "sentence": wanted.sentence,
        }  # fmt: skip
        url = f"{self.addresses.public_url}/api/v1/transfers/{transfer.id}/packet"
        left_s = max(10, (transfer.asked_ms + transfer.patience_ms - self.clock.now_ms()) // 1000)
        sid = await tasks.create(
            running.id, task_attributes(running.id, url, facts), DEADLINE_MS,
            priority=_PRIORITIES.get(wanted.priority, 0), timeout_s=left_s,
        )  # fmt: skip
        self._tasks[running.id] = _Task(offer, sid, tasks)

    def has(self, transfer: str, offer: int) -> bool:
        """Whether this offer is a task."""
        known = self._tasks.get(transfer)
        return known is not None and known.offer == offer

    def room(self, transfer: str, offer: int | None) -> str:
        """The conference of a task; empty: this offer is none."""
        return self._tasks[transfer].sid if offer is not None and self.has(transfer, offer) else ""

    def legs(self, transfer: str) -> Mapping[int, str]:
        """The worker's, by offer."""
        known = self._tasks.get(transfer)
        return {known.offer: known.worker_leg} if known is not None and known.worker_leg else {}

    def came(self, transfer: str, leg_sid: str) -> int | None:
        """Somebody who is no caller of ours is in the conference: the offer that they have accepted."""
        known = self._tasks.get(transfer)
        if known is None or known.worker_leg not in ("", leg_sid):
            return None
        known.worker_leg = leg_sid
        return known.offer

    async def close(self, transfer: str, why: str) -> None:
        """Nobody is to come through the task any more, or the work is done."""
        known = self._tasks.pop(transfer, None)
        if known is not None:
            await known.tasks.close(known.sid, why, DEADLINE_MS)

    def forget(self, transfer: str) -> None:
        """Nobody can come late any more."""
        self._tasks.pop(transfer, None)

    # TaskDesk

    async def reserved(self, transfer: str, task_sid: str, reservation_sid: str, worker: str) -> AgentAnswer:
        """A worker is reserved: they are called into the conference while the caller waits."""
        del worker
        running = self.office.running(transfer)
        if running is None:
            return Unknown()
        known = self._tasks.get(transfer) or self._adopted(running, task_sid)
        if running.transfer.outcome == "abandoned":
            return CallerLeft()
        if known is None or known.sid != task_sid or running.transfer.state is State.OVER:
            return Over()
        if known.offer not in running.transfer.ringing:
            return Taken()
        ours = parse_number(running.wanted.line_number)
        try:
            await known.tasks.bring(task_sid, reservation_sid, ours, self.addresses.room(transfer), DEADLINE_MS)
        except CarrierError:  # events tell what became of it; the workflow asks the next one
            return Over()
        return Accepted(task_sid)

    async def reservation_over(self, transfer: str, reservation_sid: str, how: str) -> bool:
        """The workflow asks the next worker by itself."""
        del reservation_sid, how
        return self.office.running(transfer) is not None

    async def task_over(self, transfer: str, task_sid: str, how: str) -> bool:
        """Nobody comes through the task any more."""
        del how
        running, known = self.office.running(transfer), self._tasks.get(transfer)
        if running is None or known is None or known.sid != task_sid:
            return False
        running.post(AgentUnanswered(self.clock.now_ms(), known.offer, "no_answer"))
        return True

    def _adopted(self, running: Running, task_sid: str) -> _Task | None:
        """A task that another process has made."""
        for offer in running.transfer.ringing:
            agent = running.transfer.offers[offer].agent
            workflow = self.office.workflow(agent) if is_target(agent) else ""
            if workflow:
                self._tasks[running.id] = _Task(offer, task_sid, self.tasks(workflow))
                return self._tasks[running.id]
        return None
