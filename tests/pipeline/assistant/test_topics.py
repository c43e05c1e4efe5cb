"""Several topics in one call: what else was mentioned is kept, what was interrupted is taken up again."""

import pytest

from pipeline.assistant.exchange import CallTool
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import ASK_NUMBER, BYE, HOURS_NOW, KNOWLEDGE, MORE, NOON, TENT, WHICH_ORDER, WHY
from tests.fakes.shop import shop_tools
from tests.fakes.small_line import found_in, small_line, understands
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

ALSO = "You also mentioned returning something. Shall we do that now?"


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    return made


@pytest.mark.row(12)
def test_a_second_wish_of_one_utterance_is_kept_and_offered(call):
    assert call.hears("where is my order and then i want to return something") == [ASK_NUMBER]
    assert call.hears("keys 12345") == [TENT, ALSO]
    assert call.hears("yes please") == [WHY]
    intents = [one["intent"] for one in call.records("turn.understood") if one["intent"]]
    assert [*dict.fromkeys(intents)] == ["order_status", "start_return"]
    assert [one["intent"] for one in call.records("topic.noted")] == ["start_return"]


def test_a_second_wish_may_be_declined(call):
    call.hears("where is my order and then i want to return something")
    call.hears("keys 12345")
    assert call.hears("no") == [MORE]
    assert call.hears("no") == [BYE]


def test_a_second_wish_that_came_up_by_itself_is_not_offered_again(call):
    call.hears("where is my order and then i want to return something")
    call.hears("actually let's return it first")
    assert call.dialogue.state.topics == ()


@pytest.mark.parametrize(
    "said",
    ["i want to return something and it is broken", "where is my order and my order status", "return it then"],
)
def test_one_wish_stays_one(call, said):
    call.hears(said)
    assert call.records("topic.noted") == []


def test_a_short_wish_with_a_please_is_a_wish(call):
    assert call.hears("order status please") == [ASK_NUMBER]


# Digressions


def test_another_flow_in_the_middle_comes_back_to_the_open_question(call):
    call.hears("i want to return it")
    assert call.hears("by the way where is my order") == [ASK_NUMBER]
    assert call.hears("keys 12345") == [TENT, f"Back to returning something. {WHY}"]
    assert call.hears("it's damaged") == ["Is it order one two three four five?"]


def test_what_replaces_a_wish_does_not_come_back(call):
    call.hears("i want to return it")
    assert call.hears("actually where is my order") == [ASK_NUMBER]
    assert call.hears("keys 12345") == [TENT, MORE]


def test_three_questions_are_kept_and_the_oldest_goes_first():
    flows = "\n".join(
        f"""
        {name}_flow:
          about: {name}
          steps:
            - ask: {{slot: {name}, kind: choice, prompt: "Which {name}?", keypad: "Press 1.",
                    choices: [{{value: red, key: 1, phrases: [red]}}]}}
            - say: "{name} done."
        """
        for name in ("apple", "pear", "plum", "fig", "kiwi")
    )
    assert found_in(flows) == []
    line = small_line(flows)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    for name in ("apple", "pear", "plum", "fig", "kiwi"):
        assert call.hears(f"{name} flow") == [f"Which {name}?"]
    assert len(call.dialogue.state.paused) == 3
    assert call.hears("red") == ["kiwi done.", "Back to fig. Which fig?"]
    assert call.hears("red") == ["fig done.", "Back to plum. Which plum?"]
    assert call.hears("red") == ["plum done.", "Back to pear. Which pear?"]
    assert call.hears("red")[0] == "pear done."
    assert not call.dialogue.state.paused


def test_going_back_to_what_was_interrupted_is_no_deeper_digression(call):
    call.hears("i want to return it")
    call.hears("where is my order")
    call.hears("i want to return it")
    assert call.dialogue.state.paused == ()
    assert call.hears("never mind") == ["Okay, never mind that.", MORE]


def test_never_mind_in_a_digression_goes_back(call):
    call.hears("i want to return it")
    call.hears("where is my order")
    assert call.hears("never mind") == ["Okay, never mind that.", f"Back to returning something. {WHY}"]


def test_a_person_in_a_digression_ends_all_of_it(call):
    call.hears("i want to return it")
    call.hears("where is my order")
    call.hears("a person please")
    assert call.dialogue.state.paused == ()


# Nothing is asked twice


@pytest.mark.row(13)
def test_what_was_given_once_is_not_asked_again_in_twenty_turns_nor_after_a_tool_failed(call):
    call.hears("where is my order")
    call.hears("keys 12345")
    asked = []
    for line in ("are you open", "do you ship to canada", "thanks", "hello") * 3:
        asked += call.hears(line)
    call.tools = {}
    call.tools = {"order_status": lambda wanted: {}[wanted["order_number"]]}
    asked += call.hears("where is my order")
    assert asked[-1] == "Is this about order one two three four five?"
    asked += call.hears("yes")
    assert asked[-1] == WHICH_ORDER
    asked += call.hears("this is dana please call me back about it")
    call.tools = shop_tools()
    for line in ("where is my order", "yes", "reschedule it"):
        asked += call.hears(line)
    assert asked[-1] == "Is this about order one two three four five?"
    assert ASK_NUMBER not in asked
    assert HOURS_NOW in asked


def test_what_a_line_reuses_silently_is_not_even_offered(example_line):
    settings = example_line.settings
    flow = settings.flows["order_status"]
    ask = flow.steps[0].model_copy(update={"ask": flow.steps[0].ask.model_copy(update={"reuse": "silently"})})
    flows = {**settings.flows, "order_status": flow.model_copy(update={"steps": (ask, *flow.steps[1:])})}
    line = type(example_line)(settings.model_copy(update={"flows": flows}), example_line.folder, "0" * 12)
    call = ScriptedCall(Dialogue(line, KeywordUnderstanding()), shop_tools())
    call.begin(NOON)
    call.hears("keys 12345")
    assert call.hears("where is my order") == [TENT, MORE]
    assert [tool.arguments for tool in call.of(CallTool)] == [{"order_number": "12345"}]


def test_a_question_that_its_own_flow_comes_back_to_is_asked_anew():
    call = _call_of(
        """
        lookup:
          about: it
          steps:
            - {id: again, ask: {slot: code, kind: digits, min_digits: 2, max_digits: 2, prompt: "Code?",
               read_back: "{code}, right?", keypad: "Type it.", reuse: silently}}
            - branch: [{if: 'code == "11"', goto: again}]
            - say: Found.
        """
    )
    call.hears("lookup")
    assert call.hears("keys 11") == ["Code?"]
    assert call.hears("keys 22")[0] == "Found."


def test_what_an_answer_holds_besides_is_not_asked(call):
    call.hears("i want to return it")
    assert call.hears("it's damaged and the order number is 12345") == ["That's order one two three four five, right?"]
    assert call.hears("no it's 19447")[0] == "That's order one nine four four seven, right?"


def test_what_is_missing_at_intake_is_told_and_only_that_is_asked(call):
    call.hears("keys 12345")
    assert call.hears("reschedule my delivery") == ["Is this about order one two three four five?"]
    entered = call.records("flow.entered")
    assert (entered[0]["flow"], entered[0]["missing"]) == ("order_status", ["order_number"])
    assert (entered[1]["flow"], entered[1]["missing"]) == ("delivery_change", ["new_date", "send_request"])


def _call_of(flows: str) -> ScriptedCall:
    assert found_in(flows) == []
    line = small_line(flows)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    return call
