from typing import Any

import pytest

from telephony.double import TwilioDouble
from telephony.double.errors import CallOver
from telephony.double.tones import stand_in_speech
from telephony.double.twiml import Gather, Record, Say, Verb
from telephony.double.verbs import VERBS
from tests.fakes.application import tone

pytestmark = [pytest.mark.call, pytest.mark.anyio]

PHONES: Any = {"to": "+15550100", "from_": "+15550199"}
MENU = '<Gather numDigits="4" timeout="1" action="/keys"><Say>0123456789012345678901234</Say></Gather>'


@pytest.fixture
async def double(anyio_backend):
    async with TwilioDouble("AC" + "a" * 32, "token", voice=lambda text, language: tone(20 * len(text))) as exchange:
        yield exchange


@pytest.fixture
def application(application):
    application.twiml |= {"/keys": "<Hangup/>", "/kept": "<Hangup/>"}
    return application


async def test_there_is_a_function_for_every_verb():
    assert set(VERBS) == set(Verb.__args__)


async def test_gathered_digits_go_to_the_action(application, double):
    application.twiml["/voice"] = MENU + "<Say>nothing pressed</Say>"
    call = await double.call(application.url + "/voice", **PHONES)
    await call.press("1234", gap_ms=40)
    result = await call.finished()
    (form,) = application.forms("/keys")
    assert (form["Digits"], form["FinishedOnKey"]) == ("1234", "")
    assert [type(each.verb) for each in result.executed][:1] == [Gather]
    assert result.said == ()


async def test_the_first_key_stops_the_prompt(application, double):
    application.twiml["/voice"] = MENU
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(200)
    await call.press("12#", gap_ms=40)
    result = await call.finished()
    (prompt,) = result.ear.speech()
    assert prompt.length_ms < 320
    assert result.ear.cuts[0].why == "interrupted"
    assert application.forms("/keys")[0]["Digits"] == "12"
    assert application.forms("/keys")[0]["FinishedOnKey"] == "#"


async def test_no_key_in_time_goes_on_with_the_next_verb(application, double):
    application.twiml["/voice"] = MENU + "<Say>next</Say>"
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert application.forms("/keys") == []
    assert result.said == ("next",)
    prompt, following = result.ear.speech()
    assert following.start_ms - prompt.end_ms == pytest.approx(1000, abs=100)


async def test_no_key_is_told_when_the_line_wants_to_know(application, double):
    application.twiml["/voice"] = '<Gather timeout="1" action="/keys" actionOnEmptyResult="true"/>'
    await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert application.forms("/keys")[0]["Digits"] == ""


async def test_keys_pressed_slower_than_the_timeout_are_cut_off(application, double):
    application.twiml["/voice"] = MENU
    call = await double.call(application.url + "/voice", **PHONES)
    await call.press("12", gap_ms=100)
    await call.finished()
    assert application.forms("/keys")[0]["Digits"] == "12"


async def test_keys_from_before_a_gather_are_not_gathered(application, double):
    application.twiml["/voice"] = "<Say>0123456789</Say>" + MENU
    call = await double.call(application.url + "/voice", **PHONES)
    await call.press("9")
    await call.wait(400)
    await call.press("1234", gap_ms=40)
    await call.finished()
    assert application.forms("/keys")[0]["Digits"] == "1234"


async def test_a_recording_ends_with_silence_and_goes_to_the_action(application, double):
    application.twiml["/voice"] = '<Record timeout="1" action="/kept"/>'
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(400)
    await call.say(tone(600))
    result = await call.finished()
    (form,) = application.forms("/kept")
    ulaw = result.recordings[form["RecordingSid"]]
    assert tone(600) in ulaw
    assert len(ulaw) / 8 == pytest.approx(1700, abs=200)
    assert form["RecordingDuration"] == "1"
    assert form["Digits"] == ""
    (beep,) = result.ear.speech()
    assert beep.length_ms == pytest.approx(300, abs=20)


async def test_a_recording_ends_with_a_key_or_at_its_limit(application, double):
    application.twiml["/voice"] = '<Record timeout="5" action="/kept" playBeep="false" maxLength="1"/>'
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(40)
    with pytest.raises(CallOver):
        await call.say(tone(2000))
    first = await call.finished()
    assert [len(ulaw) / 8 for ulaw in first.recordings.values()] == pytest.approx([1000], abs=60)
    application.twiml["/voice"] = '<Record timeout="5" action="/kept" playBeep="false"/>'
    call = await double.call(application.url + "/voice", **PHONES)
    await call.say(tone(200))
    await call.press("#")
    await call.finished()
    assert application.forms("/kept")[1]["Digits"] == "#"


async def test_a_caller_who_hangs_up_leaves_the_recording(application, double):
    application.twiml["/voice"] = '<Record action="/kept" playBeep="false"/>'
    call = await double.call(application.url + "/voice", **PHONES)
    await call.say(tone(400))
    call.hang_up()
    result = await call.finished()
    assert application.forms("/kept")[0]["Digits"] == "hangup"
    assert len(result.recordings) == 1


async def test_a_recordings_own_callback_tells_that_it_is_ready(application, double):
    application.twiml["/ready"] = ""
    application.twiml["/voice"] = (
        '<Record timeout="1" action="/kept" recordingStatusCallback="/ready" playBeep="false"/>'
    )
    call = await double.call(application.url + "/voice", **PHONES)
    await call.say(tone(300))
    result = await call.finished()
    (form,) = application.forms("/ready")
    assert (form["RecordingSid"], form["RecordingStatus"]) == (*result.recordings, "completed")


async def test_an_empty_recording_goes_on_with_the_next_verb(application, double):
    application.twiml["/voice"] = '<Record timeout="1" action="/kept" playBeep="false"/><Say>empty</Say>'
    result = await (await double.call(application.url + "/voice", **PHONES)).finished()
    assert application.forms("/kept") == []
    assert [type(each.verb) for each in result.executed] == [Record, Say]


async def test_without_a_voice_something_as_long_is_heard(application):
    application.twiml["/voice"] = "<Say>Please hold the line.</Say>"
    async with TwilioDouble("AC" + "a" * 32, "token") as exchange:
        result = await (await exchange.call(application.url + "/voice", **PHONES)).finished()
    (heard,) = result.ear.speech()
    assert heard.length_ms == pytest.approx(len(stand_in_speech("Please hold the line.")) / 8, abs=80)
