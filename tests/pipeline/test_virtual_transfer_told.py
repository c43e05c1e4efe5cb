"""What desks are told, and what they keep, of offers that are over, in virtual time."""

import asyncio
from pathlib import Path

import pytest

from telephony.transfer_state import State
from tests.fakes.agents import ANA, BEN
from tests.fakes.office import virtual_office, virtually
from tests.fakes.put_through import WISH, asked, desk

pytestmark = pytest.mark.call


@pytest.mark.edge("agent leaves after accepting")
@virtually
async def test_an_agent_who_hangs_up_before_the_caller_is_joined_is_told_that_it_is_over(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        call.stream.lose()
        await asyncio.sleep(0.1)
        assert office.transfers.accept(offer["transfer"], 0, "ana")
        await asyncio.sleep(0.5)
        (running,) = office.transfers.live()
        assert running.transfer.state in {State.ACCEPTED, State.BRIDGING}
        assert office.transfers.hang_up(offer["transfer"], "ana")
        assert await ana.gets("released", 2) == {
            "type": "released",
            "transfer": offer["transfer"],
            "offer": 0,
            "why": "left",
        }
        assert office.transfers.desk.speaking("ana") is None


@virtually
async def test_what_was_declined_is_not_shown_again_when_the_desk_is_opened_anew(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        assert office.transfers.decline(offer["transfer"], offer["offer"], "ana", "at lunch")
        await asyncio.sleep(1)
        again = desk(office, "ana")
        assert [message["type"] for message in again.told if message["type"] == "offer"] == []
        call.stream.hang_up()
        await office.ended(call.sid)
