"""Whole calls in virtual time: who speaks when both could, and what happens when nobody does."""

from pathlib import Path

import pytest

from recordings.record import CallRecord, Utterance
from tests.fakes.office import virtual_office, virtually

pytestmark = pytest.mark.call


def said(record: CallRecord, words: str) -> Utterance:
    return next(utterance for utterance in record.utterances if words in utterance.text)


@virtually
async def test_a_caller_who_interrupts_is_heard_and_the_rest_of_the_reply_is_not(tmp_path: Path):
    texts = ["where is my order", "a person please", "it is me again please call back", "no thank you goodbye"]
    async with virtual_office(tmp_path, texts) as office:
        call = await office.call()
        await call.turn()
        await call.press("12345")
        await call.handset.wait_ms(2000)
        await call.speak()
        since_ms = call.handset.now_ms
        await call.quiet(since_ms=since_ms)
        record = await office.record(call.sid)
        cut = said(record, "trail tent")
        assert not cut.complete
        assert cut.text.startswith(cut.heard_text)
        assert cut.heard_text
        assert cut.unheard_text.endswith("there today.")
        assert said(record, "anything else").heard_text == ""
        (silenced,) = call.ear.cuts
        assert silenced.why == "clear"
        assert said(record, "a person will call you back").complete
        await call.turn()
        await call.turn()
        await call.over()
        ended = await office.ended(call.sid)
        assert ended.outcome == "message_taken"
        assert "caller.barged_in" in await office.kinds(call.sid)


@virtually
async def test_the_caller_hears_that_the_assistant_is_one_even_when_speaking_over_it(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order"]) as office:
        call = await office.call()
        await call.handset.wait_ms(2500)
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms)
        record = await office.record(call.sid)
        assert said(record, "automated assistant").complete
        assert call.ear.cuts == ()
        assert said(record, "order number?").complete
        call.stream.hang_up()
        await office.ended(call.sid)


@virtually
async def test_a_silent_caller_is_asked_twice_and_then_let_go(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        call = await office.call()
        assert await call.over()
        record = await office.ended(call.sid)
        assert record.outcome == "caller_silent"
        last = [utterance.purpose for utterance in record.utterances][3:]
        assert last == ["check_in", "check_in", "goodbye"]
        assert all(utterance.complete for utterance in record.utterances)
        assert 30_000 < record.end_ms < 45_000


@virtually
async def test_a_caller_who_speaks_after_a_check_in_is_served(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order"]) as office:
        call = await office.call()
        await call.quiet()
        await call.quiet(since_ms=call.handset.now_ms)
        await call.turn()
        record = await office.record(call.sid)
        assert said(record, "Are you still there?").complete
        assert said(record, "order number?").complete
        call.stream.hang_up()
        await office.ended(call.sid)
