"""Supervisors in the conference of a caller and an agent by telephone; the oracle is everybody's ear."""

from pathlib import Path

import pytest

from pipeline.supervision.errors import NotNow
from pipeline.transfers.conference import Conferences
from telephony.agents import Agent
from telephony.double.people import Answers
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
ADA = Agent("ada", "Ada", frozenset({"elsewhere"}), phone="+14155550104")
DESK_ONLY = Agent("eva", "Eva", frozenset({"elsewhere"}))


def conferences(office: PhoneOffice) -> Conferences:
    return Conferences(office.transfers, office.phoning.legs, office.phoning.control)


@virtually
async def test_a_supervisor_hears_both_then_is_heard_by_the_agent_alone_then_by_both(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, DESK_ONLY) as office:
        ana, ada = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(ADA.phone, Answers())
        call = await office.asks()
        with pytest.raises(NotNow, match="not in a conference"):
            await conferences(office).coach(call.call_sid, "ada", "listen")
        await office.until(call, State.CONNECTED)
        agent = ana.calls[0]
        for nobody in ("eva", "nobody", "", "+14155550666"):
            with pytest.raises(NotNow, match="no telephone in the directory"):
                await conferences(office).coach(call.call_sid, nobody, "listen")
        assert await conferences(office).coach(call.call_sid, "ada", "barge") == "listen"  # it may be a machine
        await call.wait(3_000)
        (supervisor,) = ada.calls
        assert await hears(call, supervisor, 500.0)
        assert await hears(agent, supervisor, 700.0)
        assert not await hears(supervisor, agent, 900.0)
        assert not await hears(supervisor, call, 900.0)
        assert await conferences(office).coach(call.call_sid, "ada", "whisper") == "whisper"
        assert await hears(supervisor, agent, 900.0)
        assert not await hears(supervisor, call, 900.0)
        await conferences(office).coach(call.call_sid, "ada", "barge")
        assert await hears(supervisor, agent, 900.0)
        assert await hears(supervisor, call, 900.0)
        await conferences(office).coach(call.call_sid, "ada", "listen")
        assert not await hears(supervisor, call, 900.0)
        await conferences(office).leave(call.call_sid)
        await call.wait(1_000)
        assert await hears(call, agent, 500.0)
        assert len(ada.calls) == 1
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
