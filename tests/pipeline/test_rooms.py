"""Callers who are in a conference of their own from the beginning, and the assistant there. Their ear is the oracle."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from telephony.double.call import DoubleCall
from telephony.double.twiml import Connect
from telephony.twilio.addresses import TransferAddresses
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import PhoneOffice
from tests.fakes.rooms import assistants, inside, room, room_office

pytestmark = pytest.mark.call

BYE = "no thanks goodbye"
JOINS = "/Participants.json"


async def says_goodbye(office: PhoneOffice, call: DoubleCall) -> None:
    """The caller is heard and answered, and the assistant ends the call."""
    await call.until_quiet()
    await call.say(SPEECH)
    record = await office.ended(call)
    assert record.outcome == "completed"
    over = await call.finished()
    assert over.ended_by == "application"


def streams_of_their_own(call: DoubleCall) -> int:
    """How often the caller's own leg was told to stream."""
    return sum(isinstance(one.verb, Connect) for one in call.log.executed)


@virtually
async def test_a_whole_call_is_spoken_in_a_conference_with_one_leg_of_the_assistant(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        assert inside(office, call) == ["assistant", "customer"]
        await says_goodbye(office, call)
        assert (await call.finished()).problems == ()
        (leg,) = assistants(office)
        await leg.finished()
        assert leg.problems == ()
        assert office.at.account.problems == []
        assert (len(office.at.account.conferences), streams_of_their_own(call)) == (1, 0)


@pytest.mark.parametrize("how", ["never", "twice"])
def test_news_that_the_caller_is_there_may_be_lost_repeated_or_late(tmp_path: Path, how: Any):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path) as office:
            customer = {"ParticipantLabel": "customer"}
            office.at.account.callbacks.plan(how, event="participant-join", params=customer, by_ms=3_000)
            call = await office.call(BYE)
            await call.until_quiet()
            await says_goodbye(office, call)
            assert (len(assistants(office)), streams_of_their_own(call)) == (1, 0)

    script()


@pytest.mark.parametrize(("how", "count"), [(503, 60), (400, 1)])
def test_a_caller_to_whom_the_assistant_cannot_be_brought_speaks_with_it_on_a_stream_of_their_own(
    tmp_path: Path, how: int, count: int
):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path) as office:
            office.at.api.plan(how, method="POST", path=JOINS, count=count)
            call = await office.call(BYE)
            await call.until_quiet()
            assert call.now_ms < (16_000 if count > 1 else 8_000)
            await says_goodbye(office, call)
            assert (assistants(office), streams_of_their_own(call)) == ([], 1)
            assert [one["why"] for one in await office.kept(call, "call.left_room")] == [
                "the assistant could not be brought"
            ]
            another = await office.call(BYE)  # nobody else waits for the same
            await says_goodbye(office, another)
            assert (len(office.at.account.conferences), streams_of_their_own(another)) == (1, 1)

    script()


@virtually
async def test_a_caller_whose_assistant_s_leg_is_lost_stays_and_gets_it_back(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        assistants(office)[0].update(status="completed")
        await asyncio.sleep(3)
        assert inside(office, call) == ["assistant", "customer"]
        await call.until_quiet(spoken_ms=0)
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        assert (len(assistants(office)), streams_of_their_own(call)) == (2, 0)
        assert len(office.at.account.conferences) == 1


@virtually
async def test_a_stream_that_breaks_is_opened_again_by_the_same_leg(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        (leg,) = assistants(office)
        await leg.lose("reset", resume_after_ms=300)
        await asyncio.sleep(2)
        assert inside(office, call) == ["assistant", "customer"]
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        assert (len(assistants(office)), streams_of_their_own(call)) == (1, 0)


@virtually
async def test_a_caller_who_hangs_up_ends_the_call_also_where_the_carrier_does_not_tell(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(told=False)
        await call.until_quiet()
        call.hang_up()
        over_at = asyncio.get_running_loop().time()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        assert asyncio.get_running_loop().time() - over_at < 2
        await assistants(office)[0].finished()
        assert not office.at.api.asked("POST", f"/Calls/{call.call_sid}")


@virtually
async def test_a_caller_who_hangs_up_before_the_assistant_is_there_leaves_nothing(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call()
        call.hang_up()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        await asyncio.sleep(10)
        assert [one.over for one in office.at.account.calls.values()] == [True] * len(office.at.account.calls)
        assert all(one.over for one in office.at.account.conferences)


@virtually
async def test_a_call_that_we_end_is_ended_however_often_that_fails(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        office.at.api.plan(503, method="POST", path=f"/Calls/{call.call_sid}", count=8)
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        over = await call.finished()
        assert over.ended_by == "application"
        assert streams_of_their_own(call) == 0


@virtually
async def test_a_caller_whose_conference_ends_gets_a_stream_of_their_own(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        room(office, call).end("conference-ended-via-api", "ended")
        await asyncio.sleep(2)
        await call.say(SPEECH)
        assert (await office.ended(call)).outcome == "completed"
        assert streams_of_their_own(call) == 1
        assert len(office.at.account.conferences) == 1


@pytest.mark.parametrize("when", ["connecting", "talking"])
def test_the_next_process_brings_the_assistant_back(tmp_path: Path, when: str):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path) as office:
            call = await office.call(BYE)
            if when == "talking":
                await call.until_quiet()
            await office.die()
            await asyncio.sleep(6)
            assert not call.over
            await office.begin()
            await asyncio.sleep(4)
            assert inside(office, call) == ["assistant", "customer"]
            await call.until_quiet(spoken_ms=0)
            await call.say(SPEECH)
            assert (await office.ended(call)).outcome == "completed"
            assert streams_of_their_own(call) == 0

    script()


@virtually
async def test_a_caller_who_hung_up_while_no_process_ran_is_found_by_asking(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call()
        await call.until_quiet()
        await office.die()
        await asyncio.sleep(1)
        call.hang_up()
        await asyncio.sleep(5)
        await office.begin()
        assert (await office.ended(call)).outcome == "caller_hung_up"
        assert len(assistants(office)) == 1


@virtually
async def test_a_server_that_stops_ends_the_calls_first_that_it_was_ending(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        office.at.api.plan(503, method="POST", path=f"/Calls/{call.call_sid}", count=4)
        await call.say(SPEECH)
        await office.switchboard.drained()
        assert not call.over
        await office.phoning.close()
        assert call.over


@pytest.mark.parametrize("carrier", ["tells", "is out"])
def test_a_leg_that_nobody_asked_for_does_not_take_the_stream_of_a_caller_who_is_talking(tmp_path: Path, carrier: str):
    @virtually
    async def script() -> None:
        async with room_office(tmp_path) as office:
            call = await office.call(BYE)
            await call.until_quiet()
            (leg,) = assistants(office)
            if carrier == "is out":
                office.at.api.plan(503, count=100_000)
            asks = TransferAddresses(office.url).assistant(call.call_sid)
            stray = await office.at.double.call(asks, to="+14155550199", from_="+14155550198")
            await asyncio.sleep(6)
            assert (stray.over, leg.over) == (True, False)
            office.at.api.well()
            await says_goodbye(office, call)
            assert len(assistants(office)) == 1

    script()


@virtually
async def test_the_leg_of_an_earlier_process_asks_for_its_stream_and_gets_it(tmp_path: Path):
    async with room_office(tmp_path) as office:
        call = await office.call(BYE)
        await call.until_quiet()
        (leg,) = assistants(office)
        await office.die()
        await office.begin()
        await asyncio.sleep(4)
        assert not leg.over
        await call.until_quiet(spoken_ms=0)
        await says_goodbye(office, call)
        assert len(assistants(office)) == 1
