"""Whole calls in virtual time whose answers are slow: what the caller hears meanwhile, and where the time went."""

from pathlib import Path

import pytest

from pipeline.line.load import load_line
from tests.fakes.office import REPOSITORY, virtual_office, virtually
from tests.peers.speech import hear
from voice.audio import ulaw_to_pcm

pytestmark = pytest.mark.call

ORDER = ["where is my order", "no thank you goodbye"]
FILLS = {"One moment, please.", "Let me look.", "Just a second."}


async def timed(office, sid):
    """The waterfalls of turns that answer the caller, by turn."""
    events = await office.events(sid)
    return {event.data["turn"]: event.data for event in events if event.kind == "turn.timed"}


@virtually
async def test_a_fast_answer_has_no_fill_and_its_waterfall_is_on_record(tmp_path: Path):
    async with virtual_office(tmp_path, ORDER, prepared=True) as office:
        call = await office.call()
        await call.turn()
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert not any(utterance.purpose == "fill" for utterance in record.utterances)
        waterfalls = await timed(office, call.sid)
        turns = {turn.id: turn for turn in record.turns if turn.caller}
        assert set(waterfalls) == set(turns)
        for name, waterfall in waterfalls.items():
            assert waterfall["fill_gap_ms"] is None
            stages = waterfall["stages"]
            assert 0 <= stages["endpoint"] <= stages["transcript"] <= stages["first_clause"] <= stages["first_audio"]
            assert stages["first_audio"] <= waterfall["reply_gap_ms"]
            assert abs(waterfall["reply_gap_ms"] - (turns[name].reply_gap_ms or 0)) <= 60


@virtually
async def test_a_slow_tool_is_filled_and_the_fill_is_counted_apart(tmp_path: Path):
    async with virtual_office(tmp_path, ORDER, prepared=True, delay_s=3.0) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        pressed_ms = call.handset.now_ms
        await call.handset.wait_ms(4200)
        await call.quiet(since_ms=pressed_ms + 4200)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        fills = [utterance for utterance in record.utterances if utterance.purpose == "fill"]
        assert len(fills) >= 1
        assert all(utterance.text in FILLS and utterance.complete for utterance in fills)
        assert fills[0].start_ms - pressed_ms == pytest.approx(900, abs=350)
        waits = [silence.end_ms - silence.start_ms for silence in record.silences if silence.floor == "assistant"]
        assert max(waits) <= 3000
        slow = next(data for data in (await timed(office, call.sid)).values() if data["fill_gap_ms"] is not None)
        assert slow["fill_gap_ms"] < 1500
        assert slow["reply_gap_ms"] > 2900


@virtually
async def test_a_cough_while_a_tool_is_at_work_does_not_stop_the_clock(tmp_path: Path):
    async with virtual_office(tmp_path, [ORDER[0], "", ORDER[1]], prepared=True, delay_s=4.5) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        await call.handset.wait_ms(1900)
        await call.speak()
        await call.handset.wait_ms(5000)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        waits = [silence.end_ms - silence.start_ms for silence in record.silences if silence.floor == "assistant"]
        assert max(waits) <= 3000


@virtually
async def test_an_answer_that_does_not_come_within_nine_seconds_is_given_up_and_a_person_is_offered(tmp_path: Path):
    texts = [ORDER[0], "please call me back about my order", ORDER[1]]
    async with virtual_office(tmp_path, texts, prepared=True, spelled=True, delay_s=30.0) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        pressed_ms = call.handset.now_ms
        await call.handset.wait_ms(11_000)
        await call.quiet(since_ms=pressed_ms + 11_000)
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        heard = hear(ulaw_to_pcm(call.ear.heard.audio(pressed_ms, call.ear.now_ms)))
        sorry, person = heard.index("this is taking a little longer"), heard.index("i can take a message")
        assert heard.index("one moment please") < sorry < person
        offered = next(said for said in record.utterances if "take a message" in said.text)
        assert offered.start_ms - pressed_ms == pytest.approx(9000, abs=3500)
        assert max(gap.length_ms for gap in call.ear.silences(200) if gap.end_ms <= offered.end_ms) <= 3000
        assert "trail tent" not in heard, "what came after it was given up is not said"
        assert (record.outcome, len(record.messages)) == ("message_taken", 1)


@virtually
async def test_who_asks_for_a_machine_while_a_tool_runs_is_told_once_and_the_tool_goes_on(tmp_path: Path):
    texts = [ORDER[0], "are you a robot", ORDER[1]]
    async with virtual_office(tmp_path, texts, prepared=True, delay_s=6.0) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        await call.handset.wait_ms(1500)
        await call.speak()
        await call.handset.wait_ms(9000)
        await call.quiet()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        said = [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]
        machine = load_line(REPOSITORY / "lines" / "example").settings.prompts.machine
        assert said.count(machine) == 1
        answer = next(place for place, text in enumerate(said) if "out for delivery" in text)
        assert said.index(machine) < answer
        assert office.tools.calls == [f"{call.sid}/k1"]
