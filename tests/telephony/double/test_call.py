import asyncio
import base64
import io
import json
import wave
from itertools import pairwise
from typing import Any

import jsonschema
import numpy as np
import pytest
import yaml

from telephony.double.errors import CallOver, NoMedia, NotQuiet
from telephony.double.track import Span
from tests.fakes.application import MediaLine, tone
from voice.audio import silence_ulaw

pytestmark = [pytest.mark.call, pytest.mark.anyio]

PHONES: Any = {"to": "+15550100", "from_": "+15550199"}


async def silent(line: MediaLine) -> None:
    await line.read_to_end()


def answers_after(*, frames: int, ulaw: bytes):
    """An application that speaks when it has received so many frames."""

    async def talk(line: MediaLine) -> None:
        await line.read_for(frames)
        await line.play(ulaw)
        await line.read_to_end()

    return talk


async def test_what_the_caller_says_arrives_and_the_stream_ends_with_stop(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    said = await call.say(tone(300))
    await call.wait(100)
    call.hang_up()
    result = await call.finished()
    (line,) = application.lines
    assert tone(300) in line.heard()
    assert said.length_ms == 300
    assert line.heard()[said.start_ms * 8 : said.end_ms * 8] == tone(300)
    assert result.ended_by == "caller"
    assert result.problems == ()
    assert line.messages[-1][1]["stop"] == {"accountSid": "AC" + "a" * 32, "callSid": call.call_sid}
    (stream,) = result.streams
    assert (stream.ended_by, stream.frames) == ("call_over", len(line.events("media")))


async def test_every_message_of_a_call_is_what_the_specification_says(application, double, shared):
    specification = yaml.safe_load((shared / "twilio" / "media-streams.asyncapi.yml").read_text())
    schemas = specification["components"]["schemas"]

    async def talk(line: MediaLine) -> None:
        await line.mark("m")
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.press("1#")
    call.hang_up()
    await call.finished()
    (line,) = application.lines
    kinds = [told["event"] for _, told in line.messages]
    assert kinds[:3] == ["connected", "start", "media"]
    assert kinds[-1] == "stop"
    assert set(kinds) == {"connected", "start", "media", "mark", "dtmf", "stop"}
    for _, told in line.messages:
        schema = schemas["Media" + told["event"].capitalize()]
        jsonschema.validate(told, {**schema, "components": specification["components"]})
    numbers = [int(told["sequenceNumber"]) for _, told in line.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))


async def test_frames_are_paced_by_the_clock_without_drift(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(2000)
    call.hang_up()
    result = await call.finished()
    came = [at for at, told in application.lines[0].messages if told["event"] == "media"]
    assert 100 <= len(came) <= 104
    late_ms = (np.array(came) - came[0]) * 1000 - 20 * np.arange(len(came))
    # What is measured here includes the application's own event loop; drift would show as a trend.
    assert abs(np.median(late_ms[-20:]) - np.median(late_ms[:20])) < 15
    assert result.pacing.frames >= 100
    timestamps = [int(told["media"]["timestamp"]) for told in application.lines[0].events("media")]
    assert timestamps == [20 * n for n in range(len(came))]


async def test_a_mark_comes_back_when_its_audio_was_heard_and_at_once_when_there_is_none(application, double):
    async def talk(line: MediaLine) -> None:
        await line.mark("idle")
        await line.play(tone(400))
        await line.mark("played")
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(700)
    call.hang_up()
    result = await call.finished()
    (line,) = application.lines
    (started,) = [at for at, told in line.messages if told["event"] == "start"]
    idle, played = [(at - started) * 1000 for at, told in line.messages if told["event"] == "mark"]
    assert [each["mark"]["name"] for each in line.events("mark")] == ["idle", "played"]
    assert idle < 60
    assert 380 < played < 500
    assert len(result.ear.speech()) == 1
    assert result.ear.speech()[0].length_ms == pytest.approx(400, abs=20)


async def test_clear_stops_the_ear_at_once_and_sends_every_mark_back(application, double):
    async def talk(line: MediaLine) -> None:
        await line.play(tone(5000))
        await line.mark("a")
        await line.play(tone(1000))
        await line.mark("b")
        await line.read_for(25)
        await line.clear()
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(800)
    call.hang_up()
    result = await call.finished()
    (line,) = application.lines
    assert [each["mark"]["name"] for each in line.events("mark")] == ["a", "b"]
    (heard,) = result.ear.speech()
    assert heard.length_ms == pytest.approx(500, abs=80)
    assert len(result.ear.cut) == pytest.approx((6000 - 500) * 8, abs=80 * 8)
    assert result.ear.cuts[0].marks == ("a", "b")


async def test_the_caller_waits_until_the_assistant_has_spoken_and_is_quiet(application, double):
    application.talk = answers_after(frames=20, ulaw=tone(500) + silence_ulaw(300) + tone(300) + silence_ulaw(2000))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    fell_quiet_ms = await call.until_quiet(quiet_ms=500)
    (spoken,) = call.ear.speech(join_ms=400)
    assert spoken.length_ms == pytest.approx(1100, abs=40)
    assert fell_quiet_ms == spoken.end_ms
    assert call.now_ms - fell_quiet_ms == pytest.approx(500, abs=60)


async def test_a_pause_in_what_was_already_sent_is_not_the_callers_turn(application, double):
    application.talk = answers_after(frames=1, ulaw=tone(300) + silence_ulaw(600) + tone(300))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    assert await call.until_quiet(quiet_ms=300) > 1100


async def test_an_answer_into_the_trailing_silence_of_the_callers_line_counts(application, double):
    application.talk = answers_after(frames=30, ulaw=tone(300))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.say(tone(300) + silence_ulaw(1500))
    await call.until_quiet(quiet_ms=300, timeout_s=2)
    assert call.ear.speech()[0].end_ms < 1500


async def test_an_assistant_that_says_nothing_is_not_waited_for_forever(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    with pytest.raises(NotQuiet, match="heard for 0 ms"):
        await call.until_quiet(timeout_s=0.3)


async def test_an_assistant_that_never_stops_is_not_waited_for_forever(application, double):
    application.talk = answers_after(frames=1, ulaw=tone(5000))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    with pytest.raises(NotQuiet, match="not quiet"):
        await call.until_quiet(timeout_s=0.6)


async def test_the_caller_can_speak_over_the_assistant(application, double):
    application.talk = answers_after(frames=10, ulaw=tone(2000))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    said = await call.say_over(tone(400), after_ms=300)
    call.hang_up()
    result = await call.finished()
    (assistant,) = result.ear.speech()
    assert said.start_ms - assistant.start_ms == pytest.approx(320, abs=60)
    (overlap,) = result.ear.overlaps()
    assert overlap.length_ms == pytest.approx(400, abs=20)
    (cut,) = result.ear.cuts
    assert cut.why == "stream_ended"
    assert result.ear.cut == b""


async def test_keys_arrive_one_after_the_other(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.press("12#", gap_ms=100)
    await call.wait(60)
    call.hang_up()
    await call.finished()
    (line,) = application.lines
    assert [told["dtmf"]["digit"] for told in line.events("dtmf")] == ["1", "2", "#"]
    at = [at for at, told in line.messages if told["event"] == "dtmf"]
    assert [later - earlier for earlier, later in pairwise(at)] == pytest.approx([0.1, 0.1], abs=0.06)


async def test_a_key_that_no_keypad_has_is_our_own_mistake(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    with pytest.raises(ValueError, match="'x'"):
        await call.press("1x")


async def test_the_recording_holds_both_sides_on_one_clock(application, double):
    application.talk = answers_after(frames=25, ulaw=tone(500, hz=1000))
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    said = await call.say(tone(300))
    await call.until_quiet(quiet_ms=200)
    call.hang_up()
    result = await call.finished()
    with wave.open(io.BytesIO(result.ear.recording())) as recording:
        frames = np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2").reshape(-1, 2)
    assert len(frames) == result.ear.now_ms * 8
    caller, heard = np.abs(frames[:, 0]) > 500, np.abs(frames[:, 1]) > 500
    assert np.flatnonzero(caller)[0] / 8 == pytest.approx(said.start_ms, abs=2)
    assert np.flatnonzero(heard)[0] / 8 == pytest.approx(500, abs=60)
    assert Span(0, result.ear.now_ms) not in result.ear.silences(100)


async def test_bad_messages_are_warned_about_once_and_skipped(application, double):
    async def talk(line: MediaLine) -> None:
        for message in ("not json", '{"event":"clear","streamSid":"MZ0"}', '{"event":"dance"}'):
            await line.socket.send_str(message)
        await line.socket.send_bytes(b"\x00")
        await line.play(tone(200))
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(400)
    call.hang_up()
    result = await call.finished()
    assert [(each.code, each.severity) for each in result.problems] == [(31951, "warning"), (31924, "error")]
    assert len(result.ear.speech()) == 1


async def test_faults_on_demand_reach_the_application(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    for fault in ("duplicate", "drop", "reorder", "malformed", "oversized"):
        call.fault(fault)
    call.send_raw("anything")
    await call.wait(400)
    call.hang_up()
    await call.finished()
    (line,) = application.lines
    chunks = [int(told["media"]["chunk"]) for told in line.events("media")]
    assert len(chunks) - len(set(chunks)) == 2  # the duplicate, and the oversized copy
    assert sorted(chunks) != chunks
    missing = set(range(1, max(chunks) + 1)) - set(chunks)
    assert len(missing) == 1
    assert "anything" in line.raw
    assert max(len(raw) for raw in line.raw) > 1_000_000


async def test_after_the_call_the_caller_can_do_nothing(application, double):
    application.talk = silent
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    waiting = asyncio.create_task(call.until_quiet())
    await call.wait(40)
    call.hang_up()
    with pytest.raises(CallOver):
        await waiting
    await call.finished()
    assert call.over
    with pytest.raises(CallOver):
        await call.say(tone(20))
    with pytest.raises(CallOver):
        await call.press("1")
    with pytest.raises(NoMedia):
        await call.lose("reset")
    call.hang_up()


async def test_a_stalled_application_does_not_stop_the_clock(application, double):
    async def talk(line: MediaLine) -> None:
        await line.play(tone(600))
        await asyncio.sleep(1.0)
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.say(tone(500))
    await call.wait(800)
    call.hang_up()
    result = await call.finished()
    assert len(result.ear.speech()) == 1
    assert tone(500) in application.lines[0].heard()


async def test_the_payload_of_the_first_frame_is_time_zero(application, double):
    async def talk(line: MediaLine) -> None:
        await line.read_for(1)
        await line.play(tone(100))
        await line.read_to_end()

    application.talk = talk
    application.twiml["/voice"] = "<Say>Hello, hello.</Say>" + application.connect()
    call = await double.call(application.url + "/voice", **PHONES)
    await call.wait(3000)
    call.hang_up()
    result = await call.finished()
    assert result.ear.heard.start_ms < -300
    assert result.ear.speech()[0].start_ms == pytest.approx(20, abs=40)
    assert json.loads(application.lines[0].raw[2])["media"]["timestamp"] == "0"
    assert base64.b64decode(application.lines[0].events("media")[0]["media"]["payload"]) == silence_ulaw(20)
