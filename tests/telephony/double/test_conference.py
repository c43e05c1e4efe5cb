"""Conferences: who hears whom, when they start and end, what the application is told; by the ears of all."""

import asyncio

import numpy as np
import pytest
from twilio.base.exceptions import TwilioRestException

from telephony.double.call import DoubleCall
from telephony.double.people import Answers, NoAnswer
from telephony.double.track import Span, levels_db
from tests.fakes.application import MediaLine, tone
from tests.fakes.carrier import AGENT, OTHER, OURS, ROOM, Carrier, carrier
from tests.fakes.office import virtually
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.call

EVENTS = "start end join leave mute hold modify announcement"
LOW, HIGH, THIRD = 400.0, 1_200.0, 2_000.0


def heard_hz(call: DoubleCall, span: Span) -> set[float]:
    """Which of the three voices are in an ear during this time."""
    samples = pcm_to_samples(ulaw_to_pcm(call.ear.heard.audio(span.start_ms, span.end_ms))).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    power = {hz: abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) for hz in (LOW, HIGH, THIRD)}
    return {hz for hz, found in power.items() if found > 300}


async def room(at: Carrier, *attributes: str, told: bool = False) -> list[DoubleCall]:
    """The caller, the agent and others, in one conference one after the other."""
    at.app.twiml |= {"/after": "", "/conf": ""}
    calls: list[DoubleCall] = []
    telling = f'statusCallback="/conf" statusCallbackEvent="{EVENTS}"' if told else ""
    for index, attribute in enumerate(attributes):
        path, number = f"/enter{index}", f"+1415555020{index}"
        at.app.twiml[path] = ROOM.format(f"{attribute} {telling}")
        if index == 0:
            calls.append(await at.call(path))
        else:
            at.double.person(number, Answers(after_ms=200))
            await at.dial(number, path)
            calls.append(await at.double.person(number).answered())
    await calls[-1].wait(400)
    return calls


async def say(call: DoubleCall, hz: float) -> Span:
    """Speak for half a second; gives when on the call's own clock."""
    return await call.say(tone(500, db=-18, hz=hz))


def on(call: DoubleCall, other: DoubleCall, span: Span, later_ms: int = 40) -> Span:
    """The same time on another call's clock, a little later, without the edges."""
    shift_ms = other.now_ms - call.now_ms + later_ms
    return Span(span.start_ms + shift_ms + 100, span.end_ms + shift_ms - 100)


async def hear(speaker: DoubleCall, hz: float, *listeners: DoubleCall) -> list[bool]:
    """Whether each of them heard the speaker."""
    span = await say(speaker, hz)
    await speaker.wait(200)
    return [hz in heard_hz(each, on(speaker, each, span)) for each in listeners]


@virtually
async def test_two_hear_each_other_and_nobody_themselves():
    async with carrier() as at:
        caller, agent = await room(at, "", "")
        assert await hear(caller, LOW, agent, caller) == [True, False]
        assert await hear(agent, HIGH, caller, agent) == [True, False]


@virtually
async def test_who_speak_at_once_are_both_heard():
    async with carrier() as at:
        caller, agent, third = await room(at, "", "", "")
        third_said = third.say(tone(500, db=-18, hz=THIRD))
        speaking = asyncio.ensure_future(third_said)
        span = await say(agent, HIGH)
        await speaking
        await caller.wait(200)
        assert heard_hz(caller, on(agent, caller, span)) == {HIGH, THIRD}
        assert heard_hz(agent, on(agent, agent, span)) == {THIRD}


@virtually
async def test_whoever_is_alone_hears_music_until_the_second_comes():
    async with carrier() as at:
        at.app.twiml |= {"/after": "", "/enter0": ROOM.format(""), "/enter1": ROOM.format("")}
        caller = await at.call("/enter0")
        await caller.wait(3_000)
        assert caller.ear.heard.audible_ms(0, caller.now_ms) > 2_500
        at.double.person(AGENT, Answers(after_ms=200))
        await at.dial(AGENT, "/enter1")
        agent = await at.double.person(AGENT).answered()
        await agent.wait(500)
        quiet_from = caller.now_ms
        await caller.wait(1_000)
        assert caller.ear.heard.audible_ms(quiet_from, caller.now_ms) == 0


@virtually
async def test_an_empty_wait_url_is_silence_and_a_document_is_heard_again_and_again():
    async with carrier() as at:
        at.app.twiml |= {"/after": "", "/wait": "<Say>0123456789</Say><Pause/><Redirect>/wait</Redirect>"}
        at.app.twiml["/silent"] = ROOM.format('waitUrl=""')
        at.app.twiml["/spoken"] = ROOM.replace("room", "other").format('waitUrl="/wait"')
        silent, spoken = await at.call("/silent"), await at.call("/spoken")
        await spoken.wait(4_000)
        assert silent.ear.speech() == []
        assert [span.length_ms for span in spoken.ear.speech()] == [200, 200, 200, 200]


@virtually
async def test_a_conference_starts_with_whoever_may_start_it():
    async with carrier() as at:
        await room(at, 'startConferenceOnEnter="false"', 'startConferenceOnEnter="false"')
        (conference,) = await at.client.conferences.list_async(friendly_name="room")
        assert conference.status == "init"
        at.app.twiml["/enter9"] = ROOM.format("")
        await (await at.call("/enter9")).wait(100)
        assert (await at.client.conferences(conference.sid).fetch_async()).status == "in-progress"


@virtually
async def test_mute_and_hold_by_label():
    async with carrier() as at:
        caller, agent = await room(at, 'participantLabel="customer"', 'participantLabel="agent"', told=True)
        people = at.client.conferences(at.account.conferences[0].sid).participants
        await people("agent").update_async(muted=True)
        assert await hear(agent, HIGH, caller) == [False]
        assert await hear(caller, LOW, agent) == [True]
        await people("agent").update_async(muted=False)
        assert await hear(agent, HIGH, caller) == [True]
        await people("customer").update_async(hold=True)
        assert await hear(agent, HIGH, caller) == [False]
        assert await hear(caller, LOW, agent) == [False]
        assert caller.ear.heard.audible_ms(caller.now_ms - 1_000, caller.now_ms) > 900  # music
        await people("customer").update_async(hold=False)
        assert await hear(caller, LOW, agent) == [True]
        told = at.told("/conf", "StatusCallbackEvent", "ParticipantLabel", "SequenceNumber")
        assert told == [
            ("participant-join", "customer", "1"), ("participant-join", "agent", "2"), ("conference-start", "", "3"),
            ("participant-mute", "agent", "4"), ("participant-unmute", "agent", "5"),
            ("participant-hold", "customer", "6"), ("participant-unhold", "customer", "7"),
        ]  # fmt: skip


@virtually
async def test_a_coach_hears_all_and_is_heard_by_the_coached_alone():
    async with carrier() as at:
        caller, agent = await room(at, "", "")
        at.double.person(OTHER, Answers(after_ms=200))
        people = at.client.conferences(at.account.conferences[0].sid).participants
        joined = await people.create_async(
            to=OTHER, from_=OURS, label="supervisor", coaching=True, call_sid_to_coach=agent.call_sid,
            jitter_buffer_size="off", beep="false",
        )  # fmt: skip
        supervisor = await at.double.person(OTHER).answered()
        await supervisor.wait(300)
        assert (joined.coaching, joined.call_sid_to_coach) == (True, agent.call_sid)
        assert await hear(supervisor, THIRD, caller, agent) == [False, True]
        assert await hear(caller, LOW, supervisor) == [True]
        await people("supervisor").update_async(coaching=False)
        assert await hear(supervisor, THIRD, caller, agent) == [True, True]
        await people("supervisor").update_async(muted=True)
        assert await hear(supervisor, THIRD, caller, agent) == [False, False]


@virtually
async def test_the_caller_who_ends_the_conference_lets_the_agent_go_on():
    async with carrier() as at:
        caller, agent = await room(at, 'endConferenceOnExit="true" participantLabel="customer"', "", told=True)
        at.app.twiml["/after"] = "<Say>the caller hung up</Say>"
        caller.hang_up()
        result = await agent.finished()
        assert result.said == ("the caller hung up",)
        assert at.told("/after", "DialCallStatus") == ["answered"]
        events = at.told("/conf", "StatusCallbackEvent", "ReasonParticipantLeft", "ReasonConferenceEnded")
        assert events[3:] == [
            ("participant-leave", "participant_hung_up", ""),
            ("participant-leave", "moderator_ended_conference", ""),
            ("conference-end", "", "participant-with-end-conference-on-exit-left"),
        ]
        assert at.app.forms("/conf")[-1]["ParticipantLabelEndingConference"] == "customer"


@virtually
async def test_the_caller_who_is_moved_leaves_and_the_last_one_ends_it():
    async with carrier() as at:
        caller, agent = await room(at, "", "", told=True)
        await at.client.calls(caller.call_sid).update_async(twiml='<Response><Pause length="60"/></Response>')
        await agent.wait(200)
        (left,) = [form for form in at.app.forms("/conf") if form["StatusCallbackEvent"] == "participant-leave"]
        assert left["ReasonParticipantLeft"] == "participant_updated_via_api"
        assert not agent.over
        agent.hang_up()
        await agent.finished()
        conference = await at.client.conferences(at.account.conferences[0].sid).fetch_async()
        assert (conference.status, conference.reason_conference_ended) == ("completed", "last-participant-left")


@virtually
async def test_somebody_is_removed_and_a_conference_is_ended():
    async with carrier() as at:
        _, agent, third = await room(at, "", "", "")
        at.app.twiml["/after"] = "<Hangup/>"
        conference = at.client.conferences(at.account.conferences[0].sid)
        await conference.participants(third.call_sid).delete_async()
        assert (await third.finished()).ended_by == "hangup"
        assert len(await conference.participants.list_async()) == 2
        await conference.update_async(status="completed")
        assert (await agent.finished()).ended_by == "hangup"
        assert await conference.participants.list_async() == []
        with pytest.raises(TwilioRestException, match="not found"):
            await conference.participants(agent.call_sid).fetch_async()


@virtually
async def test_whoever_does_not_answer_was_never_there_and_that_is_told():
    async with carrier() as at:
        at.app.twiml["/conf"] = ""
        at.double.person(AGENT, NoAnswer())
        created = await at.client.conferences("quiet").participants.create_async(
            to=AGENT, from_=OURS, timeout=5, label="agent", conference_status_callback=at.app.url + "/conf",
            conference_status_callback_event=["join", "leave", "end"],
        )  # fmt: skip
        assert created.status == "queued"
        await at.account.calls[created.call_sid].callbacks.done.wait()
        await at.account.conferences[0]._callbacks.done.wait()
        assert at.told("/conf", "StatusCallbackEvent", "ParticipantCallStatus") == [
            ("participant-leave", "no-answer"), ("conference-end", ""),
        ]  # fmt: skip


@virtually
async def test_what_cannot_be_is_refused_with_twilios_code():
    async with carrier() as at:
        caller, _ = await room(at, 'participantLabel="customer"', "")
        people = at.client.conferences(at.account.conferences[0].sid).participants
        for making, status, code in (
            (people("nobody").fetch_async(), 404, 20404),
            (people("customer").update_async(coaching=True, call_sid_to_coach="CA" + "0" * 32), 400, 16028),
            (people.create_async(to=OTHER, from_=OURS, label="customer"), 409, 16025),
            (people.create_async(to=OTHER, from_=OURS, call_sid_to_coach="CA" + "0" * 32), 400, 16028),
            (at.client.conferences("CF" + "0" * 32).fetch_async(), 404, 20404),
        ):
            with pytest.raises(TwilioRestException) as refused:
                await making
            assert (refused.value.status, refused.value.code) == (status, code)
        at.app.twiml["/again"] = ROOM.format('participantLabel="customer"')
        at.app.twiml["/after"] = "<Say>elsewhere</Say>"
        again = await (await at.call("/again")).finished()
        assert ([each.code for each in again.problems], again.said) == ([16025], ("elsewhere",))
        assert not caller.over


@virtually
async def test_an_announcement_is_heard_by_one_or_by_all():
    async with carrier(voice=lambda text, language: tone(20 * len(text), hz=THIRD)) as at:
        caller, agent = await room(at, 'participantLabel="customer"', "", told=True)
        at.app.twiml["/news"] = "<Say>" + "n" * 30 + "</Say>"
        conference = at.client.conferences(at.account.conferences[0].sid)
        await conference.participants("customer").update_async(announce_url=at.app.url + "/news")
        since = caller.now_ms
        await caller.wait(1_000)
        assert caller.ear.heard.audible_ms(since, caller.now_ms) == pytest.approx(600, abs=40)
        assert agent.ear.heard.audible_ms(agent.now_ms - 1_000, agent.now_ms) == 0
        await conference.update_async(announce_url=at.app.url + "/news")
        await caller.wait(1_000)
        assert agent.ear.heard.audible_ms(agent.now_ms - 1_000, agent.now_ms) == pytest.approx(600, abs=40)
        assert at.told("/conf", "StatusCallbackEvent").count("announcement-end") == 2


@pytest.mark.parametrize(("size", "delay_ms"), [("off", 0), ("small", 160), ("large", 600)])
def test_a_jitter_buffer_is_a_delay_of_the_speakers_voice(size, delay_ms):
    @virtually
    async def script():
        async with carrier() as at:
            at.app.twiml["/after"] = ""
            at.app.twiml["/enter0"] = ROOM.format("")
            at.app.twiml["/enter1"] = ROOM.replace('jitterBufferSize="off"', f'jitterBufferSize="{size}"').format("")
            caller = await at.call("/enter0")
            at.double.person(AGENT, Answers(after_ms=200))
            await at.dial(AGENT, "/enter1")
            agent = await at.double.person(AGENT).answered()
            await agent.wait(1_500)
            span = await say(agent, HIGH)
            await agent.wait(1_000)
            heard = next(each for each in caller.ear.speech() if each.length_ms <= 520 and each.start_ms > 1_500)
            late_ms = heard.start_ms - (span.start_ms + caller.now_ms - agent.now_ms)
            assert late_ms == pytest.approx(delay_ms + 40, abs=45)

    script()


@virtually
async def test_an_application_takes_part_its_stream_hears_the_room_and_the_room_hears_it():
    async with carrier() as at:
        caller, agent = await room(at, "", "")
        came: list[MediaLine] = []

        async def talks(line: MediaLine) -> None:
            came.append(line)
            await line.read_for(50)
            await line.play(tone(500, db=-18, hz=THIRD))
            await line.read_to_end()

        at.app.talk = talks
        at.app.twiml["/assistant"] = at.app.connect()
        people = at.client.conferences(at.account.conferences[0].sid).participants
        app = at.double.app(at.app.url + "/assistant")
        joined = await people.create_async(
            to=f"{app}?call=CA1",
            from_=OURS,
            label="assistant",
            jitter_buffer_size="off",
            beep="false",
            end_conference_on_exit=False,
        )
        await caller.say(tone(500, db=-18, hz=LOW))
        await caller.wait(1_500)
        heard = caller.ear.heard.audio(caller.now_ms - 2_000, caller.now_ms)
        assert len(came) == 1
        assert THIRD in heard_hz(caller, loudest(heard, caller.now_ms - 2_000))
        assert tone(500, db=-18, hz=LOW)[800:1_600] in came[0].heard()
        assert came[0].events("start")[0]["start"]["callSid"] == joined.call_sid
        assert at.told("/assistant", "call") == ["CA1"]
        await people("assistant").delete_async()
        await caller.wait(200)
        assert came[0].messages[-1][1]["event"] == "stop"
        assert at.account.calls[joined.call_sid].status == "completed"
        assert not agent.over
        with pytest.raises(TwilioRestException) as refused:
            await people.create_async(to="app:AP" + "0" * 32, from_=OURS)
        assert refused.value.code == 21218


def loudest(ulaw: bytes, from_ms: int) -> Span:
    """Half a second within sound of that length."""
    levels = levels_db(ulaw)
    first = int(np.flatnonzero(levels > -40)[0]) * 20 + from_ms
    return Span(first + 100, first + 400)
