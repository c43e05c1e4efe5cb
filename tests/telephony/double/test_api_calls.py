"""The Calls resource, asked by the official client, in virtual time."""

import pytest
from twilio.base.exceptions import TwilioRestException

from telephony.double.api import RestMishap
from telephony.double.people import Answers, Busy, Declines, Fails, NoAnswer, Voicemail
from telephony.double.script import HangUp, PressAt, Speak, Wait
from telephony.twilio.rest import AnswerLost, NotSent, TwilioRest
from tests.fakes.application import tone
from tests.fakes.carrier import ACCOUNT, AGENT, CALLER, OTHER, OURS, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call

EVENTS = ["initiated", "ringing", "answered", "completed"]


@virtually
async def test_whoever_is_called_answers_and_hears_the_document():
    async with carrier() as at:
        at.app.twiml["/agent"] = "<Say>0123456789</Say><Hangup/>"
        person = at.double.person(AGENT)
        placed = await at.dial()
        assert (placed.status, placed.direction) == ("queued", "outbound-api")
        call = await person.answered()
        result = await call.finished()
        assert result.ended_by == "hangup"
        assert [span.length_ms for span in result.ear.speech()] == [200]
        (form,) = at.app.forms("/agent")
        assert (form["Direction"], form["To"], form["From"], form["CallStatus"]) == (
            "outbound-api", AGENT, OURS, "in-progress",
        )  # fmt: skip
        fetched = await at.client.calls(placed.sid).fetch_async()
        assert (fetched.status, fetched.to) == ("completed", AGENT)


@virtually
async def test_status_callbacks_come_in_order_with_their_numbers():
    async with carrier() as at:
        at.app.twiml |= {"/agent": "<Hangup/>", "/status": ""}
        at.double.person(AGENT)
        await at.dial(status_callback=at.app.url + "/status", status_callback_event=EVENTS)
        await (await at.double.person(AGENT).answered()).finished()
        assert at.told("/status", "CallStatus", "SequenceNumber") == [
            ("initiated", "0"), ("ringing", "1"), ("in-progress", "2"), ("completed", "3"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "status", "told"),
    [
        (Busy(), "busy", ["initiated", "busy"]),
        (Fails(), "failed", ["initiated", "failed"]),
        (Declines(), "busy", ["initiated", "ringing", "busy"]),
        (NoAnswer(), "no-answer", ["initiated", "ringing", "no-answer"]),
    ],
)
def test_a_call_that_nobody_takes_ends_with_its_reason(behaviour, status, told):
    @virtually
    async def script():
        async with carrier() as at:
            at.app.twiml["/status"] = ""
            at.double.person(AGENT, behaviour)
            await at.dial(timeout=10, status_callback=at.app.url + "/status", status_callback_event=EVENTS)
            (entry,) = at.account.calls.values()
            await entry.callbacks.done.wait()
            assert entry.status == status
            assert at.told("/status", "CallStatus") == told
            assert at.app.forms("/agent") == []

    script()


@virtually
async def test_nobody_at_the_number_fails_and_is_a_problem():
    async with carrier() as at:
        await at.dial()
        (entry,) = at.account.calls.values()
        await entry.callbacks.done.wait()
        assert entry.status == "failed"
        assert "nobody at" in entry.log.problems[0].detail


@virtually
async def test_whoever_is_on_the_telephone_is_busy():
    async with carrier() as at:
        at.app.twiml["/agent"] = '<Pause length="60"/>'
        person = at.double.person(AGENT)
        await at.dial()
        await person.answered()
        second = await at.dial()
        await at.account.calls[second.sid].callbacks.done.wait()
        assert at.account.calls[second.sid].status == "busy"


@virtually
async def test_the_agent_hears_a_briefing_presses_one_and_the_action_is_asked():
    async with carrier() as at:
        at.app.twiml["/agent"] = (
            '<Gather numDigits="1" timeout="8" action="/choice"><Say>0123456789012345678901234567890123456789</Say>'
            "</Gather><Hangup/>"
        )
        at.app.twiml["/choice"] = "<Say>you have it</Say>"
        at.double.person(AGENT, Answers(steps=(PressAt(300, "1"),)))
        await at.dial()
        result = await (await at.double.person(AGENT).answered()).finished()
        assert at.told("/choice", "Digits") == ["1"]
        assert result.said == ("you have it",)
        assert result.ear.cuts[0].why == "interrupted"


@virtually
async def test_a_machine_never_presses_a_key_and_is_told_as_one():
    async with carrier() as at:
        at.app.twiml |= {"/amd": "", "/agent": '<Gather numDigits="1" timeout="8" action="/choice"/><Hangup/>'}
        at.double.person(AGENT, Voicemail())
        await at.dial(
            machine_detection="Enable", async_amd="true", async_amd_status_callback=at.app.url + "/amd"
        )  # fmt: skip
        call = await at.double.person(AGENT).answered()
        result = await call.finished()
        assert at.told("/amd", "AnsweredBy") == ["machine_start"]
        assert at.app.forms("/choice") == []
        assert len(result.ear.caller_speech()) >= 1
        assert (await at.client.calls(call.call_sid).fetch_async()).answered_by == "machine_start"


@virtually
async def test_detection_without_a_callback_holds_the_document_back():
    async with carrier() as at:
        at.app.twiml["/agent"] = "<Hangup/>"
        at.double.person(AGENT, Answers(detected_after_ms=3_000))
        await at.dial(machine_detection="Enable")
        call = await at.double.person(AGENT).answered()
        result = await call.finished()
        assert at.told("/agent", "AnsweredBy") == ["human"]
        assert result.duration_ms == pytest.approx(3_000, abs=60)


@virtually
async def test_a_person_who_speaks_and_hangs_up_in_the_briefing_ends_the_call():
    async with carrier() as at:
        at.app.twiml["/agent"] = "<Say>" + "a" * 400 + "</Say>"
        at.double.person(AGENT, Answers(steps=(Wait(500), HangUp())))
        await at.dial()
        result = await (await at.double.person(AGENT).answered()).finished()
        assert result.ended_by == "caller"
        assert result.duration_ms < 1_000


@virtually
async def test_a_ringing_call_is_canceled_and_a_live_one_is_not():
    async with carrier() as at:
        at.app.twiml["/agent"] = '<Pause length="5"/>'
        at.double.person(AGENT, NoAnswer())
        at.double.person(OTHER)
        rings = await at.dial()
        lives = await at.dial(OTHER)
        call = await at.double.person(OTHER).answered()
        for sid in (rings.sid, lives.sid):
            await at.client.calls(sid).update_async(status="canceled")
        await at.account.calls[rings.sid].callbacks.done.wait()
        assert at.account.calls[rings.sid].status == "canceled"
        assert (await call.finished()).ended_by == "end_of_twiml"


@virtually
async def test_a_live_call_is_sent_elsewhere_or_ended():
    async with carrier() as at:
        at.app.twiml |= {"/voice": '<Pause length="60"/>', "/elsewhere": '<Say>there</Say><Pause length="60"/>'}
        call = await at.call()
        await at.client.calls(call.call_sid).update_async(url=at.app.url + "/elsewhere")
        await call.wait(500)
        await at.client.calls(call.call_sid).update_async(
            twiml='<Response><Say>given</Say><Pause length="60"/></Response>'
        )
        await call.wait(500)
        await at.client.calls(call.call_sid).update_async(status="completed")
        result = await call.finished()
        assert (result.said, result.ended_by) == (("there", "given"), "application")


async def refused(making) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as error:
        await making
    return error.value.status, error.value.code


@virtually
async def test_what_twilio_refuses_is_refused_with_its_code():
    async with carrier() as at:
        at.app.twiml["/voice"] = "<Hangup/>"
        over = await at.call()
        await over.finished()
        calls = at.client.calls
        assert await refused(calls("CA" + "0" * 32).fetch_async()) == (404, 20404)
        assert await refused(calls(over.call_sid).update_async(url=at.app.url)) == (400, 21220)
        assert await refused(at.dial("12345")) == (400, 21211)
        assert await refused(calls.create_async(to=AGENT, from_=OURS)) == (400, 21205)
        assert await refused(calls.create_async(to=AGENT, from_=OURS, twiml="<Response>")) == (400, 12100)
        assert await refused(at.dial(twiml="<Response>" + "a" * 4_000)) == (400, 21623)
        assert await refused(at.dial(status_callback_event=["vanished"])) == (400, 21626)
        assert await refused(at.dial(status_callback="/status")) == (400, 21609)
        assert await refused(calls.create_async(to=AGENT, from_=OURS, url="agent")) == (400, 21205)
        at.account.numbers.add(CALLER)
        assert await refused(at.dial()) == (400, 21210)
        stranger = TwilioRest(ACCOUNT, "another token", at.api_url)
        assert await refused(stranger.client.calls("CA" + "0" * 32).fetch_async()) == (401, 20003)
        await stranger.aclose()


@virtually
async def test_calls_are_listed_by_number_status_and_page():
    async with carrier() as at:
        at.app.twiml["/voice"] = "<Hangup/>"
        at.double.person(AGENT, NoAnswer())
        sids = [(await at.dial()).sid]
        sids += [(await at.call()).call_sid for _ in range(3)]
        assert [call.sid for call in await at.client.calls.list_async(page_size=2)] == sids[::-1]
        assert [call.sid for call in await at.client.calls.list_async(to=AGENT)] == sids[:1]
        assert len(await at.client.calls.list_async(status="completed")) == 3


@virtually
async def test_a_field_that_the_double_does_not_play_is_a_problem():
    async with carrier() as at:
        at.double.person(AGENT, Busy())
        await at.dial(record=True)
        assert ["Record is not played" in each.detail for each in at.account.problems] == [True]


@virtually
async def test_requests_fail_on_demand_before_and_after_they_were_done():
    async with carrier() as at:
        at.double.person(AGENT, NoAnswer())
        cases: tuple[tuple[RestMishap, int, type[Exception]], ...] = (
            (500, 0, TwilioRestException), (429, 0, TwilioRestException), ("lost_before", 0, AnswerLost),
            ("lost_after", 1, AnswerLost), ("stalled_before", 1, AnswerLost), ("stalled_after", 2, AnswerLost),
        )  # fmt: skip
        for mishap, calls, error in cases:
            at.api.plan(mishap, method="POST", path="/Calls")
            with pytest.raises(error):
                await at.dial()
            assert len(at.account.calls) == calls, mishap
        await at.dial()
        assert [each.status for each in at.api.requests] == [500, 429, 0, 0, 0, 0, 201]


@virtually
async def test_connections_are_refused_while_the_door_is_shut():
    async with carrier() as at:
        at.double.person(AGENT, NoAnswer())
        assert at.api.door is not None
        await at.api.door.shut()
        with pytest.raises(NotSent):
            await at.dial()
        await at.api.door.open()
        await at.dial()
        assert len(at.account.calls) == 1


@virtually
async def test_what_people_say_is_in_their_recording():
    async with carrier() as at:
        at.double.person(AGENT, Answers(steps=(Wait(200), Speak(tone(400)))))
        at.app.twiml["/agent"] = "<Say>hello, who is there?</Say><Pause length='3'/>"
        await at.dial()
        result = await (await at.double.person(AGENT).answered()).finished()
        assert [span.length_ms for span in result.ear.caller_speech()] == [400]
