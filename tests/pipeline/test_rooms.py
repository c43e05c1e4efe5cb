"""Callers who are in a conference of their own from the beginning. The oracle is everybody's ear."""

from pathlib import Path

import pytest

from telephony.rooms import call_room
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, WISH, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)


@virtually
async def test_a_whole_call_in_a_conference(tmp_path: Path):
    async with phone_office(tmp_path, topology="conference_first") as office:
        call = await office.call("no thanks goodbye")
        await call.until_quiet()
        (room,) = office.at.account.conferences
        assert room.name == call_room(call.call_sid)
        await call.say(SPEECH)
        record = await office.ended(call)
        assert record.outcome == "completed"
        over = await call.finished()
        assert over.ended_by == "application"
        assert over.problems == ()
        assert not over.streams


@virtually
async def test_an_agent_by_telephone_comes_to_the_caller_who_is_not_moved(tmp_path: Path):
    async with phone_office(tmp_path, ANA, topology="conference_first") as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.says(call, caller=["my tent is torn"], agent=["I am sorry to hear that"])
        await office.until(call, State.CONNECTED)
        (agent,) = ana.calls
        assert await hears(call, agent, 500.0)
        assert await hears(agent, call, 900.0)
        await call.say(SPEECH)
        await call.wait(2_000)
        await agent.say(SPEECH)
        await agent.wait(2_000)
        (room,) = office.at.account.conferences
        assert {one.attendance.label for one in room.members} == {"customer", "agent-0"}
        call.hang_up()
        record = await office.ended(call)
        assert record.outcome == "transferred"
        said = [(one["agent"], one["text"]) for one in await office.kept(call, "agent.said")]
        assert said == [("ana", "I am sorry to hear that")]
        texts = [one["text"] for one in await office.kept(call, "caller.said")]
        assert texts == [WISH, "my tent is torn"]
        over = await call.finished()
        assert len([one for one in over.executed if type(one.verb).__name__ == "Dial"]) == 1
        assert over.problems == ()
