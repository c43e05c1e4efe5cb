"""A stretch that the language model leads: its own prompt and tools, how it ends, and what still comes first."""

import pytest

from pipeline.assistant.actions import AskModel, StopModel
from pipeline.assistant.events import FoundPassage, ModelDone, ModelSaid
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import MORE, found_in, small_line, understands

pytestmark = pytest.mark.unit

CHAT = """
    gear:
      about: choosing gear
      steps:
        - model: {prompt: "Help the caller choose a tent.", turns: 2, otherwise: no_model}
        - say: "That was our tent talk."
        - end: {}
        - {id: no_model, say: "Nobody can talk about tents right now."}
    hours:
      about: our hours
      steps: [{say: "Nine to seven."}]
"""


def call_with(*, model: bool = True, flows: str = CHAT) -> ScriptedCall:
    assert found_in(flows) == []
    line = small_line(flows)
    call = ScriptedCall(Dialogue(line, understands(line), model=model))
    call.begin(NOON)
    return call


def asked(call: ScriptedCall) -> AskModel:
    (action,) = call.of(AskModel)
    assert isinstance(action, AskModel)
    return action


def model_says(call: ScriptedCall, *clauses: str, ok: bool = True) -> list[str]:
    """The model answers what it was asked last."""
    ref = asked(call).call
    said = [text for clause in clauses for text in call.post(ModelSaid(call.at_ms + 1, ref, clause))]
    return said + call.post(ModelDone(call.at_ms + 2, ref, ok=ok, error="" if ok else "down"))


def test_the_model_leads_with_its_own_prompt_until_its_turns_are_over():
    call = call_with()
    assert call.hears("gear please") == []
    assert "Help the caller choose a tent." in asked(call).request.messages[0].text
    assert model_says(call, "For how many people?") == ["For how many people?"]
    assert call.hears("for two of us") == []
    assert asked(call).request.messages[-1].text == "for two of us"
    assert model_says(call, "In which season?") == ["In which season?"]
    call.hears("in summer")
    assert model_says(call, "Let me check the light ones.") == [
        "Let me check the light ones.",
        "That was our tent talk.",
        MORE,
    ]


def test_without_a_model_or_when_it_fails_the_flow_goes_elsewhere():
    assert call_with(model=False).hears("gear") == ["Nobody can talk about tents right now.", MORE]
    call = call_with()
    call.hears("gear")
    assert model_says(call, ok=False) == ["Nobody can talk about tents right now.", MORE]


def test_a_person_a_goodbye_and_a_sure_wish_come_before_the_model():
    call = call_with()
    call.hears("gear")
    model_says(call, "For how many people?")
    assert call.hears("what are your hours") == ["Nine to seven.", "Sure, how can I help?"]
    call.hears("for two")
    asked(call)
    assert call.hears("a person please") == ["Your message please."]
    assert call.of(StopModel)


def test_what_it_claims_without_a_source_is_not_said():
    call = call_with()
    call.hears("gear")
    assert "I've refunded" not in " ".join(model_says(call, "I've refunded your order."))
    assert call.records("model.refused")


def test_an_expression_ends_it():
    call = call_with(flows=CHAT.replace("turns: 2,", "until: turns >= 1,"))
    call.hears("gear")
    model_says(call, "For how many people?")
    call.hears("for two")
    assert model_says(call, "Take the small one.")[1:] == ["That was our tent talk.", MORE]


def test_a_resumed_call_goes_on_with_it():
    call = call_with()
    call.hears("gear")
    model_says(call, "For how many people?")
    call.hears("resume")
    call.hears("for two")
    asked(call)


def test_a_tool_that_the_line_does_not_bind_is_refused_in_a_model_step():
    found = found_in(CHAT.replace("turns: 2", "tools: [look]"))
    assert [finding.what for finding in found] == ["there is no tool 'look'"]


ASKING = CHAT.replace("turns: 2", "turns: 2, passages: true, model: gpt-large")
TENT = FoundPassage("tents.md", "tents#1", "Tents", "The Fern tent sleeps three people and weighs 5 pounds.", 0.4)


def test_in_a_step_that_looks_things_up_the_model_gets_passages_and_may_state_what_they_say():
    line = small_line(ASKING, "knowledge: knowledge")
    call = ScriptedCall(Dialogue(line, understands(line), model=True), knowledge={"three": TENT})
    call.begin(NOON)
    call.hears("gear please")
    model_says(call, "For how many people?")
    call.hears("we are three")
    assert TENT.text in asked(call).request.messages[0].text
    assert asked(call).request.model == "gpt-large"
    assert model_says(call, "The Fern sleeps three people.")[0] == "The Fern sleeps three people."
    assert [one["section"] for one in call.records("turn.answered")[-1]["sources"]] == ["tents#1"]


def test_a_turn_that_the_model_answers_clause_by_clause_is_on_record_once():
    call = call_with()
    call.hears("gear please")
    model_says(call, "For how many people,", "and in which season?")
    assert [one["turn"] for one in call.records("turn.answered")] == ["t1", "t2"]


def test_a_model_may_be_given_tools_of_the_line_in_its_step():
    tools = CHAT.replace("turns: 2", "turns: 2, tools: [look]")
    told = [finding.what for finding in found_in(tools, "tools: [{name: look, runs: shop.order_status}]")]
    assert told == ["there are tools but no backend"]
