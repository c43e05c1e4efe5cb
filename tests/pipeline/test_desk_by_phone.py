"""An agent whose telephone rings while their desk is open: the desk shows who it is, in virtual time."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from telephony.double.people import Answers, NoAnswer
from telephony.double.script import PressAt
from telephony.transfer_state import State
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtually
from tests.fakes.phone_office import PhoneOffice, phone_agent, phone_office

pytestmark = pytest.mark.call
ANA = phone_agent("ana", AGENT)
PAGE = Path(__file__).resolve().parents[2] / "server/pages/desk.js"


def sits(office: PhoneOffice) -> list[Mapping[str, Any]]:
    """Ana opens her desk and takes her calls by telephone; what the desk is told."""
    told: list[Mapping[str, Any]] = []
    office.transfers.sit("ana", told.append).by_phone = True
    return told


@virtually
async def test_the_telephone_rings_and_the_desk_has_the_packet_and_the_wrap_up(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        told = sits(office)
        call = await office.asks()
        transfer = await office.until(call, State.CONNECTED)
        await asyncio.sleep(1)
        by = {message["type"]: message.get("by") for message in told}
        assert by == {"offer": "phone", "connected": "phone"}
        assert told[0]["packet"]["reason"]["code"] == "asked_for_person"
        assert (await office.kept(call, "transfer.offered"))[0]["by"] == "phone"
        call.hang_up()
        await office.ended(call)
        await asyncio.sleep(1)
        assert told[-1]["type"] == "wrap_up"
        assert told[-1]["transfer"] == transfer.id


@virtually
async def test_a_decline_at_the_desk_ends_the_ringing(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        office.at.double.person(AGENT, NoAnswer())
        told = sits(office)
        call = await office.asks()
        transfer = await office.until(call, State.OFFERED)
        await asyncio.sleep(2)
        assert office.transfers.decline(transfer.id, 0, "ana", "busy")
        await asyncio.sleep(2)
        assert [message["type"] for message in told] == ["offer", "withdrawn"]
        (leg,) = [one for one in office.at.account.calls.values() if one.caller.to == AGENT]
        assert leg.status == "canceled"
        answered = await office.kept(call, "transfer.answered")
        assert [(one["how"], one["reason"]) for one in answered] == [("declined", "busy")]
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("process killed in every state of a transfer")
@virtually
async def test_who_sits_at_a_desk_is_not_rung_on_their_telephone_when_the_page_is_back_as_late_as_it_may_be(
    tmp_path: Path,
):
    (waits,) = re.findall(r"^const AGAIN_MS = \[(.+?)\]", PAGE.read_text(), re.MULTILINE)
    back_s = max(int(wait_ms) for wait_ms in waits.split(",")) / 1000 + 1
    async with phone_office(tmp_path, ANA) as office:
        ana = office.at.double.person(AGENT, Answers())
        desk = DeskAgent(office.transfers, "ana").sit()
        call = await office.asks()
        await desk.gets("offer")
        await office.die()
        await asyncio.sleep(1)
        await office.begin()
        await asyncio.sleep(back_s)
        desk.moves(office.transfers)
        await desk.accepts()
        assert ana.calls == []
        call.hang_up()
        await office.ended(call)
        desk.hearing.cancel()
