"""TaskRouter's REST resources: tasks, their reservations, workers."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from telephony.double.dial_twiml import BEEPS, CONFERENCE_EVENTS, JITTER_BUFFERS, Attendance
from telephony.double.rest_requests import Answered, Asked, Endpoint, Json, RestError, iso, missing
from telephony.double.taskrouter import MAX_ATTRIBUTES, Reservation, Task, TaskRouter, TaskStatus, Worker

if TYPE_CHECKING:
    from telephony.double.account import Account

PATH: Final = "/v1/Workspaces/{workspace}"
_TASK: Final = PATH + "/Tasks/{task}"
_HOST: Final = "https://taskrouter.twilio.com"
_INSTRUCTIONS: Final = frozenset({"", "accept", "reject", "conference", "redirect"})
_EQUALS: Final = re.compile(r"""\s*(\w+)\s*==\s*(['"])(.*)\2\s*""")


async def create(account: "Account", asked: Asked) -> Answered:
    """Make a task."""
    router = _router(account, asked)
    if asked.text("WorkflowSid", router.workflow_sid) != router.workflow_sid:
        raise RestError(400, 20001, "Invalid WorkflowSid")
    task = Task(
        _attributes(asked, "{}"),
        asked.number("Priority", 0, 0, 2**31 - 1),
        asked.number("Timeout", 86_400, 1, 1_209_600),
        asked.text("TaskChannel", "default"),
        _waits_since(asked),
    )
    router.add(task)
    return 201, _task(router, task)


async def index(account: "Account", asked: Asked) -> Answered:
    """Tasks, the oldest first; EvaluateTaskAttributes is read when it is `name == 'value'`."""
    router = _router(account, asked)
    wanted = asked.query.get("EvaluateTaskAttributes")
    if wanted is None:
        return 200, _page(asked, "tasks", [_task(router, task) for task in router.tasks])
    met = _EQUALS.fullmatch(wanted)
    if met is None:
        account.problem(0, f"EvaluateTaskAttributes {wanted!r} is not played by this double; only name == 'value' is")
        raise RestError(400, 20001, "EvaluateTaskAttributes is not valid")
    name, value = met[1], met[3]
    return 200, _page(asked, "tasks", [_task(router, each) for each in router.tasks if each.told.get(name) == value])


async def fetch(account: "Account", asked: Asked) -> Answered:
    """One task."""
    router = _router(account, asked)
    return 200, _task(router, _found(router, asked))


async def update(account: "Account", asked: Asked) -> Answered:
    """Change a task's attributes, priority or status."""
    router = _router(account, asked)
    task = _found(router, asked)
    status = asked.text("AssignmentStatus")
    if status and not router.may_become(task, status):
        raise RestError(400, 20001, f"Cannot change AssignmentStatus from {task.status} to {status}")
    task.attributes = _attributes(asked, task.attributes)
    task.priority = asked.number("Priority", task.priority, 0, 2**31 - 1)
    if status:
        router.become(task, cast("TaskStatus", status), asked.text("Reason"))
    return 200, _task(router, task)


async def remove(account: "Account", asked: Asked) -> Answered:
    """Delete a task; whoever it is offered to hears no more of it."""
    router = _router(account, asked)
    task = _found(router, asked)
    router.become(task, "canceled")
    router.tasks.remove(task)
    return 204, None


async def reservations(account: "Account", asked: Asked) -> Answered:
    """A task's reservations."""
    router = _router(account, asked)
    listed = _found(router, asked).reservations
    status = asked.query.get("ReservationStatus")
    shown = [_reservation(router, each) for each in listed if status in {None, each.status}]
    return 200, _page(asked, "reservations", shown)


async def reservation(account: "Account", asked: Asked) -> Answered:
    """One of them."""
    router = _router(account, asked)
    return 200, _reservation(router, _reserved(router, asked))


async def answer(account: "Account", asked: Asked) -> Answered:
    """Accept, reject, or bring the worker into the task's conference."""
    router = _router(account, asked)
    reserved = _reserved(router, asked)
    status, instruction = asked.text("ReservationStatus"), asked.text("Instruction").lower()
    if status not in {"", "accepted", "rejected"} or instruction not in _INSTRUCTIONS:
        account.problem(0, f"a reservation's {status or instruction!r} is not played by this double")
        raise RestError(400, 20001, f"Invalid ReservationStatus or Instruction: {status or instruction!r}")
    if not reserved.open:
        raise RestError(400, 20001, f"Reservation is {reserved.status}, not pending")
    if instruction == "conference":
        _conference(router, reserved, asked)
    elif instruction == "redirect":
        _redirect(router, reserved, asked)
    elif status or instruction:
        router.settle(reserved, "accepted" if (status or instruction).startswith("accept") else "rejected")
    return 200, _reservation(router, reserved)


async def workers(account: "Account", asked: Asked) -> Answered:
    """All workers, or those who are available."""
    router = _router(account, asked)
    available = asked.query.get("Available")
    wanted = {None: (True, False), "true": (True,), "1": (True,)}.get(available, (False,))
    shown = [each for each in router.workers if each.available in wanted]
    return 200, _page(asked, "workers", [_worker(router, each) for each in shown])


async def worker(account: "Account", asked: Asked) -> Answered:
    """One worker."""
    router = _router(account, asked)
    return 200, _worker(router, _known(router, asked))


async def change_worker(account: "Account", asked: Asked) -> Answered:
    """Change a worker's activity."""
    router = _router(account, asked)
    known = _known(router, asked)
    activities = {sid: available for available, sid in router.activity_sids.items()}
    if asked.text("ActivitySid") not in activities:
        raise RestError(400, 20001, "Invalid ActivitySid")
    router.away(known, available=activities[asked.text("ActivitySid")])
    return 200, _worker(router, known)


def _redirect(router: TaskRouter, reserved: Reservation, asked: Asked) -> None:
    entry = router.account.calls.get(asked.text("RedirectCallSid"))
    if entry is None or entry.call is None or entry.over or not asked.text("RedirectUrl"):
        raise RestError(400, 20001, "RedirectCallSid is no live call, or RedirectUrl is missing")
    entry.call.update(url=asked.url("RedirectUrl"))
    if asked.flag("RedirectAccept", default=False):
        router.settle(reserved, "accepted")


def _conference(router: TaskRouter, reserved: Reservation, asked: Asked) -> None:
    events = asked.all("ConferenceStatusCallbackEvent", ())
    if odd := events - set(CONFERENCE_EVENTS):
        raise RestError(400, 20001, f"Invalid ConferenceStatusCallbackEvent: {', '.join(sorted(odd))}")
    if not asked.text("From"):
        raise RestError(400, 20001, "From is required")
    attendance = Attendance(
        name=reserved.task.sid,
        label=reserved.worker.sid,
        muted=asked.flag("Muted", default=False),
        beep=asked.one_of("Beep", BEEPS),
        start_on_enter=asked.flag("StartConferenceOnEnter", default=True),
        end_on_exit=asked.flag("EndConferenceOnExit", default=False),
        wait_url=asked.url("WaitUrl") if asked.has("WaitUrl") else None,
        wait_method=asked.method("WaitMethod"),
        jitter_buffer=asked.one_of("JitterBufferSize", tuple(reversed(JITTER_BUFFERS))),
        max_participants=asked.number("MaxParticipants", 250, 2, 250),
        status_callback=asked.url("ConferenceStatusCallback", 21609),
        status_callback_method=asked.method("ConferenceStatusCallbackMethod"),
        status_callback_events=events,
    )
    timeout_s = asked.number("Timeout", 60, 5, 600)
    router.conference(reserved, attendance, asked.text("From"), asked.text("To"), timeout_s)


def _attributes(asked: Asked, before: str) -> str:
    given = asked.text("Attributes", before)
    if len(given.encode()) > MAX_ATTRIBUTES:
        raise RestError(400, 20001, f"Attributes of {len(given.encode())} bytes; at most {MAX_ATTRIBUTES}")
    try:
        read = json.loads(given)
    except ValueError:
        raise RestError(400, 20001, "Attributes are not valid JSON") from None
    if not isinstance(read, dict):
        raise RestError(400, 20001, "Attributes are not an object")
    return given


def _waits_since(asked: Asked) -> datetime | None:
    given = asked.text("VirtualStartTime")
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except ValueError:
        raise RestError(400, 20001, f"Invalid value for VirtualStartTime: {given!r}") from None


def _router(account: "Account", asked: Asked) -> TaskRouter:
    router = account.taskrouter
    if router is None or asked.parts["workspace"] != router.workspace_sid:
        raise missing(asked.path)
    return router


def _found(router: TaskRouter, asked: Asked) -> Task:
    task = next((each for each in router.tasks if each.sid == asked.parts["task"]), None)
    if task is None:
        raise missing(asked.path)
    return task


def _reserved(router: TaskRouter, asked: Asked) -> Reservation:
    listed = _found(router, asked).reservations
    found = next((each for each in listed if each.sid == asked.parts["reservation"]), None)
    if found is None:
        raise missing(asked.path)
    return found


def _known(router: TaskRouter, asked: Asked) -> Worker:
    found = next((each for each in router.workers if each.sid == asked.parts["worker"]), None)
    if found is None:
        raise missing(asked.path)
    return found


def _page(asked: Asked, key: str, items: Sequence[Json]) -> Json:
    url = _HOST + asked.path
    size = int(asked.query.get("PageSize", "50"))
    told: dict[str, Any] = {"page": 0, "page_size": size, "key": key, "url": url, "first_page_url": url}
    return {key: list(items[:size]), "meta": {**told, "previous_page_url": None, "next_page_url": None}}


def _url(router: TaskRouter, *parts: str) -> str:
    return "/".join([_HOST, "v1", "Workspaces", router.workspace_sid, *parts])


def _task(router: TaskRouter, task: Task) -> Json:
    return {
        "sid": task.sid,
        "account_sid": router.account.sid,
        "workspace_sid": router.workspace_sid,
        "workflow_sid": router.workflow_sid,
        "workflow_friendly_name": "workflow",
        "task_queue_sid": router.queue_sid,
        "task_queue_friendly_name": "queue",
        "task_channel_sid": router.channel_sid,
        "task_channel_unique_name": task.channel,
        "assignment_status": task.status,
        "attributes": task.attributes,
        "addons": "{}",
        "age": 0,
        "priority": task.priority,
        "reason": task.reason or None,
        "timeout": task.timeout_s,
        "date_created": iso(task.created),
        "date_updated": iso(task.updated),
        "task_queue_entered_date": iso(task.created),
        "virtual_start_time": iso(task.waits_since or task.created),
        "ignore_capacity": False,
        "routing_target": None,
        "url": _url(router, "Tasks", task.sid),
        "links": {"workspace": _url(router), "reservations": _url(router, "Tasks", task.sid, "Reservations")},
    }


def _reservation(router: TaskRouter, each: Reservation) -> Json:
    return {
        "sid": each.sid,
        "account_sid": router.account.sid,
        "workspace_sid": router.workspace_sid,
        "task_sid": each.task.sid,
        "worker_sid": each.worker.sid,
        "worker_name": each.worker.name,
        "reservation_status": each.status,
        "date_created": iso(each.created),
        "date_updated": iso(each.task.updated),
        "url": _url(router, "Tasks", each.task.sid, "Reservations", each.sid),
        "links": {"task": _url(router, "Tasks", each.task.sid), "worker": _url(router, "Workers", each.worker.sid)},
    }


def _worker(router: TaskRouter, each: Worker) -> Json:
    return {
        "sid": each.sid,
        "account_sid": router.account.sid,
        "workspace_sid": router.workspace_sid,
        "friendly_name": each.name,
        "attributes": json.dumps(each.attributes),
        "available": each.available,
        "activity_sid": router.activity_sids[each.available],
        "activity_name": "Available" if each.available else "Unavailable",
        "date_created": iso(each.since),
        "date_updated": iso(each.since),
        "date_status_changed": iso(each.since),
        "url": _url(router, "Workers", each.sid),
        "links": {"workspace": _url(router)},
    }


ENDPOINTS: Final = (
    Endpoint(
        "POST",
        PATH + "/Tasks",
        create,
        frozenset({"Attributes", "WorkflowSid", "Priority", "Timeout", "TaskChannel", "VirtualStartTime"}),
    ),
    Endpoint("GET", PATH + "/Tasks", index),
    Endpoint("GET", _TASK, fetch),
    Endpoint("POST", _TASK, update, frozenset({"Attributes", "Priority", "AssignmentStatus", "Reason"})),
    Endpoint("DELETE", _TASK, remove),
    Endpoint("GET", _TASK + "/Reservations", reservations),
    Endpoint("GET", _TASK + "/Reservations/{reservation}", reservation),
    Endpoint(
        "POST",
        _TASK + "/Reservations/{reservation}",
        answer,
        frozenset({
            "ReservationStatus", "RedirectCallSid", "RedirectUrl", "RedirectAccept", "Instruction", "From", "To",
            "Timeout", "Muted", "Beep", "StartConferenceOnEnter", "EndConferenceOnExit",
            "WaitUrl", "WaitMethod", "MaxParticipants", "JitterBufferSize",
            "ConferenceStatusCallback", "ConferenceStatusCallbackMethod", "ConferenceStatusCallbackEvent",
        }),
        frozenset({"EarlyMedia", "Region", "WorkerActivitySid", "PostWorkActivitySid", "EndConferenceOnCustomerExit"}),
    ),
    Endpoint("GET", PATH + "/Workers", workers),
    Endpoint("GET", PATH + "/Workers/{worker}", worker),
    Endpoint("POST", PATH + "/Workers/{worker}", change_worker, frozenset({"ActivitySid"})),
)  # fmt: skip
