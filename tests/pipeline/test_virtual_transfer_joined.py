"""Callers and agents who are joined, in virtual time: what comes twice or too late, what breaks, what is kept of it."""

import asyncio
from pathlib import Path

import pytest

from telephony.double.track import Span
from tests.fakes.agents import ANA, BEN
from tests.fakes.office import SPEECH, virtual_office, virtually
from tests.fakes.put_through import WISH, asked, both_hear, desk, outcomes, said
from tests.fakes.stereo import sound

pytestmark = pytest.mark.call


@pytest.mark.edge("agent accepts twice")
@virtually
async def test_who_accepts_twice_is_joined_once(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        for _ in range(3):
            office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await both_hear(call, ana)
        told = [one["type"] for one in ana.told]
        assert "connected" not in told
        assert "withdrawn" not in told
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"
        assert (await office.kinds(call.sid)).count("transfer.connected") == 1


@pytest.mark.edge("agent accepts after the caller left")
@virtually
async def test_who_accepts_after_the_caller_left_is_told_and_gets_nobody(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        call.stream.hang_up()
        office.switchboard.status(call.sid, "completed")
        assert (await ana.gets("withdrawn"))["why"] == "caller_left"
        office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("withdrawn")
        assert ana.heard_ms() == 0
        await office.ended(call.sid)
        assert await outcomes(office, call) == ["abandoned"]


@pytest.mark.edge("audio both ways after a reconnection")
@virtually
async def test_a_caller_whose_stream_breaks_hears_the_same_agent_again(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await both_hear(call, ana)
        call.stream.lose()
        await call.handset.wait_ms(700)
        before = await said(office, call)
        again = await office.resume(call)
        await ana.gets("connected")
        await both_hear(again, ana)
        assert await said(office, call) == before
        again.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"
        assert await outcomes(office, call) == ["completed"]


@pytest.mark.edge("assistant hears hold music", "recording of the agent's leg")
@virtually
async def test_what_the_agent_plays_is_nothing_that_the_caller_said_and_is_recorded_beside(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await call.handset.wait_ms(1000)
        kinds = await office.kinds(call.sid)
        before = (kinds.count("caller.said"), await said(office, call))
        await ana.speaks(SPEECH * 4)  # as long as hold music might play
        kinds = await office.kinds(call.sid)
        assert (kinds.count("caller.said"), await said(office, call)) == before
        await both_hear(call, ana)
        call.stream.hang_up()
        await office.ended(call.sid)
    agent, ear = sound(tmp_path / f"{call.sid}.h1-0.wav").T
    assert agent.max() > 1000
    assert ear.max() > 1000


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_a_caller_whose_agent_s_desk_does_not_come_back_hears_music_and_then_the_assistant(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "my tent is torn", "thank you goodbye"], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await both_hear(call, ana)
        gone_ms = call.handset.now_ms
        ana.leave()
        await call.handset.wait_ms(12_000)
        assert "You're back with me. Is there anything else I can help you with?" in await said(office, call)
        waited = Span(gone_ms, gone_ms + 9_000)
        silences = [gap for one in call.ear.silences(200) if (gap := one.common(waited)) is not None]
        assert max(gap.length_ms for gap in silences) <= 2_000
        call.stream.hang_up()
        await office.ended(call.sid)
        assert await outcomes(office, call) == ["handed_back"]


@pytest.mark.edge("two agents accept at once", "exactly one outcome")
@virtually
async def test_two_who_accept_in_the_same_instant_are_told_apart_and_one_outcome_is_written(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN], ring="simultaneous") as office:
        ana, ben = desk(office, "ana"), desk(office, "ben")
        call = await asked(office)
        first, second = await ana.gets("offer"), await ben.gets("offer")
        office.transfers.accept(second["transfer"], second["offer"], "ben")
        office.transfers.accept(first["transfer"], first["offer"], "ana")
        await ben.gets("connected")
        assert (await ana.gets("withdrawn"))["why"] == "taken"
        await both_hear(call, ben)
        assert ana.heard_ms() == 0
        office.transfers.hang_up(first["transfer"], "ana")  # not theirs
        office.transfers.hand_back(first["transfer"], "ben", "")
        office.transfers.hang_up(first["transfer"], "ben")  # too late
        await ben.gets("wrap_up")
        await asyncio.sleep(5)
        call.stream.hang_up()
        await office.ended(call.sid)
        assert await outcomes(office, call) == ["handed_back"]
        kept = await office.transfers.store.get(first["transfer"])
        assert kept is not None
        assert kept.transfer.outcome == "handed_back"
