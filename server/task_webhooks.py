"""What TaskRouter asks about tasks of ours. Every request is signed; a workspace has others' tasks, too."""

import json
import re
from collections.abc import Awaitable
from typing import Annotated, Final, TypeVar

import structlog
from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import JSONResponse

from pipeline.transfer_desk import Accepted, TaskDesk, Unknown
from recordings.errors import StoreUnavailable
from server.edge import Edge
from telephony.twilio.signature import Signatures
from telephony.twilio.taskrouter import TRANSFER_ATTRIBUTE

_T = TypeVar("_T")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_RESERVATION: Final = "reservation."
_TASK_OVER: Final = {
    "task.canceled": "canceled",
    "task.completed": "completed",
    "task.deleted": "deleted",
    "task.system-deleted": "deleted",
    "workflow.timeout": "timeout",
}


def task_router(desk: TaskDesk, signatures: Signatures) -> APIRouter:
    """Routes under /twilio: a workflow's assignment callback and a workspace's events."""
    router = APIRouter(prefix="/twilio")
    Form = Annotated[dict[str, str], Depends(Edge(signatures).form)]  # noqa: N806 a type

    @router.post("/task")
    async def assigned(form: Form) -> Response:
        """A worker is reserved. Answered without an instruction: the worker is then called by a request of ours."""
        transfer, worker = _transfer(form), form.get("WorkerName") or form.get("WorkerSid", "")
        answer = await _asked(desk.reserved(transfer, _sid(form, "TaskSid"), _sid(form, "ReservationSid"), worker))
        if isinstance(answer, Unknown):
            raise HTTPException(404, "No such transfer.")
        return JSONResponse({} if isinstance(answer, Accepted) else {"instruction": "reject"})

    @router.post("/task/events")
    async def events(form: Form) -> Response:
        """What became of a task or a reservation; of all tasks of the workspace."""
        event = form.get("EventType", "")
        if TRANSFER_ATTRIBUTE not in _attributes(form):
            return Response(status_code=204)
        if event.startswith(_RESERVATION) and event != "reservation.created":
            how = event.removeprefix(_RESERVATION)
            await _asked(desk.reservation_over(_transfer(form), _sid(form, "ReservationSid"), how))
        elif event in _TASK_OVER:
            await _asked(desk.task_over(_transfer(form), _sid(form, "TaskSid"), _TASK_OVER[event]))
        return Response(status_code=204)

    return router


def _attributes(form: dict[str, str]) -> dict[str, object]:
    try:
        attributes = json.loads(form.get("TaskAttributes", ""))
    except ValueError:
        return {}
    return attributes if isinstance(attributes, dict) else {}


def _transfer(form: dict[str, str]) -> str:
    """The transfer's id of a task of ours. 404 otherwise."""
    transfer = _attributes(form).get(TRANSFER_ATTRIBUTE)
    if not isinstance(transfer, str) or not _ID.fullmatch(transfer):
        raise HTTPException(404, "No task of ours.")
    return transfer


def _sid(form: dict[str, str], name: str) -> str:
    sid = form.get(name, "")
    if not _ID.fullmatch(sid):
        raise HTTPException(400, f"{name} is missing or malformed.")
    return sid


async def _asked(answer: Awaitable[_T]) -> _T:
    try:
        return await answer
    except StoreUnavailable as error:
        structlog.get_logger().error("transfer not kept", reason=str(error))
        raise HTTPException(503, "Not now; ask again.") from error
