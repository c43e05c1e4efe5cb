"""A value that is read back: what confirms it, what refuses it, and what ends the call over it."""

import pytest

from pipeline.assistant.actions import CallTool, End, Say
from pipeline.assistant.events import AssistantHeard, CallerTurn
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.shop import shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

READ_BACK = "That's order one two three four five, right?"
OTHER = "That's order four seven one two nine, right?"
ASK_AGAIN = "Sorry, I didn't get that. Please say the five digits of your order number, one at a time."
ASK_KEYS = "Please type the five digits of your order number on your keypad."
BEFORE_YOU_GO = "Before you go, this is not done yet."
BYE = "Thanks for calling Northfield Outdoor. Goodbye."
TENT = "Good news: your trail tent is out for delivery with UPS, and should be there today."


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools())
    made.begin()
    return made


# What was refused


def test_a_refused_value_that_is_said_again_is_read_back_again(call):
    for line in ("where is my order", "12345"):
        call.hears(line)
    assert call.hears("no") == [ASK_AGAIN]
    assert call.hears("one two three four five") == [READ_BACK]
    assert call.hears("yes")[0] == TENT


def test_another_reading_that_was_not_refused_comes_before_a_refused_one(call):
    for line in ("where is my order", "12345", "no"):
        call.hears(line)
    assert call.hears("one two three four five", "four seven one two nine") == [OTHER]


def test_only_what_was_understood_first_may_bring_a_refused_value_back(call):
    for line in ("where is my order", "12345", "no"):
        call.hears(line)
    assert call.hears("what you said", "one two three four five") == [ASK_KEYS]


def test_a_refused_value_given_as_a_correction_is_read_back(call):
    for line in ("where is my order", "12345", "no it's 47129"):
        call.hears(line)
    assert call.hears("no it's 12345") == [READ_BACK]


def test_a_value_refused_twice_is_keyed(call):
    for line in ("where is my order", "12345", "no", "12345"):
        call.hears(line)
    assert call.hears("no") == [ASK_KEYS]


def test_a_value_that_is_misheard_every_time_is_read_back_twice_and_then_keyed(call):
    for line in ("where is my order", "12345", "no", "12345"):
        call.hears(line)
    assert call.hears("no") == [ASK_KEYS]
    assert call.hears("keys 47129")[0].startswith("Your pair of hiking boots")


def test_a_value_refused_twice_is_no_correction_either(call):
    for line in ("where is my order", "12345", "no", "12345", "no it's 47129"):
        call.hears(line)
    assert READ_BACK not in call.hears("no it's 12345")


# What was not heard yet


def begun(call: ScriptedCall, heard: str, until_ms: int) -> None:
    """The read-back began at 10,000 ms, and the caller heard so much of it until then."""
    call.hears("where is my order")
    call.heard = False
    call.hears("12345")
    utterance = call.of(Say)[-1].utterance
    complete = heard == READ_BACK
    call.post(AssistantHeard(until_ms, utterance, heard, complete, start_ms=10_000, end_ms=until_ms))


def says_yes(call: ScriptedCall, start_ms: int, text: str = "yes") -> list[str]:
    return call.post(CallerTurn(start_ms + 800, "c9", text, (), "speech", start_ms, start_ms + 400))


def test_a_yes_that_began_before_the_value_was_heard_confirms_nothing(call):
    begun(call, "That's order one two", 11_000)
    assert says_yes(call, 10_900) == [READ_BACK]
    assert call.of(CallTool) == []


def test_a_yes_over_the_last_word_confirms_what_was_heard_before_it(call):
    begun(call, "That's order one two three four five", 13_000)
    assert says_yes(call, 12_950)
    assert len(call.of(CallTool)) == 1


def test_a_yes_from_before_the_read_back_confirms_nothing_though_all_of_it_was_heard(call):
    begun(call, READ_BACK, 13_000)
    assert says_yes(call, 10_200) == [READ_BACK]
    assert says_yes(call, 10_200) == ["Press 1 for yes, or 2 for no. " + READ_BACK]


def test_a_yes_to_a_read_back_of_which_nothing_was_heard_confirms_nothing(call):
    begun(call, "", 10_000)
    assert says_yes(call, 10_100) == [READ_BACK]


def test_a_key_pressed_before_the_value_was_heard_confirms_nothing(call):
    begun(call, "That's order one", 10_800)
    keyed = CallerTurn(10_900, "c9", "1", (), "dtmf", 10_700, 10_700)
    assert call.post(keyed) == [READ_BACK]


def test_a_yes_with_the_value_itself_and_a_no_need_nothing_heard(call):
    begun(call, "That's order one two", 11_000)
    assert says_yes(call, 10_900, "no") == [ASK_AGAIN]
    call.hears("12345")
    call.post(AssistantHeard(20_000, call.of(Say)[-1].utterance, "That's", complete=False, start_ms=1, end_ms=2))
    says_yes(call, 1, "yes one two three four five")
    assert len(call.of(CallTool)) == 1


# Goodbye before it is done


def test_goodbye_at_a_read_back_is_asked_about_once(call):
    for line in ("where is my order", "12345"):
        call.hears(line)
    assert call.hears("goodbye") == [f"{BEFORE_YOU_GO} {READ_BACK}"]
    assert call.of(End) == []
    assert call.hears("bye") == [BYE]
    assert len(call.of(End)) == 1


def test_what_was_no_goodbye_after_all_goes_on(call):
    for line in ("where is my order", "12345", "bye"):
        call.hears(line)
    assert call.hears("yes")[0] == TENT
    assert call.hears("bye") == [BYE]


def test_a_goodbye_after_other_words_is_a_first_one_again(call):
    for line in ("where is my order", "12345", "bye", "hold on"):
        call.hears(line)
    assert call.hears("bye") == [f"{BEFORE_YOU_GO} {READ_BACK}"]


def test_goodbye_in_a_flow_that_was_told_something_is_asked_about(call):
    for line in ("reschedule it", "keys 47129"):
        call.hears(line)
    assert call.hears("bye") == [f"{BEFORE_YOU_GO} Which day would suit you better?"]
    call.hears("next tuesday")
    call.hears("yes")
    assert call.hears("goodbye")[0].startswith(BEFORE_YOU_GO)


def test_goodbye_to_a_first_question_or_a_message_ends_the_call(example_line, call):
    call.hears("where is my order")
    assert call.hears("goodbye") == [BYE]
    other = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools())
    other.begin()
    other.hears("keys 0")
    assert other.hears("goodbye") == [BYE]


def test_noise_between_two_goodbyes_does_not_keep_the_caller(call):
    for line in ("where is my order", "12345", "bye", "noise"):
        call.hears(line)
    assert call.hears("bye") == [BYE]


@pytest.mark.parametrize(
    "said", ["actually forget it what are your opening hours", "actually never mind, what are your opening hours"]
)
def test_another_wish_in_place_of_a_confirmation_is_served(call, said):
    for line in ("where is my order", "12345"):
        call.hears(line)
    answer = call.hears(said)[0]
    assert "open" in answer
    assert answer != ASK_AGAIN
