"""Troubleshooting step by step: what came of an instruction is understood however it is said."""

import pytest

from pipeline.assistant.flow import Dialogue
from pipeline.assistant.instructions import reply_in
from pipeline.assistant.waiting import Words
from pipeline.line.verbs import Instruction
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.small_line import MORE, found_in, small_line, understands

pytestmark = pytest.mark.unit

UNPLUG = "Please unplug the router, and tell me when you've done that."
LIGHT = "Plug it in again. Is the light green now?"
RESET = "Hold the reset button for ten seconds. Did that help?"
KEYS = "Press 1 when it's done, 2 if it didn't work, or 3 to skip it."
ROUTER = f"""
    router:
      about: your router
      steps:
        - instruct: {{say: "{UNPLUG}", not_done: reset}}
        - instruct:
            say: "{LIGHT}"
            worked: [green]
            failed: [red, no light, blinking]
            done: works
            not_done: reset
        - {{id: works, say: "Great, it works."}}
        - end: {{}}
        - id: reset
          instruct: {{say: "{RESET}", done: works}}
        - goto: works
    hours:
      about: our hours
      steps: [{{say: "Nine to seven."}}]
"""


@pytest.fixture
def call():
    assert found_in(ROUTER) == []
    line = small_line(ROUTER)
    made = ScriptedCall(Dialogue(line, understands(line)))
    made.begin()
    return made


@pytest.mark.row(16)
@pytest.mark.parametrize(
    "script",
    [
        [("router", [UNPLUG]), ("okay done", [LIGHT]), ("yes it's green", ["Great, it works.", MORE])],
        [
            ("router", [UNPLUG]), ("skip that one", [LIGHT]), ("it is still red", [RESET]),
            ("that fixed it", ["Great, it works.", MORE]),
        ],
        [
            ("router", [UNPLUG]), ("i already did that", [LIGHT]), ("could you say that again", [LIGHT]),
            ("go back", [UNPLUG]), ("done", [LIGHT]),
        ],
        [
            ("router", [UNPLUG]), ("i can't find it", [RESET]),
            ("no change at all", ["I'm sorry, I can't help with that myself.", "Your message please."]),
        ],
        [
            ("router", [UNPLUG]), ("hold on", ["Sure, take your time."]), ("not yet", ["Sure, take your time."]),
            ("i did it", [LIGHT]),
        ],
        [("router", [UNPLUG]), ("keys 1", [LIGHT]), ("keys 2", [RESET]), ("keys 3", ["Great, it works.", MORE])],
        [("router", [UNPLUG]), ("by the way what are your hours", ["Nine to seven.", UNPLUG]), ("done", [LIGHT])],
        [
            ("router", [UNPLUG]), ("purple", [f"Sorry, I didn't catch that. {UNPLUG}"]), ("purple", [KEYS]),
            ("keys 1", [LIGHT]),
        ],
        [("router", [UNPLUG]), ("resume", ["Sorry, we were cut off for a moment.", UNPLUG]), ("finished", [LIGHT])],
    ],
    ids=["done", "skip", "repeat and back", "not done", "not yet", "keys", "a digression", "not understood", "resumed"],
)  # fmt: skip
def test_answers_steer_to_the_right_step(call, script):
    for line, says in script:
        assert call.hears(line) == says, line


def test_what_is_never_understood_brings_in_a_person(call):
    for line in ("router", "purple", "noise"):
        call.hears(line)
    assert call.hears("purple")[-1] == "Your message please."


def test_a_caller_who_does_something_is_given_time_and_keys(call):
    call.hears("router")
    assert call.expects.no_input_ms == 28_000
    assert (call.expects.vocabulary, call.expects.min_digits, call.expects.max_digits) == ("instruction", 1, 1)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("done", "done"), ("okay i've done that", "done"), ("i'm done", "done"), ("all set", "done"),
        ("that worked", "done"),
        ("yes", "done"), ("it works now", "done"), ("okay what's next", "done"), ("finished", "done"),
        ("i did it", "done"),
        ("no", "not_done"), ("it didn't work", "not_done"), ("that does not help", "not_done"),
        ("nothing happened", "not_done"),
        ("it's still not working", "not_done"), ("no luck", "not_done"), ("same thing", "not_done"),
        ("it isn't working", "not_done"),
        ("i couldn't do that", "not_done"), ("still the same", "not_done"),
        ("skip", "skip"), ("can we skip this", "skip"), ("next step", "skip"), ("i tried that already", "skip"),
        ("go back", "back"), ("the previous step", "back"), ("back please", "back"),
        ("not yet", "not_yet"), ("i'm still looking", "not_yet"), ("almost", "not_yet"),
        ("the light is amber", None), ("what's the reset button", None),
    ],
)  # fmt: skip
def test_words_that_hold_in_every_instruction(said, reply):
    assert reply_in(Instruction(say="Do it."), Words(said)) == reply


def test_the_lines_own_words_come_first_and_the_longest_of_them_counts():
    instruction = Instruction(say="Do it.", worked=("green", "not blinking"), failed=("blinking", "it's done blinking"))
    assert reply_in(instruction, Words("it's not blinking any more")) == "done"
    assert reply_in(instruction, Words("it's done blinking")) == "not_done"
    assert reply_in(instruction, Words("it is blinking")) == "not_done"
