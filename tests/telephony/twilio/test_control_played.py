"""Every request of the control, on the double: it plays them, and Twilio's own specification has judged them."""

import asyncio

import pytest

from telephony.double.people import Answers
from telephony.errors import CarrierRefused, LegGone
from telephony.ports import Dialling, Joining
from telephony.twilio.control import TwilioControl
from tests.fakes.carrier import AGENT, OTHER, OURS, ROOM, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call


def wanted(at: Carrier, to: str = AGENT) -> Dialling:
    return Dialling(to, OURS, at.app.url + "/agent", at.app.url + "/status", at.app.url + "/amd")


async def inside(control: TwilioControl, count: int) -> None:
    """So many are in the conference."""
    async with asyncio.timeout(60):
        while len(await control.participants("room", 2_000)) < count:  # noqa: ASYNC110 by REST alone
            await asyncio.sleep(0.1)


@virtually
async def test_a_dialled_leg_is_found_asked_for_and_ended():
    async with carrier() as at:
        at.app.twiml |= {"/agent": '<Pause length="60"/>', "/status": "", "/amd": ""}
        at.double.person(AGENT, Answers(after_ms=100))
        control = TwilioControl(at.rest)
        leg = await control.dial("T:ring:0", wanted(at), 2_000)
        agent = await at.double.person(AGENT).answered()
        await agent.wait(2_500)
        told = await control.leg(leg.sid, 2_000)
        assert (told.status, told.answered_by, told.is_over) == ("in_progress", "human", False)
        assert at.told("/amd", "AnsweredBy") == ["human"]
        await control.end(leg.sid, 2_000)
        await agent.finished()
        assert (await control.leg(leg.sid, 2_000)).status == "completed"
        await control.end(leg.sid, 2_000)
        with pytest.raises(LegGone):
            await control.move(leg.sid, "<Response/>", 2_000)
        with pytest.raises(LegGone):
            await control.leg("CA" + "0" * 32, 2_000)


@virtually
async def test_those_in_a_conference_are_held_muted_coached_announced_to_and_removed():
    async with carrier() as at:
        at.app.twiml |= {
            "/voice": ROOM.format('participantLabel="customer"'), "/after": "", "/conf": "",
            "/say": "<Say>0123456789</Say>", "/hold": "<Say>0123456789</Say>",
        }  # fmt: skip
        control = TwilioControl(at.rest)
        for number in (AGENT, OTHER):
            at.double.person(number, Answers(after_ms=100))
        caller = await at.call()
        await inside(control, 1)
        agent = await control.join("room", "agent-0", Joining(AGENT, OURS, status_url=at.app.url + "/conf"), 2_000)
        await inside(control, 2)
        coach = Joining(OTHER, OURS, muted=True, coaching=agent.sid)
        await control.join("room", "supervisor", coach, 2_000)
        await inside(control, 3)
        assert (await control.join("room", "supervisor", coach, 2_000)).sid
        assert at.double.person(OTHER).rung == 1
        await control.hold("room", "customer", 2_000)
        await control.hold("room", "customer", 2_000, url=at.app.url + "/hold")
        await control.mute("room", "agent-0", True, 2_000)
        told = {one.label: one for one in await control.participants("room", 2_000)}
        assert (told["customer"].on_hold, told["agent-0"].muted) == (True, True)
        assert (told["supervisor"].coaching, told["supervisor"].muted) == (agent.sid, True)
        await control.unhold("room", "customer", 2_000)
        await control.mute("room", "agent-0", False, 2_000)
        await control.coach("room", "supervisor", agent.sid, 2_000)
        await control.coach("room", "supervisor", "", 2_000)
        told = {one.label: one for one in await control.participants("room", 2_000)}
        assert (told["supervisor"].coaching, told["supervisor"].muted) == ("", False)
        with pytest.raises(CarrierRefused, match="16028"):
            await control.coach("room", "supervisor", "CA" + "0" * 32, 2_000)
        await control.announce("room", at.app.url + "/say", 2_000)
        await control.announce("room", at.app.url + "/say", 2_000, who="agent-0")
        await control.remove("room", "supervisor", 2_000)
        await control.remove("room", "supervisor", 2_000)
        assert {one.label for one in await control.participants("room", 2_000)} == {"customer", "agent-0"}
        caller.hang_up()
