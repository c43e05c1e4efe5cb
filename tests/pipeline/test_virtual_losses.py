"""Whole calls in virtual time: callers who hang up at any moment, streams that break, processes that die."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pipeline.switchboard import SORRY, Connect, HangUp, Switchboard, TakeMessage
from recordings.log import resumed
from recordings.record import CallRecord
from telephony.double.handset import Handset
from telephony.token import CallTokens
from tests.fakes.office import NUMBER, VirtualCall, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.call


def spoken(record: CallRecord) -> list[str]:
    return [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]


async def _at_once(call: VirtualCall) -> None:
    await call.handset.wait_ms(20)


async def _greeting(call: VirtualCall) -> None:
    await call.handset.wait_ms(3000)


async def _question(call: VirtualCall) -> None:
    await call.turn()


async def _speaking(call: VirtualCall) -> None:
    await call.quiet()
    call.handset.mouth.say(b"\x20" * 8000)
    await call.handset.wait_ms(600)


async def _typing(call: VirtualCall) -> None:
    await call.turn()
    await call.press("123")


async def _tool(call: VirtualCall) -> None:
    await call.turn()
    await call.press("12345")
    await call.handset.wait_ms(300)


async def _goodbye(call: VirtualCall) -> None:
    await call.turn()
    await call.keys("12345")
    await call.speak()
    await call.handset.wait_ms(1500)


MOMENTS: list[Callable[[VirtualCall], Awaitable[None]]] = [
    _at_once, _greeting, _question, _speaking, _typing, _tool, _goodbye,
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
@virtually
async def test_a_caller_may_hang_up_at_any_moment(tmp_path: Path, moment: Callable[[VirtualCall], Awaitable[None]]):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"], delay_s=1.0) as office:
        call = await office.call()
        await moment(call)
        call.stream.hang_up()
        assert await call.over()
        record = await office.ended(call.sid)
        assert record.outcome == ("completed" if moment is _goodbye else "caller_hung_up")
        assert await office.switchboard.resume(call.sid) == HangUp()


@virtually
async def test_a_caller_may_hang_up_while_it_rings(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        office.switchboard.status("CA1", "completed")
        record = await office.ended("CA1")
        assert record.outcome == "caller_hung_up"
        assert await office.kinds("CA1") == ["call.ringing", "call.ended"]


@virtually
async def test_a_stream_that_never_comes_is_not_waited_for(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        assert (await office.ended("CA1")).outcome == "failed"


@pytest.mark.parametrize("moment", MOMENTS[1:-1])
@virtually
async def test_a_stream_may_break_at_any_moment_and_the_call_goes_on(
    tmp_path: Path, moment: Callable[[VirtualCall], Awaitable[None]]
):
    texts = ["where is my order", *(["no thank you goodbye"] * 3)]
    async with virtual_office(tmp_path, texts, delay_s=1.0) as office:
        call = await office.call()
        await moment(call)
        call.stream.lose()
        await call.handset.wait_ms(700)
        again = await office.resume(call)
        since_ms = again.handset.now_ms
        await again.quiet(since_ms=since_ms)
        again.stream.hang_up()
        record = await office.ended(call.sid)
        texts = spoken(record)
        assert texts.count("Thanks for calling Northfield Outdoor.") == 1
        assert texts.count("Sorry, we were cut off for a moment.") == 1
        zeros = [event for event in await office.events(call.sid) if event.kind == "call.media_started"]
        assert len(zeros) == 1


@virtually
async def test_a_call_whose_stream_breaks_during_its_goodbye_is_over(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
        call = await office.call()
        await _goodbye(call)
        call.stream.lose()
        assert (await office.ended(call.sid)).outcome == "completed"
        assert await office.switchboard.resume(call.sid) == HangUp()


@virtually
async def test_an_order_is_found_over_two_streams_on_one_clock(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        lost_ms = call.handset.now_ms
        call.stream.lose()
        await call.handset.wait_ms(2000)
        again = await office.resume(call)
        await again.quiet(since_ms=lost_ms)
        record = await office.record(call.sid)
        assert spoken(record)[-2:] == ["Sorry, we were cut off for a moment.", "What's your order number?"]
        apology = record.utterances[-2]
        assert lost_ms + 2000 <= apology.start_ms <= lost_ms + 2200
        await again.keys("12345")
        await again.turn()
        await again.over()
        record = await office.ended(call.sid)
        assert record.outcome == "completed"
        assert [tool.ok for turn in record.turns for tool in turn.tools] == [True]


@virtually
async def test_a_call_that_nobody_resumes_ends_after_thirty_seconds(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.handset.wait_ms(10_000)
        call.stream.lose()
        record = await office.ended(call.sid)
        assert record.outcome == "media_lost"
        assert 39_900 <= record.end_ms <= 40_200


@virtually
async def test_a_write_that_was_under_way_when_the_stream_broke_is_asked_again_with_its_key(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order"], delay_s=1.0) as office:
        call = await office.call()
        await _tool(call)
        call.stream.lose()
        again = await office.resume(call)
        await again.quiet(since_ms=again.handset.now_ms)
        again.stream.hang_up()
        await office.ended(call.sid)
        assert office.tools.calls == [f"{call.sid}/k1"] * 2


@virtually
async def test_a_call_that_loses_stream_after_stream_takes_a_message(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        for _ in range(4):
            await call.handset.wait_ms(1000)
            call.stream.lose()
            call = await office.resume(call)
        await call.handset.wait_ms(1000)
        call.stream.lose()
        assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY)
        assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY), "asked twice"
        await call.handset.wait_ms(60_000)
        office.switchboard.status(call.sid, "completed")
        await call.handset.wait_ms(5_000)
        await office.switchboard.message_left(call.sid, "https://api.example.com/RE1", 12)
        record = await office.ended(call.sid)
        assert record.outcome == "message_taken"
        (message,) = record.messages
        assert message.queue == "support"


async def _leaving_a_message(office: VirtualOffice) -> VirtualCall:
    """A call whose streams failed twice."""
    office.stt.refusals = 2
    call = await office.call()
    await call.over()
    await (await office.resume(call)).over()
    assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY)
    return call


@virtually
async def test_a_caller_who_leaves_no_message_with_the_carrier_ends_a_failed_call(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await _leaving_a_message(office)
        await call.handset.wait_ms(40_000)
        assert office.switchboard.live == 1, "longer than a lost stream is waited for"
        office.switchboard.status(call.sid, "completed")
        record = await office.ended(call.sid)
        assert (record.outcome, record.messages) == ("failed", ())


@virtually
async def test_a_message_that_is_told_of_after_the_call_was_given_up_is_kept_all_the_same(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await _leaving_a_message(office)
        assert (await office.ended(call.sid)).outcome == "failed"
        await office.switchboard.message_left(call.sid, "https://api.example.com/RE1", 12)
        assert len((await office.record(call.sid)).messages) == 1


@virtually
async def test_a_message_is_kept_by_the_next_process_when_this_one_died_meanwhile(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await _leaving_a_message(office)
        office.die()
        await office.switchboard.finish_abandoned()
        await call.handset.wait_ms(60_000)
        assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY)
        await office.switchboard.message_left(call.sid, "https://api.example.com/RE1", 12)
        record = await office.ended(call.sid)
        assert (record.outcome, len(record.messages)) == ("message_taken", 1)


@virtually
async def test_an_error_of_ours_closes_the_stream_and_the_second_one_takes_a_message(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        office.stt.refusals = 2
        call = await office.call()
        assert await call.over()
        assert call.stream.closed == (1011, "over")
        again = await office.resume(call)
        await again.over()
        assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY)
        await office.switchboard.message_left(call.sid, "https://api.example.com/RE1", 12)
        record = await office.ended(call.sid)
        assert record.outcome == "message_taken"
        assert len(record.messages) == 1


@virtually
async def test_a_call_goes_on_after_one_error_of_ours(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order"]) as office:
        office.stt.refusals = 1
        call = await office.call()
        await call.over()
        again = await office.resume(call)
        await again.turn()
        assert spoken(await office.record(call.sid))[-1] == "What's your order number?"
        again.stream.hang_up()
        await office.ended(call.sid)


@virtually
async def test_another_process_goes_on_where_this_one_died(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        office.die()
        await office.switchboard.finish_abandoned()
        assert office.switchboard.live == 1
        again = await office.resume(call)
        await again.quiet(since_ms=again.handset.now_ms)
        assert spoken(await office.record(call.sid))[-2:] == [
            "Sorry, we were cut off for a moment.",
            "What's your order number?",
        ]
        await again.keys("12345")
        await again.turn()
        await again.over()
        record = await office.ended(call.sid)
        assert record.outcome == "completed"


@virtually
async def test_a_call_whose_process_died_before_it_answered_is_answered_by_the_next(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        office.die()
        await office.switchboard.finish_abandoned()
        assert isinstance(await office.switchboard.ring("CA1", "+14155550101", NUMBER), Connect)
        office.switchboard.status("CA1", "completed")
        await office.ended("CA1")
        assert await office.kinds("CA1") == ["call.ringing", "call.ended"]


@virtually
async def test_a_call_whose_process_died_before_its_stream_began_is_greeted_by_the_next(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        answer = await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        office.die()
        await office.switchboard.finish_abandoned()
        handset = Handset()
        call = office.connect("CA1", handset, answer, office.ticking(handset))
        await call.quiet()
        call.stream.hang_up()
        record = await office.ended("CA1")
        assert spoken(record)[0] == "Thanks for calling Northfield Outdoor."
        kinds = await office.kinds("CA1")
        assert [kind for kind in kinds if kind.startswith("call.")] == [
            "call.ringing", "call.answered", "call.media_started", "call.ended",
        ]  # fmt: skip


@virtually
async def test_a_call_whose_process_died_before_its_stream_began_fails_when_none_begins(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        await office.switchboard.ring("CA1", "+14155550101", NUMBER)
        office.die()
        await office.switchboard.finish_abandoned()
        record = await office.ended("CA1")
        assert (record.outcome, record.reason) == ("failed", "no stream started in time")
        assert await office.kinds("CA1") == ["call.ringing", "call.ended"]


@virtually
async def test_a_call_that_died_with_its_process_and_is_not_asked_for_ends(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        office.die()
        await office.switchboard.finish_abandoned()
        record = await office.ended(call.sid)
        assert record.outcome == "media_lost"
        log, past = await resumed(office.store, "test", call.sid)
        assert log.seq == len(past)


@virtually
async def test_a_process_without_its_line_says_so(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        office.die()
        empty = Switchboard(office.parts.runtime, {}, CallTokens(b"0" * 16), 1)
        assert await empty.resume(call.sid) == HangUp()
        assert (await office.record(call.sid)).outcome == "failed"


@virtually
async def test_a_webhook_repeated_to_the_next_process_goes_on_with_the_call(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        office.die()
        answer = await office.switchboard.ring(call.sid, "+14155550101", NUMBER)
        assert isinstance(answer, Connect)
        assert (await office.kinds(call.sid)).count("call.ringing") == 1


@virtually
async def test_a_message_that_the_carrier_tells_of_twice_is_kept_once(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        await call.quiet()
        call.stream.hang_up()
        await office.ended(call.sid)
        for _ in range(2):
            await office.switchboard.message_left(call.sid, "https://api.example/RE1", 7)
        assert (await office.kinds(call.sid)).count("message.taken") == 1
