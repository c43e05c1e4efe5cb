"""Desks that are closed, or lose their connection, at a bad moment: whose call ends, and whose must not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from telephony.agents import Agent
from telephony.double.people import Answers, NoAnswer
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.agents import ANA, BEN, DeskAgent
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtual_office, virtually
from tests.fakes.phone_office import ACCEPTS, SUPPORT, PhoneOffice, hears, phone_agent, phone_office
from tests.fakes.put_through import WISH, asked, both_hear, desk, outcomes

pytestmark = pytest.mark.call
BY_PHONE, EVE = phone_agent("ana", AGENT), Agent("eve", "Eve", SUPPORT)


@asynccontextmanager
async def page(office: PhoneOffice, agent: str, *, by_phone: bool = False) -> AsyncIterator[DeskAgent]:
    """An agent's open desk; nobody listens at it after the test."""
    sits = DeskAgent(office.transfers, agent).sit(by_phone=by_phone)
    try:
        yield sits
    finally:
        sits.hearing.cancel()


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_who_speaks_by_telephone_may_close_the_desk(tmp_path: Path):
    async with phone_office(tmp_path, BY_PHONE) as office, page(office, "ana", by_phone=True) as ana:
        telephone = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        await office.until(call, State.CONNECTED)
        ana.leave()
        await asyncio.sleep(12)
        assert await hears(call, telephone.calls[0], 500.0)
        assert await hears(telephone.calls[0], call, 900.0)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"


@virtually
async def test_a_telephone_whose_agent_closes_the_desk_rings_no_longer(tmp_path: Path):
    async with phone_office(tmp_path, BY_PHONE) as office, page(office, "ana", by_phone=True) as ana:
        telephone = office.at.double.person(AGENT, NoAnswer())
        call = await office.asks()
        await ana.gets("offer")
        async with asyncio.timeout(5):
            while not telephone.rung:  # noqa: ASYNC110 virtual time
                await asyncio.sleep(0.1)
        ana.leave()
        await asyncio.sleep(2)
        (leg,) = [one for one in office.at.account.calls.values() if one.caller.to == AGENT]
        assert leg.status == "canceled"
        call.hang_up()
        await office.ended(call)


@virtually
async def test_who_takes_over_from_an_agent_whose_desk_and_telephone_are_gone_keeps_the_caller(tmp_path: Path):
    async with phone_office(tmp_path, BY_PHONE, EVE, ms_per_character=60) as office:
        office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1"), Wait(700), HangUp()]))
        async with page(office, "ana", by_phone=True) as ana:
            call = await office.asks()
            await office.until(call, State.ACCEPTED)
            ana.leave()
            async with page(office, "eve") as eve:
                await eve.accepts()
                await asyncio.sleep(12)
                assert (await office.until(call, State.CONNECTED)).offers[-1].agent == "eve"
                call.hang_up()
                await office.ended(call)


@pytest.mark.edge("agent's desk loses its connection")
@virtually
async def test_who_takes_over_from_an_agent_who_closed_the_desk_keeps_the_caller(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA, BEN]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        call.stream.lose()  # so that they are not joined at once
        assert office.transfers.accept(offer["transfer"], offer["offer"], "ana")
        await asyncio.sleep(0.1)
        ana.leave()
        assert office.transfers.hang_up(offer["transfer"], "ana")
        call = await office.resume(call)
        ben = desk(office, "ben")
        await ben.accepts()
        await asyncio.sleep(12)
        await both_hear(call, ben)
        call.stream.hang_up()
        await office.ended(call.sid)
        assert await outcomes(office, call) == ["completed"]
