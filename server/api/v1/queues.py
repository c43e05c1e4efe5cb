"""Queues of people over HTTP: who waits, who is there, and how well they answer."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from server.api.replies import private_json
from server.api.v1.door import require
from server.api.v1.problems import Problem
from server.api.v1.staff import Staff, instant
from telephony.queue_entries import Waiting
from telephony.queue_figures import Figures
from telephony.queue_settings import QueueSettings


def queues_router(staff: Staff) -> APIRouter:
    """`/queues`."""
    router = APIRouter(prefix="/queues", tags=["queues"], dependencies=[require("queues:read")])

    @router.get("", operation_id="listQueues")
    async def list_queues() -> Response:
        """All queues of the lines that take calls. There are few: they come on one page."""
        found = staff.transfers.queues()
        return private_json({"items": [to_json(staff, found[name]) for name in sorted(found)], "next_cursor": None})

    @router.get("/{queue}", operation_id="getQueue")
    async def get_queue(queue: Annotated[str, Path(max_length=40)]) -> Response:
        """One of them."""
        settings = staff.transfers.queues().get(queue)
        if settings is None:
            raise Problem(404, "There is no such queue.")
        return private_json(to_json(staff, settings))

    return router


def to_json(staff: Staff, settings: QueueSettings) -> dict[str, Any]:
    """A queue as it is now. `figures` count from the start of the server."""
    counted, name = staff.transfers.counted, settings.name
    found = counted.figures(name, staff.transfers.now_ms(), settings.sla_s * 1000)
    people = [state for state in counted.agents() if name in state.agent.queues]
    return {
        "id": name,
        "state": counted.state(name),
        "waiting": [_waiting(staff, one) for one in counted.waiting(name)],
        "agents": [{"id": state.agent.id, "presence": state.presence} for state in people],
        "max_wait_s": settings.max_wait_s,
        "sla_s": settings.sla_s or None,
        "dispositions": staff.transfers.dispositions("", name).told(),
        "figures": _figures(found),
    }


def _waiting(staff: Staff, one: Waiting) -> Mapping[str, Any]:
    running = staff.transfers.running(one.transfer_id)  # the queue counts up to what happened last in it
    waited_ms = one.waited_ms if running is None else staff.transfers.now_ms() - running.transfer.asked_ms
    return {
        "transfer": one.transfer_id,
        "position": one.position,
        "kind": one.kind,
        "waited_ms": waited_ms,
        "expected_ms": one.expected_ms,
        "due_at": instant(one.due_ms),
        "rung": list(one.rung),
    }


def _figures(found: Figures) -> Mapping[str, Any]:
    names = ("waiting", "longest_waiting_ms", "answered", "within_sla", "abandoned", "brief", "given_up")
    more = {"median_answer_ms": found.median_answer_ms, "service_level": found.service_level}
    return {**{name: getattr(found, name) for name in names}, **more}
