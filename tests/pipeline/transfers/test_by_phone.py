"""What is answered to a carrier that asks about transfers and legs, ours or not; in virtual time, on the double."""

import asyncio
from dataclasses import replace
from typing import Literal

import pytest

from pipeline.switchboard import HangUp
from pipeline.transfer_desk import Accepted, Briefing, CallerLeft, Goodbye, Over, Taken, Unknown
from telephony import transfer_events as told
from telephony.agent_words import ENGLISH
from telephony.double.people import Answers
from telephony.double.script import PressAt
from telephony.rooms import room_of
from telephony.transfer_state import State
from tests.fakes.application import MediaLine
from tests.fakes.carrier import AGENT, OTHER, Carrier, carrier
from tests.fakes.office import virtually
from tests.fakes.phone_desk import BRIEFING, PhoneDesk, phone_desk

pytestmark = pytest.mark.call


async def rung(at: Carrier, desk: PhoneDesk, *agents: str) -> list[str]:
    """A caller waits and these agents have answered; gives their legs. The caller's media is of no concern here."""
    at.app.twiml |= {"/voice": '<Pause length="600"/>', "/twilio/resume": '<Pause length="600"/>'}
    for agent in agents:
        at.double.person(agent)
    at.app.talk = MediaLine.read_to_end
    caller = await at.call("/voice")
    await desk.begin(caller.call_sid)
    return [(await at.double.person(agent).answered()).call_sid for agent in agents]


@virtually
async def test_legs_and_transfers_that_nobody_asked_for_are_unknown():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        (leg,) = await rung(at, desk, AGENT)
        phones, ours = desk.phones, desk.transfer.id
        for transfer, offer, sid in ((ours, 0, "CA9"), (ours, 1, leg), ("other", 0, leg)):
            assert await phones.desk.answered(transfer, offer, sid) == Unknown()
            assert await phones.desk.chose(transfer, offer, "1", sid) == Unknown()
            assert await phones.desk.agent_after(transfer, offer, sid) == Unknown()
            assert not await phones.desk.ringing(transfer, offer, sid)
            assert not await phones.desk.heard_machine(transfer, offer, sid)
            assert not await phones.desk.leg_over(transfer, offer, "busy", "", sid)
        assert not await phones.desk.joined("other", "agent-0", leg)
        assert not await phones.desk.left("other", "agent-0", leg)
        assert await phones.desk.caller_after("other", "completed") == Unknown()
        assert await phones.desk.caller_after(ours, "completed") == Unknown()
        assert await phones.desk.announcement(ours, "introduction") == Unknown()
        assert desk.transfer.state is State.OFFERED
        assert await phones.desk.joined(ours, "agent-0", "CA9")
        assert await phones.desk.joined(ours, "customer", "CA9")
        at.double.hang_up_all()


@virtually
async def test_keys_mean_what_they_say_and_the_same_question_gets_the_same_answer():
    async with carrier() as at, phone_desk(at, AGENT, OTHER) as desk:
        first, second = await rung(at, desk, AGENT, OTHER)
        phones, ours = desk.phones, desk.transfer.id
        for key in ("3", "7", "", "#"):
            assert await phones.desk.chose(ours, 0, key, first) == Briefing(BRIEFING, "en")
        room = desk.room
        for _ in range(2):
            assert await phones.desk.chose(ours, 0, "1", first) == Accepted(room, "en")
            assert await phones.desk.chose(ours, 1, "1", second) == Taken("en")
        assert await phones.desk.heard_machine(ours, 0, first)
        assert desk.transfer.accepted == 0
        desk.post(told.CallerLeft(desk.now_ms()))
        await desk.one.until(lambda now: now.state is State.OVER)
        assert await phones.desk.answered(ours, 0, first) == CallerLeft("en")
        assert await phones.desk.agent_after(ours, 0, first) == CallerLeft("en")
        at.double.hang_up_all()


@virtually
async def test_an_offer_that_was_taken_back_is_over():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        (leg,) = await rung(at, desk, AGENT)
        desk.post(told.NoLongerWanted(desk.now_ms(), "never mind"))
        await desk.one.until(lambda now: now.state is State.OVER)
        assert await desk.phones.desk.chose(desk.transfer.id, 0, "1", leg) == Over("en")
        at.double.hang_up_all()


@virtually
async def test_a_caller_out_of_the_conference_is_hung_up_on_only_where_the_line_says_so():
    ways: tuple[tuple[Literal["end", "assistant"], HangUp | Unknown], ...] = (
        ("end", HangUp()),
        ("assistant", Unknown()),
    )
    for after, answer in ways:
        async with carrier() as at, phone_desk(at, AGENT) as desk:
            at.double.person(AGENT, Answers(steps=[PressAt(500, "1")]))
            (leg,) = await rung(at, desk, AGENT)
            desk.one.transfer = replace(desk.transfer, after=after)
            await desk.one.until(lambda now: now.state is State.CONNECTED)
            introduction = await desk.phones.desk.announcement(desk.transfer.id, "introduction")
            assert introduction == Briefing(ENGLISH.introduction.replace("AGENT", "Agent 0"), "en")
            assert await desk.phones.desk.caller_after(desk.transfer.id, "completed") == answer
            assert await desk.phones.desk.agent_after(desk.transfer.id, 0, leg) == Goodbye("en")
            await asyncio.sleep(3)
            assert len(at.api.asked("POST", "/Calls/CA")) == 1  # into the conference; the answer brings them out
            at.double.hang_up_all()


@virtually
async def test_whoever_has_no_telephone_is_not_rung():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        await rung(at, desk, AGENT)
        desk.people = (replace(desk.people[0], phone=""),)
        assert not await desk.phones.ring(desk.one, 0, "agent0")
        assert not await desk.phones.ring(desk.one, 0, "nobody")
        at.double.hang_up_all()


@pytest.mark.edge("caller does not arrive")
@virtually
async def test_a_caller_whose_agent_is_lost_is_looked_for_where_they_were_moved():
    async with carrier() as at, phone_desk(at, AGENT, OTHER) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(500, "1")]))
        await rung(at, desk, AGENT)
        await desk.one.until(lambda now: now.state is State.CONNECTED)
        (known,) = await desk.phones.known()
        assert known.room == desk.room
        lost = replace(desk.transfer.offers[0], standing="lost")
        for state in (State.QUEUED, State.OVER):
            desk.one.transfer = replace(desk.transfer, state=state, offers=(lost,), accepted=None, bridges=1)
            (known,) = await desk.phones.known()
            assert known.room == room_of(desk.transfer.id, 0)
            assert known.asks_for_room
        desk.one.transfer = replace(desk.transfer, moved=None)
        assert [known.room for known in await desk.phones.known()] == [""]
        at.double.hang_up_all()
