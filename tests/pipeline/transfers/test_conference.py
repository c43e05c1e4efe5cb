"""Supervisors in the conference of a caller and an agent by telephone; the oracle is everybody's ear."""

import asyncio
from pathlib import Path

import pytest

from pipeline.bridge import Coaching
from pipeline.supervision.calls import Who, Wish
from pipeline.supervision.errors import Controlled, NotNow
from server.api.v1.supervision import Calls
from server.api.v1.taking_over import in_conference
from telephony.agents import Agent
from telephony.double.call import DoubleCall
from telephony.double.people import Answers, Busy, NoAnswer, Voicemail
from telephony.double.script import HangUp, PressAt, Wait
from telephony.transfer_state import State
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice, hears, phone_agent, phone_office

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
ADA = Agent("ada", "Ada", frozenset({"elsewhere"}), phone="+14155550104")
TOM = Agent("tom", "Tom", frozenset({"elsewhere"}), phone="+14155550105")
DESK_ONLY = Agent("eva", "Eva", frozenset({"elsewhere"}))
ANY_KEY = Answers(steps=[PressAt(500, "5")])
WHO = {"ada": Who("t1", "Ada"), "tom": Who("t2", "Tom")}


async def coach(office: PhoneOffice, call: DoubleCall, who: str, mode: Coaching, agent: str | None = None) -> Coaching:
    """As POST coach does it."""
    calls = Calls(office.switchboard.supervised, office.first.store, office.conferences)
    telephone = who if agent is None else agent
    return await in_conference(calls, call.call_sid, office.supervised(call), WHO[who], telephone, mode)


async def with_ana(office: PhoneOffice) -> tuple[DoubleCall, DoubleCall]:
    """A caller and their agent."""
    ana = office.at.double.person(AGENT, ACCEPTS)
    call = await office.asks()
    await office.until(call, State.CONNECTED)
    await call.wait(500)
    return call, ana.calls[0]


async def joined(office: PhoneOffice, call: DoubleCall, who: Agent) -> DoubleCall:
    """Their telephone rings, and they press a key."""
    person = office.at.double.person(who.phone, ANY_KEY)
    assert await coach(office, call, who.id, "barge") == "listen"  # it may be a machine
    await call.wait(5_000)
    return person.calls[-1]


@virtually
async def test_a_supervisor_hears_both_then_is_heard_by_the_agent_alone_then_by_both(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, DESK_ONLY) as office:
        call, agent = await with_ana(office)
        for nobody in ("eva", "nobody", "", "+14155550666"):
            with pytest.raises(NotNow, match="no telephone in the directory"):
                await coach(office, call, "ada", "listen", nobody)
        assert office.supervised(call).speaks == ""
        supervisor = await joined(office, call, ADA)
        assert await hears(call, supervisor, 500.0)
        assert await hears(agent, supervisor, 700.0)
        assert not await hears(supervisor, agent, 900.0)
        assert not await hears(supervisor, call, 900.0)
        assert await coach(office, call, "ada", "whisper", "") == "whisper"
        assert await hears(supervisor, agent, 900.0)
        assert not await hears(supervisor, call, 900.0)
        await coach(office, call, "ada", "barge")
        assert await hears(supervisor, agent, 900.0)
        assert await hears(supervisor, call, 900.0)
        await coach(office, call, "ada", "listen")
        assert not await hears(supervisor, call, 900.0)
        office.supervised(call).stop_coaching(WHO["ada"])
        await call.wait(1_000)
        assert supervisor.over
        assert await hears(call, agent, 500.0)
        assert office.at.double.person(ADA.phone).rung == 1
        call.hang_up()
        assert (await office.ended(call)).outcome == "transferred"


@virtually
async def test_before_agent_and_caller_are_in_a_conference_nobody_takes_part(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA) as office:
        call = await office.asks()
        with pytest.raises(NotNow, match="not possible"):
            await coach(office, call, "ada", "listen")
        call.hang_up()
        await office.ended(call)


@pytest.mark.parametrize("answers", [Voicemail(after_ms=1_000), Answers()], ids=["machine", "no key"])
def test_whatever_presses_no_key_hears_nothing_of_the_call_and_is_hung_up_on(tmp_path: Path, answers):
    virtually(_presses_no_key)(tmp_path, answers)


async def _presses_no_key(tmp_path: Path, answers: Answers | Voicemail) -> None:
    async with phone_office(tmp_path, ANA, ADA) as office:
        call, _ = await with_ana(office)
        ada = office.at.double.person(ADA.phone, answers)
        await coach(office, call, "ada", "listen")
        await call.wait(2_500)
        assert not await hears(call, ada.calls[0], 500.0)
        await call.wait(12_000)
        assert ada.calls[0].over
        assert office.supervised(call).speaks == ""
        call.hang_up()
        await office.ended(call)


@virtually
async def test_coaching_takes_no_control_and_is_the_telephones_as_long_as_it_is_there(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, TOM) as office:
        call, _ = await with_ana(office)
        supervisor, supervised = await joined(office, call, ADA), office.supervised(call)
        await coach(office, call, "ada", "barge")
        await asyncio.sleep(40)
        assert (supervised.control, supervised.speaks) == (None, "Ada")
        with pytest.raises(NotNow, match="Ada takes part already"):
            await coach(office, call, "tom", "barge")
        assert await hears(supervisor, call, 900.0)
        supervisor.hang_up()
        await asyncio.sleep(1)
        assert supervised.speaks == ""
        assert supervised.wish(WHO["tom"], Wish("end")).command
        await office.ended(call)
        kinds = [(one.kind, one.data["by"]) for one in await office.events(call) if one.kind.startswith("supervisor")]
        assert kinds == [
            ("supervisor.joined", "Ada"), ("supervisor.joined", "Ada"), ("supervisor.parted", "Ada"),
            ("supervisor.control", "Tom"), ("supervisor.ended", "Tom"),
        ]  # fmt: skip


@virtually
async def test_who_controls_the_call_goes_first_with_their_own_telephone_and_the_other_is_heard_by_nobody(
    tmp_path: Path,
):
    async with phone_office(tmp_path, ANA, ADA, TOM) as office:
        call, _ = await with_ana(office)
        ada, supervised = await joined(office, call, ADA), office.supervised(call)
        await coach(office, call, "ada", "barge")
        supervised.take(WHO["tom"])
        with pytest.raises(Controlled, match="Tom"):
            await coach(office, call, "ada", "whisper")
        tom = await joined(office, call, TOM)
        assert ada.over
        assert supervised.speaks == "Tom"
        await coach(office, call, "tom", "barge")
        assert await hears(tom, call, 900.0)
        supervised.release(WHO["tom"])
        await call.wait(1_000)
        assert tom.over
        call.hang_up()
        await office.ended(call)


@virtually
async def test_who_asks_with_another_telephone_of_theirs_is_there_by_that_one_alone(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, TOM) as office:
        call, _ = await with_ana(office)
        first = await joined(office, call, ADA)
        office.at.double.person(TOM.phone, ANY_KEY)
        assert await coach(office, call, "ada", "barge", "tom") == "listen"
        await call.wait(5_000)
        second = office.at.double.person(TOM.phone).calls[-1]
        assert (first.over, second.over, office.supervised(call).speaks) == (True, False, "Ada")
        await coach(office, call, "ada", "barge", "")
        assert await hears(second, call, 900.0)
        call.hang_up()
        await office.ended(call)


@virtually
async def test_the_next_process_knows_a_supervisor_in_the_conference_again_and_coaching_goes_on(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, TOM) as office:
        call, agent = await with_ana(office)
        supervisor = await joined(office, call, ADA)
        await coach(office, call, "ada", "whisper")
        await office.die()
        await office.begin()
        supervised = office.supervised(call)
        assert supervised.speaks == "Ada"
        with pytest.raises(NotNow, match="Ada takes part already"):
            await coach(office, call, "tom", "barge")
        assert await hears(supervisor, agent, 900.0)
        assert not await hears(supervisor, call, 900.0)
        await coach(office, call, "ada", "barge", "")
        assert await hears(supervisor, call, 900.0)
        assert office.at.double.person(ADA.phone).rung == 1
        supervised.stop_coaching(WHO["ada"])
        await call.wait(1_000)
        assert supervisor.over
        assert await hears(call, agent, 500.0)
        call.hang_up()
        await office.ended(call)
        parted = [one["why"] for one in await office.kept(call, "supervisor.parted")]
        assert parted == ["left"]


@pytest.mark.edge("news late, repeated or out of order")
@pytest.mark.parametrize("when", ["now", "while nobody is there"])
def test_a_supervisor_who_has_hung_up_takes_part_no_longer_though_nobody_said_so(tmp_path: Path, when: str):
    @virtually
    async def script():
        async with phone_office(tmp_path, ANA, ADA, TOM) as office:
            call, _ = await with_ana(office)
            office.at.account.callbacks.plan("never", event="completed", params={"To": ADA.phone}, count=9)
            supervisor = await joined(office, call, ADA)
            if when != "now":
                await office.die()
            supervisor.hang_up()
            if when != "now":
                await office.begin()
            assert office.supervised(call).speaks == ("Ada" if when == "now" else "")
            await call.wait(6_000)
            assert office.supervised(call).speaks == ""
            await coach(office, call, "tom", "listen")
            call.hang_up()
            await office.ended(call)

    script()


@virtually
async def test_a_process_that_dies_while_the_telephone_rings_has_them_take_part_when_they_answer(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA) as office:
        call, _ = await with_ana(office)
        person = office.at.double.person(ADA.phone, Answers(after_ms=6_000, steps=[PressAt(500, "5")]))
        await coach(office, call, "ada", "listen")
        await office.die()
        await office.begin()
        await call.wait(12_000)
        assert (person.rung, office.supervised(call).speaks) == (1, "Ada")
        assert await hears(call, person.calls[0], 500.0)
        call.hang_up()
        await office.ended(call)


@virtually
async def test_an_agent_who_is_not_there_is_not_coached(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA) as office:
        call, _ = await with_ana(office)
        await joined(office, call, ADA)
        transfer = await office.until(call, State.CONNECTED)
        office.phoning.legs._sids[transfer.id][0] = "CA" + "0" * 32  # as after a leg that nobody knows any more
        with pytest.raises(NotNow, match="agent is not in the conference"):
            await coach(office, call, "ada", "whisper")
        call.hang_up()
        await office.ended(call)


@pytest.mark.parametrize("answers", [Busy(), Answers(steps=[Wait(500), HangUp()])], ids=["busy", "hangs up"])
def test_a_telephone_that_nobody_takes_can_be_rung_again(tmp_path: Path, answers):
    virtually(_rung_again)(tmp_path, answers)


async def _rung_again(tmp_path: Path, answers: Answers | Busy) -> None:
    async with phone_office(tmp_path, ANA, ADA) as office:
        call, _ = await with_ana(office)
        office.at.double.person(ADA.phone, answers)
        await coach(office, call, "ada", "listen")
        await call.wait(5_000)
        assert office.supervised(call).speaks == ""
        supervisor = await joined(office, call, ADA)
        assert await hears(call, supervisor, 500.0)
        call.hang_up()
        await office.ended(call)


@virtually
async def test_a_telephone_that_still_rings_when_the_agent_hands_back_rings_no_more(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA) as office:
        call, agent = await with_ana(office)
        ada = office.at.double.person(ADA.phone, NoAnswer())
        await coach(office, call, "ada", "listen")
        await call.wait(2_000)
        await agent.press("*")
        await call.wait(3_000)
        assert ada.rung == 1
        (leg,) = [one for one in office.at.account.calls.values() if one.caller.to == ADA.phone]
        assert leg.status == "canceled"
        call.hang_up()
        await office.ended(call)


@virtually
async def test_a_carrier_in_trouble_rings_nobody_and_keeps_no_place(tmp_path: Path):
    async with phone_office(tmp_path, ANA, ADA, TOM) as office:
        call, _ = await with_ana(office)
        office.at.api.plan(400, method="POST", path="/Calls.json")
        with pytest.raises(Exception, match="carrier did not do it"):
            await coach(office, call, "ada", "listen")
        assert office.supervised(call).speaks == ""
        assert await hears(call, await joined(office, call, TOM), 500.0)
        call.hang_up()
        await office.ended(call)
