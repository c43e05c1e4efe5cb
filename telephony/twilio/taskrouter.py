"""Transfers to workers of TaskRouter, such as Flex: a task, a reservation, and the worker into a conference.

The caller stays with the assistant: a worker who is reserved is brought into the conference that bears the task's sid,
and only when they are in it does the caller follow. What the worker is to know stands in the task's attributes, as far
as 4 KB go, and whole behind an address.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from telephony.errors import CarrierFailed, CarrierRefused, LegGone
from telephony.twilio.agent_twiml import JitterBuffer
from telephony.twilio.asking import CARRIER, attempts, once, unless_gone, within
from telephony.twilio.rest import TwilioRest

MAX_ATTRIBUTES_BYTES: Final = 4_096
TRANSFER_ATTRIBUTE: Final = "transfer_id"
_OFFER_ATTRIBUTE: Final = "offer_id"
"""By which a task is found again: a transfer has one for each worker who was lost before the caller came."""
MOST_LEFT: Final = 200
"""TaskRouter forgets tasks a few minutes after they are over: what is listed is what is waited for."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ROOM_EVENTS: Final = ("start", "end", "join", "leave", "mute", "hold")


@dataclass(frozen=True, slots=True)
class TaskSeen:
    """How a task is."""

    status: str
    """assignment_status, as TaskRouter says it."""
    pending: tuple[str, ...] = ()
    """The reservations that nobody has answered."""

    @property
    def is_over(self) -> bool:
        """Whether nobody comes through it any more."""
        return self.status in ("canceled", "completed", "wrapping")


def task_attributes(transfer: str, packet_url: str, facts: Mapping[str, str], *, offer: int = 0) -> str:
    """Write a task's attributes: the transfer, where its packet is, and facts in order while they fit into 4 KB.

    Raises ValueError on an id that is none, and if not even the packet's address fits.
    """
    if not _ID.fullmatch(transfer):
        raise ValueError("a transfer's id has letters, digits, _ and -")
    told: dict[str, str] = {
        TRANSFER_ATTRIBUTE: transfer, _OFFER_ATTRIBUTE: _offer(transfer, offer), "packet_url": packet_url,
    }  # fmt: skip
    if len(_json(told)) > MAX_ATTRIBUTES_BYTES:
        raise ValueError(f"the packet's address alone has more than {MAX_ATTRIBUTES_BYTES} bytes")
    for name, value in facts.items():
        if name not in told and len(_json(told | {name: value})) <= MAX_ATTRIBUTES_BYTES:
            told[name] = value
    return _json(told).decode()


class TwilioTasks:
    """The tasks of one workflow. Methods raise the errors of telephony.errors, as CallControl's do."""

    def __init__(self, rest: TwilioRest, workspace_sid: str, workflow_sid: str) -> None:
        """Raises ValueError without them."""
        if not workspace_sid or not workflow_sid:
            raise ValueError("the sid of a TaskRouter workspace or workflow is empty")
        self._rest, self._workspace_sid, self._workflow_sid = rest, workspace_sid, workflow_sid

    async def create(
        self,
        transfer: str,
        attributes: str,
        deadline_ms: int,
        *,
        offer: int = 0,
        priority: int = 0,
        timeout_s: int = 600,
        since: datetime | None = None,
    ) -> str:
        """Make the task of an offer, once: what is there already is given. Its sid is the conference's name.

        since: aware; since when they count as waiting. None: from now on.
        """
        more: dict[str, Any] = {} if since is None else {"virtual_start_time": since}
        async with within(deadline_ms):

            async def made() -> str:
                task = await self._workspace.tasks.create_async(
                    workflow_sid=self._workflow_sid,
                    attributes=attributes,
                    priority=priority,
                    timeout=timeout_s,
                    task_channel="voice",
                    **more,
                )
                if not isinstance(task.sid, str):
                    raise ValueError("a task without a sid")  # noqa: TRY004 the carrier's answer, not an argument
                return task.sid

            return await once(made, lambda: self._listed(transfer, offer), look_first=True)

    async def find(self, transfer: str, offer: int, deadline_ms: int) -> str | None:
        """The task of an offer; None: there is none."""
        async with within(deadline_ms):
            return await attempts(lambda: self._listed(transfer, offer))

    async def left(self, deadline_ms: int) -> Mapping[str, str]:
        """The transfers of tasks that are not over, by the tasks' sids: of all workflows, so many as MOST_LEFT."""

        async def asked() -> Mapping[str, str]:
            listed = await self._workspace.tasks.list_async(limit=MOST_LEFT, page_size=MOST_LEFT)
            return {
                str(one.sid): transfer
                for one in listed
                if one.assignment_status not in ("canceled", "completed") and (transfer := _transfer_of(one.attributes))
            }

        async with within(deadline_ms):
            return await attempts(asked)

    async def seen(self, task: str, deadline_ms: int) -> TaskSeen:
        """How a task is. Raises LegGone: there is none."""

        async def asked() -> TaskSeen:
            found = await self._workspace.tasks(task).fetch_async()
            if found.assignment_status != "reserved":
                return TaskSeen(str(found.assignment_status))
            listed = await self._workspace.tasks(task).reservations.list_async(reservation_status="pending", limit=20)
            return TaskSeen("reserved", tuple(str(one.sid) for one in listed))

        async with within(deadline_ms):
            return await attempts(asked)

    async def bring(
        self,
        task: str,
        reservation: str,
        from_: str,
        room_url: str,
        deadline_ms: int,
        *,
        jitter: JitterBuffer = "small",
        ring_s: int = 20,
    ) -> None:
        """Call the reserved worker into the task's conference; room_url is told when they are in it.

        While a worker is rung nothing tells whether an instruction whose answer was lost was carried out: it is not
        repeated, and CarrierFailed is raised; events tell the rest. Raises LegGone when the reservation is over.
        """
        told = {
            "conference_status_callback": room_url,
            "conference_status_callback_method": "POST",
            "conference_status_callback_event": list(_ROOM_EVENTS),
        }

        async def instruct() -> bool:
            await self._reservation(task, reservation).update_async(
                instruction="conference",
                from_=from_,
                timeout=ring_s,
                beep="false",
                start_conference_on_enter=True,
                end_conference_on_exit=True,
                end_conference_on_customer_exit=True,
                jitter_buffer_size=jitter,
                **told,
            )
            return True

        async def instructed() -> bool:
            found = await self._reservation(task, reservation).fetch_async()
            if found.reservation_status == "pending":
                raise CarrierFailed(CARRIER, "the worker may be rung already, and is not rung twice")
            if found.reservation_status != "accepted":
                raise LegGone(CARRIER, f"the reservation is {found.reservation_status}")
            return True

        async with within(deadline_ms):
            await once(instruct, instructed)

    async def reject(self, task: str, reservation: str, deadline_ms: int) -> None:
        """Let the worker go; the workflow chooses somebody else. A reservation that is over stays so."""
        reserved = self._reservation(task, reservation)
        async with within(deadline_ms):
            await unless_gone(attempts(lambda: reserved.update_async(reservation_status="rejected")))

    async def close(self, task: str, why: str, deadline_ms: int) -> None:
        """Cancel a task that nobody has, or complete one that somebody had: nobody is rung for it any more."""

        async def closed() -> None:
            found = await self._workspace.tasks(task).fetch_async()
            if found.assignment_status in ("canceled", "completed"):
                return
            how = "canceled" if found.assignment_status in ("pending", "reserved") else "completed"
            await self._workspace.tasks(task).update_async(assignment_status=how, reason=why)

        async with within(deadline_ms):
            try:
                await unless_gone(attempts(closed))
            except CarrierRefused:  # somebody accepted, or it was over, between the two requests
                await unless_gone(attempts(closed))

    async def _listed(self, transfer: str, offer: int) -> str | None:
        wanted = f"{_OFFER_ATTRIBUTE} == '{_offer(transfer, offer)}'"
        listed = await self._workspace.tasks.list_async(evaluate_task_attributes=wanted, limit=1)
        return str(listed[0].sid) if listed else None

    @property
    def _workspace(self) -> Any:
        return self._rest.client.taskrouter.v1.workspaces(self._workspace_sid)

    def _reservation(self, task: str, reservation: str) -> Any:
        return self._workspace.tasks(task).reservations(reservation)


def _transfer_of(attributes: str) -> str:
    """Of a task; empty: it is none of ours."""
    try:
        told = json.loads(attributes)
    except ValueError:
        return ""
    transfer = told.get(TRANSFER_ATTRIBUTE) if isinstance(told, dict) else None
    return transfer if isinstance(transfer, str) and _OFFER_ATTRIBUTE in told else ""


def _offer(transfer: str, offer: int) -> str:
    return f"{transfer}:{offer}"


def _json(told: Mapping[str, str]) -> bytes:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
