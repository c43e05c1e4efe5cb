"""Dialogues on the example line, as tables: what the caller says, and what the assistant then says and does."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assistant.exchange import (
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    CallTool,
    End,
    Expect,
    FindPassages,
    FoundPassage,
    PassagesFound,
    Say,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from tests.fakes.dialogue import ScriptedCall, ignored
from tests.fakes.shop import ORDERS, shop_tools
from tests.fakes.understanding import KeywordUnderstanding

pytestmark = pytest.mark.unit

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("America/Los_Angeles"))  # the Monday before Thanksgiving
KNOWLEDGE = {
    "policy": FoundPassage("returns.md", "returns#window", "How long", "You have thirty days to return anything.", 9.0),
    "canada": FoundPassage("shipping.md", "shipping#canada", "Canada", "Yes, we ship to Canada.", 8.0),
}
MORE = "Is there anything else I can help with?"
BYE = "Thanks for calling Northfield Outdoor. Goodbye."
ASK_NUMBER = "What's your order number?"
ASK_AGAIN = "Sorry, I didn't get that. Please say the five digits of your order number, one at a time."
ASK_KEYS = "Please type the five digits of your order number on your keypad."
TENT = "Good news: your trail tent is out for delivery with UPS, and should be there today."
BOOTS = "Your pair of hiking boots is on its way with FedEx. It should arrive on Wednesday, November 25th."
PERSON = "I can't put you through from here yet, but I can take a message, and a person will call you back."
TELL_US = "Please say your name, your phone number, and what it's about."
NOTED = "Thank you. Your message is recorded, and someone from our team will call you back."
SORRY = "I'm sorry, I'm not getting this right."
CLARIFY = (
    "I'm sorry, I don't have an answer to that. Could you say it another way? "
    "Or say message, and I'll take one for our team."
)
LABEL = (
    "You have until Sunday, December 20th to return your pair of trekking poles. "
    "Shall I have a return label sent to you?"
)
RETURNED = "Done. Your return number is R, seven, zero, one. The label is on its way to your e-mail."
CHANGED = (
    "I've sent your request. The number is D, four, zero, one. The delivery team will text you to confirm the day."
)
ON_DECEMBER_3RD = "Shall I ask the delivery team to bring order four seven one two nine on Thursday, December 3rd?"
THANKSGIVING = "On Thursday, Thanksgiving Day, we're closed."
HOURS_NOW = (
    "We're open right now, until 7 PM. We're open Monday to Friday from 9 AM to 7 PM, Saturday from 10 AM to 6 PM, "
    "and Sunday from 11 AM to 5 PM."
)
MENU = (
    "I'm having trouble hearing you. Let's use the keypad. For the status of an order, press 1. For returning "
    "something, press 2. For our opening hours, press 3. For changing a delivery, press 4. To leave a message, press 0."
)
GO_AHEAD = "Go ahead. Please say your name, your phone number, and your message."
NOT_FOUND = "I can't find an order nine nine nine nine nine. Let me take a message, and someone will look into it."
WHICH_ORDER = "Please tell me your name, your phone number, and what you ordered."
POLES = "Our records say your pair of trekking poles was delivered on Friday, November 20th."
WHY = "I can help with that. Is it damaged, the wrong item, or did you change your mind?"
KEY_DATE = "Please type the day as four digits, month first. For March fifth, type zero three zero five."
EMERGENCY = "If anyone is in danger, please hang up and call nine one one right away."


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


SCRIPTS = {
    "an order by voice": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
        ("yes", [BOOTS, MORE]),
        ("no", [BYE]),
    ],
    "the number said at once": [
        ("can you check the status of my order number 12345", ["That's order one two three four five, right?"]),
        ("yes please", [TENT, MORE]),
        ("no thank you goodbye", [BYE]),
    ],
    "the number alone": [
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
        ("that's right", [BOOTS, MORE]),
    ],
    "a keyed number needs no read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("keys 12345", [TENT, MORE]),
    ],
    "keys in place of words": [("keys 47129", [BOOTS, MORE])],
    "a correction of what was misheard": [
        ("where is my order", [ASK_NUMBER]),
        ("1 2 3 4 5", ["That's order one two three four five, right?"]),
        ("no, it's 47129", ["That's order four seven one two nine, right?"]),
        ("yes that's right", [BOOTS, MORE]),
    ],
    "a correction of a part": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven one nine two", ["That's order four seven one nine two, right?"]),
        ("not nine two, two nine", ["That's order four seven one two nine, right?"]),
        ("yes", [BOOTS, MORE]),
    ],
    "a yes that repeats the number": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("yes one two three four five", [TENT, MORE]),
    ],
    "a correction after the answer": [
        ("check the status of 12345", ["That's order one two three four five, right?"]),
        ("yes", [TENT, MORE]),
        ("no it's 47129", ["That's order four seven one two nine, right?"]),
        ("right", [BOOTS, MORE]),
    ],
    "read-back answered by key": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("keys 2", [ASK_AGAIN]),
        ("47129", ["That's order four seven one two nine, right?"]),
        ("keys 1", [BOOTS, MORE]),
    ],
    "the right number keyed at the read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("keys 12345", [TENT, MORE]),
    ],
    "two failures lead to the keypad, then to a human": [
        ("where is my order", [ASK_NUMBER]),
        ("the big blue one", [ASK_AGAIN]),
        ("i told you the blue one", [ASK_KEYS]),
        ("keys 123", [ASK_KEYS]),
        ("keys 99", [SORRY, PERSON, TELL_US]),
        ("this is dana miller my number is 415 555 2671", [NOTED, MORE]),
        ("no", [BYE]),
    ],
    "a rejected read-back is a failure": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_AGAIN]),
        ("12435", ["That's order one two four three five, right?"]),
        ("no that's wrong", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "what was rejected twice is keyed": [
        ("where is my order", [ASK_NUMBER]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_AGAIN]),
        ("12354", ["That's order one two three five four, right?"]),
        ("no", [ASK_KEYS]),
    ],
    "wrong keys lead to the keypad prompt": [
        ("where is my order", [ASK_NUMBER]),
        ("keys 123", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "too few keys lead to the keypad prompt": [
        ("where is my order", [ASK_NUMBER]),
        ("incomplete", [ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
    ],
    "a number in two parts": [
        ("where is my order", [ASK_NUMBER]),
        ("one two three", ["I have one two three. What comes next?"]),
        ("four five", ["That's order one two three four five, right?"]),
        ("yes", [TENT, MORE]),
    ],
    "the whole number again after its first part": [
        ("where is my order", [ASK_NUMBER]),
        ("four seven", ["I have four seven. What comes next?"]),
        ("four seven one two nine", ["That's order four seven one two nine, right?"]),
    ],
    "no number at hand": [
        ("where is my order", [ASK_NUMBER]),
        (
            "i don't have it",
            [
                "No problem. Let me take a message, and someone will find your order.",
                WHICH_ORDER,
            ],
        ),
        ("dana miller two tents", [
            "Thank you. Your message for our support team is recorded, and they'll call you back.", MORE,
        ]),
    ],
    "time to look": [
        ("where is my order", [ASK_NUMBER]),
        ("hold on let me look", ["Sure, take your time."]),
        ("12345", ["That's order one two three four five, right?"]),
        ("hold on it's 47129", ["That's order four seven one two nine, right?"]),
    ],
    "an order that is not there": [
        ("keys 99999", [
            NOT_FOUND,
            WHICH_ORDER,
        ]),
    ],
    "the same order for another wish": [
        ("keys 19447", [POLES, MORE]),
        ("i want to return something", [
            WHY,
        ]),
        ("i changed my mind", ["Is it order one nine four four seven?"]),
        ("yes", [LABEL]),
        ("yes please", [RETURNED, MORE]),
    ],
    "a return told in one breath": [
        ("i want to return it it's broken", ["Okay. What's your order number?"]),
        ("19447", ["That's order one nine four four seven, right?"]),
        ("yes", [LABEL]),
        ("no", ["Okay. You can also bring it to any of our stores.", MORE]),
    ],
    "another delivery day": [
        ("can you deliver order 47129 next tuesday", ["That's order four seven one two nine, right?"]),
        ("yes", ["That's Tuesday, December 1st, right?"]),
        ("no the third", ["That's Thursday, December 3rd, right?"]),
        ("yes", [ON_DECEMBER_3RD]),
        ("yes", [
            CHANGED,
            MORE,
        ]),
    ],
    "a date on the keypad": [
        ("reschedule it", ["Sure. What's your order number?"]),
        ("keys 47129", ["Which day would suit you better?"]),
        ("whenever", ["Sorry, which day? You can say, for example, next Tuesday."]),
        ("any time", [KEY_DATE]),
        ("keys 1203", [ON_DECEMBER_3RD]),
        ("no", ["Okay, I've changed nothing.", MORE]),
    ],
    "opening hours now": [
        ("what are your hours", [
            HOURS_NOW,
            MORE,
        ]),
    ],
    "opening hours on a day": [
        ("are you open on thursday", [THANKSGIVING, MORE]),
    ],
    "knowledge, with a question in between": [
        ("do you ship to canada", ["Yes, we ship to Canada.", MORE]),
        ("where is my order", [ASK_NUMBER]),
        ("what is your policy", ["You have thirty days to return anything.", ASK_NUMBER]),
        ("do you ship to canada", ["Yes, we ship to Canada.", ASK_NUMBER]),
        ("when are you open on thursday", [THANKSGIVING, ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("what are your hours on thursday", [
            THANKSGIVING, "That's order one two three four five, right?",
        ]),
        ("yes", [TENT, MORE]),
    ],
    "another wish in the middle replaces the first": [
        ("where is my order", [ASK_NUMBER]),
        ("actually i want to leave a message", ["Sure. Is it for support, repairs, or delivery?"]),
    ],
    "off topic: an honest answer, then a human": [
        ("what's the weather in paris", [CLARIFY]),
        ("purple elephants", [SORRY, PERSON, TELL_US]),
    ],
    "off topic: the offered message is wanted": [
        ("what's the weather in paris", [CLARIFY]),
        ("yes", [PERSON, TELL_US]),
    ],
    "off topic: it is not wanted": [
        ("what's the weather in paris", [CLARIFY]),
        ("no", [MORE]),
        ("no", [BYE]),
    ],
    "a complaint with a not in it is no goodbye": [
        ("keys 12345", [TENT, MORE]),
        ("my internet is not working since yesterday", [CLARIFY]),
        ("no i think that's everything for now thanks", [MORE]),
        ("no i think that's everything for now thanks", [BYE]),
    ],
    "an unsure guess is asked": [
        ("maybe something to return", ["Is this about returning something?"]),
        ("yes", [WHY]),
    ],
    "an unsure guess is wrong": [
        ("maybe something to return", ["Is this about returning something?"]),
        ("no", [CLARIFY]),
        ("where is my order", [ASK_NUMBER]),
    ],
    "an unsure guess that knowledge would serve is not asked": [
        ("maybe the policy of the moon", ["You have thirty days to return anything.", MORE]),
        ("maybe your polic of the moon", [CLARIFY]),
    ],
    "a person, please": [
        ("can i talk to a real person please", [PERSON, TELL_US]),
        ("hello", ["I'm listening. Please tell me your message."]),
        ("it's dana please call me back", [NOTED, MORE]),
        ("that's all", [BYE]),
    ],
    "a person in the middle of a question": [
        ("where is my order", [ASK_NUMBER]),
        ("operator", [PERSON, TELL_US]),
    ],
    "a person by key": [("keys 0", [PERSON, TELL_US])],
    "repeat that": [
        ("keys 12345", [TENT, MORE]),
        ("could you repeat that", [TENT, MORE]),
        ("what", [TENT, MORE]),
        ("where is my order", ["Is this about order one two three four five?"]),
        ("say that again please", ["Is this about order one two three four five?"]),
        ("no", [ASK_NUMBER]),
    ],
    "never mind": [
        ("where is my order", [ASK_NUMBER]),
        ("never mind", ["Okay, never mind that.", MORE]),
    ],
    "courtesies": [
        ("hello", ["Sure, how can I help?"]),
        ("can you help me with something", ["Sure, how can I help?"]),
        ("thank you", ["You're welcome.", MORE]),
        ("yes", ["Sure, how can I help?"]),
    ],
    "an emergency wins": [
        ("where is my order", [ASK_NUMBER]),
        ("my stove has a gas leak", [EMERGENCY, MORE]),
    ],
    "a message for the repair team": [
        ("can i leave a message for the repair team", [GO_AHEAD]),
        ("hello this is dana miller please call me back about the zipper on my tent", [
            "Thank you. Your message for the repair team is recorded, and they'll call you back.", MORE,
        ]),
        ("no thank you goodbye", [BYE]),
    ],
    "a message that is not left after all": [
        ("leave a message", ["Sure. Is it for support, repairs, or delivery?"]),
        ("customer service", [GO_AHEAD]),
        ("never mind", ["Okay, no message.", MORE]),
    ],
    "a message as sound only": [
        ("keys 0", [PERSON, TELL_US]),
        ("noise 400", ["I'm listening. Please tell me your message."]),
        ("noise 4000", [NOTED, MORE]),
    ],
    "the recogniser is busy": [
        ("where is my order", [ASK_NUMBER]),
        ("busy", ["I'm having trouble hearing you. Let's use the keypad. " + ASK_KEYS]),
        ("keys 12345", [TENT, MORE]),
        ("busy", [
            MENU,
        ]),
        ("keys 3", [
            HOURS_NOW,
            MORE,
        ]),
    ],
    "noise at a read-back": [
        ("where is my order", [ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
        ("noise", ["Sorry, was that a yes or a no? That's order one two three four five, right?"]),
        ("noise", ["Press 1 for yes, or 2 for no. That's order one two three four five, right?"]),
        ("keys 1", [TENT, MORE]),
    ],
    "noise at the start": [
        ("noise", ["Sorry, I didn't catch that. How can I help you?"]),
        ("where is my order", [ASK_NUMBER]),
        ("noise", [ASK_AGAIN]),
    ],
    "silence": [
        ("silence 1", ["Are you still there?"]),
        ("silence 2", ["I'm still here. Take your time, or say what you need."]),
        ("silence 3", ["I can't hear you, so I'll let you go. Please call again any time. Goodbye."]),
    ],
    "silence in a question": [
        ("where is my order", [ASK_NUMBER]),
        ("silence 1", ["Are you still there?"]),
        ("silence 2", ["I'm still here. Take your time, or say what you need.", ASK_NUMBER]),
        ("12345", ["That's order one two three four five, right?"]),
    ],
}  # fmt: skip


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
        {"document": "shipping.md", "section": "shipping#canada", "title": "Canada"}
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
