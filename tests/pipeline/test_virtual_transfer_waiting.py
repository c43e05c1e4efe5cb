"""Callers who wait for a person, in virtual time: what they say meanwhile, and what becomes of them if nobody comes."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.agents import ANA
from tests.fakes.english import english_line
from tests.fakes.office import VirtualCall, VirtualOffice, virtual_office, virtually
from tests.fakes.put_through import WISH, asked, both_hear, desk, outcomes, said

pytestmark = pytest.mark.call
NOBODY = "I'm sorry, nobody is free right now."
SUNDAY_NIGHT = datetime(2026, 11, 23, 6, tzinfo=UTC)


async def until_said(office: VirtualOffice, call: VirtualCall, text: str) -> None:
    async with asyncio.timeout(300):
        while text not in await said(office, call):
            await call.handset.wait_ms(1000)


@pytest.mark.edge("caller hangs up in the queue", "exactly one outcome")
@virtually
async def test_a_caller_who_hangs_up_in_the_queue_is_offered_to_nobody(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        first = await asked(office)
        offer = await ana.accepts()
        second = await asked(office, "+14155550102")
        await asyncio.sleep(8)
        assert "You're next in line." in " ".join(await said(office, second))
        second.stream.hang_up()
        office.switchboard.status(second.sid, "completed")
        await second.over()
        assert office.transfers.hang_up(offer["transfer"], "ana")
        await ana.gets("wrap_up")
        office.transfers.presence("ana", "available")
        await asyncio.sleep(5)
        assert [told for told in ana.told if told["type"] == "offer"] == []
        await first.over()
        await office.ended(second.sid)
        assert await outcomes(office, second) == ["abandoned"]
        assert await outcomes(office, first) == ["completed"]


@pytest.mark.edge("caller speaks over the announcement")
@pytest.mark.parametrize("words", ["okay", "my tent is torn", "colourless green ideas sleep"])
@virtually
async def test_a_caller_who_speaks_over_the_announcement_is_put_through_all_the_same(tmp_path: Path, words: str):
    async with virtual_office(tmp_path, [WISH, words], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        since_ms = call.handset.now_ms
        while not call.ear.heard.audible_ms(since_ms, call.handset.now_ms):
            await call.handset.tick()
        await call.speak()  # into "I'm getting somebody from our team for you"
        await asyncio.sleep(2)
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")
        await both_hear(call, ana)
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"
        assert await outcomes(office, call) == ["completed"]


@pytest.mark.edge("caller waits longer than the queue allows")
@virtually
async def test_who_waits_longer_than_the_queue_allows_hears_so_and_leaves_a_message(tmp_path: Path):
    texts = [WISH, WISH, "it is anna miller", "no thanks goodbye"]
    async with virtual_office(tmp_path, texts, agents=[ANA], queue={"max_wait_s": 60}) as office:
        ana = desk(office, "ana")
        first = await asked(office)
        await ana.accepts()
        call = await asked(office, "+14155550102")
        asked_ms = call.handset.now_ms
        await until_said(office, call, NOBODY)
        assert 55_000 <= call.handset.now_ms - asked_ms <= 70_000
        await call.turn()
        await call.turn()
        assert await call.over()
        first.stream.hang_up()
        record = await office.ended(call.sid)
        assert record.outcome == "message_taken"
        assert await outcomes(office, call) == ["exhausted"]


@pytest.mark.edge("out of hours")
@virtually
async def test_out_of_hours_nobody_is_rung_and_a_message_is_taken(tmp_path: Path):
    texts = [WISH, "it is anna miller", "no thanks goodbye"]
    line = english_line(tmp_path / "line")  # whose people are there when the shop is open
    async with virtual_office(tmp_path, texts, agents=[ANA], began=SUNDAY_NIGHT, line=line) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await call.quiet(since_ms=call.handset.now_ms)
        await call.turn()
        await call.turn()
        assert await call.over()
        assert (await office.ended(call.sid)).outcome == "message_taken"
        assert [told for told in ana.told if told["type"] == "offer"] == []
        assert "transfer.requested" not in await office.kinds(call.sid)


@pytest.mark.edge("queue deleted while callers wait")
@virtually
async def test_when_the_queue_is_deleted_its_callers_hear_so_and_leave_a_message(tmp_path: Path):
    texts = [WISH, WISH, "it is anna miller", "no thanks goodbye"]
    async with virtual_office(tmp_path, texts, agents=[ANA]) as office:
        ana = desk(office, "ana")
        first = await asked(office)
        await ana.accepts()
        call = await asked(office, "+14155550102")
        await asyncio.sleep(10)
        changed_ms = call.handset.now_ms
        office.use_line(lambda settings: settings.model_copy(update={"queues": ()}))
        await until_said(office, call, NOBODY)
        assert call.handset.now_ms - changed_ms < 20_000
        await call.turn()
        await call.turn()
        assert await call.over()
        await both_hear(first, ana)  # who speaks already goes on
        first.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "message_taken"
        assert await outcomes(office, call) == ["exhausted"]


@pytest.mark.edge("wall clock jumps")
@pytest.mark.parametrize("by", [timedelta(hours=5), timedelta(hours=-5)])
@virtually
async def test_a_wall_clock_that_jumps_makes_nobody_wait_longer_or_shorter(tmp_path: Path, by: timedelta):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        office.wall.jumps(by)
        await asyncio.sleep(10)
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")
        office.wall.jumps(by)
        await both_hear(call, ana)
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"


@pytest.mark.edge("second transfer after a failed one")
@virtually
async def test_who_did_not_want_the_first_may_be_put_through_later(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "never mind", WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        first = await ana.gets("offer")
        await asyncio.sleep(8)
        await call.speak()
        await ana.gets("withdrawn")
        await call.quiet(since_ms=call.handset.now_ms)
        await call.speak()
        second = await ana.accepts()
        assert (first["transfer"], second["transfer"]) == (f"{call.sid}-h1", f"{call.sid}-h2")
        assert office.transfers.accept(first["transfer"], first["offer"], "ana")  # too late, for the first
        await both_hear(call, ana)
        call.stream.hang_up()
        await office.ended(call.sid)
        assert await outcomes(office, call) == ["withdrawn", "completed"]
