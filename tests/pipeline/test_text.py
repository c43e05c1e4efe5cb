"""A call in text: the real dialogue, tools and store, in virtual time."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import direct
from pipeline.assistant.actions import End
from pipeline.text import Caller, NotSettled, TextCall
from recordings.fold import fold
from recordings.log import CallLog
from telephony.double import virtual_time
from tests.fakes.models import answering
from tests.fakes.office import parts

pytestmark = pytest.mark.call

MONDAY = datetime(2026, 11, 23, 18, tzinfo=UTC)


def talk(root: Path, script, **options):
    """Play a script of a text call; give its record."""

    async def play():
        async with parts(root, (), direct.carry, **options) as built:
            log = CallLog(built.store, "test", "CA1")
            line = next(iter(built.lines.values()))
            async with TextCall(line, log, Caller("CA1", "+14155550101", MONDAY), options.get("model")) as call:
                await script(call)
            return await built.store.events("CA1")

    return virtual_time.run(play())


def said(events) -> str:
    return " ".join(event.data["text"] for event in events if event.kind == "assistant.speaks")


def test_a_text_call_is_the_phones_call_without_sound(tmp_path):
    async def script(call):
        await call.say("where is my order")
        await call.press("12345")
        assert call.ended is None
        await call.say("no thank you goodbye")
        assert isinstance(call.ended, End)

    events = talk(tmp_path, script)
    record = fold(events)
    assert record.outcome == "completed"
    assert "out for delivery" in said(events)
    assert [turn.tools[0].tool for turn in record.turns if turn.tools] == ["order_status"]
    spoken = [event.data["utterance"] for event in events if event.kind == "assistant.speaks"]
    assert spoken == [event.data["utterance"] for event in events if event.kind == "assistant.heard"]


def test_a_caller_who_leaves_hung_up(tmp_path):
    async def script(call):
        await call.say("where is my order")

    assert fold(talk(tmp_path, script)).outcome == "caller_hung_up"


def test_a_slow_tool_is_waited_for_with_a_fill_and_costs_no_real_time(tmp_path):
    async def script(call):
        await call.say("where is my order")
        await call.press("12345")

    events = talk(tmp_path, script, delay_s=1.8)
    purposes = [event.data["purpose"] for event in events if event.kind == "assistant.speaks"]
    assert "fill" in purposes
    assert "out for delivery" in said(events)


def test_silence_and_noise_are_what_they_are_on_the_phone(tmp_path):
    async def script(call):
        await call.silence()
        await call.noise()
        await call.press("1")

    events = talk(tmp_path, script)
    assert [event.data["count"] for event in events if event.kind == "caller.silent"] == [1]
    assert [event.data["reason"] for event in events if event.kind == "caller.unrecognised"] == ["noise"]


def test_a_turn_that_never_ends_is_told_and_not_waited_for(tmp_path):
    async def script(call):
        call._tasks.create_task(asyncio.sleep(1000))
        with pytest.raises(NotSettled):
            await call.say("where is my order")

    talk(tmp_path, script)


def test_what_nothing_else_serves_is_asked_of_the_model(tmp_path):
    model = answering({"elderberries": "They do not, I am happy to say."})

    async def script(call):
        await call.say("do your tents smell of elderberries")

    assert "happy to say" in said(talk(tmp_path, script, model=model))
    assert len(model.asked) == 1
