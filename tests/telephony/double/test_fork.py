"""`<Start><Stream>`: the application listens to both directions, whatever verb runs."""

import base64
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from telephony.double.people import Answers
from tests.fakes.application import MediaLine, tone
from tests.fakes.carrier import AGENT, Carrier, carrier
from tests.fakes.office import virtually

pytestmark = pytest.mark.call


def starts(at: Carrier, track: str = "both_tracks", attributes: str = "") -> str:
    url = at.app.url.replace("http", "ws") + "/media"
    at.app.twiml["/stream"] = ""

    async def listens(line: MediaLine) -> None:
        await line.read_to_end()

    at.app.talk = listens
    return (
        f'<Start><Stream url="{url}" track="{track}" statusCallback="/stream" {attributes}>'
        '<Parameter name="call_token" value="t"/></Stream></Start>'
    )


def sound(line: MediaLine, track: str) -> bytes:
    media: list[Any] = [each["media"] for each in line.events("media") if each["media"]["track"] == track]
    assert [int(each["timestamp"]) for each in media] == [20 * number for number in range(len(media))]
    return b"".join(base64.b64decode(each["payload"]) for each in media)


@virtually
async def test_both_sides_of_a_conference_arrive_on_their_tracks():
    async with carrier() as at:
        room = '<Dial><Conference beep="false" jitterBufferSize="off">room</Conference></Dial>'
        at.app.twiml |= {"/voice": starts(at) + room, "/agent": room}
        caller = await at.call()
        at.double.person(AGENT, Answers(after_ms=100))
        await at.dial()
        agent = await at.double.person(AGENT).answered()
        await agent.wait(300)
        await caller.say(tone(300, hz=500))
        await agent.say(tone(300, hz=900))
        await agent.wait(200)
        caller.hang_up()
        await caller.finished()
        (line,) = at.app.lines
        start = line.events("start")[0]["start"]
        assert (start["tracks"], start["customParameters"]) == (["inbound", "outbound"], {"call_token": "t"})
        assert tone(300, hz=500) in sound(line, "inbound")
        assert tone(300, hz=900) in sound(line, "outbound")
        assert line.messages[-1][1]["event"] == "stop"
        assert at.told("/stream", "StreamEvent") == ["stream-started", "stream-stopped"]


@virtually
async def test_one_track_and_stop():
    async with carrier() as at:
        stop = '<Stop><Stream name="ears"/></Stop>'
        at.app.twiml["/voice"] = (
            starts(at, "inbound_track", 'name="ears"') + '<Pause length="1"/>' + stop + '<Pause length="2"/>'
        )
        result = await (await at.call()).finished()
        (line,) = at.app.lines
        assert {each["media"]["track"] for each in line.events("media")} == {"inbound"}
        assert 45 <= len(line.events("media")) <= 52
        assert result.problems == ()


@virtually
async def test_what_the_application_sends_or_refuses_is_a_problem_and_the_call_goes_on():
    async with carrier() as at:

        async def talks(line: MediaLine) -> None:
            await line.play(tone(500))
            await line.read_for(10)

        at.app.twiml["/voice"] = starts(at) + '<Pause length="1"/><Say>on</Say>'
        at.app.talk = talks
        result = await (await at.call()).finished()
        assert result.said == ("on",)
        assert {each.code for each in result.problems} == {31951, 31921}
        assert [each.length_ms for each in result.ear.speech()] == [40]
        at.app.twiml["/voice"] = '<Start><Stream url="ws://127.0.0.1:9/" statusCallback="/stream"/></Start><Pause/>'
        result = await (await at.call()).finished()
        assert [each.code for each in result.problems] == [31902]
        assert at.told("/stream", "StreamEvent")[-1] == "stream-error"


@virtually
async def test_a_stream_is_begun_and_stopped_by_request_while_the_call_goes_on():
    async with carrier() as at:
        starts(at)
        at.app.twiml["/voice"] = '<Pause length="3"/><Say>on</Say>'
        call = await at.call()
        await call.wait(200)
        streams = at.client.calls(call.call_sid).streams
        url = at.app.url.replace("http", "ws") + "/media"
        told = {"parameter1_name": "call_token", "parameter1_value": "t", "status_callback": at.app.url + "/stream"}
        made = await streams.create_async(url, name="again-1", track="both_tracks", **told)
        await call.say(tone(300, hz=500))
        with pytest.raises(TwilioRestException) as taken:
            await streams.create_async(url, name="again-1", track="both_tracks", **told)
        stopped = await at.client.calls(call.call_sid).streams("again-1").update_async(status="stopped")
        assert (taken.value.status, stopped.sid, stopped.status) == (400, made.sid, "stopped")
        for gone in ("again-1", "nonsense"):
            with pytest.raises(TwilioRestException, match="was not found"):
                await at.client.calls(call.call_sid).streams(gone).update_async(status="stopped")
        with pytest.raises(TwilioRestException):  # a name is used once
            await streams.create_async(url, name="again-1")
        result = await call.finished()
        (line,) = at.app.lines
        start = line.events("start")[0]["start"]
        assert (start["streamSid"], start["customParameters"]) == (made.sid, {"call_token": "t"})
        assert tone(300, hz=500) in sound(line, "inbound")
        assert (line.messages[-1][1]["event"], result.said, result.problems) == ("stop", ("on",), ())
        assert at.told("/stream", "StreamEvent") == ["stream-started", "stream-stopped"]
        with pytest.raises(TwilioRestException, match="not in-progress"):
            await streams.create_async(url, name="late")
