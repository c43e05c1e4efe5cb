"""Whole calls to workers of TaskRouter, over the carrier's double in virtual time."""

import asyncio
import json
from pathlib import Path

import pytest

from telephony.double.people import Answers, Busy, NoAnswer
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import virtually
from tests.fakes.phone_office import hears, phone_office

pytestmark = pytest.mark.call


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
        router = office.at.account.taskrouter
        assert router is not None
        (task,) = router.tasks
        told = json.loads(task.attributes)
        assert (told["transfer_id"], told["reason"]) == (transfer.id, "asked_for_person")
        assert told["packet_url"].endswith(f"/api/v1/transfers/{transfer.id}/packet")
        assert told["briefing"]
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
        router = office.at.account.taskrouter
        assert router is not None
        assert router.tasks[0].status in ("canceled", "completed")
