"""The caller is told of recording, or asked for it: nothing but a yes is a yes, and a wish is served all the same."""

import pytest

from pipeline.assistant.actions import Say
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.line.prompts import Prompts
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
prices:
  about: prices
  steps:
    - say: It costs ten dollars.
"""
DISCLOSURE = "This is an automated assistant, and this call is recorded."
ASK = "recording: {consent: ask}"
WORDS = Prompts()


def call_on(more: str = "", *, heard: bool = True) -> ScriptedCall:
    line = small_line(FLOWS, more)
    call = ScriptedCall(Dialogue(line, understands(line)), heard=heard)
    call.begin()
    return call


def given(call: ScriptedCall) -> list[bool]:
    return [one["given"] for one in call.records("consent.recorded") if one["to"] == "recording"]


def test_a_disclosure_that_was_heard_to_its_end_is_on_record_with_its_time():
    call = call_on()
    (announced,) = call.records("recording.announced")
    assert (announced["utterance"], announced["language"]) == ("a2", "en")
    assert announced["end_ms"] > 0
    (said,) = [one for one in call.of(Say) if one.text == DISCLOSURE]
    assert not said.interruptible


def test_a_disclosure_that_was_not_heard_is_not_on_record():
    assert call_on(heard=False).records("recording.announced") == []


def test_a_disclosure_that_was_cut_off_is_said_again_and_then_on_record():
    call = call_on(heard=False)
    call.heard = True
    assert DISCLOSURE in call.begin(resumed=True)
    assert len(call.records("recording.announced")) == 1


@pytest.mark.parametrize("policy", [ASK, "recording: off", "recording: {consent: none}"])
def test_nothing_is_announced_where_nothing_is_recorded_from_the_beginning(policy: str):
    assert call_on(policy).records("recording.announced") == []


@pytest.mark.parametrize("policy", ["recording: off", "recording: {consent: none}"])
def test_nobody_is_asked_where_nothing_is_recorded(policy: str):
    call = call_on(policy)
    assert [one.text for one in call.of(Say)][-1] == "What can I do?"
    call.hears("yes")
    assert given(call) == []


def test_the_caller_is_asked_after_the_greeting():
    call = call_on(ASK)
    assert [one.text for one in call.of(Say)][-1] == WORDS.may_record
    assert call.expects.kind == "yes_no"


@pytest.mark.parametrize(
    ("said", "agrees"),
    [
        ("yes", True),
        ("keys 1", True),
        ("sure, go ahead", True),
        ("no", False),
        ("keys 2", False),
        ("I'd rather not be recorded", False),
        ("please don't record me", False),
    ],
)
def test_only_a_yes_is_a_yes_and_then_the_call_begins(said: str, agrees: bool):
    call = call_on(ASK)
    assert call.hears(said) == [WORDS.recorded if agrees else WORDS.not_recorded, "What can I do?"]
    assert given(call) == [agrees]
    assert call.hears("prices please")[0] == "It costs ten dollars."


def test_what_may_have_been_a_yes_is_none():
    call = call_on(ASK)
    call.hears("prices", "yes")
    assert given(call) == [False]


def test_a_wish_in_the_place_of_an_answer_is_served_and_not_recorded():
    call = call_on(ASK)
    assert call.hears("prices please")[:2] == [WORDS.not_recorded, "It costs ten dollars."]
    assert given(call) == [False]


def test_a_yes_with_a_wish_is_both():
    call = call_on(ASK)
    assert call.hears("yes, and tell me your prices")[:2] == [WORDS.recorded, "It costs ten dollars."]
    assert given(call) == [True]


def test_a_yes_before_the_question_was_heard_is_asked_for_once_more():
    call = call_on(ASK, heard=False)
    call.heard = True
    assert call.hears("yes") == [WORDS.may_record]
    assert given(call) == []
    assert call.hears("yes")[0] == WORDS.recorded
    assert given(call) == [True]


def test_a_sound_without_words_is_asked_about_once():
    call = call_on(ASK)
    assert call.hears("noise") == [WORDS.may_record]
    assert call.hears("noise")[0] == WORDS.not_recorded
    assert given(call) == [False]


@pytest.mark.parametrize("said", ["I want to talk to a person", "goodbye"])
def test_who_goes_elsewhere_has_not_agreed(said: str):
    call = call_on(ASK)
    call.hears(said)
    assert given(call) == [False]


@pytest.mark.parametrize("said", ["can you repeat that", "hello", "are you a robot"])
def test_the_question_stays_open_while_something_else_is_said_about_it(said: str):
    call = call_on(ASK)
    assert call.hears(said)[-1] == WORDS.may_record
    assert call.hears("yes")[0] == WORDS.recorded


def test_a_call_that_is_resumed_stands_where_it_stood():
    call = call_on(ASK)
    line = small_line(FLOWS, ASK)
    call.hears("yes")
    other = Dialogue(line, understands(line))
    assert replay(other, call.log).unrecorded == ()
    assert other.state == call.dialogue.state
    assert other.state.permitted


def test_a_message_without_words_is_only_a_note_where_its_sound_is_not_kept():
    call = call_on("recording: off")
    call.hears("I want to talk to a person")
    call.hears("noise 4000")
    call.hears("noise 4000")
    assert call.hears("noise 4000")[0] == WORDS.message_noted
    (taken,) = call.records("message.taken")
    assert taken["text"] == ""
