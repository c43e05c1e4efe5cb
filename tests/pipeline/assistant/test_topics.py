"""Several topics in one call: what else was mentioned is kept, what was interrupted is taken up again."""

from pathlib import Path

import pytest

from pipeline.assistant.actions import CallTool
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import languages
from pipeline.assistant.understand import Guess
from pipeline.line.model import Line, Settings
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import ASK_NUMBER, BYE, HOURS_NOW, KNOWLEDGE, MORE, NOON, TENT, WHICH_ORDER, WHY
from tests.fakes.shop import shop_tools
from tests.fakes.small_line import data_of, found_in, small_line, understands
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


@pytest.mark.row(12)
def test_wishes_between_commas_are_all_served_and_what_only_informs_is_told_without_asking(call):
    said = "where is my order, i want to return something and what are your hours"
    assert call.hears(said) == [ASK_NUMBER]
    assert [one["intent"] for one in call.records("topic.noted")] == ["start_return", "store_hours"]
    assert call.hears("keys 12345") == [TENT, ALSO]
    assert call.hears("no") == [HOURS_NOW, MORE]


def test_a_question_that_is_not_sure_is_looked_up_beside_a_wish_that_is(call):
    assert call.hears("what are your hours, and do you ship to canada") == [HOURS_NOW, "Yes, we ship to Canada.", MORE]


def test_two_questions_for_the_documents_are_both_answered(call):
    said = "can you tell me the hours, do you ship to canada, and what is your policy please"
    assert call.hears(said) == [HOURS_NOW, "Yes, we ship to Canada.", "You have thirty days to return anything.", MORE]


def test_a_guess_beside_a_sure_wish_is_offered_and_not_done(call):
    assert call.hears("what are your hours, and can you maybe deliver it sooner") == [
        HOURS_NOW,
        "You also mentioned changing a delivery. Shall we do that now?",
    ]


@pytest.mark.parametrize(
    "said",
    [
        "my order did arrive on monday, and i want to return it",
        "where is my order with the red, blue and green tents",
    ],
)
def test_what_a_wish_is_about_is_no_wish_of_its_own(call, said):
    call.hears(said)
    assert call.records("topic.noted") == []


def test_a_wish_that_is_unsure_as_a_whole_is_taken_from_its_only_sure_part(example_line):
    heard = {"they don't fit": "start_return"}

    class Parts(KeywordUnderstanding):
        def intent(self, text):
            guess = super().intent(text)
            return guess if text == "they don't fit" else Guess(guess.intent, 0.3, False, guess.ranked)

    made = ScriptedCall(Dialogue(example_line, Parts(heard)), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    assert made.hears("hi, got the new boots today, they don't fit") == ["Okay. What's your order number?"]


SPANISH_WORDS = {"dónde está": "order_status", "donde esta": "order_status", "devolver": "start_return"}


@pytest.fixture
def spanish_call(example_line):
    spanish = {"es": KeywordUnderstanding(SPANISH_WORDS)}
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding(), others=spanish), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    made.hears("español por favor")
    return made


@pytest.mark.row(12, 8)
@pytest.mark.parametrize(
    "said",
    [
        "quiero saber dónde está mi pedido y también quiero devolver unas botas",
        "dónde está mi pedido, y además quisiera devolver algo",
        "¿dónde está mi pedido? Quiero devolver algo",
    ],
)
def test_two_wishes_in_spanish_are_both_kept(spanish_call, said):
    assert spanish_call.hears(said) == ["¿Cuál es su número de pedido?"]
    assert [one["intent"] for one in spanish_call.records("topic.noted")] == ["start_return"]


def test_one_wish_in_spanish_with_what_it_is_about_stays_one(spanish_call):
    spanish_call.hears("pregunté dónde está mi pedido y ya llegó y quiero devolverlo")
    assert spanish_call.records("topic.noted") == []


def test_articles_are_contracted_where_a_text_is_put_into_another():
    spanish, about = languages()["es"], "el estado de un pedido"
    assert spanish.filled("¿Se trata de {about}?", about=about) == "¿Se trata del estado de un pedido?"
    assert spanish.filled("Volvamos a {about}.", about=about) == "Volvamos al estado de un pedido."
    assert spanish.filled("Volvamos a {about}.", about="una devolución") == "Volvamos a una devolución."
    assert languages()["en"].filled("Is this about {about}?", about="a return") == "Is this about a return?"


def test_a_guess_in_spanish_is_asked_in_good_spanish(example_line):
    spanish = {"es": KeywordUnderstanding({"maybe": "order_status"})}
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding(), others=spanish))
    call.begin(NOON)
    call.hears("español por favor")
    assert call.hears("maybe eso que encargué") == ["¿Se trata del estado de un pedido?"]


# Numbers


class Unsure(KeywordUnderstanding):
    """Sure of nothing that holds a digit, as with examples of other numbers."""

    def intent(self, text):
        guess = super().intent(text)
        return Guess(guess.intent, 0.6, False, guess.ranked) if any(sign.isdigit() for sign in text) else guess


@pytest.mark.parametrize("said", ["please deliver order 47129 on friday", "deliver 47129 later"])
def test_a_number_in_a_sentence_does_not_change_the_wish(example_line, said):
    made = ScriptedCall(Dialogue(example_line, Unsure()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    assert made.hears(said) == ["That's order four seven one two nine, right?"]
    assert made.dialogue.state.last_flow == "delivery_change"


SUB_FLOW = """
balance:
  about: your balance
  steps:
    - flow: customer
    - {say: "Thanks, {customer_number}."}
customer:
  about: your number
  steps:
    - ask:
        slot: customer_number
        kind: digits
        min_digits: 6
        max_digits: 6
        prompt: Which number?
        read_back: That's {customer_number}, right?
"""


def test_a_number_that_no_wish_asks_for_leads_into_no_part_of_a_flow_and_is_kept_for_one_that_does():
    data = data_of(SUB_FLOW)
    data["intents"] = [one for one in data["intents"] if one["name"] == "balance"]
    line = Line(Settings.model_validate(data), Path("lines/small"), "0" * 12)
    call = ScriptedCall(Dialogue(line, KeywordUnderstanding({"balance": "balance"})))
    call.begin(NOON)
    call.hears("print the pin for customer 204815")
    assert call.records("flow.entered") == []
    assert call.hears("my balance please") == ["That's two zero four eight one five, right?"]
    assert call.hears("yes")[0] == "Thanks, two zero four eight one five."


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
