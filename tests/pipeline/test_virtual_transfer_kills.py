"""Processes killed in every state of a transfer to a desk, in virtual time: the caller always reaches the agent."""

import asyncio
from pathlib import Path

import pytest

from telephony.double.track import Span
from telephony.transfer_state import State
from tests.fakes.agents import ANA, DeskAgent
from tests.fakes.office import VirtualCall, VirtualOffice, virtual_office, virtually
from tests.fakes.put_through import WISH, asked, both_hear, desk, outcomes

pytestmark = pytest.mark.call
LOST_MS = 700
"""From the loss of a stream to the next one: the carrier asks what to do."""
DEAD_AIR_MS = 6_000


async def killed(office: VirtualOffice, state: State) -> tuple[VirtualCall, DeskAgent]:
    """A caller, and an agent who takes every offer; the process died when their transfer stood there."""
    ana = desk(office, "ana", available=state is not State.QUEUED)
    office.parts.process.dies_at = state
    call = await asked(office)
    if state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED}:
        offer = await ana.gets("offer")
        office.transfers.accept(offer["transfer"], offer["offer"], "ana")
    async with asyncio.timeout(60):
        await office.parts.process.died.wait()
    await office.restarts()
    return call, ana


async def joined(office: VirtualOffice, call: VirtualCall, ana: DeskAgent) -> None:
    """The agent takes what is offered, until they are with the caller."""
    async with asyncio.timeout(90):
        while not any(running.transfer.state is State.CONNECTED for running in office.transfers.live()):
            for told in [one for one in ana.told if one["type"] == "offer"]:
                ana.told.remove(told)
                assert told["packet"], "an offer without a packet"
                office.transfers.accept(told["transfer"], told["offer"], "ana")
            await call.handset.wait_ms(100)


@pytest.mark.edge("process killed in every state of a transfer", "exactly one outcome")
@pytest.mark.parametrize(
    "state", [State.REQUESTED, State.QUEUED, State.OFFERED, State.ACCEPTED, State.BRIDGING, State.CONNECTED]
)
@virtually
async def test_whenever_the_process_is_killed_the_caller_reaches_the_agent(tmp_path: Path, state: State):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        call, ana = await killed(office, state)
        killed_ms = call.handset.now_ms
        ana.told.clear()
        await call.handset.wait_ms(LOST_MS)
        again = await office.resume(call)
        await call.handset.wait_ms(1300)
        ana.moves(office.transfers)
        office.clocks.append(ana.hearing)
        await joined(office, call, ana)
        waited = Span(killed_ms, again.handset.now_ms)
        silences = [gap for one in again.ear.silences(DEAD_AIR_MS) if (gap := one.common(waited)) is not None]
        assert [gap for gap in silences if gap.length_ms > DEAD_AIR_MS] == []
        assert waited.length_ms < 20_000
        await both_hear(again, ana)
        again.stream.hang_up()
        record = await office.ended(call.sid)
        assert record.outcome == "transferred"
        assert await outcomes(office, call) == ["completed"]
        for running in office.transfers.live():  # the call's log is closed first, the transfer's end is written then
            await running.settled()
        kept = await office.transfers.store.get(f"{call.sid}-h1")
        assert kept is not None
        assert kept.transfer.outcome == "completed"


@pytest.mark.edge("process killed in every state of a transfer")
@pytest.mark.parametrize("state", [State.OFFERED, State.ACCEPTED, State.CONNECTED])
@virtually
async def test_a_caller_whose_agent_does_not_come_back_after_a_restart_is_not_kept_waiting(
    tmp_path: Path, state: State
):
    async with virtual_office(tmp_path, [WISH, "it is anna miller", "no thanks goodbye"], agents=[ANA]) as office:
        call, _ = await killed(office, state)
        await call.handset.wait_ms(LOST_MS)
        again = await office.resume(call)
        resumed_ms = again.handset.now_ms
        async with asyncio.timeout(120):
            while again.stream.closed is None and "message.taken" not in await office.kinds(call.sid):
                await again.handset.wait_ms(1000)
                if "I'm sorry, nobody is free right now." in await _said(office, call):
                    await again.quiet()
                    await again.speak()
                    await again.quiet(since_ms=again.handset.now_ms)
        assert again.handset.now_ms - resumed_ms < 90_000
        if again.stream.closed is None:
            again.stream.hang_up()
        await office.ended(call.sid)
        assert len(await outcomes(office, call)) == 1


async def _said(office: VirtualOffice, call: VirtualCall) -> str:
    return " ".join(event.data["text"] for event in await office.events(call.sid) if event.kind == "assistant.speaks")
