"""`<Dial>` of numbers and SIP addresses: who is rung, who is joined, what the action is told."""

import pytest

from telephony.double.people import Answers, Busy, NoAnswer
from telephony.double.script import HangUp, PressAt, Wait
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, CALLER, OTHER, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call


def dials(at: Carrier, inside: str, attributes: str = "") -> None:
    at.app.twiml |= {
        "/voice": f'<Dial action="/after" {attributes}>{inside}</Dial>',
        "/after": "<Hangup/>",
        "/status": "",
    }


@virtually
async def test_the_caller_hears_ringing_and_then_whoever_answers():
    async with carrier() as at:
        dials(
            at,
            '<Number statusCallback="/status" statusCallbackEvent="initiated ringing answered completed">'
            f"{AGENT}</Number>",
        )
        at.double.person(AGENT, Answers(after_ms=3_000))
        caller = await at.call()
        agent = await at.double.person(AGENT).answered()
        rung_ms = caller.ear.heard.audible_ms(0, caller.now_ms)
        assert rung_ms == pytest.approx(2_000, abs=100)
        await agent.wait(200)
        said = await agent.say(tone(300))
        await agent.wait(200)
        assert [each.length_ms for each in caller.ear.speech()][-1] == pytest.approx(said.length_ms, abs=20)
        await caller.say(tone(300))
        await agent.wait(200)
        assert [each.length_ms for each in agent.ear.speech()] == [pytest.approx(300, abs=20)]
        agent.hang_up()
        result = await caller.finished()
        (form,) = at.app.forms("/after")
        assert (form["DialCallStatus"], form["DialBridged"], form["DialCallSid"]) == (
            "completed",
            "true",
            agent.call_sid,
        )
        assert result.ended_by == "hangup"
        told = at.told("/status", "CallStatus", "ParentCallSid", "Direction")
        assert told == [
            (status, caller.call_sid, "outbound-dial")
            for status in ("initiated", "ringing", "in-progress", "completed")
        ]


@virtually
async def test_whoever_answers_first_is_joined_and_the_others_stop_ringing():
    async with carrier() as at:
        dials(at, f"<Number>{AGENT}</Number><Number>{OTHER}</Number>")
        at.double.person(AGENT, Answers(after_ms=4_000))
        at.double.person(OTHER, Answers(after_ms=1_000))
        caller = await at.call()
        other = await at.double.person(OTHER).answered()
        await other.wait(5_000)
        assert at.double.person(AGENT).calls == []
        assert sorted(each.status for each in at.account.calls.values()) == ["canceled", "in-progress", "in-progress"]
        caller.hang_up()
        assert (await other.finished()).ended_by == "peer"


@pytest.mark.parametrize(("behaviour", "status"), [(Busy(), "busy"), (NoAnswer(), "no-answer")])
def test_the_action_is_told_why_nobody_was_joined(behaviour, status):
    @virtually
    async def script():
        async with carrier() as at:
            dials(at, AGENT, 'timeout="10"')
            at.double.person(AGENT, behaviour)
            await (await at.call()).finished()
            assert at.told("/after", "DialCallStatus", "DialBridged") == [(status, "false")]

    script()


@virtually
async def test_a_whisper_is_heard_by_the_called_alone_and_may_end_in_a_key():
    async with carrier() as at:
        dials(at, f'<Number url="/whisper">{AGENT}</Number>')
        at.app.twiml["/whisper"] = '<Gather numDigits="1" action="/taken"><Say>' + "w" * 60 + "</Say></Gather><Hangup/>"
        at.app.twiml["/taken"] = ""
        at.double.person(AGENT, Answers(after_ms=500, steps=(PressAt(500, "1"),)))
        caller = await at.call()
        agent = await at.double.person(AGENT).answered()
        await agent.wait(1_500)
        assert at.told("/taken", "Digits") == ["1"]
        ringing_ms = caller.ear.heard.audible_ms(0, caller.now_ms)
        await agent.say(tone(300))
        await caller.wait(100)
        assert caller.ear.heard.audible_ms(0, caller.now_ms) >= ringing_ms + 260


@virtually
async def test_a_whisper_that_hangs_up_joins_nobody():
    async with carrier() as at:
        dials(at, f'<Number url="/whisper">{AGENT}</Number>')
        at.app.twiml["/whisper"] = '<Gather numDigits="1" timeout="2"/><Hangup/>'
        at.double.person(AGENT)
        await (await at.call()).finished()
        assert at.told("/after", "DialBridged") == ["false"]


@virtually
async def test_a_caller_who_is_moved_lets_the_called_go():
    async with carrier() as at:
        dials(at, AGENT)
        at.double.person(AGENT, Answers(after_ms=100))
        caller = await at.call()
        agent = await at.double.person(AGENT).answered()
        await at.client.calls(caller.call_sid).update_async(twiml="<Response><Say>back</Say></Response>")
        assert (await agent.finished()).ended_by == "peer"
        assert (await caller.finished()).said == ("back",)


@virtually
async def test_star_and_the_time_limit_end_a_dial():
    async with carrier() as at:
        dials(at, AGENT, 'hangupOnStar="true"')
        at.double.person(AGENT, Answers(after_ms=100))
        caller = await at.call()
        agent = await at.double.person(AGENT).answered()
        await caller.press("*")
        await agent.finished()
        await caller.finished()
        dials(at, AGENT, 'timeLimit="5"')
        result = await (await at.call()).finished()
        assert result.duration_ms == pytest.approx(5_000, abs=100)


@virtually
async def test_sip_headers_arrive_and_an_address_that_is_too_long_fails():
    async with carrier() as at:
        address = "sip:desk@pbx.example.com"
        dials(at, f"<Sip>{address}?User-to-User=4a6f%3Bencoding%3Dhex&amp;X-Handoff-Id=T1&amp;Subject=no</Sip>")
        at.double.person(address, Answers(steps=(Wait(300), HangUp())))
        caller = await at.call()
        agent = await at.double.person(address).answered()
        result = await caller.finished()
        assert dict(agent.caller.sip_headers) == {"User-to-User": "4a6f;encoding=hex", "X-Handoff-Id": "T1"}
        assert (agent.caller.to, agent.caller.from_) == (address, CALLER)
        assert ["Subject" in each.detail for each in result.problems] == [True]
        dials(at, f"<Sip>{address}?X-Long={'x' * 1_100}</Sip>")
        result = await (await at.call()).finished()
        assert [each.code for each in result.problems] == [13223]
        assert at.told("/after", "DialCallStatus")[-1] == "failed"


@virtually
async def test_what_dial_cannot_join_is_rejected():
    async with carrier() as at:
        for inside, code in (("", 13201), (f"<Number>{AGENT}</Number><Conference>r</Conference>", 13201)):
            at.app.twiml["/voice"] = f"<Dial>{inside}</Dial>"
            result = await (await at.call()).finished()
            assert [each.code for each in result.problems] == [code]
        at.app.twiml["/voice"] = f'<Dial color="red"><Number>{AGENT}</Number></Dial>'
        result = await (await at.call()).finished()
        assert (result.problems[0].code, result.problems[0].severity) == (12200, "warning")
