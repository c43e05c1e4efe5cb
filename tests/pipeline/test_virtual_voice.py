"""Whole calls in virtual time whose voice fails: the caller hears about it, is served, and never waits in silence."""

from pathlib import Path

import pytest

from pipeline.switchboard import SORRY, TakeMessage
from recordings.record import CallRecord, Utterance
from tests.fakes.ears import NOISE
from tests.fakes.office import VirtualCall, VirtualOffice, virtual_office, virtually
from tests.fakes.voice import FAILINGS, Failing

pytestmark = pytest.mark.call

APOLOGY = "Sorry, this is taking a little longer."
ORDER = ["where is my order", "no thank you goodbye"]
ANSWER = "trail tent"
"""What is in the answer about order 12345, and in no text that is made in advance."""
MESSAGE = "please call me back about my order"


def said(record: CallRecord) -> list[Utterance]:
    """All but what only fills the time."""
    ours = [utterance for utterance in record.utterances if utterance.speaker == "assistant"]
    return [utterance for utterance in ours if utterance.purpose != "fill"]


def after_answer(record: CallRecord) -> list[Utterance]:
    """What was said from the answer about the order on."""
    utterances = said(record)
    first = next(index for index, utterance in enumerate(utterances) if ANSWER in utterance.text)
    return utterances[first:]


async def ask(call: VirtualCall) -> None:
    await call.turn()
    await call.keys("12345")


async def finish(office: VirtualOffice, call: VirtualCall) -> CallRecord:
    await call.turn()
    assert await call.over()
    return await office.ended(call.sid)


@pytest.mark.parametrize("how", FAILINGS)
@virtually
async def test_an_answer_in_which_the_voice_fails_once_is_apologised_for_and_said_again(tmp_path: Path, how: Failing):
    async with virtual_office(tmp_path, ORDER, prepared=True) as office:
        office.voice.fail(ANSWER, times=1, how=how)
        call = await office.call()
        await ask(call)
        record = await finish(office, call)
        assert record.outcome == "completed"
        broken, *dropped, apology, again, question = after_answer(record)[:-1]
        assert [lost.heard_text for lost in dropped] == [""]
        assert apology.text == APOLOGY
        assert again.text == broken.text
        assert question.text == dropped[0].text
        assert all(utterance.complete for utterance in (apology, again, question))
        assert not broken.complete
        assert broken.text.startswith(broken.heard_text)
        assert (len(broken.heard_text) > 0) is (how == "halfway")
        assert len(broken.heard_text) < len(broken.text) * 0.8
        waits = [silence.end_ms - silence.start_ms for silence in record.silences if silence.floor == "assistant"]
        assert max(waits, default=0) < (1700 if how == "late" else 700)


@virtually
async def test_an_answer_that_can_never_be_said_leads_to_a_message(tmp_path: Path):
    texts = ["where is my order", MESSAGE, "no thank you goodbye"]
    async with virtual_office(tmp_path, texts, prepared=True) as office:
        office.voice.fail(ANSWER)
        call = await office.call()
        await ask(call)
        await call.turn()
        record = await finish(office, call)
        assert record.outcome == "message_taken"
        assert record.messages[0].text == MESSAGE
        heard = [utterance.text for utterance in after_answer(record) if utterance.complete]
        assert heard[:2] == [APOLOGY, "I'm sorry, I'm not getting this right."]
        assert sum(ANSWER in text for text in office.voice.said) == 2, "tried again once, not for ever"


@virtually
async def test_a_voice_that_makes_nothing_at_all_is_replaced_by_what_was_made_in_advance(tmp_path: Path):
    texts = ["where is my order", MESSAGE, "no thank you goodbye"]
    async with virtual_office(tmp_path, texts, prepared=True) as office:
        office.voice.fail("")
        call = await office.call()
        await ask(call)
        await call.turn()
        record = await finish(office, call)
        assert (record.outcome, len(record.messages)) == ("message_taken", 1)


@pytest.mark.parametrize("how", FAILINGS)
@virtually
async def test_a_call_without_any_voice_is_not_mute_but_goes_to_the_carrier(tmp_path: Path, how: Failing):
    async with virtual_office(tmp_path) as office:
        office.voice.fail("", how=how)
        call = await office.call()
        assert await call.over()
        assert call.stream.closed == (1011, "over")
        again = await office.resume(call)
        assert await again.over()
        assert await office.switchboard.resume(call.sid) == TakeMessage(SORRY)
        mute_ms = call.handset.now_ms
        assert mute_ms < 7000 if how == "late" else mute_ms < 1000 or how == "halfway"
        await office.switchboard.message_left(call.sid, "https://api.example.com/RE1", 12)
        record = await office.ended(call.sid)
        assert record.outcome == "message_taken"
        assert not any(utterance.complete for utterance in said(record))


@virtually
async def test_a_goodbye_that_cannot_be_said_does_not_hold_the_call(tmp_path: Path):
    async with virtual_office(tmp_path, ORDER) as office:
        office.voice.fail("Goodbye")
        call = await office.call()
        await ask(call)
        await call.quiet()
        await call.speak()
        assert await call.over()
        assert (await office.ended(call.sid)).outcome == "completed"


@virtually
async def test_a_caller_who_interrupts_the_apology_is_answered_and_hears_nothing_twice(tmp_path: Path):
    texts = ["where is my order", "what is your return policy", "no thank you goodbye"]
    async with virtual_office(tmp_path, texts, prepared=True) as office:
        office.voice.fail(ANSWER, times=1)
        call = await office.call()
        await call.turn()
        since_ms = call.handset.now_ms
        await call.press("12345")
        await call.handset.wait_ms(1200)
        await call.speak()
        await call.quiet(since_ms=since_ms)
        record = await finish(office, call)
        assert record.outcome == "completed"
        assert sum(utterance.complete for utterance in said(record) if ANSWER in utterance.text) <= 1


@virtually
async def test_a_caller_who_makes_noise_while_the_voice_fails_is_still_served(tmp_path: Path):
    texts = ["where is my order", NOISE, "no thank you goodbye"]
    async with virtual_office(tmp_path, texts, prepared=True) as office:
        office.voice.fail(ANSWER, times=1, how="late")
        call = await office.call()
        await call.turn()
        await call.press("12345")
        await call.handset.wait_ms(300)
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms)
        record = await finish(office, call)
        assert record.outcome == "completed"


@virtually
async def test_what_the_voice_failed_in_is_not_repeated_when_the_stream_is_lost_too(tmp_path: Path):
    async with virtual_office(tmp_path, ORDER, prepared=True) as office:
        office.voice.fail(ANSWER, times=1)
        call = await office.call()
        await ask(call)
        call.stream.lose()
        await call.handset.wait_ms(500)
        again = await office.resume(call)
        await again.quiet(since_ms=again.handset.now_ms)
        record = await office.record(call.sid)
        assert sum(utterance.complete for utterance in said(record) if ANSWER in utterance.text) == 1
        record = await finish(office, again)
        assert record.outcome == "completed"
