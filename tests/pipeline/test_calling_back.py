"""Callers who hang up and keep their place, over the carrier's double in virtual time."""

import asyncio
from pathlib import Path

import pytest

from pipeline.assistant.tools.kept import KeptTools
from pipeline.transfers.running import LINGER_S
from telephony.agent_words import ENGLISH
from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.people import Answers, NoAnswer, Voicemail
from telephony.transfer_state import State
from telephony.transfer_tables import transfers
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT, CALLER, OTHER
from tests.fakes.mortal import MortalStore
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, hears, phone_agent, phone_office, words

pytestmark = pytest.mark.call

ANA, EVA = phone_agent("ana", AGENT), phone_agent("eva", OTHER)
BEN = Agent("ben", "Ben", frozenset({"support"}))
CALLS_BACK = {"callback": True, "callback_spacing_s": 60, "callback_attempts": 2}


async def wants_callback(office: PhoneOffice, busy: str = "ana") -> DoubleCall:
    """A caller for whom nobody is free, and who would rather be called."""
    office.transfers.presence(busy, "busy")
    call = await office.asks("call me back please", "yes please", "no thanks goodbye")
    await call.wait(10_000)  # of music
    await call.say(SPEECH)
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    await call.say(SPEECH)
    await office.ended(call)
    return call


@pytest.mark.edge("nobody is there")
@virtually
async def test_who_keeps_their_place_is_called_when_an_agent_has_accepted_and_both_hear_each_other(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK) as office:
        ana, caller = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(CALLER, Answers())
        call = await wants_callback(office)
        kept = await office.kept(call, "transfer.callback")
        assert [one["number_end"] for one in kept] == ["01"]
        assert caller.rung == 0
        office.transfers.presence("ana", "available")
        back = await caller.answered()
        transfer = await office.until(back, State.CONNECTED)
        assert transfer.id == f"{call.call_sid}-b1"
        assert await hears(back, ana.calls[0], 500.0)
        assert await hears(ana.calls[0], back, 900.0)
        told = [one["text"] for one in await office.kept(back, "assistant.speaks")]
        assert told[0] == "Hello, this is Northfield Outdoor. You asked us to call you back."
        assert "automated assistant" in told[1]
        back.hang_up()
        assert (await office.ended(back)).outcome == "transferred"


@virtually
async def test_who_is_called_back_hears_all_of_who_calls_before_they_are_joined_however_long_it_takes(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK, ms_per_character=60) as office:
        ana, caller = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(CALLER, Answers())
        await wants_callback(office)
        office.transfers.presence("ana", "available")
        back = await caller.answered()
        await office.until(back, State.CONNECTED)
        assert await hears(back, ana.calls[0], 500.0)
        heard = [one for one in await office.kept(back, "assistant.heard") if one["complete"]]
        assert len(heard) == 3  # who calls, what speaks, who is there
        back.hang_up()
        await office.ended(back)


@pytest.mark.edge("caller who is called back does not answer")
@virtually
async def test_who_is_not_reached_is_called_again_later_and_then_a_person_is_to_do_it(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        caller = office.at.double.person(CALLER, NoAnswer(), Voicemail(after_ms=2_000))
        call = await wants_callback(office)
        office.transfers.presence("ana", "available")
        agent = await ana.answered()
        assert words(await agent.finished())[-1] == ENGLISH.not_reached
        again = await ana.answered(2, timeout_s=300)
        await again.finished()
        assert caller.rung == 2
        await asyncio.sleep(120)
        assert (caller.rung, ana.rung) == (2, 2)
        (errand,) = await office.errands()
        assert (errand.call_id, errand.data["why"], errand.data["attempts"]) == (call.call_sid, "too_many_attempts", 2)


@virtually
async def test_a_callback_outlives_the_process(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK) as office:
        ana, caller = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(CALLER, Answers())
        call = await wants_callback(office)
        await office.die()
        await office.begin()
        back = await caller.answered()
        transfer = await office.until(back, State.CONNECTED)
        assert transfer.id == f"{call.call_sid}-b1"
        assert office.transfers.acting.told.packet(transfer.id)["reason"]["code"] == "asked_for_person"
        assert await hears(back, ana.calls[0], 500.0)
        back.hang_up()
        await office.ended(back)


async def offered_callback(office: PhoneOffice) -> DoubleCall:
    """A caller for whom nobody came, and who was asked a while ago whether they want to be called."""
    office.transfers.presence("ana", "busy")
    call = await office.asks("hold on a second", "yes please", "no thanks goodbye")
    await office.until(call, State.OVER)
    await call.until_quiet()
    await asyncio.sleep(LINGER_S / 2)
    await call.say(SPEECH)
    await call.until_quiet()
    await asyncio.sleep(LINGER_S / 2)
    return call


async def accepts_callback(office: PhoneOffice, call: DoubleCall) -> None:
    """They want it, and hang up."""
    await call.say(SPEECH)
    await call.until_quiet()
    await call.say(SPEECH)
    await office.ended(call)
    assert len(await office.kept(call, "transfer.callback")) == 1


@pytest.mark.edge("nobody is there")
@virtually
async def test_a_caller_who_says_yes_long_after_nobody_came_is_called_all_the_same(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK | {"max_wait_s": 60}) as office:
        ana, caller = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(CALLER, Answers())
        call = await offered_callback(office)
        assert office.transfer(call) is None  # forgotten
        await accepts_callback(office, call)
        office.transfers.presence("ana", "available")
        back = await caller.answered()
        await office.until(back, State.CONNECTED)
        assert await hears(back, ana.calls[0], 500.0)
        packet = office.transfers.acting.told.packet(f"{call.call_sid}-b1")
        assert packet["reason"]["code"] == "asked_for_person"  # so the agent was told
        back.hang_up()
        await office.ended(back)


@pytest.mark.edge("store down or disk full")
@virtually
async def test_a_callback_that_was_promised_and_of_which_nothing_is_known_is_left_to_a_person(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue=CALLS_BACK | {"max_wait_s": 60}) as office:
        call = await offered_callback(office)
        await office.first.store.apply(lambda connection: connection.execute(transfers.delete()))
        outbox = MortalStore(office.first.store)
        office.transfers.promised.errands = KeptTools(outbox, "test")
        outbox.refuses = True
        await accepts_callback(office, call)
        await asyncio.sleep(30)
        assert await office.errands() == []
        outbox.refuses = False  # the store answers again
        await asyncio.sleep(30)
        (errand,) = await office.errands()
        assert (errand.call_id, errand.kind, errand.data["number_end"]) == (call.call_sid, "callback", CALLER[-4:])


@virtually
async def test_an_agent_at_the_desk_is_joined_with_the_caller_on_the_call_that_reaches_them(tmp_path: Path):
    async with phone_office(tmp_path, BEN, queue=CALLS_BACK) as office:
        caller = office.at.double.person(CALLER, Answers())
        ben = DeskAgent(office.transfers, "ben").sit(available=False)
        call = await wants_callback(office, "ben")
        office.transfers.presence("ben", "available")
        offer = await ben.gets("offer")
        assert offer["packet"]["reason"]["code"] == "asked_for_person"
        assert caller.rung == 0
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ben")
        back = await caller.answered()
        await ben.gets("connected")
        before = ben.heard_ms()
        await back.say(SPEECH)
        await back.wait(500)
        assert ben.heard_ms() - before >= 500
        since_ms = back.now_ms
        await ben.speaks(SPEECH)
        assert back.ear.heard.audible_ms(since_ms, back.now_ms) >= 500
        assert office.transfers.hand_back(offer["transfer"], "ben", "done")
        office.says_to_assistant(back, "no thanks goodbye")
        await back.until_quiet()
        await back.say(SPEECH)
        assert (await office.ended(back)).outcome == "completed"
        assert (await back.finished()).ended_by == "application"
        assert call.over
        ben.hearing.cancel()


@virtually
async def test_a_caller_who_is_reached_and_whose_agent_is_gone_by_then_waits_on_the_line_for_the_next(tmp_path: Path):
    async with phone_office(tmp_path, ANA, EVA, queue=CALLS_BACK) as office:
        office.transfers.presence("eva", "busy")
        ana, eva = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(OTHER, ACCEPTS)
        caller = office.at.double.person(CALLER, Answers())
        await wants_callback(office)
        office.transfers.presence("ana", "available")
        back = await caller.answered()
        await back.until_heard()
        ana.calls[0].hang_up()
        await asyncio.sleep(3)
        office.transfers.presence("eva", "available")
        await eva.answered()
        await office.until(back, State.CONNECTED)
        assert await hears(back, eva.calls[0], 500.0)
        assert caller.rung == 1
        back.hang_up()
        await office.ended(back)
