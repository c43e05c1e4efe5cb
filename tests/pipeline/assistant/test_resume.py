from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assistant.actions import CallTool, End, Expect, FindPassages, Say
from pipeline.assistant.events import AssistantHeard, CallBegan, CallerTurn
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import inputs_from_events, replay
from recordings.events import Event
from tests.fakes.dialogue import MONDAY_NOON, ScriptedCall
from tests.fakes.northfield import KNOWLEDGE
from tests.fakes.scripts import SCRIPTS
from tests.fakes.shop import ORDERS, shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

APOLOGY = "Sorry, we were cut off for a moment."
LINES = sorted({line for script in SCRIPTS.values() for line, _ in script})


def begun(line, **more) -> ScriptedCall:
    call = ScriptedCall(Dialogue(line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE, **more)
    call.begin()
    return call


def resumed(line, log) -> Dialogue:
    dialogue = Dialogue(line, KeywordUnderstanding())
    replay(dialogue, log)
    return dialogue


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_after_every_line_the_resumed_dialogue_equals_the_original(example_line, script):
    call = begun(example_line)
    for line, _ in script:
        call.hears(line)
        assert resumed(example_line, call.log).state == call.dialogue.state


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.sampled_from([*LINES, "resume"]), max_size=12), heard=st.booleans(), lost=st.booleans())
def test_any_call_is_resumed_where_it_stood(example_line, lines, heard, lost):
    call = begun(example_line, heard=heard)
    if lost:
        call.tools = {}  # lookups never come back
    for line in lines:
        call.hears(line)
    dialogue = Dialogue(example_line, KeywordUnderstanding())
    assert replay(dialogue, call.log).unrecorded == ()
    assert dialogue.state == call.dialogue.state


@settings(max_examples=40, deadline=None)
@given(lines=st.lists(st.sampled_from(LINES), max_size=6), data=st.data())
def test_a_log_cut_anywhere_is_resumed_and_the_call_goes_on(example_line, lines, data):
    call = begun(example_line)
    for line in lines:
        call.hears(line)
    cut = data.draw(st.integers(0, len(call.log)))
    dialogue = Dialogue(example_line, KeywordUnderstanding())
    replay(dialogue, call.log[:cut])
    actions = dialogue.handle(CallBegan(99_000, "+14155550101", MONDAY_NOON, resumed=True))
    assert any(isinstance(action, Say) for action in actions)
    assert any(isinstance(action, Expect | End | CallTool | FindPassages) for action in actions)


def test_what_was_decided_and_not_recorded_is_given_back(example_line):
    call = begun(example_line)
    for line in ("keys 0", "this is dana please call me back"):
        call.hears(line)
    without = [event for event in call.log if event.kind not in {"message.taken", "turn.answered"}]
    lost = replay(Dialogue(example_line, KeywordUnderstanding()), without).unrecorded
    assert [record.kind for record in lost if record.kind == "message.taken"] == ["message.taken"]
    assert (
        next(record.data["text"] for record in lost if record.kind == "message.taken")
        == "this is dana please call me back"
    )


def test_a_resumed_call_apologises_and_asks_again_without_a_second_greeting(example_line):
    call = begun(example_line)
    call.hears("where is my order")
    assert call.hears("resume") == [APOLOGY, "What's your order number?"]
    assert call.of(Say)[0].purpose == "apology"
    assert call.of(Expect)[-1].kind == "digits"
    assert call.hears("12345") == ["That's order one two three four five, right?"]
    assert call.hears("resume") == [APOLOGY, "That's order one two three four five, right?"]
    assert call.hears("resume") == [APOLOGY, "That's order one two three four five, right?"]


def test_a_call_lost_right_after_the_greeting_is_asked_its_question_again(example_line):
    call = begun(example_line)
    assert call.hears("resume") == [APOLOGY, "How can I help you?"]


def test_an_unheard_disclosure_is_said_after_a_resume(example_line):
    call = begun(example_line, heard=False)
    says = call.hears("resume")
    assert says == [
        APOLOGY,
        "You're speaking with our automated assistant, and this call is recorded.",
        "How can I help you?",
    ]


def test_a_call_that_was_never_greeted_is_greeted(example_line):
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()))
    assert call.begin(resumed=True)[0] == "Thanks for calling Northfield Outdoor."


def test_an_answer_that_was_not_heard_to_its_end_is_said_again(example_line):
    call = begun(example_line)
    call.heard = False
    says = call.hears("keys 12345")
    call.post(AssistantHeard(90_000, call.of(Say)[0].utterance, "Good news: your", complete=False))
    assert call.hears("resume") == [APOLOGY, *says]


def test_an_answer_that_was_heard_is_not_said_again(example_line):
    call = begun(example_line)
    call.hears("keys 12345")
    assert call.hears("resume") == [APOLOGY, "Is there anything else I can help with?"]


def test_a_tool_in_flight_is_asked_again_with_the_same_reference(example_line):
    call = begun(example_line)
    call.tools = {}
    call.hears("keys 12345")
    first = call.of(CallTool)[0]
    dialogue = resumed(example_line, call.log)
    again = ScriptedCall(dialogue, shop_tools(), KNOWLEDGE, at_ms=call.at_ms, log=list(call.log))
    says = again.hears("resume")
    assert again.of(CallTool) == [first]
    assert says[0] == APOLOGY
    assert says[1].startswith("Good news: your trail tent")
    assert ORDERS["12345"]["item"] == again.records("tool.returned")[0]["result"]["item"]


def test_a_call_lost_during_goodbye_ends_the_same_way(example_line):
    call = begun(example_line)
    call.hears("goodbye")
    ended = call.ended
    assert call.hears("resume") == [APOLOGY, "Thanks for calling Northfield Outdoor. Goodbye."]
    assert call.ended == ended


def test_what_a_log_of_another_version_holds_is_left_out(example_line):
    call = begun(example_line)
    call.hears("where is my order")
    strange = [
        Event("local", "CA1", 900, 1, "", "caller.said", {"text": 1}),
        Event("local", "CA1", 901, 1, "", "caller.hummed", {}),
        Event(
            "local", "CA1", 902, 1, "", "turn.began", {"turn": "t9", "utterance": "", "began": {"local_time": "noon"}}
        ),
        Event("local", "CA1", 903, 1, "", "knowledge.found", {"passages": None}),
    ]
    assert inputs_from_events([*call.log, *strange]) == inputs_from_events(call.log)


def test_inputs_are_read_in_the_order_of_the_log_and_alternatives_in_both_forms(example_line):
    call = begun(example_line)
    call.hears("four seven", "four seven one")
    log = [
        replace(event, data={**event.data, "alternatives": [{"text": "four seven one", "confidence": 0.3}]})
        if event.kind == "caller.said"
        else event
        for event in reversed(call.log)
    ]
    turn = next(event for event in inputs_from_events(log) if isinstance(event, CallerTurn))
    assert turn.alternatives == ("four seven one",)
    assert inputs_from_events(log) == inputs_from_events(call.log)
