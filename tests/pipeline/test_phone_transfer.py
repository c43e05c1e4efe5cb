"""Whole calls to agents by telephone, over the carrier's double in virtual time. The oracle is everybody's ear."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from pipeline.line.human_queues import Target
from recordings.wav import read_samples
from telephony.agent_words import ENGLISH
from telephony.double.people import Answers, NoAnswer, Voicemail
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, WISH, hears, phone_agent, phone_office, words

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)
THIRD = "+14155550104"
EVA = phone_agent("eva", THIRD)


@pytest.mark.row(76)
@virtually
async def test_caller_and_agent_hear_each_other_and_what_they_say_is_kept(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        person = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.says(call, caller=["my tent is torn"], agent=["I am sorry to hear that"])
        await office.until(call, State.CONNECTED)
        (agent,) = person.calls
        assert await hears(call, agent, 500.0)
        assert await hears(agent, call, 900.0)
        await call.say(SPEECH)
        await call.wait(2_000)
        await agent.say(SPEECH)
        await agent.wait(2_000)
        call.hang_up()
        record = await office.ended(call)
        assert record.outcome == "transferred"
        said = [(one["agent"], one["text"]) for one in await office.kept(call, "agent.said")]
        assert said == [("ana", "I am sorry to hear that")]
        texts = [one["text"] for one in await office.kept(call, "caller.said")]
        assert texts == [WISH, "my tent is torn"]
        began_ms = next(event.at_ms for event in await office.events(call) if event.kind == "transfer.connected")
    samples = np.abs(read_samples(tmp_path / f"{call.call_sid}.wav").astype(np.int32))
    caller, heard = samples[began_ms * 8 :].T
    assert caller.max() > 1_000
    assert heard.max() > 1_000


@pytest.mark.edge("agent declines with a reason", "agent is busy", "voicemail answers")
@virtually
async def test_whoever_declines_is_busy_or_a_machine_is_followed_by_the_next(tmp_path: Path):
    async with phone_office(tmp_path, ANA, BEN, EVA) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(500, "2")]))
        office.at.double.person(OTHER, Voicemail(after_ms=1_000))
        eva = office.at.double.person(THIRD, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        assert await hears(call, eva.calls[0], 500.0)
        answered = [(one["agent"], one["how"]) for one in await office.kept(call, "transfer.answered")]
        assert sorted(answered) == [("ana", "declined"), ("ben", "voicemail"), ("eva", "accepted")]
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"


@virtually
async def test_a_caller_who_hangs_up_while_an_agent_is_about_to_be_dialled_ends_the_ringing_as_soon_as_it_begins(
    tmp_path: Path,
):
    async with phone_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, NoAnswer())
        office.at.api.plan(503, method="POST", path="/Calls.json", count=2)
        call = await office.asks()
        await office.until(call, State.OFFERED)
        call.hang_up()
        await asyncio.sleep(4)
        (leg,) = [one for one in office.at.account.calls.values() if one.caller.to == AGENT]
        assert (ana.rung, leg.status) == (1, "canceled")


@pytest.mark.edge("caller hangs up while an agent is rung")
@virtually
async def test_a_caller_who_hangs_up_ends_the_ringing(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue={"ring_s": 15}) as office:
        ana = office.at.double.person(AGENT, NoAnswer())
        call = await office.asks()
        await office.until(call, State.OFFERED)
        await call.wait(2_000)
        call.hang_up()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        (leg,) = [one for one in office.at.account.calls.values() if one.caller.to == AGENT]
        await asyncio.sleep(1)
        assert leg.status == "canceled"
        assert ana.calls == []
        assert ("Timeout", "15") in office.at.api.asked("POST", "/Calls.json")[0].fields


@pytest.mark.edge("caller hangs up while the agent is briefed", "agent hangs up during the briefing", "agent is silent")
@virtually
async def test_an_agent_in_the_briefing_is_told_that_the_caller_left(tmp_path: Path):
    async with phone_office(tmp_path, ANA, BEN) as office:
        office.at.double.person(AGENT, Answers(steps=[Wait(600), HangUp()]))
        ben = office.at.double.person(OTHER, Answers())
        call = await office.asks()
        agent = await ben.answered()
        await agent.wait(600)
        call.hang_up()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        told = await agent.finished()
        assert words(told) == [ENGLISH.caller_left]
        over = await office.kept(call, "transfer.over")
        assert [one["outcome"] for one in over] == ["abandoned"]


@pytest.mark.edge("two agents accept at once")
@virtually
async def test_two_who_press_one_at_once_one_gets_the_caller_the_other_is_told(tmp_path: Path):
    async with phone_office(tmp_path, ANA, BEN, queue={"ring": "simultaneous"}) as office:
        people = [office.at.double.person(phone, ACCEPTS) for phone in (AGENT, OTHER)]
        call = await office.asks()
        transfer = await office.until(call, State.CONNECTED)
        winner, loser = people if transfer.offers[0].standing == "accepted" else reversed(people)
        assert await hears(call, winner.calls[0], 500.0)
        assert set(words(await loser.calls[0].finished())) == {ENGLISH.taken}
        assert len(office.at.account.conferences) == 1
        winner.calls[0].hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert (await call.finished()).problems == ()


@pytest.mark.edge("agent leaves after accepting", "second transfer after a failed one")
@virtually
async def test_an_agent_who_accepts_and_leaves_is_followed_by_another_and_the_caller_is_told(tmp_path: Path):
    async with phone_office(tmp_path, ANA, BEN, ms_per_character=60) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(900), HangUp()]))
        ben = office.at.double.person(OTHER, ACCEPTS)
        call = await office.asks()
        await ben.answered()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ben.calls[0], 500.0)
        told = [one["what"] for one in await office.kept(call, "transfer.told")]
        assert told[:3] == ["found", "lost", "found"]
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("caller cannot be moved")
@virtually
async def test_a_caller_who_cannot_be_moved_is_with_the_assistant_and_the_agent_hears_so(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS, NoAnswer())
        call = await office.asks("never mind", "no thanks goodbye")
        office.at.api.plan(500, method="POST", path=call.call_sid, count=3)
        agent = await ana.answered()
        assert words(await agent.finished())[-1] == ENGLISH.not_connected
        assert call.listening
        assert [one["what"] for one in await office.kept(call, "transfer.told")] == ["found", "late", "lost", "nobody"]
        await call.until_quiet()
        said = {one["utterance"]: one["text"] for one in await office.kept(call, "assistant.speaks")}
        (promise,) = [one for one, text in said.items() if "finding somebody else" in text]
        (heard,) = [one for one in await office.kept(call, "assistant.heard") if one["utterance"] == promise]
        assert not heard["complete"]  # nobody else is there
        await call.say(SPEECH)
        await call.until_quiet()
        await call.say(SPEECH)
        record = await office.ended(call)
        assert record.outcome == "completed"
        assert (await call.finished()).ended_by == "application"


@pytest.mark.row(86)
@pytest.mark.edge("agent hands the caller back")
@pytest.mark.parametrize("how", ["star", "api", "leaves"])
def test_a_caller_who_is_handed_back_goes_on_with_the_assistant_and_one_stream(tmp_path: Path, how: str):
    @virtually
    async def script():
        async with phone_office(tmp_path, ANA, queue={"after": "assistant" if how == "leaves" else "end"}) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            call = await office.asks("no thanks goodbye")
            transfer = await office.until(call, State.CONNECTED)
            agent = ana.calls[0]
            assert await hears(agent, call, 900.0)
            if how == "star":
                await agent.press("*")
            elif how == "api":
                assert office.transfers.hand_back(transfer.id, "ana", "solved it")
            else:
                agent.hang_up()
            await office.until(call, State.OVER)
            await call.until_quiet()
            await call.say(SPEECH)
            record = await office.ended(call)
            assert record.outcome == "completed"
            assert (await agent.finished()).ended_by in ("hangup", "caller")
            texts = [one.text for one in record.utterances if one.speaker == "assistant"]
            assert sum("You're back with me" in text for text in texts) == 1
            assert [one.kind for one in await office.events(call)].count("call.resumed") == 1
            over = await office.kept(call, "transfer.over")
            assert [one["outcome"] for one in over] == ["completed" if how == "leaves" else "handed_back"]

    script()


@virtually
async def test_a_queue_with_a_number_of_its_own_rings_that_and_nobody_else_for_as_many_callers_as_it_takes(
    tmp_path: Path,
):
    async with phone_office(tmp_path, ANA, queue={"to": Target(number=OTHER, at_once=2)}) as office:
        ana, there = office.at.double.person(AGENT), office.at.double.person(OTHER, ACCEPTS)
        there.lines = 2
        office.transfers.presence("ana", "away")
        calls = [await office.asks(), await office.asks()]
        for call in calls:
            await office.until(call, State.CONNECTED)
        assert await hears(calls[0], there.calls[0], 500.0)
        assert (there.rung, ana.rung) == (2, 0)
        for call in calls:
            call.hang_up()
        await office.ended(calls[0])


@virtually
async def test_a_queue_s_sip_address_gets_the_handoff_s_id_and_the_line_s_headers(tmp_path: Path):
    target = Target(sip="sip:sales@pbx.example.com", headers={"X-Queue": "tents"})
    async with phone_office(tmp_path, queue={"to": target}) as office:
        there = office.at.double.person("sip:sales@pbx.example.com", ACCEPTS)
        call = await office.asks()
        transfer = await office.until(call, State.CONNECTED)
        headers = there.calls[0].entry.caller.sip_headers
        assert (headers["X-Handoff-Id"], headers["X-Queue"]) == (transfer.id, "tents")
        assert bytes.fromhex(headers["User-to-User"].partition(";")[0]) == b"asked_for_person"
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("news late, repeated or out of order")
@virtually
async def test_a_caller_whose_end_nobody_tells_is_found_by_asking(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(told=False)
        await office.until(call, State.CONNECTED)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert (await ana.calls[0].finished()).ended_by == "hangup"


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize(
    ("state", "moved"),
    [("QUEUED", 0), ("OFFERED", 0), ("ACCEPTED", 0), ("BRIDGING", 0), ("BRIDGING", 1), ("CONNECTED", 1)],
)
def test_a_process_that_is_killed_strands_nobody(tmp_path: Path, state: str, moved: int):
    @virtually
    async def script():
        async with phone_office(tmp_path, ANA, ms_per_character=60) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            if state == "QUEUED":
                office.transfers.presence("ana", "busy")
            call = await office.asks()
            if state == "BRIDGING" and not moved:
                office.at.api.plan("stalled_before", method="POST", path=call.call_sid)
            elif state == "BRIDGING":
                customer = {"ParticipantLabel": "customer"}
                office.at.account.callbacks.plan("never", event="participant-join", params=customer)
            await office.until(call, State[state])
            await asyncio.sleep(0.3)
            await office.die()
            await asyncio.sleep(2)
            await office.begin()
            await office.until(call, State.CONNECTED)
            agent = [one for one in ana.calls if not one.over][-1]
            assert await hears(call, agent, 500.0)
            assert await hears(agent, call, 900.0)
            assert len([one for one in ana.calls if not one.over]) == 1
            call.hang_up()
            assert (await office.ended(call)).outcome == "transferred"

    script()


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_who_were_joined_while_no_process_was_there_are_not_parted_by_the_next_one(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ms_per_character=60) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.at.account.callbacks.plan("never", event="participant-join", params={"ParticipantLabel": "customer"})
        await office.until(call, State.BRIDGING)
        await asyncio.sleep(0.3)
        await office.die()
        await asyncio.sleep(15)  # longer than anybody is waited for
        await office.begin()
        await office.until(call, State.CONNECTED)
        assert await hears(call, ana.calls[0], 500.0)
        assert (await office.kept(call, "transfer.over"), ana.rung) == ([], 1)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"


@virtually
async def test_where_the_queue_wants_it_caller_and_agent_are_introduced_to_each_other(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue={"introduction": True}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        agent = ana.calls[0]
        since = (call.now_ms, agent.now_ms)
        await call.wait(1_500)
        for leg, since_ms in zip((call, agent), since, strict=True):
            assert leg.ear.heard.audible_ms(since_ms, leg.now_ms) > 500
        call.hang_up()
        await office.ended(call)


@virtually
async def test_what_is_said_of_an_agent_by_telephone_is_taken_once(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        states = lambda: [one.presence for one in office.transfers.counted.agents()]  # noqa: E731
        office.transfers.use_said({"ana": ("away", "1")})
        assert states() == ["away"]
        office.transfers.presence("ana", "busy")
        office.transfers.use_said({"ana": ("away", "1")})
        assert states() == ["busy"]
        office.transfers.use_said({"ana": ("available", "2")})
        assert states() == ["available"]
