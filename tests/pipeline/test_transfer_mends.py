"""What random schedules (test_transfer_schedules.py) have found, each by itself, in virtual time."""

import asyncio
from pathlib import Path

import pytest

from telephony.double.people import Answers, NoAnswer
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import virtually
from tests.fakes.phone_office import ACCEPTS, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)


@pytest.mark.edge("request of the carrier fails or is slow")
@virtually
async def test_a_caller_whom_the_carrier_is_slow_to_move_hears_music_meanwhile(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.at.api.plan("stalled_before", method="POST", path=call.call_sid, count=1)
        await office.until(call, State.BRIDGING)
        quiet_ms = 0
        while (now := office.transfer(call)) is not None and now.state is State.BRIDGING:
            await call.wait(100)
            quiet_ms = max(quiet_ms, call.ear.quiet_for_ms(call.now_ms))
        assert quiet_ms <= 2_000
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize("seated", [False, True])
def test_a_telephone_that_was_about_to_be_rung_is_rung_by_the_next_process(tmp_path: Path, seated: bool):
    @virtually
    async def script() -> None:
        async with phone_office(tmp_path, ANA) as office:
            ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
            killing = asyncio.create_task(office.killed_at(State.OFFERED))
            call = await office.asks()
            await killing
            await office.begin()
            desk = DeskAgent(office.transfers, "ana").sit(by_phone=True) if seated else None
            began_s = asyncio.get_running_loop().time()
            await office.until(call, State.CONNECTED)
            assert asyncio.get_running_loop().time() - began_s < 20
            assert await hears(call, ana.calls[0], 500.0)
            if desk is not None:
                desk.hearing.cancel()
            call.hang_up()
            await office.ended(call)

    script()


@pytest.mark.edge("exactly one outcome", "process killed in every state of a transfer")
@virtually
async def test_an_outcome_that_a_killed_process_had_only_stored_is_in_the_log_all_the_same(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        await ana.calls[0].press("*")
        await killing
        assert await office.kept(call, "transfer.over") == []
        await office.begin()
        await call.until_quiet()
        call.hang_up()
        await office.ended(call)
        assert [one["outcome"] for one in await office.kept(call, "transfer.over")] == ["handed_back"]


@pytest.mark.edge("agent leaves after accepting", "process killed in every state of a transfer")
@virtually
async def test_a_caller_whose_agent_was_lost_as_the_process_was_killed_is_told_so_by_the_next_one(tmp_path: Path):
    async with phone_office(tmp_path, ANA, BEN, ms_per_character=60) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(300), HangUp()]))
        office.at.double.person(OTHER, NoAnswer())
        call = await office.asks()
        await office.until(call, State.ACCEPTED)
        await office.killed_at(State.QUEUED)
        await office.begin()
        await call.wait(8_000)
        assert call.ear.quiet_for_ms(call.now_ms) <= 2_000
        told = [one["what"] for one in await office.kept(call, "transfer.told")]
        assert [one for one in told if one != "waiting"] == ["found", "lost"]
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_a_caller_who_hung_up_on_the_way_as_the_process_was_killed_is_seen_to_be_gone(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(told=False)
        office.at.api.plan("stalled_before", method="POST", path=call.call_sid)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        await office.until(call, State.BRIDGING)
        call.hang_up()
        await killing
        await office.begin()
        record = await office.ended(call)
        assert record.outcome == "caller_hung_up"


@pytest.mark.edge("process killed in every state of a transfer", "agent hands the caller back")
@virtually
async def test_a_caller_who_was_being_given_back_as_the_process_was_killed_has_the_assistant(tmp_path: Path):
    async with phone_office(tmp_path, ANA, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        killing = asyncio.create_task(office.killed_at(State.OVER))
        office.transfers.hand_back(office.transfers.live()[0].id, "ana", "done")
        await killing
        assert not ana.calls[0].over
        await office.begin()
        await call.wait(9_000)
        assert not await hears(call, ana.calls[0], 500.0)
        assert "resumed" in [event.kind.partition(".")[2] for event in await office.events(call)]
        assert ana.calls[0].over
        call.hang_up()
        await office.ended(call)
