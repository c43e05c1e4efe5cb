"""A transfer to a worker of TaskRouter, on the double in virtual time: task, reservation, conference, caller."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from aiohttp import web
from fastapi import FastAPI

from pipeline.transfer_desk import Accepted, AgentAnswer, CallerLeft
from server.task_webhooks import task_router
from telephony.double.people import Answers, Busy
from telephony.double.taskrouter import TaskRouter
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.agent_twiml import Room, caller_joins
from telephony.twilio.control import TwilioControl
from telephony.twilio.signature import Signatures
from telephony.twilio.taskrouter import TwilioTasks, task_attributes
from tests.fakes.application import Application, serving, tone
from tests.fakes.carrier import AGENT, AUTH_TOKEN, OTHER, OURS, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call

ATTRIBUTES = task_attributes("trf_1", "https://voice.example.com/packets/trf_1", {"reason": "refund"})


@dataclass
class Desk:
    """Brings whoever is reserved, while the caller waits."""

    tasks: TwilioTasks | None = None
    room_url: str = ""
    waits: bool = True
    told: list[tuple[Any, ...]] = field(default_factory=list)

    async def reserved(self, transfer: str, task_sid: str, reservation_sid: str, worker: str) -> AgentAnswer:
        self.told.append(("reserved", transfer, worker))
        if not self.waits:
            return CallerLeft()
        assert self.tasks is not None
        await self.tasks.bring(task_sid, reservation_sid, OURS, self.room_url, 2_000)
        return Accepted(task_sid)

    async def reservation_over(self, transfer: str, reservation_sid: str, how: str) -> bool:
        self.told.append(("reservation", how))
        return True

    async def task_over(self, transfer: str, task_sid: str, how: str) -> bool:
        self.told.append(("task", how))
        return True


async def until(met: Any) -> None:
    async with asyncio.timeout(200):
        while not await met():  # noqa: ASYNC110 by REST alone
            await asyncio.sleep(0.1)


def played(script: Any) -> None:
    """Run it with a carrier, a workspace and our routes."""

    @virtually
    async def run() -> None:
        served, asgi, desk = Application(), FastAPI(), Desk()

        async def answer(request: web.Request) -> web.StreamResponse:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(asgi), base_url=served.url) as http:
                body = await request.read()
                got = await http.post(request.path_qs, content=body, headers=dict(request.headers))
            return web.Response(status=got.status_code, body=got.content, content_type="application/json")

        served.answer = answer  # type: ignore[method-assign]
        async with carrier() as at, serving(served):
            asgi.include_router(task_router(desk, Signatures(AUTH_TOKEN, served.url)))
            addresses = TransferAddresses(served.url)
            router = at.double.taskrouter(assignment_url=addresses.task, event_url=addresses.task_events)
            desk.tasks = TwilioTasks(at.rest, router.workspace_sid, router.workflow_sid)
            at.app.twiml |= {"/twilio/conf/trf_1": "", "/voice": '<Pause length="300"/>'}
            desk.room_url = TransferAddresses(at.app.url).room("trf_1")
            await script(at, router, desk)

    run()


def test_a_worker_is_reserved_comes_into_the_tasks_conference_and_then_the_caller_follows():
    async def script(at: Carrier, router: TaskRouter, desk: Desk) -> None:
        assert desk.tasks is not None
        router.worker("Bo", OTHER)
        router.worker("Ana", AGENT)
        at.double.person(OTHER, Busy())
        at.double.person(AGENT, Answers(after_ms=500))
        control, caller = TwilioControl(at.rest), await at.call()
        task = await desk.tasks.create("trf_1", ATTRIBUTES, 2_000)
        agent = await at.double.person(AGENT).answered()

        async def worker_is_in() -> bool:
            return len(await control.participants(task, 2_000)) == 1

        await until(worker_is_in)
        room = Room(task, "trf_1", TransferAddresses(at.app.url))
        await control.move(caller.call_sid, caller_joins(room, None), 2_000, room=task)
        await caller.wait(500)
        since = caller.now_ms
        await agent.say(tone(300))
        await caller.wait(400)
        assert caller.ear.heard.audible_ms(since, caller.now_ms) == pytest.approx(300, abs=60)
        assert [told for told in desk.told if told[0] == "reserved"] == [
            ("reserved", "trf_1", "Bo"), ("reserved", "trf_1", "Ana"),
        ]  # fmt: skip
        assert ("reservation", "rejected") in desk.told
        caller.hang_up()
        await agent.finished()
        await desk.tasks.close(task, "over", 2_000)
        assert router.tasks[0].status == "completed"

    played(script)


def test_a_caller_who_has_left_rings_nobody_and_their_task_is_cancelled():
    async def script(at: Carrier, router: TaskRouter, desk: Desk) -> None:
        assert desk.tasks is not None
        router.worker("Ana", AGENT)
        desk.waits = False
        task = await desk.tasks.create("trf_1", ATTRIBUTES, 2_000)

        async def rejected() -> bool:
            return ("reservation", "rejected") in desk.told

        await until(rejected)
        assert at.double.person(AGENT).rung == 0
        for _ in range(2):
            await desk.tasks.close(task, "the caller left", 2_000)
        assert router.tasks[0].status == "canceled"

    played(script)
