"""Agents who accepted and are gone, and callers who are elsewhere than was said, in virtual time."""

import asyncio
from pathlib import Path

import pytest

from telephony.agents import Agent
from telephony.double.people import Answers
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import SUPPORT, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
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
                assert await office.phoning.phones.joined(transfer.id, "agent-0", leg)
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
