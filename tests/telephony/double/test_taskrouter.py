"""TaskRouter: tasks that are offered, taken, passed on and cancelled, by the official client."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from twilio.base.exceptions import TwilioRestException

from telephony.double.people import Answers, Busy, NoAnswer
from telephony.double.taskrouter import TaskRouter
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, OTHER, OURS, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call


def workspace(at: Carrier, **options: Any) -> tuple[TaskRouter, Any]:
    router = at.double.taskrouter(**options)
    return router, at.client.taskrouter.v1.workspaces(router.workspace_sid)


async def task(router: TaskRouter, there: Any, **attributes: str) -> Any:
    return await there.tasks.create_async(
        workflow_sid=router.workflow_sid, attributes=json.dumps({"transfer_id": "t1", **attributes})
    )


async def reserved(there: Any, sid: str, count: int = 1) -> Any:
    """The task's count-th reservation."""
    async with asyncio.timeout(300):
        while len(listed := await there.tasks(sid).reservations.list_async()) < count:  # noqa: ASYNC110 by REST alone
            await asyncio.sleep(0.1)
    return listed[count - 1]


@virtually
async def test_a_reserved_worker_is_rung_into_the_tasks_conference_and_the_caller_follows():
    async with carrier() as at:
        router, there = workspace(at, event_url=at.app.url + "/events")
        at.app.twiml |= {"/events": "", "/conf": "", "/voice": '<Pause length="60"/>'}
        router.worker("Ana", AGENT)
        at.double.person(AGENT, Answers(after_ms=500))
        caller = await at.call()
        made = await task(router, there)
        offer = await reserved(there, made.sid)
        await there.tasks(made.sid).reservations(offer.sid).update_async(
            instruction="conference", from_=OURS, beep="false", jitter_buffer_size="off",
            conference_status_callback=at.app.url + "/conf", conference_status_callback_event=["join"],
        )  # fmt: skip
        agent = await at.double.person(AGENT).answered()
        await agent.wait(200)
        assert at.told("/conf", "FriendlyName") == [made.sid]
        room = (
            f'<Response><Dial><Conference beep="false" jitterBufferSize="off">{made.sid}</Conference></Dial></Response>'
        )
        await at.client.calls(caller.call_sid).update_async(twiml=room)
        await caller.wait(300)
        since = caller.now_ms
        await agent.say(tone(300))
        await caller.wait(100)
        assert caller.ear.heard.audible_ms(since, caller.now_ms) == pytest.approx(300, abs=40)
        fetched = await there.tasks(made.sid).fetch_async()
        assert fetched.assignment_status == "assigned"
        agent.hang_up()
        await agent.finished()
        await there.tasks(made.sid).update_async(assignment_status="completed", reason="done")
        await asyncio.sleep(1)
        events = at.told("/events", "EventType")
        assert events[:3] == ["task.created", "reservation.created", "reservation.accepted"]
        assert events[-2:] == ["reservation.completed", "task.completed"]


@pytest.mark.parametrize(("behaviour", "status"), [(Busy(), "rejected"), (NoAnswer(), "timeout")])
def test_a_worker_who_does_not_answer_passes_the_task_on(behaviour, status):
    @virtually
    async def script():
        async with carrier() as at:
            router, there = workspace(at)
            router.worker("Ana", AGENT)
            router.worker("Ben", OTHER)
            at.double.person(AGENT, behaviour)
            made = await task(router, there)
            first = await reserved(there, made.sid)
            await (
                there.tasks(made.sid)
                .reservations(first.sid)
                .update_async(instruction="conference", from_=OURS, timeout=10)
            )
            second = await reserved(there, made.sid, 2)
            again = await there.tasks(made.sid).reservations(first.sid).fetch_async()
            assert (again.reservation_status, second.worker_name) == (status, "Ben")

    script()


@virtually
async def test_the_assignment_callback_decides_and_silence_times_out():
    async with carrier() as at:
        answers = iter([{"instruction": "reject"}, {"instruction": "accept"}])
        at.app.twiml["/assign"] = lambda form: web.json_response(next(answers))
        router, there = workspace(at, assignment_url=at.app.url + "/assign", reservation_timeout_s=30)
        router.worker("Ana", AGENT)
        router.worker("Ben", OTHER)
        made = await task(router, there, reason="refund")
        second = await reserved(there, made.sid, 2)
        assert (second.worker_name, at.told("/assign", "WorkerName")) == ("Ben", ["Ana", "Ben"])
        assert json.loads(at.told("/assign", "TaskAttributes")[0])["reason"] == "refund"
        at.app.twiml["/assign"] = lambda form: web.json_response({})
        other = await task(router, there)
        first = await reserved(there, other.sid)
        await asyncio.sleep(31)
        assert (await there.tasks(other.sid).reservations(first.sid).fetch_async()).reservation_status == "timeout"
        assert [each.available for each in await there.workers.list_async()] == [False, True]


@virtually
async def test_a_cancelled_task_takes_its_reservation_back():
    async with carrier() as at:
        router, there = workspace(at)
        router.worker("Ana", AGENT)
        made = await task(router, there)
        offer = await reserved(there, made.sid)
        await there.tasks(made.sid).update_async(assignment_status="canceled", reason="caller left")
        assert (await there.tasks(made.sid).reservations(offer.sid).fetch_async()).reservation_status == "canceled"
        with pytest.raises(TwilioRestException) as refused:
            await there.tasks(made.sid).reservations(offer.sid).update_async(reservation_status="accepted")
        assert refused.value.status == 400
        with pytest.raises(TwilioRestException):
            await there.tasks(made.sid).update_async(assignment_status="completed")


@virtually
async def test_tasks_are_found_by_attribute_and_kept_to_their_limits():
    async with carrier() as at:
        router, there = workspace(at)
        made = await task(router, there)
        await there.tasks.create_async(workflow_sid=router.workflow_sid, attributes='{"transfer_id": "t2"}')
        found = await there.tasks.list_async(evaluate_task_attributes="transfer_id == 't1'")
        assert [each.sid for each in found] == [made.sid]
        for attributes in ("x" * 5_000, "[]", "no"):
            with pytest.raises(TwilioRestException):
                await there.tasks.create_async(workflow_sid=router.workflow_sid, attributes=attributes)
        await there.tasks(made.sid).delete_async()
        with pytest.raises(TwilioRestException):
            await there.tasks(made.sid).fetch_async()
        ana = router.worker("Ana", AGENT)
        changed = await there.workers(ana.sid).update_async(activity_sid=router.activity_sids[False])
        assert changed.available is False


@virtually
async def test_a_reservation_redirects_the_caller_and_is_accepted_with_it():
    async with carrier() as at:
        router, there = workspace(at)
        router.worker("Ana", AGENT)
        at.app.twiml |= {"/voice": '<Pause length="60"/>', "/elsewhere": "<Say>elsewhere</Say>"}
        caller = await at.call()
        made = await task(router, there)
        offer = await reserved(there, made.sid)
        answer = there.tasks(made.sid).reservations(offer.sid)
        with pytest.raises(TwilioRestException):
            await answer.update_async(
                instruction="redirect", redirect_call_sid="CA" + "0" * 32, redirect_url=at.app.url
            )
        url = at.app.url + "/elsewhere"
        told = await answer.update_async(
            instruction="redirect", redirect_call_sid=caller.call_sid, redirect_url=url, redirect_accept=True
        )
        assert told.reservation_status == "accepted"
        assert (await caller.finished()).said == ("elsewhere",)
