"""What TaskRouter asks: who is let in, and whose tasks are ours."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from pipeline.transfer_desk import Accepted, CallerLeft, Unknown
from recordings.errors import StoreUnavailable
from server.task_webhooks import task_router
from telephony.twilio.signature import SIGNATURE_HEADER, Signatures

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]

URL = "https://v.example.com"
SIGNATURES = Signatures("secret of the tests", URL)
OURS = {
    "TaskSid": "WT1", "ReservationSid": "WR1", "WorkerSid": "WK1", "WorkerName": "ana",
    "TaskAttributes": json.dumps({"transfer_id": "trf_1"}),
}  # fmt: skip


class Desk:
    def __init__(self) -> None:
        self.answer: Any = Unknown()
        self.told: list[tuple[Any, ...]] = []

    def note(self, *told: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        self.told.append(told)
        return self.answer

    async def reserved(self, *told):
        return self.note("reserved", *told)

    async def reservation_over(self, *told):
        return self.note("reservation_over", *told)

    async def task_over(self, *told):
        return self.note("task_over", *told)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def post(anyio_backend, desk):
    app = FastAPI()
    app.include_router(task_router(desk, SIGNATURES))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:

        async def send(path: str, *, forged: bool = False, **form: str) -> httpx.Response:
            signed = SIGNATURES.sign_webhook(path, OURS | form)
            header = {SIGNATURE_HEADER: signed[::-1] if forged else signed}
            return await http.post(path, data=OURS | form, headers=header)

        yield send


async def test_a_reserved_worker_is_kept_for_a_caller_who_waits_and_let_go_otherwise(desk, post):
    desk.answer = Accepted("WT1")
    answer = await post("/twilio/task")
    assert (answer.status_code, answer.json()) == (200, {})
    desk.answer = CallerLeft()
    assert (await post("/twilio/task")).json() == {"instruction": "reject"}
    assert desk.told == [("reserved", "trf_1", "WT1", "WR1", "ana")] * 2


async def test_other_peoples_tasks_are_neither_rejected_nor_told(desk, post):
    assert (await post("/twilio/task")).status_code == 404
    desk.told.clear()
    for attributes in ("", "[]", "{}", json.dumps({"transfer_id": 7}), json.dumps({"transfer_id": "../x"})):
        assert (await post("/twilio/task", TaskAttributes=attributes)).status_code == 404
        told = await post("/twilio/task/events", EventType="task.canceled", TaskAttributes=attributes)
        assert told.status_code in (204, 404)
    assert desk.told == []


async def test_what_becomes_of_tasks_and_reservations_is_told(desk, post):
    desk.answer = True
    events = ("reservation.created", "reservation.timeout", "task.canceled", "task.updated", "workflow.timeout", "")
    for event in events:
        assert (await post("/twilio/task/events", EventType=event)).status_code == 204
    assert desk.told == [
        ("reservation_over", "trf_1", "WR1", "timeout"),
        ("task_over", "trf_1", "WT1", "canceled"),
        ("task_over", "trf_1", "WT1", "timeout"),
    ]


async def test_forged_broken_and_untimely_requests(desk, post):
    desk.answer = Accepted("WT1")
    for path in ("/twilio/task", "/twilio/task/events"):
        assert (await post(path, forged=True, EventType="task.canceled")).status_code == 403
    assert (await post("/twilio/task", ReservationSid="../x")).status_code == 400
    desk.answer = StoreUnavailable("the disk is gone")
    assert (await post("/twilio/task")).status_code == 503
    assert desk.told == []
