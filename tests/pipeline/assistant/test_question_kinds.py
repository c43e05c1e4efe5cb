"""Typed answers: what is allowed, how it is read back, spelled and keyed."""

import pytest

from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import MORE, found_in, small_line, understands

pytestmark = pytest.mark.unit

ADDRESS = "Please spell it for me, letter by letter."


def call_of(ask: str) -> ScriptedCall:
    flows = f'a_flow: {{about: it, steps: [{{ask: {ask}}}, {{say: "Done."}}]}}'
    assert found_in(flows) == []
    line = small_line(flows)
    call = ScriptedCall(Dialogue(line, understands(line)))
    call.begin(NOON)
    call.hears("a flow")
    return call


def ask(kind: str, more: str = "") -> str:
    return f'{{slot: it, kind: {kind}, prompt: "What?", keypad: "Keys.", read_back: "{{it}}, right?"{more}}}'


@pytest.mark.parametrize(
    ("kind", "said", "read_back", "value"),
    [
        ("phone", "my number is four one five five five five oh one oh one",
         "four one five, five five five, zero one zero one, right?", "+14155550101"),
        ("email", "it's dana dot miller at example dot com", "dana dot miller at example dot com, right?",
         "dana.miller@example.com"),
        ("money", "forty nine dollars and fifty cents", "$49.50, right?", 49.5),
        ("number", "about twenty three of them", "23, right?", 23),
        ("spelled", "x as in x-ray seven k two", "X, seven, K, two, right?", "X7K2"),
    ],
)  # fmt: skip
def test_an_answer_of_each_kind_is_read_back_and_kept_as_it_is_used(kind, said, read_back, value):
    call = call_of(ask(kind))
    assert call.hears(said) == [read_back]
    assert call.hears("yes") == ["Done.", MORE]
    assert call.dialogue.state.facts["it"] == value


@pytest.mark.row(9)
@pytest.mark.parametrize(
    ("kind", "more", "said", "read_back", "value"),
    [
        ("spelled", "", "the order is a b seven four two", "A, B, seven, four, two, right?", "AB742"),
        ("spelled", "", "my subscription is x k nine oh three", "X, K, nine, zero, three, right?", "XK903"),
        ("digits", ", min_digits: 5, max_digits: 5", "the invoice number is one nine four four seven",
         "one nine four four seven, right?", "19447"),
    ],
)  # fmt: skip
def test_orders_subscriptions_and_invoices_are_read_back_before_they_are_used(kind, more, said, read_back, value):
    call = call_of(ask(kind, more))
    assert call.hears(said) == [read_back]
    assert "it" not in call.dialogue.state.facts
    assert call.hears("yes") == ["Done.", MORE]
    assert call.dialogue.state.facts["it"] == value


@pytest.mark.parametrize(
    ("kind", "keys", "value"), [("phone", "4155550101", "+14155550101"), ("money", "4950", 49.5), ("number", "12", 12)]
)
def test_what_has_a_keypad_twin_may_be_keyed(kind, keys, value):
    call = call_of(ask(kind))
    assert call.hears(f"keys {keys}") == ["Done.", MORE]
    assert call.dialogue.state.facts["it"] == value


def test_another_number_given_for_the_one_read_back_is_read_back():
    call = call_of(ask("phone"))
    call.hears("four one five five five five oh one oh one")
    assert call.hears("no it's four one five five five five oh one oh two") == [
        "four one five, five five five, zero one zero two, right?"
    ]


def test_an_answer_that_the_line_does_not_allow_is_said_and_asked_again():
    call = call_of(ask("number", ', valid: value >= 1 && value <= 5, invalid: "{it} is not between one and five."'))
    assert call.hears("seven") == ["7 is not between one and five. What?"]
    assert call.hears("keys 9") == ["9 is not between one and five. Keys."]
    assert call.hears("keys 3") == ["Done.", MORE]


def test_a_correction_that_is_not_allowed_is_not_read_back():
    call = call_of(ask("number", ', valid: value <= 5, invalid: "Too many."'))
    call.hears("four")
    assert call.hears("no seven") == ["Too many. What?"]


def test_after_the_first_failure_it_is_spelled_and_spelled_back():
    call = call_of('{slot: it, kind: name, prompt: "Your name?", read_back: "{it}, right?", spell: true}')
    assert call.hears("my name is smith") == ["Smith, right?"]
    assert call.hears("no") == [f"Sorry, I didn't catch that. {ADDRESS}"]
    spelled = "S as in Sierra, M as in Mike, Y as in Yankee, T as in Tango, H as in Hotel, right?"
    assert call.hears("s m y t h") == [spelled]
    assert call.hears("yes") == ["Done.", MORE]
    assert call.dialogue.state.facts["it"] == "Smyth"


def test_a_choice_is_understood_loosely_but_never_against_a_no():
    red, off = (
        "{value: red, key: 1, phrases: [the light blinks red]}",
        "{value: off, key: 2, phrases: [the light is off]}",
    )
    choices = f"choices: [{red}, {off}]"
    call = call_of(f'{{slot: it, kind: choice, prompt: "Which?", keypad: "Keys.", {choices}}}')
    assert call.hears("the light is not blinking red") == ["Sorry, I didn't catch that. Which?"]
    assert call.hears("it is a red light and it's blinking") == ["Done.", MORE]


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ('{slot: it, kind: phone, prompt: "W?", read_back: "{it}?"}', "'it' cannot be answered on the keypad"),
        ('{slot: it, kind: phone, prompt: "W?", keypad: "K."}',
         "'it' is not read back, so a misheard one would be acted on"),
        ('{slot: it, kind: text, prompt: "W?", valid: "true"}', "'it' has no 'invalid'"),
        ('{slot: it, kind: text, prompt: "W?", spell: true}', "'it' of kind 'text' cannot be spelled"),
    ],
)  # fmt: skip
def test_what_a_question_lacks_is_found(wrong, what):
    found = found_in(f"a_flow: {{about: it, steps: [{{ask: {wrong}}}]}}")
    assert [finding.what for finding in found] == [what]
