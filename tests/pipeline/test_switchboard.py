"""What the carrier is answered, call by call: who gets in, what is remembered, and when a process may stop."""

import asyncio
from pathlib import Path

import pytest

from pipeline import switchboard as module
from pipeline.switchboard import BUSY, UNKNOWN_NUMBER, Connect, HangUp, Refuse
from recordings.errors import StoreUnavailable
from telephony.double.handset import Handset
from tests.fakes.office import NUMBER, VirtualCall, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.call

CALLER = "+14155550101"


async def hang_up(office: VirtualOffice, call: VirtualCall) -> None:
    call.stream.hang_up()
    await office.ended(call.sid)


@virtually
async def test_a_server_that_is_told_to_stop_takes_no_new_call_and_waits_for_the_live_ones(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        office.switchboard.draining = True
        drained = asyncio.create_task(office.switchboard.drained())
        assert await office.switchboard.ring("CA2", CALLER, NUMBER) == Refuse(BUSY)
        assert (await office.record("CA2")).outcome == "refused"
        call.stream.lose()
        call = await office.resume(call)
        await call.quiet(since_ms=call.handset.now_ms)
        assert not drained.done(), "a live call goes on, over a new stream too"
        await hang_up(office, call)
        await asyncio.wait_for(drained, 1)


@virtually
async def test_two_webhooks_about_a_new_call_at_once_are_one_call(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        answers = await asyncio.gather(*(office.switchboard.ring("CA1", CALLER, NUMBER) for _ in range(3)))
        assert len(set(answers)) == 1
        assert office.switchboard.live == 1
        office.switchboard.status("CA1", "completed")
        await office.ended("CA1")
        assert (await office.kinds("CA1")).count("call.ringing") == 1


@virtually
async def test_a_call_keeps_the_version_of_the_line_that_it_began_with(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        (line,) = office.switchboard.lines_in_use()
        office.switchboard.use_lines({})
        assert await office.switchboard.ring("CA2", CALLER, NUMBER) == Refuse(UNKNOWN_NUMBER)
        assert office.switchboard.lines_in_use() == [line]
        call.stream.lose()
        call = await office.resume(call)
        await call.quiet(since_ms=call.handset.now_ms)
        await hang_up(office, call)
        assert office.switchboard.lines_in_use() == []


@virtually
async def test_a_store_that_cannot_be_read_turns_no_caller_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def unreadable(_sid: str) -> None:
        raise StoreUnavailable("the disk is gone")

    async with virtual_office(tmp_path) as office:
        monkeypatch.setattr(office.store, "call", unreadable)
        assert isinstance(await office.switchboard.ring("CA1", CALLER, NUMBER), Connect)
        office.switchboard.status("CA1", "completed")
        await office.ended("CA1")


@virtually
async def test_a_token_opens_one_stream_of_its_own_call(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        answer = await office.switchboard.ring("CA1", CALLER, NUMBER)
        handset = Handset()
        clock = office.ticking(handset)
        stolen = office.connect("CA2", handset, answer, clock)
        assert not await stolen.over()
        call = office.connect("CA1", handset, answer, clock)
        await call.quiet()
        again = office.connect("CA1", Handset(), answer, clock)
        again.stream.begin()
        assert not await again.over()
        assert not call.carrying.done(), "the first one goes on"
        await hang_up(office, call)
        assert await office.kinds("CA2") == []


@virtually
async def test_what_is_told_of_calls_that_nobody_knows_leaves_no_trace(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        office.switchboard.status("CA9", "completed")
        await office.switchboard.message_left("CA9", "https://api.example.com/RE9", 3)
        assert await office.switchboard.resume("CA9") == HangUp()
        assert await office.kinds("CA9") == []
        assert office.switchboard.live == 0


@virtually
async def test_a_call_that_is_over_is_hung_up_whatever_is_asked_of_it(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        await hang_up(office, call)
        assert await office.switchboard.resume(call.sid) == HangUp()
        assert await office.switchboard.ring(call.sid, CALLER, NUMBER) == HangUp()
        assert office.switchboard.live == 0


@virtually
async def test_calls_that_are_over_are_forgotten_when_there_are_too_many_and_still_hung_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "SETTLED_MAX", 2)
    async with virtual_office(tmp_path) as office:
        for sid in ("CA1", "CA2", "CA3"):
            await office.switchboard.ring(sid, CALLER, "+14155550000")
        assert len(office.switchboard._settled) == 2
        assert await office.switchboard.ring("CA3", CALLER, "+14155550000") == Refuse(UNKNOWN_NUMBER)
        await office.record("CA1")
        assert await office.switchboard.ring("CA1", CALLER, "+14155550000") == HangUp(), "its end is on record"
        assert (await office.kinds("CA1")).count("call.ended") == 1


@virtually
async def test_calls_that_a_killed_process_left_are_picked_up_once(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        calls = [await office.call() for _ in range(2)]
        for call in calls:
            await call.quiet()
        office.die()
        await asyncio.gather(*(office.switchboard.finish_abandoned() for _ in range(2)))
        assert office.switchboard.live == 2
        for call in calls:
            assert (await office.ended(call.sid)).outcome == "media_lost"
            assert (await office.kinds(call.sid)).count("call.media_lost") == 1
