"""Transfers while something of ours is broken, in virtual time: the store, the model that writes summaries."""

import asyncio
from pathlib import Path

import pytest

from telephony.double.track import Span
from tests.fakes.agents import ANA
from tests.fakes.models import ScriptedModel
from tests.fakes.office import virtual_office, virtually
from tests.fakes.put_through import WISH, asked, both_hear, desk, outcomes
from voice.errors import ProviderFailed
from voice.stt.port import Recognition

pytestmark = pytest.mark.call


@pytest.mark.edge("store down or disk full")
@pytest.mark.parametrize("heals", [True, False])
@virtually
async def test_with_the_store_down_the_caller_is_put_through_all_the_same(tmp_path: Path, heals: bool):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        office.parts.process.refuses = True
        call = await asked(office)
        asked_ms = call.handset.now_ms
        await ana.accepts()
        assert call.handset.now_ms - asked_ms < 6_000
        waited = Span(asked_ms, call.handset.now_ms)
        silences = [gap for one in call.ear.silences(200) if (gap := one.common(waited)) is not None]
        assert max((gap.length_ms for gap in silences), default=0) <= 3_000
        await both_hear(call, ana)
        office.parts.process.refuses = not heals
        call.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"
        assert await outcomes(office, call) == ["completed"]
        if heals:
            await asyncio.sleep(1)
            kept = await office.transfers.store.get(f"{call.sid}-h1")
            assert kept is not None
            assert kept.transfer.outcome == "completed"


@pytest.mark.edge("summary model down", "summary slower than the agent")
@pytest.mark.parametrize("after_ms", [10, 60_000], ids=["broken", "silent"])
@virtually
async def test_with_the_summary_model_down_the_agent_has_the_packet_at_once(tmp_path: Path, after_ms: int):
    model = ScriptedModel("down", lambda _: [(after_ms, ProviderFailed("down", "no answer"))])
    async with virtual_office(tmp_path, [WISH], agents=[ANA], summaries=model) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        assert offer["packet"]["summary"]["source"] == "extract"
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await ana.gets("connected")
        await both_hear(call, ana)
        call.stream.hang_up()
        await office.ended(call.sid)
        events = await office.events(call.sid)
        packets = [event for event in events if event.kind == "transfer.packet"]
        asked_ms = next(event.at_ms for event in events if event.kind == "transfer.requested")
        assert [packet.data["source"] for packet in packets] == ["extract"]
        assert packets[0].at_ms - asked_ms <= 250
        assert len(model.asked) == 1


@pytest.mark.parametrize("breaks", [False, True], ids=["slow", "broken"])
@virtually
async def test_a_caller_who_is_handed_back_stays_although_the_agents_recogniser_does_not_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: bool
):
    async with virtual_office(tmp_path, [WISH, "what time do you open"], agents=[ANA]) as office:
        opened = office.stt.open

        async def open_(call_id: str, deadline_ms: int) -> Recognition:
            recognition = await opened(call_id, deadline_ms)
            if "." in call_id:  # the agent's
                monkeypatch.setattr(recognition, "aclose", closes)
            return recognition

        async def closes() -> None:
            await asyncio.sleep(0.1 if breaks else 5)
            raise RuntimeError("nobody foresaw it")

        monkeypatch.setattr(office.stt, "open", open_)
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        await both_hear(call, ana)
        assert office.transfers.hand_back(offer["transfer"], "ana", "")
        await ana.gets("released")
        await asyncio.sleep(6)
        assert (call.stream.closed, call.carrying.done()) == (None, False)
        call.stream.hang_up()
        await office.ended(call.sid)
