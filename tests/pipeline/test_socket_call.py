"""Whole calls over real sockets through pipecat; the oracle is the caller's ear."""

import asyncio
from pathlib import Path

import pytest

from recordings.record import CallRecord
from telephony.double.call import DoubleCall
from telephony.double.socket import Loss
from tests.fakes.exchange import Exchange, exchange
from tests.fakes.office import SPEECH

pytestmark = pytest.mark.call

APOLOGY = "Sorry, we were cut off for a moment."
QUESTION = "What's your order number?"


def spoken(record: CallRecord) -> list[str]:
    return [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]


async def _asked_again(served: Exchange, call: DoubleCall) -> None:
    """Hear the apology and the open question."""
    async with asyncio.timeout(15):
        while (await _complete(served, call))[-2:] != [APOLOGY, QUESTION]:
            await call.wait(100)


async def _complete(served: Exchange, call: DoubleCall) -> list[str]:
    record = await served.record(call.call_sid)
    return [said.text for said in record.utterances if said.speaker == "assistant" and said.complete]


async def _order(served: Exchange) -> None:
    call = await served.call(["where is my order", "no thank you goodbye"])
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    await call.press("12345#")
    await call.until_quiet()
    await call.say(SPEECH)
    result = await call.finished()
    record = await served.ended(call.call_sid)
    assert record.outcome == "completed"
    assert [tool.ok for turn in record.turns for tool in turn.tools] == [True]
    assert result.ended_by == "hangup"
    assert not result.problems
    assert not result.ear.late_frames()
    assert not result.ear.dead_air(3000)


async def _interrupted(served: Exchange) -> None:
    call = await served.call(["where is my order", "a person please"])
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    await call.press("12345")
    await call.say_over(SPEECH, after_ms=300)
    await call.until_quiet()
    record = await served.record(call.call_sid)
    cut = next(utterance for utterance in record.utterances if "trail tent" in utterance.text)
    assert not cut.complete
    assert cut.text.startswith(cut.heard_text)
    assert [each.why for each in call.ear.cuts] == ["clear"]
    reply = next(utterance for utterance in record.utterances if "a person will call you back" in utterance.text)
    assert reply.complete
    call.hang_up()
    assert (await served.ended(call.call_sid)).outcome == "caller_hung_up"


async def _key_into_the_menu(served: Exchange) -> None:
    """The key ends the menu and answers it in the same instant: the reply must not go with what it interrupts."""
    call = await served.call(["<busy>"])
    await call.until_quiet()
    await call.say(SPEECH)
    await call.wait(1500)
    await call.press("3")
    await call.until_quiet()
    record = await served.record(call.call_sid)
    menu = next(number for number, utterance in enumerate(record.utterances) if "keypad" in utterance.text)
    assert not record.utterances[menu].complete
    answer = record.utterances[menu + 2 :]
    assert answer
    assert all(utterance.complete for utterance in answer), answer
    call.hang_up()
    await served.ended(call.call_sid)


def test_calls_side_by_side(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            async with asyncio.TaskGroup() as calls:
                for work in (_order, _interrupted, _key_into_the_menu):
                    calls.create_task(work(served))
            stalls_ms = sorted(served.stalls_ms)[-5:]
            print(f"the event loop was late by at most {stalls_ms} ms")  # noqa: T201 reported, not a gate

    asyncio.run(script())


async def _lost(served: Exchange, how: Loss) -> None:
    call = await served.call(["where is my order", "no thank you goodbye"], on_broken="wait")
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    await call.lose(how)
    await call.wait(6500 if how == "limbo" else 1000)
    losses = [event for event in await served.parts.store.events(call.call_sid) if event.kind == "call.media_lost"]
    assert [loss.data["how"] for loss in losses] == [{"clean": "closed", "reset": "reset", "limbo": "silent"}[how]]
    call.reconnect()
    await _asked_again(served, call)
    await call.press("12345")
    await call.until_quiet()
    await call.say(SPEECH)
    result = await call.finished()
    assert (await served.ended(call.call_sid)).outcome == "completed"
    assert len(result.streams) == 2


async def _resumed_before_the_loss_is_noticed(served: Exchange) -> None:
    call = await served.call(["where is my order"])
    await call.until_quiet()
    await call.say(SPEECH)
    await call.until_quiet()
    await call.lose("limbo", resume_after_ms=500)
    await _asked_again(served, call)
    call.hang_up()
    assert (await served.ended(call.call_sid)).outcome == "caller_hung_up"


def test_a_stream_is_lost_in_three_ways_and_the_call_goes_on(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served, asyncio.TaskGroup() as calls:
            for how in ("clean", "reset", "limbo"):
                calls.create_task(_lost(served, how))
            calls.create_task(_resumed_before_the_loss_is_noticed(served))

    asyncio.run(script())


def test_another_process_goes_on_with_the_call(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path) as served:
            call = await served.call(["where is my order", "no thank you goodbye"], on_broken="wait")
            await call.until_quiet()
            await call.say(SPEECH)
            await call.until_quiet()
            served.die()
            await served.parts.switchboard.finish_abandoned()
            await call.lose("reset", resume_after_ms=200)
            await _asked_again(served, call)
            await call.press("12345")
            await call.until_quiet()
            await call.say(SPEECH)
            await call.finished()
            record = await served.ended(call.call_sid)
            assert record.outcome == "completed"
            assert spoken(record).count("Thanks for calling Northfield Outdoor.") == 1

    asyncio.run(script())
