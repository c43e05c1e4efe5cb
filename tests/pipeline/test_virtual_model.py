"""Whole calls in virtual time with a language model: what it is asked, and what of it the caller hears."""

from pathlib import Path

import pytest

from pipeline.assistant.llm.port import ModelPart, ModelRequest, ModelText, ModelToolCall
from tests.fakes.models import ScriptedModel, answering
from tests.fakes.office import virtual_office, virtually
from voice.errors import ProviderFailed

pytestmark = pytest.mark.call

QUESTION = "do your tents smell of elderberries"
GOODBYE = "no thank you goodbye"
REPLY = "They do not, I am happy to say. Would you want a smell of nothing at all?"


def events_of(events, kind):
    return [event.data for event in events if event.kind == kind]


@virtually
async def test_what_nothing_else_serves_is_asked_of_the_model_and_spoken_clause_by_clause(tmp_path: Path):
    model = answering({"elderberries": REPLY})
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        turn = next(turn for turn in record.turns if turn.caller)
        said = [record.utterances[index].heard_text for index in turn.assistant]
        assert " ".join(said) == REPLY
        assert len(said) > 1
        (request,) = model.asked
        assert [message.role for message in request.messages] == [
            "rules",
            "assistant",
            "assistant",
            "assistant",
            "caller",
        ]
        assert request.messages[-1].text == QUESTION
        assert events_of(await office.events(call.sid), "turn.understood")[-2]["by"] == "model"


@pytest.mark.parametrize("refused", ["I've cancelled your order for you.", "That costs 79 dollars."])
@virtually
async def test_a_clause_that_claims_or_invents_is_not_spoken_and_ends_the_reply(tmp_path: Path, refused: str):
    model = answering({"elderberries": f"They do not, I am happy to say. {refused} And another thing."})
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        spoken = " ".join(utterance.text for utterance in record.utterances if utterance.speaker == "assistant")
        assert "happy to say" in spoken
        assert refused.split(maxsplit=1)[0] + " " + refused.split()[1] not in spoken
        assert "another thing" not in spoken
        assert [data["text"] for data in events_of(await office.events(call.sid), "model.refused")]


@virtually
async def test_a_model_that_fails_leaves_what_there_is_without_one(tmp_path: Path):
    model = answering({}, error=ProviderFailed("told", "broken"))
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert any("Could you say it another way" in utterance.heard_text for utterance in record.utterances)


@pytest.mark.parametrize(
    ("comes", "heard", "honest"),
    [
        ("They", "", True),
        ("They do not, I am", "They do not,", True),
        ("They do not. Our tents", "They do not.", False),
    ],
)
@virtually
async def test_of_a_reply_that_breaks_off_no_fragment_is_left_alone(
    tmp_path: Path, comes: str, heard: str, honest: bool
):
    model = answering({"elderberries": comes}, error=ProviderFailed("told", "broken"))
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        turn = next(turn for turn in record.turns if turn.caller)
        said = [record.utterances[index] for index in turn.assistant]
        assert " ".join(one.heard_text for one in said if one.purpose == "reply") == heard
        assert any("I don't have an answer" in one.heard_text for one in said) == honest


@virtually
async def test_who_interrupts_a_reply_stops_it_and_the_context_holds_what_was_heard(tmp_path: Path):
    long = " ".join(f"Would you like to hear sentence {name}, or one of very many others?" for name in "abcdefgh")
    model = answering({"elderberries": long, "berries": "None."}, between_ms=150)
    texts = [QUESTION, "wait what about berries then", GOODBYE]
    async with virtual_office(tmp_path, texts, prepared=True, model=model) as office:
        call = await office.call()
        await call.quiet()
        await call.speak()
        spoken_ms = call.handset.now_ms
        await call.handset.wait_ms(5500)
        await call.speak()
        await call.quiet(since_ms=spoken_ms + 5500)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert model.cancelled == 1
        second = model.asked[-1]
        heard = [message.text for message in second.messages if message.role == "assistant"]
        ears = [utterance.heard_text for utterance in record.utterances if utterance.speaker == "assistant"]
        assert all(text in ears for text in heard)
        assert "sentence h" not in " ".join(heard)
        assert "sentence a" in " ".join(heard)


@virtually
async def test_a_resumed_call_goes_on_after_a_reply_without_asking_again(tmp_path: Path):
    model = answering({"elderberries": REPLY})
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model) as office:
        call = await office.call()
        await call.turn()
        call.stream.lose()
        await call.over()
        call = await office.resume(call)
        await call.turn()
        assert await call.over()
        await office.ended(call.sid)
        assert len(model.asked) == 1


@virtually
async def test_a_tool_that_the_model_wants_runs_once_after_the_turn_and_its_result_goes_back(tmp_path: Path):
    def script(request: ModelRequest) -> list[tuple[int, ModelPart]]:
        if request.messages[-1].role == "tool":
            return [(200, ModelText("I'm sorry, I can't find that order."))]
        return [(200, ModelToolCall("call_1", "order_status", {"order_number": "12345"}))]

    model = ScriptedModel("wanting", script)
    async with virtual_office(tmp_path, [QUESTION, GOODBYE], prepared=True, model=model, delay_s=1.5) as office:
        call = await office.call()
        await call.turn()
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert len(office.parts.tools.calls) == 1
        events = await office.events(call.sid)
        said = next(event.seq for event in events if event.kind == "caller.said")
        called = next(event for event in events if event.kind == "tool.called")
        assert called.seq > said
        assert called.data["by"] == "model"
        assert [data["error"] for data in events_of(events, "tool.returned")] == ["unknown_id"]
        heard = [utterance.heard_text for utterance in record.utterances if utterance.speaker == "assistant"]
        assert "I'm sorry, I can't find that order." in " ".join(heard)
        assert any(utterance.purpose == "fill" for utterance in record.utterances), heard


@virtually
async def test_who_interrupts_while_a_tool_of_the_model_runs_gets_an_answer_to_the_new_wish(tmp_path: Path):
    def script(request: ModelRequest) -> list[tuple[int, ModelPart]]:
        if "berries" in request.messages[-1].text and "elder" not in request.messages[-1].text:
            return [(200, ModelText("None of them do."))]
        return [(200, ModelToolCall("call_1", "order_status", {"order_number": "12345"}))]

    model = ScriptedModel("wanting", script)
    texts = [QUESTION, "wait what about berries then", GOODBYE]
    async with virtual_office(tmp_path, texts, prepared=True, model=model, delay_s=4.0) as office:
        call = await office.call()
        await call.quiet()
        await call.speak()
        await call.handset.wait_ms(2500)
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms + 500)
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        heard = " ".join(one.heard_text for one in record.utterances if one.speaker == "assistant")
        assert "None of them do." in heard
        events = await office.events(call.sid)
        assert len(events_of(events, "tool.called")) == len(events_of(events, "tool.returned")) == 1
