"""Whole transfers to agents by telephone, in virtual time. The oracle is what caller and agents hear."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from pipeline.reconciling import Reconciler
from telephony import transfer_events as told
from telephony.agent_words import ENGLISH
from telephony.double.api import RestMishap
from telephony.double.call import DoubleCall
from telephony.double.people import Answers, Busy, NoAnswer, Voicemail
from telephony.double.script import HangUp, PressAt, Wait
from telephony.double.twiml import Say
from telephony.transfer_state import State
from telephony.twilio.control import TwilioControl
from tests.fakes.application import MediaLine, tone
from tests.fakes.carrier import AGENT, OTHER, Carrier, carrier
from tests.fakes.office import virtually
from tests.fakes.phone_desk import PhoneDesk, phone_desk
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.call

RESUMED = '<Say language="en-US">back</Say><Pause length="5"/>'


async def calls(at: Carrier, desk: PhoneDesk) -> DoubleCall:
    """Somebody is with the assistant and wants a person."""

    async def talk(line: MediaLine) -> None:
        await line.read_to_end()

    at.app.talk = talk
    at.app.twiml |= {
        "/voice": at.app.connect("<Say>resumed</Say>"),
        "/twilio/resume": RESUMED,
    }
    caller = await at.call("/voice")
    await desk.begin(caller.call_sid)
    return caller


async def until(desk: PhoneDesk, state: State) -> None:
    async with asyncio.timeout(120):
        while desk.transfer.state is not state:  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.02)


async def hears(speaker: DoubleCall, listener: DoubleCall, hz: float) -> bool:
    """Whether what one says is in the other's ear."""
    await speaker.say(tone(500, db=-18, hz=hz))
    await speaker.wait(200)
    heard = listener.ear.heard.audio(listener.now_ms - 600, listener.now_ms)
    samples = pcm_to_samples(ulaw_to_pcm(heard)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)


@virtually
async def test_an_agent_hears_the_briefing_accepts_with_a_key_and_both_hear_each_other():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        (agent,) = at.double.person(AGENT).calls
        assert await hears(caller, agent, 500.0)
        assert await hears(agent, caller, 900.0)
        listening = at.app.lines[-1]
        start = next(one["start"] for one in (m for _, m in listening.messages) if "start" in one)
        assert sorted(start["tracks"]) == ["inbound", "outbound"]
        agent.hang_up()
        result = await caller.finished()
        assert desk.transfer.outcome == "completed"
        assert result.problems == ()


@pytest.mark.edge("voicemail answers")
@virtually
async def test_an_answering_machine_never_accepts_and_the_caller_stays_with_the_assistant():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Voicemail(after_ms=1_000))
        caller = await calls(at, desk)
        await until(desk, State.OVER)
        assert desk.transfer.offers[0].standing == "voicemail"
        assert desk.did(told.FallBack) == [told.FallBack("no_agents")]
        assert caller.listening
        caller.hang_up()


@pytest.mark.edge("menu or hold music answers", "agent is silent")
@virtually
async def test_a_machine_that_is_taken_for_a_person_is_hung_up_on_after_the_briefing():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(taken_for="human"))
        caller = await calls(at, desk)
        await until(desk, State.OVER)
        assert desk.transfer.offers[0].standing == "hung_up"
        assert caller.listening
        caller.hang_up()


@pytest.mark.edge("agent declines with a reason", "agent is busy")
@virtually
async def test_who_declines_is_followed_by_the_next_and_who_is_busy_too():
    for first in (Answers(steps=[PressAt(500, "2")]), Busy(), NoAnswer(), Answers(steps=[HangUp()])):
        async with carrier() as at, phone_desk(at, AGENT, OTHER) as desk:
            at.double.person(AGENT, first)
            at.double.person(OTHER, Answers(steps=[PressAt(1_000, "3"), PressAt(1_000, "1")]))
            caller = await calls(at, desk)
            await until(desk, State.CONNECTED)
            assert await hears(caller, at.double.person(OTHER).calls[0], 500.0)
            caller.hang_up()
            await until(desk, State.OVER)


@pytest.mark.edge("two agents accept at once")
@virtually
async def test_of_two_who_are_rung_the_first_wins_and_the_other_hears_so_and_is_let_go():
    async with carrier() as at, phone_desk(at, AGENT, OTHER) as desk:
        at.double.person(AGENT, Answers(after_ms=1_000, steps=[PressAt(1_000, "1")]))
        at.double.person(OTHER, Answers(after_ms=1_200))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        other = await at.double.person(OTHER).answered()
        result = await other.finished()
        assert [one.verb.text for one in result.executed if isinstance(one.verb, Say)] == [ENGLISH.taken]
        assert result.ended_by == "hangup"
        caller.hang_up()
        await until(desk, State.OVER)


@virtually
async def test_an_agent_who_hands_back_hears_goodbye_and_the_caller_is_with_the_assistant_again():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        desk.post(told.HandsBack(desk.now_ms()))
        result = await at.double.person(AGENT).calls[0].finished()
        assert result.ended_by == "hangup"
        assert ENGLISH.goodbye in [one.verb.text for one in result.executed if isinstance(one.verb, Say)]
        await caller.wait(1_000)
        await caller.wait(2_000)
        assert [path for _, path, *_ in at.app.requests].count("/twilio/resume") == 1
        assert not caller.over
        caller.hang_up()


@pytest.mark.edge("agent hands the caller back")
@virtually
async def test_the_star_key_gives_the_caller_back_to_the_assistant():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        agent = at.double.person(AGENT).calls[0]
        await agent.wait(500)
        await agent.press("*")
        result = await agent.finished()
        assert [one.verb.text for one in result.executed if isinstance(one.verb, Say)][-1] == ENGLISH.goodbye
        await caller.wait(3_000)
        assert desk.transfer.outcome == "handed_back"
        assert [path for _, path, *_ in at.app.requests].count("/twilio/resume") == 1
        caller.hang_up()


@pytest.mark.parametrize("mishap", [503, "stalled_before"])
def test_the_star_key_gives_the_caller_back_although_the_carrier_does_not_say_whether_they_are_there(mishap):
    virtually(_gives_back)(mishap)


async def _gives_back(mishap: RestMishap) -> None:
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        desk.one.transfer = replace(desk.transfer, after="end")
        await until(desk, State.CONNECTED)
        at.api.plan(mishap, method="GET", path=f"/Calls/{caller.call_sid}", count=9)
        await at.double.person(AGENT).calls[0].wait(500)
        await at.double.person(AGENT).calls[0].press("*")
        await until(desk, State.OVER)
        await caller.wait(2_000)
        assert (desk.transfer.outcome, caller.over) == ("handed_back", False)
        assert [path for _, path, *_ in at.app.requests].count("/twilio/resume") == 1
        caller.hang_up()


@virtually
async def test_a_caller_who_hangs_up_with_the_agent_lets_the_agent_go_with_a_word():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        caller.hang_up()
        result = await at.double.person(AGENT).calls[0].finished()
        assert ENGLISH.goodbye in [one.verb.text for one in result.executed if isinstance(one.verb, Say)]
        await until(desk, State.OVER)
        assert desk.did(told.Finished) == [told.Finished("completed", "the caller left")]


@virtually
async def test_a_caller_of_whom_the_carrier_does_not_ask_is_brought_back_all_the_same():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        at.api.plan(503, method="POST", path=f"/Calls/{at.double.person(AGENT).calls[0].call_sid}", count=3)
        desk.post(told.HandsBack(desk.now_ms()))
        await caller.wait(3_000)
        assert [path for _, path, *_ in at.app.requests].count("/twilio/resume") == 1
        assert not caller.over
        caller.hang_up()


@virtually
async def test_caller_and_agent_are_introduced_to_each_other_in_both_ears():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        agent = at.double.person(AGENT).calls[0]
        await caller.wait(500)
        await desk.legs.introduce(desk.transfer.id, desk.room)
        await caller.wait(1_500)
        assert [ear.speech()[-1].length_ms > 500 for ear in (caller.ear, agent.ear)] == [True, True]
        caller.hang_up()
        await until(desk, State.OVER)


@pytest.mark.edge("agent leaves after accepting")
@pytest.mark.parametrize("mishap", ["stalled_before", "lost_before"])
def test_an_agent_who_hangs_up_right_after_the_yes_leaves_the_caller_to_the_assistant_and_the_next_is_rung(mishap):
    virtually(_hangs_up_after_the_yes)(mishap)


async def _hangs_up_after_the_yes(mishap: RestMishap) -> None:
    async with carrier() as at, phone_desk(at, AGENT, OTHER) as desk:
        desk.at_once = 1
        at.api.plan(mishap, method="POST", path="/Calls/CA", count=1)
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(100), HangUp()]))
        at.double.person(OTHER, Answers(steps=[PressAt(1_000, "1")]))
        caller = await calls(at, desk)
        await at.double.person(OTHER).answered()
        await until(desk, State.CONNECTED)
        assert await hears(caller, at.double.person(OTHER).calls[0], 500.0)
        caller.hang_up()
        await until(desk, State.OVER)


@pytest.mark.edge("news late, repeated or out of order")
@pytest.mark.parametrize("mishap", ["late", "twice", "swapped"])
def test_callbacks_that_come_late_twice_or_in_disorder_change_nothing(mishap):
    @virtually
    async def script():
        async with carrier() as at, phone_desk(at, AGENT) as desk:
            at.account.callbacks.plan(mishap, count=1_000, by_ms=700)
            at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
            caller = await calls(at, desk)
            await until(desk, State.CONNECTED)
            agent = at.double.person(AGENT).calls[0]
            assert await hears(caller, agent, 500.0)
            agent.hang_up()
            await until(desk, State.OVER)
            assert (desk.transfer.outcome, at.double.person(AGENT).rung, len(desk.did(told.MoveCaller))) == (
                "completed", 1, 1,
            )  # fmt: skip

    script()


@pytest.mark.edge("caller hangs up while the agent is briefed")
@virtually
async def test_a_caller_who_hangs_up_during_the_briefing_ends_it():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        caller = await calls(at, desk)
        agent = await at.double.person(AGENT).answered()
        await agent.wait(500)
        caller.hang_up()
        desk.post(told.CallerLeft(desk.now_ms()))
        result = await agent.finished()
        assert (desk.transfer.outcome, result.ended_by) == ("abandoned", "hangup")


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_whatever_callback_is_lost_the_reconciler_finds_it():
    async with carrier() as at, phone_desk(at, AGENT) as desk:
        at.account.callbacks.plan("never", count=1_000)
        at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        reconciler = Reconciler(TwilioControl(at.rest), desk.phones.known, desk.phones.tell, desk.now_ms)
        running = desk.tasks.create_task(reconciler.run())
        caller = await calls(at, desk)
        await until(desk, State.CONNECTED)
        agent = at.double.person(AGENT).calls[0]
        assert await hears(caller, agent, 500.0)
        agent.hang_up()
        await until(desk, State.OVER)
        assert desk.transfer.outcome == "completed"
        running.cancel()
        await asyncio.wait([running])


@pytest.mark.edge("request of the carrier fails or is slow")
@virtually
async def test_a_request_whose_answer_is_lost_rings_once_and_bridges_once():
    for path in ("/Calls.json", "/Calls/CA"):
        async with carrier() as at, phone_desk(at, AGENT) as desk:
            at.api.plan("lost_after", method="POST", path=path)
            at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
            caller = await calls(at, desk)
            await until(desk, State.CONNECTED)
            assert at.double.person(AGENT).rung == 1
            assert await hears(caller, at.double.person(AGENT).calls[0], 500.0)
            caller.hang_up()
            await until(desk, State.OVER)
