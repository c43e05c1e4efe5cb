"""Whole calls in virtual time: everything but the sockets, the engines and pipecat is the real thing."""

from pathlib import Path

import pytest

from pipeline.switchboard import BUSY as ALL_BUSY
from pipeline.switchboard import UNKNOWN_NUMBER, Connect, Refuse
from recordings.record import CallRecord
from tests.fakes.ears import BUSY, LATE, NOISE
from tests.fakes.office import NUMBER, VirtualCall, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.call


def spoken(record: CallRecord) -> list[str]:
    """What the assistant said, in order."""
    return [utterance.text for utterance in record.utterances if utterance.speaker == "assistant"]


def tools(record: CallRecord) -> list[tuple[str, bool | None]]:
    return [(tool.tool, tool.ok) for turn in record.turns for tool in turn.tools]


async def ask_for_order(call: VirtualCall) -> None:
    await call.turn()
    await call.keys("12345")


async def finish(office: VirtualOffice, call: VirtualCall) -> CallRecord:
    """Say the last of the texts, and let the assistant end the call."""
    await call.turn()
    assert await call.over()
    return await office.ended(call.sid)


@virtually
async def test_an_order_is_looked_up_by_keypad(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        await call.keys("12345#")
        record = await finish(office, call)
        assert record.outcome == "completed"
        assert tools(record) == [("order_status", True)]
        assert any("trail tent is out for delivery" in text for text in spoken(record))
        assert call.ear.late_frames() == []


@virtually
async def test_nothing_is_silent_for_three_seconds_while_the_assistant_owes_a_reply(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"], delay_s=1.0) as office:
        call = await office.call()
        await ask_for_order(call)
        record = await finish(office, call)
        waits = [silence.end_ms - silence.start_ms for silence in record.silences if silence.floor == "assistant"]
        assert waits == [1000]  # while the tool ran
        assert all((turn.reply_gap_ms or 0) < 1500 for turn in record.turns)


@virtually
async def test_keys_that_are_typed_before_the_question_is_out_are_its_answer(tmp_path: Path):
    async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.quiet()
        await call.speak()
        await call.handset.wait_ms(1200)  # "What's your" is all that was heard
        await call.keys("12345")
        record = await finish(office, call)
        assert tools(record) == [("order_status", True)]
        question = next(utterance for utterance in record.utterances if "order number?" in utterance.text)
        assert not question.complete
        assert question.heard_text != question.text


@virtually
async def test_a_number_typed_into_the_greeting_needs_no_question(tmp_path: Path):
    async with virtual_office(tmp_path, ["no thank you goodbye"]) as office:
        call = await office.call()
        await call.handset.wait_ms(500)
        await call.keys("12345")
        record = await finish(office, call)
        assert tools(record) == [("order_status", True)]


@pytest.mark.parametrize("error", ["unavailable", "late"])
@virtually
async def test_a_tool_that_does_not_do_its_part_leads_to_a_message(tmp_path: Path, error: str):
    texts = ["where is my order", "this is jane doe please call me back about my tent", "no thank you goodbye"]
    async with virtual_office(tmp_path, texts, error=error, delay_s=2.0 if error == "late" else 0.0) as office:
        call = await office.call()
        await ask_for_order(call)
        await call.turn()
        record = await finish(office, call)
        assert tools(record) == [("order_status", False)]
        assert record.outcome == "message_taken"
        assert [message.text for message in record.messages] == [texts[1]]


@virtually
async def test_a_question_is_answered_from_a_document_which_is_named(tmp_path: Path):
    async with virtual_office(tmp_path, ["what is your return policy", "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        record = await finish(office, call)
        assert "You have ninety days." in spoken(record)
        assert [source.document for turn in record.turns for source in turn.sources] == ["returns"]


@virtually
async def test_who_asks_for_a_person_leaves_a_message(tmp_path: Path):
    texts = ["a person please", "it is john please call me about the zipper", "no thank you goodbye"]
    async with virtual_office(tmp_path, texts) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        record = await finish(office, call)
        assert record.outcome == "message_taken"
        (message,) = record.messages
        assert (message.queue, message.text) == ("support", texts[1])
        assert message.end_ms - message.start_ms > 1000


@pytest.mark.parametrize("trouble", [BUSY, LATE])
@virtually
async def test_a_recogniser_in_trouble_leads_to_the_keypad(tmp_path: Path, trouble: str):
    async with virtual_office(tmp_path, [trouble, "no thank you goodbye"]) as office:
        call = await office.call()
        await call.turn()
        assert any("Let's use the keypad" in text for text in spoken(await office.record(call.sid)))
        await call.keys("1")
        await call.keys("12345")
        record = await finish(office, call)
        assert tools(record) == [("order_status", True)]


@virtually
async def test_a_key_cuts_the_menu_short_and_its_answer_is_heard(tmp_path: Path):
    async with virtual_office(tmp_path, [BUSY]) as office:
        call = await office.call()
        await call.quiet()
        await call.speak()
        await call.handset.wait_ms(3000)  # in the middle of the menu
        await call.keys("3")
        record = await office.record(call.sid)
        menu = next(utterance for utterance in record.utterances if "keypad" in utterance.text)
        assert not menu.complete
        answer = record.utterances[record.utterances.index(menu) + 2 :]
        assert answer
        assert all(utterance.complete for utterance in answer)
        call.stream.hang_up()
        await office.ended(call.sid)


@virtually
async def test_noise_is_asked_about_and_twice_leads_to_the_keypad(tmp_path: Path):
    async with virtual_office(tmp_path, [NOISE, NOISE]) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        call.stream.hang_up()
        texts = spoken(await office.ended(call.sid))
        assert any("keypad" in text for text in texts)
        assert not any("keypad" in text for text in texts[:4])


@virtually
async def test_a_number_that_no_line_answers_is_refused_and_kept(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        for _ in range(2):  # the carrier may ask twice
            answer = await office.switchboard.ring("CA1", "+14155550101", "+14155550000")
            assert answer == Refuse(UNKNOWN_NUMBER)
        record = await office.ended("CA1")
        assert record.outcome == "refused"
        assert office.switchboard.live == 0


@virtually
async def test_one_call_more_than_there_are_lines_is_refused_until_one_ends(tmp_path: Path):
    async with virtual_office(tmp_path, max_calls=1) as office:
        call = await office.call()
        await call.handset.wait_ms(100)
        assert await office.switchboard.ring("CA2", "+14155550101", NUMBER) == Refuse(ALL_BUSY)
        call.stream.hang_up()
        await office.ended(call.sid)
        assert isinstance(await office.switchboard.ring("CA3", "+14155550101", NUMBER), Connect)


@virtually
async def test_the_same_webhook_gets_the_same_answer_at_any_time(tmp_path: Path):
    async with virtual_office(tmp_path) as office:
        first = await office.switchboard.ring("CA4", "+14155550101", NUMBER)
        assert await office.switchboard.ring("CA4", "+14155550101", NUMBER) == first
        office.switchboard.status("CA4", "canceled")
        record = await office.ended("CA4")
        assert record.outcome == "caller_hung_up"
        await office.switchboard.ring("CA4", "+14155550101", NUMBER)
        await office.ended("CA4")
