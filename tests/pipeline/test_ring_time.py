"""How long an agent is rung: as long as the queue says, at the desk as by telephone."""

import asyncio
from pathlib import Path

import pytest

from pipeline.transfers.running import WRITE_WITHIN_S
from tests.fakes.agents import ANA, BEN
from tests.fakes.office import virtual_office, virtually
from tests.fakes.put_through import WISH, asked, both_hear, desk

pytestmark = pytest.mark.call
RING_S = 10


@virtually
async def test_a_desk_rings_as_long_as_the_queue_says_and_then_the_next_one(tmp_path: Path):
    loop = asyncio.get_running_loop()
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN], queue={"ring_s": RING_S}) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.gets("offer")
        began_s, ben = loop.time(), desk(office, "ben")
        assert (await ana.gets("withdrawn"))["why"] == "timeout"
        assert loop.time() - began_s == pytest.approx(RING_S, abs=0.5)
        await ben.accepts()
        await asyncio.sleep(2 * RING_S)
        await both_hear(call, ben)
        call.stream.hang_up()
        events = (await office.ended(call.sid), await office.events(call.sid))[1]
        answered = [(event.data["agent"], event.data["how"]) for event in events if event.kind == "transfer.answered"]
        assert answered == [("ana", "no_answer"), ("ben", "accepted")]


@virtually
async def test_who_accepts_in_the_last_instant_has_the_caller(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], queue={"ring_s": RING_S}) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        await asyncio.sleep(RING_S - WRITE_WITHIN_S / 2)
        office.parts.process.refuses = True  # what they say is not decided at once
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await asyncio.sleep(1)
        office.parts.process.refuses = False
        await ana.gets("connected")
        await asyncio.sleep(RING_S)
        await both_hear(call, ana)
        call.stream.hang_up()
        await office.ended(call.sid)


@virtually
async def test_who_is_rung_while_the_process_dies_is_rung_no_longer_than_that_by_the_next(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], queue={"ring_s": RING_S}) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.gets("offer")
        await office.restarts()
        ana.moves(office.transfers)
        office.clocks.append(ana.hearing)
        await office.resume(call)
        began_s = asyncio.get_running_loop().time()
        assert (await ana.gets("withdrawn"))["why"] == "timeout"
        assert asyncio.get_running_loop().time() - began_s <= RING_S
