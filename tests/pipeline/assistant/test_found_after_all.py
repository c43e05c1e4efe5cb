"""A number that the caller did not have at hand, and finds while they are asked for a message instead."""

import pytest

from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import ASK_NUMBER, KNOWLEDGE, MORE, NOON, TENT, WHICH_ORDER, WHY
from tests.fakes.shop import shop_tools
from tests.fakes.small_line import small_line
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

NO_PROBLEM = "No problem. Let me take a message, and someone will find your order."
IS_IT = "That's order one two three four five, right?"
TAKEN = "Thank you. Your message for our support team is recorded, and they'll call you back."


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    assert made.hears("where is my order") == [ASK_NUMBER]
    assert made.hears("i don't know the number") == [NO_PROBLEM, WHICH_ORDER]
    return made


@pytest.mark.parametrize("said", ["oh wait i found it it's 12345", "ah here it is one two three four five"])
def test_a_number_that_is_found_goes_on_where_it_was_asked_for(call, said):
    assert call.hears(said) == [IS_IT]
    assert call.hears("yes") == [TENT, MORE]
    assert call.records("message.taken") == []


def test_keys_are_the_number_too(call):
    assert call.hears("keys 12345") == [TENT, MORE]


@pytest.mark.parametrize(
    "said",
    [
        "this is ann my order was 12345 and my phone is 415 555 0101",
        "ann hart i ordered a tent on the third of may",
        "i ordered a green tent with two poles back in spring and i believe it had number 12345 or so",
    ],
)
def test_a_message_is_a_message(call, said):
    assert call.hears(said) == [TAKEN, MORE]


def test_a_number_that_was_no_answer_stays_a_message(call):
    assert call.hears("i'm at extension 4471") == [TAKEN, MORE]


def test_what_the_caller_said_before_is_not_asked_again(example_line):
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    call.begin(NOON)
    assert call.hears("i want to return it") == [WHY]
    call.hears("it is damaged")
    call.hears("no idea")
    assert call.hears("found it, 70018") == ["That's order seven zero zero one eight, right?"]
    call.hears("yes")
    assert (call.dialogue.state.facts["return_reason"], call.dialogue.state.last_flow) == ("damaged", "returns")


PARTS = """
balance:
  about: your balance
  steps:
    - flow: customer
    - branch:
        - {when: customer_number, equals: "000000", goto: person}
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
        without: not_known
    - end: {}
    - {id: not_known, set: {customer_number: '"000000"'}}
"""


def test_a_number_asked_for_in_a_part_of_a_flow_leads_back_into_that_part():
    call = ScriptedCall(Dialogue(small_line(PARTS), KeywordUnderstanding({"balance": "balance"})))
    call.begin()
    call.hears("my balance")
    assert call.hears("i don't know it") == ["Your message please."]
    assert call.hears("oh it's 204815") == ["That's two zero four eight one five, right?"]
    assert call.hears("yes")[0] == "Thanks, two zero four eight one five."
