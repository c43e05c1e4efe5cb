"""Agents who say what came of a call: what that makes of them."""

import asyncio
from pathlib import Path

import pytest

from telephony.queue_events import Presence
from telephony.transfer_state import State
from tests.fakes.agents import ANA as AT_DESK
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtual_office, virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, phone_agent, phone_office
from tests.fakes.put_through import WISH, asked, desk

pytestmark = pytest.mark.call
ANA = phone_agent("ana", AGENT)


def presence(office: PhoneOffice) -> Presence:
    """How the queues take Ana to be."""
    (ana,) = office.transfers.counted.agents()
    return ana.presence


@virtually
async def test_a_note_corrected_later_does_not_bring_back_who_is_away(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        ana.calls[0].hang_up()
        await office.ended(call)
        assert presence(office) == "wrap_up"
        transfer = f"{call.call_sid}-h1"
        assert await office.transfers.wrap_up(transfer, "ana", "solved", "a pole is on its way")
        assert presence(office) == "available"
        await asyncio.sleep(60)
        office.transfers.presence("ana", "away")
        await asyncio.sleep(300)
        assert await office.transfers.wrap_up(transfer, "ana", "solved", "two poles are on their way")
        assert presence(office) == "away"


@virtually
async def test_a_note_corrected_while_another_call_is_wrapped_up_does_not_end_that(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, WISH], agents=[AT_DESK]) as office:
        ana, ids = desk(office, "ana"), list[str]()
        for number in ("+14155550101", "+14155550102"):
            call = await asked(office, number)
            ids.append((await ana.accepts())["transfer"])
            call.stream.hang_up()
            await ana.gets("wrap_up")
            if len(ids) == 1:
                assert await office.transfers.wrap_up(ids[0], "ana", "solved", "")
        states = lambda: [one.presence for one in office.transfers.counted.agents()]  # noqa: E731
        assert await office.transfers.wrap_up(ids[0], "ana", "solved", "two poles are on their way")
        assert states() == ["wrap_up"]
        assert await office.transfers.wrap_up(ids[1], "ana", "solved", "")
        assert states() == ["available"]
