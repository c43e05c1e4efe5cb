"""Agents who accepted and are gone, and callers who are elsewhere than was said, in virtual time."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from telephony.agents import Agent
from telephony.double.people import Answers, NoAnswer
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, SUPPORT, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)
EVE = Agent("eve", "Eve", SUPPORT)


@pytest.mark.edge("agent leaves after accepting")
@pytest.mark.parametrize("late", ["wait", "webhook"])
def test_an_agent_who_left_parts_nobody_when_news_of_them_come_late(tmp_path: Path, late: str):
    @virtually
    async def script():
        async with phone_office(tmp_path, ANA, EVE, ms_per_character=60) as office:
            ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(700), HangUp()]))
            call = await office.asks()
            await office.until(call, State.OFFERED)
            eve = DeskAgent(office.transfers, "eve").sit()
            await eve.accepts()
            transfer = await office.until(call, State.CONNECTED)
            assert transfer.accepted == 1
            if late == "webhook":
                leg = ana.calls[0].call_sid
                assert await office.phoning.phones.desk.joined(transfer.id, "agent-0", leg)
            await asyncio.sleep(4)
            heard_ms, said_ms = eve.heard_ms(), call.now_ms
            await call.say(SPEECH)
            await eve.speaks(SPEECH)
            assert eve.heard_ms() - heard_ms > 500
            assert call.ear.heard.audible_ms(said_ms, call.now_ms) > 500
            call.hang_up()
            assert (await office.ended(call)).outcome == "transferred"
            eve.hearing.cancel()
            await asyncio.sleep(0)

    script()


@pytest.mark.edge("caller does not arrive", "agent leaves after accepting")
@pytest.mark.parametrize("told", [True, False])
def test_a_caller_who_arrives_after_their_agent_left_is_taken_back_whoever_was_asked_first(tmp_path: Path, told: bool):
    @virtually
    async def script():
        async with phone_office(tmp_path, EVE, ANA, ms_per_character=60) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            office.transfers.presence("ana", "busy")
            eve = DeskAgent(office.transfers, "eve").sit()
            call = await office.asks("no thanks goodbye")
            offer = await eve.gets("offer")
            assert office.transfers.decline(offer["transfer"], offer["offer"], "eve", "no")
            eve.leave()
            office.transfers.presence("ana", "available")
            if not told:
                office.at.account.callbacks.plan(
                    "never", event="participant-join", params={"ParticipantLabel": "customer"}
                )
            office.at.api.plan(503, method="POST", path=call.call_sid, count=2)
            transfer = await office.until(call, State.BRIDGING)
            assert transfer.accepted == 1
            ana.calls[-1].hang_up()
            await asyncio.sleep(20)
            assert all(not room.participants for room in office.at.account.conferences)
            assert not call.over
            assert call.listening
            office.says_to_assistant(call, "never mind", "no thanks goodbye")
            for _ in range(2):
                await call.until_quiet()
                await call.say(SPEECH)
            record = await office.ended(call)
            assert record.outcome == "completed"

    script()


@pytest.mark.edge("caller does not arrive")
@virtually
async def test_a_caller_who_arrives_after_their_agent_left_is_taken_back_while_the_next_is_rung(tmp_path: Path):
    async with phone_office(tmp_path, EVE, ANA, BEN, ms_per_character=60) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        ben = office.at.double.person(OTHER, NoAnswer())
        office.transfers.presence("ben", "busy")
        office.transfers.presence("ana", "busy")
        eve = DeskAgent(office.transfers, "eve").sit()
        call = await office.asks("never mind", "no thanks goodbye")
        offer = await eve.gets("offer")
        assert office.transfers.decline(offer["transfer"], offer["offer"], "eve", "no")
        eve.leave()
        office.transfers.presence("ana", "available")
        office.at.account.callbacks.plan("never", event="participant-join", params={"ParticipantLabel": "customer"})
        office.at.api.plan(503, method="POST", path=call.call_sid)
        await office.until(call, State.BRIDGING)
        office.transfers.presence("ben", "available")
        ana.calls[-1].hang_up()
        await asyncio.sleep(0.5)
        assert [len(room.participants) for room in office.at.account.conferences] == [0, 1]
        office.at.api.plan(503, method="POST", path=call.call_sid, count=3)  # nor can they be taken back
        await asyncio.sleep(15)
        assert ben.rung == 1
        assert all(not room.participants for room in office.at.account.conferences)
        assert not call.over
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("caller cannot be moved")
@pytest.mark.parametrize("how", ["stalled_after", "lost_after"])
def test_a_caller_who_was_moved_stays_there_though_nobody_answers_for_it(
    tmp_path: Path, how: Literal["stalled_after", "lost_after"]
):
    @virtually
    async def script():
        async with phone_office(tmp_path, ANA, ms_per_character=60) as office:
            ana = office.at.double.person(AGENT, ACCEPTS)
            call = await office.asks()
            await office.until(call, State.ACCEPTED)
            office.at.api.plan(how, method="POST", path=call.call_sid)
            await office.until(call, State.CONNECTED)
            await asyncio.sleep(60)
            assert not call.over
            assert await hears(call, ana.calls[0], 500.0)
            assert await hears(ana.calls[0], call, 900.0)
            call.hang_up()
            assert (await office.ended(call)).outcome == "transferred"

    script()
