"""Whole calls in virtual time whose turns are begun before they are over."""

from pathlib import Path

import pytest

from tests.fakes.models import answering
from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call

QUESTION = "do your tents smell of elderberries"
GOODBYE = "no thank you goodbye"
REPLY = "They do not, I am happy to say. Would you want a smell of nothing at all?"


async def reply_gap_ms(root: Path, *, foreseen: bool) -> int:
    model = answering({"elderberries": REPLY})
    async with virtual_office(root, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = foreseen
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert len(model.asked) == 1
        gap_ms = next(turn.reply_gap_ms for turn in record.turns if turn.caller)
        assert gap_ms is not None
        return gap_ms


@virtually
async def test_a_reply_that_was_begun_early_is_heard_sooner_and_asked_for_once(tmp_path: Path):
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    sooner_ms = await reply_gap_ms(tmp_path / "with", foreseen=True)
    later_ms = await reply_gap_ms(tmp_path / "without", foreseen=False)
    assert later_ms - sooner_ms >= 150


@virtually
async def test_what_was_foreseen_wrongly_leaves_no_trace_and_runs_no_tool(tmp_path: Path):
    model = answering({"elderberries": REPLY}, between_ms=200)
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        await call.quiet()
        speech_over = office.stt.texts
        await call.speak()
        await call.handset.wait_ms(100)
        assert len(model.asked) == 1  # begun at the pause
        speech_over[0] = "where is my order"  # the words turn out to be others
        await call.handset.wait_ms(1500)
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        events = await office.events(call.sid)
        kinds = {event.kind for event in events}
        assert not kinds & {"model.said", "model.done", "knowledge.found"}
        assert model.cancelled == 1
        assert len(office.tools.calls) == 1
        spoken = " ".join(str(event.data["text"]) for event in events if event.kind == "assistant.speaks")
        assert "happy to say" not in spoken
        await office.ended(call.sid)


@virtually
async def test_a_turn_that_would_call_a_tool_runs_it_only_when_it_is_over(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order 12345", "yes", GOODBYE], prepared=True) as office:
        office.stt.settles = True
        call = await office.call()
        await call.turn()
        assert office.tools.calls == []
        await call.speak()
        await call.handset.wait_ms(100)
        assert office.tools.calls == []  # "yes" was foreseen, and is not over
        await call.quiet(since_ms=call.handset.now_ms)
        assert len(office.tools.calls) == 1
        await call.turn()
        assert await call.over()
        await office.ended(call.sid)


@virtually
async def test_a_reply_that_is_awaited_before_its_first_word_is_said_whole_and_in_order(tmp_path: Path):
    model = answering({"elderberries": REPLY}, first_ms=700, between_ms=0)
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        said = " ".join(str(one.data["text"]) for one in await office.events(call.sid) if one.kind == "model.said")
        assert said == REPLY
        await office.ended(call.sid)


@virtually
async def test_the_same_question_asked_again_is_begun_early_again(tmp_path: Path):
    model = answering({"elderberries": REPLY}, first_ms=300)
    async with virtual_office(tmp_path, [QUESTION, QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        for _ in range(3):
            await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        first_ms, again_ms = [turn.reply_gap_ms for turn in record.turns if turn.caller][:2]
        assert len(model.asked) == 2
        assert again_ms == pytest.approx(first_ms, abs=20)  # a frame: where a second begins within it differs


@virtually
async def test_what_was_begun_in_vain_is_counted(tmp_path: Path):
    model = answering({"elderberries": REPLY}, first_ms=10, between_ms=0)
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        await call.quiet()
        speech_over = office.stt.texts
        await call.speak()
        await call.handset.wait_ms(120)  # the reply was begun, and the audio of its first clause
        speech_over[0] = "where is my order"  # the words turn out to be others
        await call.handset.wait_ms(1500)
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        wasted = [event.data for event in await office.events(call.sid) if event.kind == "provider.wasted"]
        assert [(one["port"], one["why"], one["requests"]) for one in wasted] == [
            ("model", "foreseen", 1),
            ("tts", "foreseen", 1),
        ]
        assert wasted[1]["characters"] > 10
        await office.ended(call.sid)


@virtually
async def test_what_was_begun_when_the_caller_hung_up_is_told_as_wasted(tmp_path: Path):
    model = answering({"elderberries": REPLY}, between_ms=200)
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        await call.quiet()
        await call.speak()
        await call.handset.wait_ms(100)
        assert len(model.asked) == 1
        call.stream.hang_up()
        await office.ended(call.sid)
        wasted = [event.data for event in await office.events(call.sid) if event.kind == "provider.wasted"]
        assert [(one["port"], one["why"], one["requests"]) for one in wasted] == [("model", "foreseen", 1)]


@pytest.mark.row(25)
@virtually
async def test_answers_of_model_flow_and_knowledge_begin_within_a_human_pause(tmp_path: Path):
    """The model's first token after 200 ms; a turn's end is waited for, which is most of it."""
    model = answering({"elderberries": REPLY}, first_ms=200)
    texts = [QUESTION, "what are your opening hours", "how long do i have to return something", GOODBYE]
    async with virtual_office(tmp_path, texts, prepared=True, model=model) as office:
        office.stt.settles = True
        call = await office.call()
        for _ in texts:
            await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
    gaps = [turn.reply_gap_ms for turn in record.turns if turn.caller and turn.reply_gap_ms is not None]
    assert len(gaps) == len(texts)
    assert max(gaps) <= 1000, gaps
    assert sorted(gaps)[len(gaps) // 2] <= 800, gaps
