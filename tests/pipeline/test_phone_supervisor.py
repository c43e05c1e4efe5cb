"""Supervisors who take a call over by their own telephone, over the carrier's double in virtual time."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.supervision.calls import Who, Wish
from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.people import Answers
from telephony.double.script import PressAt
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ADA = Who("t1", "Ada")
SAM = Agent("sam", "Sam", frozenset({"supervisors"}), phone=OTHER)
"""A supervisor: of the directory, but of no queue of the line."""
ANA = phone_agent("ana", AGENT)


def take_over(office: PhoneOffice, call: DoubleCall, agent: str, *, by_phone: bool = True) -> None:
    supervised = office.switchboard._calls[call.call_sid].joining.supervised  # what the API finds by the call's id
    supervised.wish(ADA, Wish("transfer", agent=agent, by_phone=by_phone))


async def asked(office: PhoneOffice, call: DoubleCall) -> Sequence[str]:
    return [str(one["agent"]) for one in await office.kept(call, "transfer.offered")]


@virtually
async def test_a_supervisor_takes_over_by_their_own_telephone_and_nobody_else_is_rung(tmp_path: Path):
    async with phone_office(tmp_path, ANA, SAM) as office:
        ana, sam = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(OTHER, ACCEPTS)
        call = await office.call()
        await call.until_quiet()
        take_over(office, call, "sam")
        await office.until(call, State.CONNECTED)
        assert await hears(call, sam.calls[0], 500.0)
        assert await hears(sam.calls[0], call, 900.0)
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"
        assert (await asked(office, call), ana.rung) == (["sam"], 0)
        (written,) = await office.kept(call, "supervisor.transferred")
        assert (written["by"], written["agent"]) == ("Ada", "sam")


@pytest.mark.parametrize("by_phone", [True, False])
def test_with_desk_and_telephone_both_there_what_was_asked_for_rings(tmp_path: Path, by_phone):
    @virtually
    async def script() -> None:
        async with phone_office(tmp_path, ANA, SAM) as office:
            sam, told = office.at.double.person(OTHER, ACCEPTS), list[Mapping[str, Any]]()
            office.transfers.sit("sam", told.append)
            call = await office.call()
            await call.until_quiet()
            take_over(office, call, "sam", by_phone=by_phone)
            await office.until(call, State.CONNECTED if by_phone else State.OFFERED)
            await call.wait(1_000)
            assert sam.rung == by_phone
            assert {one["by"] for one in told if "by" in one} == {"phone" if by_phone else "desk"}
            call.hang_up()
            await office.ended(call)

    script()


@virtually
async def test_a_supervisor_who_does_not_answer_leaves_the_caller_to_the_assistant(tmp_path: Path):
    async with phone_office(tmp_path, ANA, SAM) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        office.at.double.person(OTHER, Answers(steps=[PressAt(500, "2")]))
        call = await office.call()
        await call.until_quiet()
        take_over(office, call, "sam")
        await office.until(call, State.OVER)
        assert call.listening
        await call.until_quiet()
        call.hang_up()
        await office.ended(call)
        assert ((await office.kept(call, "transfer.over"))[0]["outcome"], ana.rung) == ("exhausted", 0)


@virtually
async def test_the_next_process_rings_the_same_supervisor(tmp_path: Path):
    async with phone_office(tmp_path, ANA, SAM) as office:
        ana, sam = office.at.double.person(AGENT, ACCEPTS), office.at.double.person(OTHER, Answers(after_ms=9_000))
        call = await office.call()
        await call.until_quiet()
        take_over(office, call, "sam")
        await office.until(call, State.OFFERED)
        await office.die()
        office.at.double.person(OTHER, ACCEPTS)
        await office.begin()
        await office.until(call, State.CONNECTED)
        assert set(await asked(office, call)) == {"sam"}
        assert (ana.rung, sam.rung >= 1) == (0, True)
        call.hang_up()
        await office.ended(call)
