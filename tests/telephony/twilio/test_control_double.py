"""CallControl against the stateful double: real ears in conferences, lost answers, legs that ring, in virtual time."""

from datetime import UTC, datetime

import pytest

from telephony.double.call import DoubleCall
from telephony.double.people import Answers, NoAnswer
from telephony.errors import LegGone
from telephony.ports import Dialling, Joining
from telephony.twilio.control import TwilioControl
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, OTHER, OURS, ROOM, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call

DEADLINE_MS = 4_000


def wanted(at: Carrier, to: str = AGENT) -> Dialling:
    return Dialling(to, OURS, at.app.url + "/agent", at.app.url + "/status", at.app.url + "/amd")


async def hears(speaker: DoubleCall, listener: DoubleCall) -> bool:
    since = listener.now_ms
    await speaker.say(tone(400))
    await listener.wait(400)
    return listener.ear.heard.audible_ms(since, listener.now_ms) >= 300


def rooms(at: Carrier) -> None:
    at.app.twiml |= {"/status": "", "/amd": "", "/after": "<Hangup/>"}
    for path, label in (("/voice", "customer"), ("/agent", "agent-1")):
        at.app.twiml[path] = ROOM.format(f'participantLabel="{label}"')


@pytest.mark.parametrize("mishap", ["lost_before", "lost_after", 503, 429])
def test_a_leg_rings_once_whatever_happens_to_the_answer(mishap):
    @virtually
    async def script():
        async with carrier() as at:
            rooms(at)
            at.double.person(AGENT, Answers(after_ms=3_000))
            at.api.plan(mishap, method="POST", path="/Calls.json")
            control = TwilioControl(at.rest)
            leg = await control.dial("t1:offer:1", wanted(at), DEADLINE_MS)
            assert (await control.dial("t1:offer:1", wanted(at), DEADLINE_MS)).sid == leg.sid
            agent = await at.double.person(AGENT).answered()
            assert agent.call_sid == leg.sid
            await agent.wait(100)
            assert at.double.person(AGENT).rung == 1
            assert at.told("/status", "CallStatus")[:3] == ["initiated", "ringing", "in-progress"]
            assert (await control.leg(leg.sid, DEADLINE_MS)).status == "in_progress"

    script()


@virtually
async def test_a_leg_that_rings_is_ended_and_found_by_its_numbers():
    async with carrier() as at:
        at.app.twiml["/status"] = ""
        at.double.person(AGENT, NoAnswer())
        control, since = TwilioControl(at.rest), datetime.now(UTC)
        leg = await control.dial("t1:offer:1", wanted(at), DEADLINE_MS)
        found = await TwilioControl(at.rest).find(wanted(at), since, DEADLINE_MS)
        assert found is not None
        assert found.sid == leg.sid
        await control.end(leg.sid, DEADLINE_MS)
        await at.account.calls[leg.sid].callbacks.done.wait()
        assert (await control.leg(leg.sid, DEADLINE_MS)).is_over
        await control.end(leg.sid, DEADLINE_MS)


@virtually
async def test_caller_and_agent_are_joined_held_muted_and_coached():
    async with carrier() as at:
        rooms(at)
        at.double.person(AGENT, Answers(after_ms=500))
        at.double.person(OTHER, Answers(after_ms=500))
        control = TwilioControl(at.rest)
        await control.dial("t1:offer:1", wanted(at), DEADLINE_MS)
        agent = await at.double.person(AGENT).answered()
        await agent.wait(100)
        assert [one.label for one in await control.participants("room", DEADLINE_MS)] == ["agent-1"]
        caller = await at.call()
        await caller.wait(200)
        assert {one.label for one in await control.participants("room", DEADLINE_MS)} == {"customer", "agent-1"}
        assert await hears(agent, caller)
        await control.mute("room", "agent-1", True, DEADLINE_MS)
        assert not await hears(agent, caller)
        await control.mute("room", "agent-1", False, DEADLINE_MS)
        await control.join("room", "supervisor", Joining(OTHER, OURS, coaching=agent.call_sid), DEADLINE_MS)
        supervisor = await at.double.person(OTHER).answered()
        await supervisor.wait(200)
        assert (await hears(supervisor, caller), await hears(supervisor, agent)) == (False, True)
        await control.coach("room", "supervisor", "", DEADLINE_MS)
        assert await hears(supervisor, caller)
        await control.hold("room", "customer", DEADLINE_MS)
        assert not await hears(caller, agent)
        await control.unhold("room", "customer", DEADLINE_MS)
        await control.remove("room", "supervisor", DEADLINE_MS)
        await supervisor.finished()
        assert await hears(caller, agent)


@virtually
async def test_a_caller_is_moved_and_who_has_gone_cannot_be():
    async with carrier() as at:
        rooms(at)
        control = TwilioControl(at.rest)
        caller = await at.call()
        await control.move(caller.call_sid, "<Response><Say>back</Say><Hangup/></Response>", DEADLINE_MS)
        assert (await caller.finished()).said == ("back",)
        with pytest.raises(LegGone):
            await control.move(caller.call_sid, "<Response/>", DEADLINE_MS)
        assert await control.participants("room", DEADLINE_MS) == ()


@virtually
async def test_the_rooms_that_somebody_is_in_are_listed_by_name():
    async with carrier() as at:
        rooms(at)
        control = TwilioControl(at.rest)
        assert await control.rooms(DEADLINE_MS) == ()
        caller = await at.double.call(at.app.url + "/voice", to=OURS, from_=OTHER)
        await caller.wait(500)
        (listed,) = await control.rooms(DEADLINE_MS)
        assert [one.sid for one in await control.participants(listed, DEADLINE_MS)] == [caller.call_sid]
        caller.hang_up()
        await caller.finished()
        assert await control.rooms(DEADLINE_MS) == ()
