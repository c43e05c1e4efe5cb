"""A yes and what undoes it in the same instant, in both orders, at the desk and by telephone. In virtual time."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.assistant.events import CallerTurn
from pipeline.transfers.office import Transfers
from telephony.double.people import Answers
from telephony.double.script import PressAt
from telephony.transfer_events import AgentAccepts, TransferEvent
from telephony.transfer_state import State
from tests.fakes.agents import ANA
from tests.fakes.carrier import AGENT
from tests.fakes.office import virtual_office, virtually
from tests.fakes.phone_office import phone_agent, phone_office
from tests.fakes.put_through import WISH, asked, desk, outcomes, said

pytestmark = pytest.mark.call
NEVER_MIND = ["Okay, never mind that.", "Is there anything else I can help with?"]
ORDERS = pytest.mark.parametrize("accepts_first", [True, False], ids=["the yes first", "the yes second"])


def with_the_yes(office: Transfers, do: Callable[[], object], *, accepts_first: bool) -> None:
    """Let something happen in the instant of the next yes, just after or just before it."""
    (running,) = office.live()
    post = running.post

    def posted(event: TransferEvent) -> None:
        yes = isinstance(event, AgentAccepts)
        if yes:
            running.post = post  # type: ignore[method-assign]  # once
        if yes and not accepts_first:
            do()
        post(event)
        if yes and accepts_first:
            do()

    running.post = posted  # type: ignore[method-assign]


def never_mind(office: Transfers, call: str) -> None:
    """The caller's words come to the dialogue."""
    joining = office.call(call)
    assert joining is not None
    assert joining._stream is not None
    joining._stream.answering.turn(CallerTurn(20_000, "", "never mind", ("never mind",), "speech", 19_000, 20_000))  # type: ignore[attr-defined]


@pytest.mark.edge("caller says never mind")
@ORDERS
def test_never_mind_and_a_yes_at_the_desk_are_both_told_what_became_of_it(tmp_path: Path, accepts_first):
    @virtually
    async def script() -> None:
        async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
            ana = desk(office, "ana")
            call = await asked(office)
            offer = await ana.gets("offer")
            with_the_yes(office.transfers, lambda: never_mind(office.transfers, call.sid), accepts_first=accepts_first)
            office.transfers.accept(offer["transfer"], 0, "ana")
            told = await ana.gets("released" if accepts_first else "withdrawn")
            assert told["why"] == "withdrawn"
            await call.quiet(since_ms=call.handset.now_ms)
            assert (await said(office, call))[-2:] == NEVER_MIND
            assert [one for one in ana.told if one["type"] in {"connected", "released"}] == []
            assert {one["why"] for one in ana.told if one["type"] == "withdrawn"} <= {"withdrawn"}
            assert ana.heard_ms() == 0
            assert [one.presence for one in office.transfers.counted.agents()] == ["available"]
            assert office.transfers.counted.agents()[0].on_call == ""
            call.stream.hang_up()
            await office.ended(call.sid)
            assert await outcomes(office, call) == ["withdrawn"]

    script()


@pytest.mark.edge("caller says never mind")
@ORDERS
def test_never_mind_and_a_yes_by_telephone_are_both_told_what_became_of_it(tmp_path: Path, accepts_first):
    @virtually
    async def script() -> None:
        async with phone_office(tmp_path, phone_agent("ana", AGENT)) as office:
            ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
            call = await office.asks()
            await office.until(call, State.OFFERED)
            with_the_yes(
                office.transfers, lambda: never_mind(office.transfers, call.call_sid), accepts_first=accepts_first
            )
            transfer = await office.until(call, State.OVER)
            assert transfer.outcome == "withdrawn"
            await call.wait(6_000)
            (leg,) = ana.calls
            assert leg.over
            assert call.listening
            call.hang_up()
            await office.ended(call)
            texts = [one["text"] for one in await office.kept(call, "assistant.speaks")]
            assert texts[-2:] == NEVER_MIND

    script()


@ORDERS
def test_an_agent_who_says_yes_at_the_desk_and_that_they_are_away_has_the_caller_if_the_yes_was_first(
    tmp_path: Path, accepts_first
):
    @virtually
    async def script() -> None:
        async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
            ana = desk(office, "ana")
            call = await asked(office)
            offer = await ana.gets("offer")
            away = lambda: office.transfers.presence("ana", "away")  # noqa: E731
            with_the_yes(office.transfers, away, accepts_first=accepts_first)
            office.transfers.accept(offer["transfer"], 0, "ana")
            if accepts_first:
                await ana.gets("connected")
            else:
                assert (await ana.gets("withdrawn"))["why"] == "timeout"
            await call.handset.wait_ms(12_000)
            assert [one["type"] for one in ana.told if one["type"] in {"connected", "released"}] == []
            call.stream.hang_up()
            await office.ended(call.sid)
            assert await outcomes(office, call) == ["completed" if accepts_first else "exhausted"]

    script()


@virtually
async def test_an_agent_who_presses_one_and_says_that_they_are_away_has_the_caller(tmp_path: Path):
    async with phone_office(tmp_path, phone_agent("ana", AGENT)) as office:
        ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        call = await office.asks()
        await office.until(call, State.OFFERED)
        with_the_yes(office.transfers, lambda: office.transfers.presence("ana", "away"), accepts_first=True)
        transfer = await office.until(call, State.CONNECTED)
        await call.wait(2_000)
        assert not ana.calls[0].over
        assert [offer.standing for offer in transfer.offers] == ["accepted"]
        call.hang_up()
        await office.ended(call)


@pytest.mark.edge("voicemail answers")
@virtually
async def test_a_person_who_is_taken_for_a_machine_in_the_instant_of_their_key_has_the_caller(tmp_path: Path):
    async with phone_office(tmp_path, phone_agent("ana", AGENT)) as office:
        ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        call = await office.asks()
        await office.until(call, State.OFFERED)
        phones, transfers = office.phoning.phones, office.transfers

        def machine() -> None:
            (running,) = transfers.live()
            transfers.spawn(_told(phones.desk.heard_machine(running.id, 0, ana.calls[0].call_sid)))

        with_the_yes(transfers, machine, accepts_first=True)
        await office.until(call, State.CONNECTED)
        await call.wait(3_000)
        assert not ana.calls[0].over
        call.hang_up()
        await office.ended(call)


@virtually
async def test_an_agent_who_said_yes_and_whose_desk_is_gone_in_that_instant_has_a_moment_to_come_back(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.gets("offer")
        with_the_yes(office.transfers, ana.leave, accepts_first=True)
        office.transfers.accept(offer["transfer"], 0, "ana")
        await call.handset.wait_ms(3_000)
        again = desk(office, "ana")
        heard = again.heard_ms()
        await call.speak()
        await call.handset.wait_ms(500)
        assert again.heard_ms() > heard
        again.leave()
        await call.handset.wait_ms(12_000)
        assert await outcomes(office, call) == ["handed_back"]


@virtually
async def test_an_agent_by_telephone_who_hangs_up_at_the_desk_after_their_yes_is_let_go_at_once(tmp_path: Path):
    async with phone_office(tmp_path, phone_agent("ana", AGENT)) as office:
        ana = office.at.double.person(AGENT, Answers(steps=[PressAt(1_000, "1")]))
        office.transfers.sit("ana", lambda _told: None).by_phone = True
        call = await office.asks()
        transfer = await office.until(call, State.ACCEPTED)
        assert office.transfers.hang_up(transfer.id, "ana")
        await call.wait(1_500)
        assert ana.calls[0].over
        assert call.listening
        call.hang_up()
        await office.ended(call)


async def _told(work) -> None:
    await work
