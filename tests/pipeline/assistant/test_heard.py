"""A yes counts when its question was heard, not before: nothing is set going by a yes to something else."""

from typing import Literal

import pytest

from pipeline.assistant.actions import CallTool, End, Say
from pipeline.assistant.events import AssistantHeard, CallerTurn
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.heard import until_understood, until_value
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import CLARIFY, NOON
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

SHALL_I = "Shall I ask the delivery team to bring order four seven one two nine on Tuesday, December 1st?"
ANYTHING_ELSE = "Is there anything else I can help with?"
KEYS = "Press 1 for yes, or 2 for no."


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools())
    made.begin(NOON)
    return made


def asked(call: ScriptedCall, heard: str, until_ms: int) -> None:
    """The request was put at 100,000 ms, and the caller heard so much of it until then."""
    for line in ("reschedule it", "keys 47129", "next tuesday"):
        call.hears(line)
    call.heard = False
    assert call.hears("yes") == [SHALL_I]
    heard_of(call, heard, until_ms)


def heard_of(call: ScriptedCall, heard: str, until_ms: int) -> None:
    utterance = call.of(Say)[-1].utterance
    call.post(AssistantHeard(until_ms, utterance, heard, heard == SHALL_I, start_ms=100_000, end_ms=until_ms))


def says(call: ScriptedCall, text: str, start_ms: int, via: Literal["speech", "dtmf", "text"] = "speech") -> list[str]:
    return call.post(CallerTurn(start_ms + 800, "c9", text, (), via, start_ms, start_ms + 400))


def test_a_yes_from_before_the_question_was_heard_sets_nothing_going(call):
    asked(call, "Shall I ask", 100_700)
    assert says(call, "yes", 100_500)[-1].endswith(SHALL_I)
    assert call.of(CallTool) == []


def test_a_yes_that_began_over_the_first_words_counts_as_early_though_all_was_heard_then(call):
    asked(call, SHALL_I, 106_000)
    assert says(call, "yes", 101_000)[-1].endswith(SHALL_I)
    assert call.of(CallTool) == []


def test_a_yes_over_the_last_word_counts(call):
    asked(call, SHALL_I, 106_000)
    says(call, "yes", 105_800)
    assert [action.tool for action in call.of(CallTool)] == ["request_delivery_change"]


def test_a_no_needs_no_hearing(call):
    asked(call, "Shall I ask", 100_700)
    assert says(call, "no", 100_500)[0] == "Okay, I've changed nothing."


def test_an_early_key_counts_no_more_than_an_early_word(call):
    asked(call, "Shall I ask", 100_700)
    assert says(call, "1", 100_500, "dtmf")[-1].endswith(SHALL_I)
    assert call.of(CallTool) == []


def test_early_yeses_lead_to_keys_with_the_whole_question_and_then_to_a_person(call):
    asked(call, "Shall I ask", 100_700)
    assert says(call, "yes", 100_500) == [f"Sorry, I didn't catch that. {SHALL_I}"]
    assert says(call, "yes", 100_500) == [f"{KEYS} {SHALL_I}"]
    says(call, "yes", 100_500)
    says(call, "yes", 100_500)
    assert call.of(CallTool) == []
    assert call.dialogue.state.place.flow == "person"


def test_a_yes_after_the_question_was_put_again_counts(call):
    asked(call, "Shall I ask", 100_700)
    says(call, "yes", 100_500)
    heard_of(call, call.of(Say)[-1].text, 108_000)
    says(call, "yes", 108_100)
    assert len(call.of(CallTool)) == 1


def test_an_early_yes_to_a_guess_is_asked_about_once_and_then_not_believed(example_line):
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), heard=False)
    call.begin(NOON)
    question = "Is this about returning something?"
    assert call.hears("maybe something to return") == [question]
    assert says(call, "yes", 1) == [question]
    assert says(call, "yes", 1) == [CLARIFY]


def told(call: ScriptedCall, text: str, start_ms: int) -> list[str]:
    """Into "anything else?" after an answer, which is heard from 100,000 to 102,000 ms, or up to the caller's words."""
    call.heard = False
    call.hears("never mind")
    last = call.of(Say)[-1]
    until_ms = min(102_000, start_ms)
    upto = last.text[: len(last.text) * (until_ms - 100_000) // 2000]
    call.post(AssistantHeard(until_ms, last.utterance, upto, upto == last.text, start_ms=100_000, end_ms=until_ms))
    return says(call, text, start_ms)


@pytest.mark.parametrize("text", ["no", "no no", "nope"])
def test_a_no_over_what_is_being_said_does_not_end_the_call(call, text):
    assert told(call, text, 100_500) == [ANYTHING_ELSE]
    assert call.of(End) == []


def test_a_no_to_the_question_behind_it_does(call):
    told(call, "no", 102_100)
    assert [end.reason for end in call.of(End)] == ["caller_done"]


@pytest.mark.parametrize("start_ms", [100_500, 102_100])
@pytest.mark.parametrize("text", ["no wait", "No, wait.", "no no hold on", "wait"])
def test_who_says_wait_is_waited_for_and_not_hung_up_on(call, text, start_ms):
    assert told(call, text, start_ms) == ["Sure, take your time."]
    assert call.of(End) == []


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Shall I send it?", "Shall I send"),
        ("You have until {day}. Shall I send a label to you?", "You have until {day}. Shall I send a label "),
        ("Shall I bring it on {day}?", "Shall I bring it on {day}"),
        ("Right?", "Righ"),
    ],
)
def test_enough_is_every_value_and_most_of_the_last_sentence(text, heard):
    assert until_understood(text) == heard


def test_a_value_is_heard_at_its_end():
    assert until_value("That's {number|digits}, right?", "number") == "That's {number|digits}"
    assert until_value("Right?", "number") == "Right?"
