"""Callers in conferences of their own while the carrier, the disk or a process fails: nobody stays there in silence."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from pipeline.rooms import EVERY_S, Rooms
from recordings.errors import StoreUnavailable
from telephony.call_state import State as Flow
from telephony.double.call import DoubleCall
from telephony.double.people import Answers
from telephony.double.script import PressAt
from telephony.ports import Participant
from telephony.transfer_state import State
from telephony.twilio.addresses import TransferAddresses
from tests.fakes.agents import DeskAgent
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import ACCEPTS, PhoneOffice
from tests.fakes.rooms import assistants, inside, room_office
from tests.pipeline.test_rooms_transfer import ANA, BEN, BYE, SAM

pytestmark = pytest.mark.call


async def out_for(office: PhoneOffice, seconds: float) -> None:
    """The carrier's REST API answers nothing for so long."""
    office.at.api.plan(503, count=100_000)
    await asyncio.sleep(seconds)
    office.at.api.well()


def has_somebody(office: PhoneOffice, call: DoubleCall) -> bool:
    """Whether the caller's call is over, or the assistant is where they are."""
    return call.over or "assistant" in inside(office, call)


async def saying_goodbye(office: PhoneOffice, call: DoubleCall) -> None:
    """The assistant has begun its last words."""
    await call.until_quiet()
    await call.say(SPEECH)
    live = office.switchboard.call(call.call_sid)
    while live is not None and live.state is not Flow.ENDING:  # noqa: ASYNC110 virtual time
        await asyncio.sleep(0.02)


@virtually
async def test_a_caller_whose_call_begins_while_the_carrier_answers_nothing_is_not_left_in_silence(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await out_for(office, 60)
        await asyncio.sleep(30)
        assert has_somebody(office, call)


@virtually
async def test_a_caller_whose_agent_leaves_while_the_carrier_answers_nothing_is_not_left_in_silence(tmp_path: Path):
    async with room_office(tmp_path, ANA, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        ana.calls[0].hang_up()
        await out_for(office, 60)
        await asyncio.sleep(30)
        assert has_somebody(office, call)


@virtually
async def test_a_call_that_ends_while_the_carrier_answers_nothing_is_ended_once_it_answers(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await saying_goodbye(office, call)
        await out_for(office, 70)
        await asyncio.sleep(20)
        assert call.over


@virtually
async def test_a_call_that_ends_while_the_store_takes_nothing_is_ended_all_the_same(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        intents: Any = office.phoning.legs.control._intents  # the disk of the store is full for this alone
        intents._database = _Full()
        await saying_goodbye(office, call)
        await asyncio.sleep(20)
        assert call.over


class _Full:
    """A disk."""

    async def apply(self, work: Callable[[Any], Any]) -> Any:
        del work
        raise StoreUnavailable("no space left on device")

    look: Callable[..., Awaitable[Any]] = apply


@virtually
async def test_a_goodbye_that_breaks_off_ends_the_caller_s_call_and_not_the_assistant_s_leg_alone(tmp_path: Path):
    """A path that is dead is noticed by the carrier first: its question comes before our ping fails."""
    async with room_office(tmp_path, ms_per_character=100) as office:
        call = await office.call(BYE)
        await saying_goodbye(office, call)
        (leg,) = assistants(office)
        await office.switchboard.assistant_asks(call.call_sid, leg.call_sid)
        leg.update(status="completed")
        await asyncio.sleep(5)
        assert call.over


@virtually
async def test_a_caller_whose_line_is_gone_when_the_next_process_starts_is_hung_up_on(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        await office.die()
        office.first = replace(office.first, lines={})
        await asyncio.sleep(1)
        await office.begin()
        await asyncio.sleep(5)
        assert call.over


@virtually
async def test_a_caller_whom_no_process_came_to_end_is_found_in_the_carrier_s_list(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        another = await office.call()
        await saying_goodbye(office, call)
        office.at.api.plan(503, method="POST", path=f"/Calls/{call.call_sid}", count=100_000)
        while office.switchboard.call(call.call_sid) is not None:  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.02)
        await office.die()
        await office.begin()  # it asks, too, and cannot be told
        office.at.api.well()
        async with asyncio.timeout(65):
            await call.finished()
        assert not another.over


def breaks(office: PhoneOffice, monkeypatch: pytest.MonkeyPatch, method: str, times: int) -> list[str]:
    """The carrier's answers to this have another shape so often. What was asked."""
    control: Any = type(office.phoning.legs.control.control)
    whole, asked = getattr(control, method), list[str]()

    async def other(self: Any, *arguments: Any, **more: Any) -> Any:
        asked.append(method)
        if len(asked) <= times:
            raise TypeError("an answer of another shape")
        return await whole(self, *arguments, **more)

    monkeypatch.setattr(control, method, other)
    return asked


def test_one_answer_that_nobody_foresaw_keeps_nobody_from_being_looked_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path, ANA, queue={"after": "assistant"}) as office:
            office.at.double.person(AGENT, ACCEPTS)
            call = await office.asks(BYE)
            await office.until(call, State.CONNECTED)
            asked = breaks(office, monkeypatch, "participants", 1)
            await asyncio.sleep(12)
            assert len(asked) > 1

    script()


def test_whatever_breaks_as_the_assistant_is_brought_the_caller_gets_a_stream_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path) as office:
            breaks(office, monkeypatch, "join", 1_000)
            call = await office.call(BYE)
            await call.until_quiet()
            assert call.now_ms < 8_000
            assert await office.kept(call, "call.answered")

    script()


@virtually
async def test_a_caller_whose_agent_is_gone_is_not_left_with_a_supervisor_who_only_listens(tmp_path: Path):
    async with room_office(tmp_path, ANA, SAM, queue={"after": "assistant"}) as office:
        ana = office.at.double.person(AGENT, ACCEPTS)
        sam = office.at.double.person(OTHER, Answers(steps=[PressAt(500, "5")]))
        call = await office.asks(BYE)
        await office.until(call, State.CONNECTED)
        await office.conferences.coach(call.call_sid, "sam", "listen", lambda: None)
        await sam.answered()
        await asyncio.sleep(2)
        office.process.dies_at = State.OVER
        ana.calls[0].hang_up()
        await office.process.died.wait()
        await office.die()
        await asyncio.sleep(2)
        await office.begin()
        await asyncio.sleep(20)
        assert inside(office, call) == ["assistant", "customer"]


@virtually
async def test_a_round_is_over_before_the_next_is_due_however_many_callers_are_with_agents():
    every = [_WithAgent(f"CA{number}") for number in range(100)]
    calls: Any = SimpleNamespace(
        calls=lambda: every, call=lambda sid: next(one for one in every if one.call_sid == sid)
    )
    control: Any = SimpleNamespace(control=_Slow())
    rooms = Rooms(control, TransferAddresses("https://v.example.com"), "AP1")
    rooms._calls = calls
    before = asyncio.get_running_loop().time()
    await rooms.look()
    assert asyncio.get_running_loop().time() - before <= EVERY_S / 2


@dataclass
class _WithAgent:
    call_sid: str
    in_room: bool = True
    state: Flow = Flow.AWAY


class _Slow:
    """A carrier that takes 100 ms for each answer."""

    async def participants(self, room: str, deadline_ms: int) -> tuple[Participant, ...]:
        del room, deadline_ms
        await asyncio.sleep(0.1)
        return (Participant("CA0", "customer"), Participant("CA1", "agent-0"))


@virtually
async def test_an_agent_who_cannot_be_let_go_does_not_stay_with_the_caller_to_whom_the_next_one_comes(tmp_path: Path):
    async with room_office(tmp_path, ANA, BEN, ms_per_character=100) as office:
        desk = DeskAgent(office.transfers, "ana").sit(by_phone=True)
        ana = office.at.double.person(AGENT, ACCEPTS)
        office.at.double.person(OTHER, ACCEPTS)
        office.transfers.presence("ben", "busy")
        call = await office.asks("x")
        transfer = await office.until(call, State.ACCEPTED)
        while "agent-0" not in inside(office, call):  # noqa: ASYNC110 virtual time
            await asyncio.sleep(0.02)
        office.at.api.plan(503, method="POST", path=f"/Calls/{ana.calls[0].call_sid}", count=100)
        assert office.transfers.hang_up(transfer.id, "ana")
        office.transfers.presence("ben", "available")
        await office.until(call, State.CONNECTED)
        await asyncio.sleep(5)
        desk.hearing.cancel()
        assert inside(office, call) == ["agent-1", "customer"]


@virtually
async def test_a_server_that_can_look_after_nobody_in_a_conference_says_so_when_it_starts(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        await office.die()
        office.assistant = ""
        with capture_logs() as told:
            await office.begin()
        assert [one["call_id"] for one in told if "CORDBOARD_TWILIO_APP_SID" in one["event"]] == [call.call_sid]


@virtually
async def test_a_caller_who_is_to_leave_a_message_gets_there_once_the_carrier_answers(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        (leg,) = assistants(office)
        live = office.switchboard.call(call.call_sid)
        assert live is not None
        office.at.api.plan(503, method="POST", path=f"/Calls/{call.call_sid}", count=100_000)
        for _ in range(10):
            if live.state is Flow.MESSAGE:
                break
            await office.switchboard.assistant_asks(call.call_sid, leg.call_sid)
            await asyncio.sleep(0.1)
        assert live.state is Flow.MESSAGE
        await asyncio.sleep(60)
        assert "customer" in inside(office, call)
        office.at.api.well()
        await asyncio.sleep(8)
        assert not live.in_room
        assert [one["why"] for one in await office.kept(call, "call.left_room")] == ["no stream of it lasts"]
