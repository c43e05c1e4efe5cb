"""Whole calls to workers of TaskRouter, over the carrier's double in virtual time."""

import asyncio
import json
from pathlib import Path

import pytest

from telephony.agent_words import ENGLISH
from telephony.double.call import DoubleCall
from telephony.double.entry import OVER
from telephony.double.people import Answers, Busy, Declines, NoAnswer
from telephony.double.script import HangUp, Wait
from telephony.double.taskrouter import Task, TaskRouter
from telephony.ports import Joining
from telephony.transfer_state import State
from telephony.twilio.taskrouter import TaskSeen, TwilioTasks, task_attributes
from tests.fakes.carrier import AGENT, CALLER, OTHER, OURS
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, hears, phone_agent, phone_office, words

pytestmark = pytest.mark.call


def router(office: PhoneOffice) -> TaskRouter:
    found = office.at.account.taskrouter
    assert found is not None
    return found


def tasks(office: PhoneOffice) -> list[Task]:
    return router(office).tasks


async def nobody_left(office: PhoneOffice, call: DoubleCall) -> None:
    """The caller hangs up; then no leg is left, and no task."""
    call.hang_up()
    await asyncio.sleep(30)
    assert [one.caller.to for one in office.at.account.calls.values() if one.status not in OVER] == []
    assert {task.status for task in tasks(office)} <= {"canceled", "completed"}
    assert len(await office.kept(call, "transfer.over")) == 1


@virtually
async def test_a_worker_whom_the_workflow_chooses_is_joined_with_the_caller_and_the_task_is_completed(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Bo": OTHER, "Ana": AGENT}) as office:
        office.at.double.person(OTHER, Busy())
        ana = office.at.double.person(AGENT, Answers(after_ms=500))
        call = await office.asks()
        transfer = await office.until(call, State.CONNECTED)
        assert [one.agent for one in transfer.offers] == ["to:support"]
        assert await hears(call, ana.calls[0], 500.0)
        assert await hears(ana.calls[0], call, 900.0)
        (task,) = tasks(office)
        told = json.loads(task.attributes)
        assert (told["transfer_id"], told["reason"]) == (transfer.id, "asked_for_person")
        assert told["packet_url"].endswith(f"/api/v1/transfers/{transfer.id}/packet")
        assert told["briefing"]
        assert {one.name for one in office.at.account.conferences} == {task.sid}
        ana.calls[0].hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        await asyncio.sleep(2)
        assert task.status == "completed"


@virtually
async def test_a_caller_who_leaves_while_workers_are_asked_cancels_the_task(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, NoAnswer())
        call = await office.asks()
        await office.until(call, State.OFFERED)
        await call.wait(60_000)  # longer than any telephone of ours rings
        assert call.listening
        call.hang_up()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        await asyncio.sleep(2)
        assert tasks(office)[0].status in ("canceled", "completed")


@pytest.mark.edge("agent leaves after accepting")
@virtually
async def test_a_worker_who_leaves_before_the_caller_came_is_followed_by_another_task(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT, "Bo": OTHER}, ms_per_character=60) as office:
        office.at.double.person(AGENT, Answers(steps=[Wait(400), HangUp()]))
        bo = office.at.double.person(OTHER, Answers())
        call = await office.asks()
        await bo.answered()
        await office.until(call, State.CONNECTED)
        assert await hears(call, bo.calls[0], 500.0)
        first, second = tasks(office)
        assert (first.status, second.status) == ("completed", "assigned")
        assert [one["what"] for one in await office.kept(call, "transfer.told")][:3] == ["found", "lost", "found"]
        await nobody_left(office, call)


@virtually
async def test_a_worker_who_rejects_is_followed_by_the_next_within_the_callers_patience(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT, "Bo": OTHER}) as office:
        office.at.double.person(AGENT, Declines())
        bo = office.at.double.person(OTHER, Answers())
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, bo.calls[0], 500.0)
        assert len(tasks(office)) == 1
        await nobody_left(office, call)


@virtually
async def test_a_task_that_the_workflow_gives_up_leaves_the_caller_with_the_assistant(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, NoAnswer())
        call = await office.asks("please call me back", "no thanks goodbye")
        await office.until(call, State.OFFERED)
        await call.wait(1_000)
        router(office).become(tasks(office)[0], "canceled")
        await office.until(call, State.OVER)
        over = await office.kept(call, "transfer.over")
        assert [(one["outcome"], one["why"]) for one in over] == [("exhausted", "no_agents")]
        assert call.listening
        await nobody_left(office, call)


@pytest.mark.edge("caller hangs up while the agent is briefed")
@virtually
async def test_a_worker_who_waits_for_a_caller_who_left_hears_so_and_is_let_go(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}, ms_per_character=200) as office:
        ana = office.at.double.person(AGENT, Answers())
        call = await office.asks()
        await office.until(call, State.ACCEPTED)
        call.hang_up()
        assert words(await ana.calls[0].finished())[-1] == ENGLISH.caller_left
        await nobody_left(office, call)


# What is lost


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_what_is_asked_about_a_reservation_and_lost_is_made_up_for(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        router(office).unasked = 1
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        assert ana.rung == 1
        await nobody_left(office, call)


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_a_worker_of_whose_coming_nobody_tells_is_found_in_the_conference(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        office.at.account.callbacks.plan("never", event="participant-join", count=1)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        await nobody_left(office, call)


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_a_worker_who_was_there_and_left_while_nobody_told_is_followed_by_another(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT, "Bo": OTHER}) as office:
        office.at.double.person(AGENT, Answers(steps=[Wait(100), HangUp()]))
        bo = office.at.double.person(OTHER, Answers())
        office.at.account.callbacks.plan("never", event="participant-join", count=1)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, bo.calls[0], 500.0)
        await nobody_left(office, call)


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_a_task_that_is_gone_without_a_word_is_noticed(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        office.at.double.person(AGENT, NoAnswer())
        call = await office.asks("please call me back", "no thanks goodbye")
        await office.until(call, State.OFFERED)
        await call.wait(1_000)
        office.at.account.callbacks.plan("never", event="task.canceled", count=1)
        router(office).become(tasks(office)[0], "canceled")
        await office.until(call, State.OVER)
        await nobody_left(office, call)


@pytest.mark.edge("request of the carrier fails or is slow")
@virtually
async def test_a_task_that_the_carrier_did_not_take_is_asked_for_again(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        office.at.api.plan(503, method="GET", path="/Tasks", count=4)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        assert len(tasks(office)) == 1
        await nobody_left(office, call)


# Supervisors


@virtually
async def test_a_supervisor_by_telephone_hears_whispers_and_joins_in_a_tasks_conference(tmp_path: Path):
    sam = phone_agent("sam", OTHER)
    async with phone_office(tmp_path, sam, workers={"Ana": AGENT}) as office:
        ana, supervisor = office.at.double.person(AGENT, Answers()), office.at.double.person(OTHER, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await office.conferences.coach(call.call_sid, "sam", "listen", lambda: None) == "listen"
        leg = await supervisor.answered()
        await leg.wait(2_500)
        assert await hears(call, leg, 500.0)
        assert not await hears(leg, call, 700.0)
        assert await office.conferences.coach(call.call_sid, "sam", "whisper", lambda: None) == "whisper"
        assert await hears(leg, ana.calls[0], 700.0)
        assert not await hears(leg, call, 700.0)
        assert await office.conferences.coach(call.call_sid, "sam", "barge", lambda: None) == "barge"
        assert await hears(leg, call, 700.0)
        await office.conferences.leave(call.call_sid, "sam")
        await leg.finished()
        assert await hears(call, ana.calls[0], 500.0)
        await nobody_left(office, call)


# Callbacks

CALLS_BACK = {"callback": True, "callback_spacing_s": 60, "callback_attempts": 2, "max_wait_s": 120}


async def wants_callback(office: PhoneOffice) -> DoubleCall:
    """A caller for whom the workflow finds nobody, and who would rather be called."""
    call = await office.asks("yes please", "yes please", "no thanks goodbye")
    await office.until(call, State.OFFERED)
    await call.wait(8_000)
    router(office).away(router(office).workers[0])
    router(office).become(tasks(office)[0], "canceled")
    await office.until(call, State.OVER)
    for _ in range(3):
        await call.until_quiet()
        await call.say(SPEECH)
    await office.ended(call)
    return call


@pytest.mark.edge("nobody is there")
@virtually
async def test_who_keeps_the_place_in_a_workflow_is_called_once_a_worker_is_there(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}, queue=CALLS_BACK) as office:
        ana, caller = office.at.double.person(AGENT, NoAnswer()), office.at.double.person(CALLER, Answers())
        call = await wants_callback(office)
        office.at.double.person(AGENT, Answers())
        router(office).away(router(office).workers[0], available=True)
        back = await caller.answered(timeout_s=200)
        transfer = await office.until(back, State.CONNECTED)
        assert transfer.id == f"{call.call_sid}-b1"
        assert await hears(back, ana.calls[-1], 500.0)
        assert await hears(ana.calls[-1], back, 900.0)
        _, second = tasks(office)
        assert second.waits_since is not None, "the place is not kept"
        assert json.loads(second.attributes)["callback"] == "true"
        assert await office.errands() == []
        back.hang_up()
        assert (await office.ended(back)).outcome == "transferred"
        await asyncio.sleep(30)
        assert {task.status for task in tasks(office)} == {"canceled", "completed"}


@pytest.mark.edge("caller who is called back does not answer")
@virtually
async def test_a_worker_whose_caller_is_not_reached_hears_so_and_it_is_tried_again_later(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}, queue=CALLS_BACK) as office:
        ana, caller = office.at.double.person(AGENT, NoAnswer()), office.at.double.person(CALLER, NoAnswer())
        call = await wants_callback(office)
        office.at.double.person(AGENT, Answers())
        router(office).away(router(office).workers[0], available=True)
        agent = await ana.answered(timeout_s=200)
        assert words(await agent.finished())[-1] == ENGLISH.not_reached
        again = await ana.answered(2, timeout_s=300)
        await again.finished()
        await asyncio.sleep(180)
        assert (caller.rung, len(tasks(office))) == (2, 3)
        (errand,) = await office.errands()
        assert (errand.call_id, errand.data["why"], errand.data["attempts"]) == (call.call_sid, "too_many_attempts", 2)
        assert [one.caller.to for one in office.at.account.calls.values() if one.status not in OVER] == []


# Killed processes


@pytest.mark.edge("process killed in every state of a transfer", "exactly one outcome")
@pytest.mark.parametrize(
    "state", [State.REQUESTED, State.QUEUED, State.OFFERED, State.ACCEPTED, State.BRIDGING, State.CONNECTED]
)
def test_whenever_the_process_is_killed_the_caller_reaches_the_worker_through_one_task(tmp_path: Path, state: State):
    @virtually
    async def script() -> None:
        async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
            ana = office.at.double.person(AGENT, Answers(after_ms=2_000))
            killing = asyncio.create_task(office.killed_at(state))
            call = await office.asks()
            await killing
            await asyncio.sleep(1.5)
            await office.begin()
            await office.until(call, State.CONNECTED)
            await call.wait(1_000)
            assert await hears(call, ana.calls[-1], 500.0)
            assert await hears(ana.calls[-1], call, 900.0)
            assert (len(tasks(office)), ana.rung) == (1, 1)
            await nobody_left(office, call)

    script()


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize("when", ["made", "rung", "there"])
def test_a_process_that_is_killed_while_workers_are_asked_is_followed_by_one_that_goes_on(tmp_path: Path, when: str):
    @virtually
    async def script() -> None:
        async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
            ana = office.at.double.person(AGENT, Answers(after_ms=9_000 if when == "rung" else 500))
            if when == "made":
                router(office).away(router(office).workers[0])
            call = await office.asks()
            await office.until(call, State.OFFERED)
            await asyncio.sleep(0.4 if when == "there" else 1.5)
            await office.die()
            await asyncio.sleep(2)
            await office.begin()
            router(office).away(router(office).workers[0], available=True)
            await office.until(call, State.CONNECTED)
            assert await hears(call, ana.calls[-1], 500.0)
            assert (len(tasks(office)), ana.rung) == (1, 1)
            await nobody_left(office, call)

    script()


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_a_task_that_a_killed_process_left_behind_rings_nobody(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        router(office).away(router(office).workers[0])
        call = await office.asks()
        await office.until(call, State.OFFERED)
        await asyncio.sleep(1)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        call.hang_up()
        await killing
        await office.begin()
        assert tasks(office)[0].status == "pending"
        router(office).away(router(office).workers[0], available=True)
        await asyncio.sleep(10)
        assert (tasks(office)[0].status, ana.rung) == ("canceled", 0)


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_the_work_of_a_worker_whose_process_was_killed_at_the_end_is_done(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        ana.calls[0].hang_up()
        await killing
        assert tasks(office)[0].status == "wrapping"
        await office.begin()
        await asyncio.sleep(10)
        assert tasks(office)[0].status == "completed"
        call.hang_up()
        await asyncio.sleep(5)


@pytest.mark.edge("request of the carrier fails or is slow")
@virtually
async def test_a_task_that_could_not_be_closed_is_closed_a_moment_later(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        office.at.api.plan(503, method="POST", path="/Tasks/", count=3)
        ana.calls[0].hang_up()
        await office.ended(call)
        await asyncio.sleep(15)
        assert tasks(office)[0].status == "completed"


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_a_worker_whom_the_next_process_cannot_join_hears_so_and_is_let_go(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers(), NoAnswer())
        killing = asyncio.create_task(office.killed_at(State.BRIDGING))
        call = await office.asks()
        await killing
        office.at.api.plan(500, method="POST", path=call.call_sid, count=3)
        await office.begin()
        assert words(await ana.calls[0].finished())[-1] == ENGLISH.not_connected
        await nobody_left(office, call)


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_a_worker_is_found_although_an_earlier_look_at_their_task_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole, broke = TwilioTasks.seen, list[str]()

    async def seen(self: TwilioTasks, task: str, deadline_ms: int) -> TaskSeen:
        if not broke:
            broke.append(task)
            raise TypeError("an answer of another shape")
        return await whole(self, task, deadline_ms)

    monkeypatch.setattr(TwilioTasks, "seen", seen)
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers(after_ms=8_000))
        office.at.account.callbacks.plan("never", event="participant-join", count=1)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert broke
        assert await hears(call, ana.calls[0], 500.0)
        await nobody_left(office, call)


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_the_workers_of_two_tasks_that_were_left_behind_hear_so_and_are_let_go(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers())
        bo = office.at.double.person(OTHER, Answers())
        call = await office.asks()
        transfer = await office.until(call, State.ACCEPTED)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        call.hang_up()
        await killing
        made = TwilioTasks(office.at.rest, router(office).workspace_sid, router(office).workflow_sid)
        another = await made.create(transfer.id, task_attributes(transfer.id, "", {}, offer=1), 2_000, offer=1)
        await office.phoning.control.join(another, "Bo", Joining(OTHER, OURS), 2_000)
        await asyncio.sleep(3)
        await office.begin()
        await asyncio.sleep(20)
        assert ana.calls[0].over
        assert bo.calls[0].over
        for one in (ana, bo):
            assert words(await one.calls[0].finished())[-1] == ENGLISH.not_connected


@pytest.mark.edge("agent accepts after the caller left", "news late, repeated or out of order")
@virtually
async def test_a_worker_who_answers_after_the_caller_left_is_let_go_also_where_nobody_tells(tmp_path: Path):
    async with phone_office(tmp_path, workers={"Ana": AGENT}) as office:
        ana = office.at.double.person(AGENT, Answers(after_ms=6_000))
        call = await office.asks()
        office.at.account.callbacks.plan("never", count=200)
        await office.until(call, State.OFFERED)
        await asyncio.sleep(3)
        call.hang_up()
        await nobody_left(office, call)
        assert ana.rung == 1
