"""Dialogues on the example line: every script, and what is done and recorded on the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assistant.actions import CallTool, End, Expect, FindPassages, Say
from pipeline.assistant.events import (
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    PassagesFound,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall, ignored
from tests.fakes.northfield import (
    ASK_NUMBER,
    BYE,
    CHANGED,
    CLARIFY,
    KNOWLEDGE,
    MORE,
    NOON,
    NOTED,
    PERSON,
    SORRY,
    TELL_US,
    TENT,
    WHICH_ORDER,
)
from tests.fakes.scripts import SCRIPTS
from tests.fakes.shop import ORDERS, shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit


@pytest.fixture
def call(example_line):
    made = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), shop_tools(), KNOWLEDGE)
    made.begin(NOON)
    return made


def test_the_greeting_says_who_and_what_answers(example_line):
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()))
    assert call.begin(NOON) == [
        "Thanks for calling Northfield Outdoor.",
        "You're speaking with our automated assistant, and this call is recorded.",
        "How can I help you?",
    ]
    assert [say.interruptible for say in call.of(Say)] == [False, False, True]
    assert call.expects.kind == "open"


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_dialogue(call, script):
    for line, says in script:
        assert call.hears(line) == says, line


def test_only_a_confirmed_number_reaches_a_tool(call):
    call.hears("where is my order")
    call.hears("12354")
    assert call.of(CallTool) == []
    call.hears("no it's 12345")
    assert call.of(CallTool) == []
    call.hears("yes")
    assert [dict(tool.arguments) for tool in call.of(CallTool)] == [{"order_number": "12345"}]


def test_a_change_is_made_only_after_yes_and_claimed_only_after_the_tool(call):
    calls = []

    def change(wanted):
        calls.append(dict(wanted))
        return {"accepted": False, "reason": "too_late"}

    call.tools = {**shop_tools(), "request_delivery_change": change}
    for line in ("reschedule it", "keys 47129", "next tuesday", "yes"):
        call.hears(line)
    assert calls == []
    says = call.hears("yes please")
    assert calls == [{"order_number": "47129", "new_date": "2026-12-01"}]
    assert says[0].startswith("It's too late to change that delivery from here.")


def test_a_tool_that_fails_is_said_and_a_message_taken(call):

    def down(wanted):
        raise LookupError(wanted)

    call.tools = {"order_status": down}
    assert call.hears("keys 12345") == [
        "I'm sorry, I can't see our orders right now. Let me take a message instead.",
        WHICH_ORDER,
    ]
    assert call.records("tool.returned")[-1]["error"] == "unavailable"


def test_a_failed_lookup_leaves_no_older_result_behind(call):
    call.hears("keys 12345")
    assert "order" in call.dialogue.state.facts
    call.tools = {"order_status": lambda wanted: {}[wanted["order_number"]]}
    call.hears("keys 47129")
    assert "order" not in call.dialogue.state.facts


def test_a_result_without_the_field_that_is_to_be_said_leads_to_a_human(call):
    call.tools = {"order_status": lambda _: {**ORDERS["47129"], "eta": None}}
    assert call.hears("keys 47129") == [SORRY, PERSON, TELL_US]


def test_another_reading_with_the_right_length_is_read_back(call):
    call.hears("where is my order")
    assert call.hears("four seven one two", "four seven one nine two eight", "four seven one two nine") == [
        "That's order four seven one two nine, right?"
    ]


def test_another_reading_may_confirm_a_guess_but_brings_in_no_other_intent(call):
    assert call.hears("my blue thing", "where is my order") == [ASK_NUMBER]
    call.hears("never mind")
    assert call.hears("my blue thing", "i want to return it") == [CLARIFY]


def test_a_message_goes_on_until_the_caller_heard_that_it_is_kept(call):
    call.hears("keys 0")
    call.heard = False
    call.hears("this is dana miller")
    assert call.hears("please call me back about my tent tomorrow") == [NOTED, MORE]
    taken = call.records("message.taken")
    assert [message["message"] for message in taken] == ["m1", "m1"]
    assert taken[-1]["text"] == "this is dana miller please call me back about my tent tomorrow"
    assert taken[-1]["start_ms"] == taken[0]["start_ms"]
    assert call.hears("no thanks bye") == [BYE]


def test_a_message_says_for_whom_and_about_what(call):
    for line in ("where is my order", "keys 99999", "it's dana please find my order"):
        call.hears(line)
    message = call.records("message.taken")[0]
    assert message["queue"] == "support"
    assert message["slots"] == {"order_number": "99999"}
    assert message["caller_number"] == "+14155550101"
    assert message["intent"] == "order_status"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (["keys 12345", "no"], "completed"),
        (["goodbye"], "completed"),
        (["keys 0", "this is dana call me back", "bye"], "message_taken"),
        (["silence 1", "silence 2", "silence 3"], "caller_silent"),
        (["where is my order", "silence 3"], "caller_silent"),
        (["keys 12345", "silence 3"], "completed"),
        (["keys 0", "this is dana call me back", "silence 3"], "message_taken"),
    ],
)
def test_the_outcome_says_what_came_of_the_call(call, lines, outcome):
    for line in lines:
        call.hears(line)
    assert call.ended is not None
    assert call.ended.outcome == outcome
    assert ignored(call.dialogue.handle(CallerTurn(99_000, "c99", "wait one more thing")))


@pytest.mark.row(29, 144)
def test_what_was_understood_and_used_is_recorded(call):
    call.hears("check the status of 12345")
    call.hears("yes")
    assert call.records("turn.began")[-1] == {"turn": "t3", "utterance": "c2"}
    assert call.records("turn.understood")[-1]["slots"] == {"order_number": "12345"}
    tool = call.records("tool.called")[-1]
    assert (tool["turn"], tool["call"], tool["tool"]) == ("t3", "k1", "order_status")
    assert call.records("tool.returned")[-1]["result"]["item"] == "trail tent"
    call.hears("do you ship to canada")
    assert call.records("knowledge.found")[-1]["certain"] is True
    assert call.records("turn.answered")[-1]["sources"] == [
        {"document": "shipping.md", "section": "shipping#canada", "title": "Canada", "version": "", "score": 8.0}
    ]


def test_each_turn_is_understood_and_answered_once(call):
    for line in (
        "where is my order",
        "12345",
        "yes",
        "do you ship to canada",
        "what",
        "the moon",
        "operator",
        "dana here call me",
    ):
        call.hears(line)
    turns = [record["turn"] for record in call.records("turn.began")]
    assert [record["turn"] for record in call.records("turn.understood")] == turns[1:]
    assert [record["turn"] for record in call.records("turn.answered")] == turns


EXPECTATIONS = [
    (["where is my order"], Expect("digits", "digits.order_number", 5, 5, keys=False, no_input_ms=10_000)),
    (["where is my order", "busy"], Expect("digits", "digits.order_number", 5, 5, keys=True, no_input_ms=10_000)),
    (["where is my order", "12345"], Expect("yes_no", "yes_no", 1, 5)),
    (["i want to return it"], Expect("menu", "returns.return_reason", 1, 1)),
    (["reschedule it", "keys 47129"], Expect("open", "date", 4, 4)),
    (["busy"], Expect("menu", "open", 1, 1, keys=True)),
    (["keys 0"], Expect("text", "message")),
    (["keys 12345"], Expect("open", "open", 1, 5)),
]


@pytest.mark.parametrize(("lines", "expect"), EXPECTATIONS)
def test_the_recogniser_and_the_keypad_are_told_what_to_expect(call, lines, expect):
    for line in lines:
        call.hears(line)
    assert call.of(Expect)[-1] == expect


def test_a_caller_who_needs_a_moment_gets_one(call):
    call.hears("where is my order")
    call.hears("just a second")
    assert call.of(Expect)[-1].no_input_ms == 21_000
    assert call.hears("12345") == ["That's order one two three four five, right?"]


def test_while_a_lookup_runs_the_caller_is_not_left_alone(call):
    call.tools = {}
    call.hears("keys 12345")
    assert call.hears("hello are you there") == ["I'm still on it. One moment, please."]
    assert ignored(call.dialogue.handle(CallerSilent(9_000, 1)))
    assert call.post(ToolReturned(9_500, "k1", ok=True, result=ORDERS["12345"])) == [TENT, MORE]


def test_a_person_is_brought_in_though_a_lookup_runs(call):
    call.tools = {}
    call.hears("keys 12345")
    assert call.hears("let me talk to a person") == [PERSON, TELL_US]
    assert ignored(call.dialogue.handle(ToolReturned(9_500, "k1", ok=True, result=ORDERS["12345"])))


def test_a_running_change_is_not_abandoned(call):
    call.tools = {name: tool for name, tool in shop_tools().items() if name != "request_delivery_change"}
    for line in ("reschedule it", "keys 47129", "next tuesday", "yes", "yes"):
        call.hears(line)
    assert call.hears("operator") == ["I'm still on it. One moment, please."]
    result = {"accepted": True, "reference": "D401", "new_date": "2026-12-01"}
    assert call.post(ToolReturned(9_500, "k1", ok=True, result=result)) == [CHANGED, MORE]


def test_the_newest_question_is_answered(example_line):
    dialogue = Dialogue(example_line, KeywordUnderstanding())
    dialogue.handle(CallBegan(0, "", NOON))
    first = dialogue.handle(CallerTurn(1, "c1", "do you ship"))[-1]
    assert isinstance(first, FindPassages)
    dialogue.handle(CallerTurn(2, "c2", "to canada"))
    late = PassagesFound(3, first.call, (KNOWLEDGE["canada"],), certain=True)
    assert ignored(dialogue.handle(late))
    found = dialogue.handle(PassagesFound(4, "k2", (KNOWLEDGE["canada"],), certain=True))
    says = [action.text for action in found if isinstance(action, Say)]
    assert says == ["Yes, we ship to Canada.", MORE]


@pytest.mark.parametrize(
    "event",
    [
        CallerTurn(1, "c1", "hello"),
        CallerUnheard(1, "noise"),
        CallerSilent(1, 1),
        ToolReturned(1, "k1", ok=True),
        PassagesFound(1, "k1", (), certain=False),
    ],
)
def test_what_comes_before_the_call_began_is_ignored(example_line, event):
    dialogue = Dialogue(example_line, KeywordUnderstanding())
    before = dialogue.state
    assert ignored(dialogue.handle(event))
    assert dialogue.state == before


def test_stale_and_double_events_are_ignored(call):
    call.hears("keys 12345")
    before = call.dialogue.state
    for event in (
        CallBegan(5_000, "", NOON),
        ToolReturned(5_000, "k1", ok=True, result=ORDERS["12345"]),
        ToolReturned(5_000, "k7", ok=False),
        PassagesFound(5_000, "k1", (), certain=True),
        CallerTurn(5_000, "c9", "   "),
    ):
        assert ignored(call.dialogue.handle(event))
    assert call.dialogue.handle(AssistantHeard(5_000, "a999", "", complete=True)) == []
    assert call.dialogue.state == before


def test_the_call_ends_once(call):
    call.hears("goodbye")
    assert len(call.of(End)) == 1
    assert ignored(call.dialogue.handle(CallerSilent(9_000, 1)))
    assert call.dialogue.tick(10_000) == []
    assert call.dialogue.deadline_ms is None


LINES = sorted({line for script in SCRIPTS.values() for line, _ in script})


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(
        st.sampled_from(LINES) | st.text(max_size=20) | st.from_regex(r"keys [0-9]{1,8}", fullmatch=True), max_size=15
    ),
    tools=st.sampled_from(["work", "fail", "hang"]),
)
def test_whatever_happens_the_caller_is_answered_and_nothing_is_invented(example_line, lines, tools):
    def down(wanted):
        raise LookupError(wanted)

    made = {"work": shop_tools(), "fail": dict.fromkeys(shop_tools(), down), "hang": {}}[tools]
    call = ScriptedCall(Dialogue(example_line, KeywordUnderstanding()), made, KNOWLEDGE)
    call.begin(NOON)
    confirmed = set()
    for line in lines:
        says = call.hears(line)
        assert says or call.of(CallTool) or ignored(call.actions)
        assert not [text for text in says if "{" in text or "None" in text]
        confirmed |= {str(value) for record in call.records("turn.understood") for value in record["slots"].values()}
        for tool in call.of(CallTool):
            assert {str(value) for value in tool.arguments.values()} <= confirmed
        if "I've sent your request" in " ".join(says) or "Done." in says:
            assert call.records("tool.returned")[-1]["ok"]
