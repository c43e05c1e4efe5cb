"""Nothing is asked again more than twice, whatever comes in answer; then it is keyed, or a person takes over."""

from itertools import product

import pytest

from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import found_in, small_line, understands

pytestmark = pytest.mark.unit

NUMBER = '{slot: it, kind: digits, min_digits: 5, max_digits: 5, prompt: "Number?", retry: "Number?", '
NUMBER += 'keypad: "Number?", read_back: "{it}, right?"}'
QUESTIONS = {
    "digits": NUMBER,
    "yes or no": '{slot: it, kind: yes_no, prompt: "Number?", retry: "Number?"}',
    "a secret": '{slot: it, kind: digits, min_digits: 5, max_digits: 5, secret: pin, prompt: "Number?"}',
}
NO_ANSWERS = ("blue", "noise", "incomplete", "busy", "12345 67890 what")


def asking(question: str, *, keyless: bool = False) -> ScriptedCall:
    flows = f"a_flow: {{about: it, steps: [{{ask: {question}}}, {{say: Done.}}]}}"
    assert found_in(flows) == []
    line = small_line(flows)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON, keyless=keyless)
    return call


def times_asked(question: str, answers: tuple[str, ...]) -> tuple[int, bool]:
    """How often it was asked, and whether a person was brought in."""
    call = asking(question)
    said = call.hears("a flow")
    for answer in answers:
        said += call.hears(answer)
    return sum("Number?" in one for one in said), "Your message please." in said


@pytest.mark.row(172)
@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_nobody_is_asked_again_more_than_twice_before_a_person_takes_over(question):
    for answers in product(NO_ANSWERS, repeat=3):
        asked, person = times_asked(question, answers)
        assert asked <= 3, answers
        assert person, answers


def test_after_one_reprompt_by_voice_comes_the_keypad():
    call = asking(NUMBER)
    call.hears("a flow")
    assert not call.expects.keys
    call.hears("blue")
    assert not call.expects.keys
    call.hears("blue")
    assert call.expects.keys


def test_who_keys_too_little_is_asked_for_keys_at_once_and_once_more():
    call = asking(NUMBER)
    call.hears("a flow")
    for _ in range(2):
        call.hears("incomplete")
        assert call.expects.keys
    assert "Your message please." in call.hears("incomplete")


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_a_caller_whose_keys_do_not_reach_us_is_never_asked_for_them(question):
    for answers in product(NO_ANSWERS, repeat=2):
        call = asking(question, keyless=True)
        said = call.hears("a flow")
        for answer in answers:
            assert not call.expects.keys, answers
            said += call.hears(answer)
        assert "Your message please." in said, answers
        assert not any("keypad" in one or "press" in one for one in said), said


def test_who_cannot_be_heard_at_all_gets_no_menu_of_keys_where_none_come():
    call = asking(NUMBER, keyless=True)
    said = [*call.hears("noise"), *call.hears("noise")]
    assert not any("keypad" in one or "press" in one for one in said), said
    assert "Your message please." in said


def test_keys_count_again_once_the_caller_has_a_stream_of_their_own():
    call = asking(NUMBER, keyless=True)
    call.hears("a flow")
    call.begin(NOON, resumed=True)
    call.hears("blue")
    call.hears("blue")
    assert call.expects.keys
