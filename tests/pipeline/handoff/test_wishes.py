"""What the caller wanted, and what of it is open."""

from dataclasses import replace

import pytest

from pipeline.handoff.story import Story, story
from pipeline.handoff.wishes import beyond_asking, verbatim
from tests.fakes.told_calls import ABOUT, ToldCall

pytestmark = pytest.mark.unit


CLOSING = "Anything else?"
WITH_CLOSING = replace(ABOUT, closings=frozenset({CLOSING}))


def read(call: ToldCall) -> Story:
    return story(call.events, ABOUT)


def states(call: ToldCall) -> list[tuple[str, str]]:
    return [(one.intent, one.state) for one in read(call).wishes.all()]


def test_a_wish_is_served_once_the_assistant_asks_for_another():
    call = ToldCall().says("where is my order", "order_status")
    assert states(call) == [("order_status", "open")]
    call.answers("In the post. Anything else?", expects="open")
    assert states(call) == [("order_status", "served")]


def test_a_wish_whose_tool_failed_or_waits_is_not_settled():
    for status in ("failed", "waiting", "refused", "checking"):
        call = ToldCall().says("my money", "refund").uses("refund", {}, error="late", status=status)
        assert states(call.answers("Anything else?", expects="open")) == [("refund", "unsettled")]


def test_a_message_for_a_person_leaves_the_wish_to_that_person():
    call = ToldCall().says("my money", "refund")
    call.told("message.taken", turn=call.turn, queue="support", text="call me", start_ms=0, end_ms=1)
    assert states(call.answers("Anything else?", expects="open")) == [("refund", "unsettled")]


def test_what_a_flow_still_lacks_is_kept_with_the_wish():
    call = ToldCall().says("send it back", "start_return", missing=("reason", "order_number"))
    call.answers("Why?", expects="text").says("broken", slots={"reason": "broken"}, missing=("order_number",))
    assert read(call.wants_person()).open[0].missing == ("order_number",)


def test_an_agent_is_not_told_to_ask_for_a_secret_or_for_a_yes():
    call = ToldCall().says("my balance", "question", missing=("telephone_pin", "sure", "account"))
    about = replace(ABOUT, not_asked=frozenset({"telephone_pin", "sure"}))
    assert story(call.events, about).open[0].missing == ("account",)


def test_what_was_mentioned_besides_is_open_until_it_is_served():
    call = ToldCall().says("send it back and where is my other order", "start_return")
    call.told("topic.noted", turn=call.turn, intent="order_status").answers("Done.", expects="open")
    assert states(call) == [("start_return", "served"), ("order_status", "open")]
    call.says("yes the other order", "order_status").answers("In the post.", expects="open")
    assert states(call) == [("start_return", "served"), ("order_status", "served")]


def test_an_outburst_is_no_wish():
    call = ToldCall().says("you are useless all of you", by="clarify", feels={"anger": 0.9})
    assert states(call) == []


def test_a_rule_that_goes_by_how_the_call_went_adds_no_wish():
    call = ToldCall().says("you are useless", by="rule").escalates("angry", "The caller was angry in two turns.")
    assert states(call) == []
    assert read(call).wishes.reason.code == "angry"


def test_an_offer_of_a_person_is_no_reason_yet():
    call = ToldCall().says("hello", "question")
    call.told("escalation.raised", turn=call.turn, rule="high_value", reason="high_value", sentence="Valuable.",
              queue="", priority="normal", offered=True, evidence=[])  # fmt: skip
    assert read(call).wishes.reason.code == "unknown"


@pytest.mark.row(79)
def test_what_the_caller_was_told_from_documents_is_named_once_with_where_it_was_said():
    call = ToldCall().says("how long do I have", "question").answers("Thirty days.")
    source = {"document": "returns.md", "section": "how-long", "title": "Returns: How long", "score": 0.8}
    call.told("turn.answered", turn=call.turn, sources=[source]).says("and boots", "question").answers("The same.")
    call.told("turn.answered", turn=call.turn, sources=[source])
    (found,) = read(call).wishes.sources()
    assert (found.document, found.section, found.title) == ("returns.md", "how-long", "Returns: How long")
    assert [span.utterance for span in found.spans] == ["a2", "a3"]


@pytest.mark.parametrize(
    ("said", "evidence", "beyond"),
    [
        ("can I speak to a person", "speak to a person", ""),
        ("I just want to talk to somebody please", "talk to somebody", ""),
        ("quiero hablar con una persona por favor", "hablar con una persona", ""),
        ("get me a manager", "get me a manager", ""),
        ("I want the refund now, get me a manager", "get me a manager", "I want the refund now"),
        ("can I speak to a person about my loan", "speak to a person", "can I speak to a person about my loan"),
        ("representative", "representative", ""),
    ],
)
def test_why_a_person_is_wanted_is_told_from_the_wish_for_one(said, evidence, beyond):
    assert beyond_asking(said, (evidence,)) == beyond


def named(call: ToldCall) -> list[tuple[str, str, str]]:
    return [(one.intent, one.state, one.text) for one in story(call.events, WITH_CLOSING).wishes.all()]


def test_what_was_not_answered_is_open_though_the_caller_may_speak_freely():
    call = ToldCall().says("where is my order", "order_status").answers(CLOSING, expects="open")
    call.says("it should have been here last week", "order_status", by="clarify", confidence=0.03)
    call.answers("I have no answer to that. Could you say it another way?", expects="open")
    assert named(call) == [
        ("order_status", "served", "where is my order"),
        ("other", "open", "it should have been here last week"),
    ]


def test_a_question_in_the_middle_of_a_wish_is_served_and_the_wish_is_not():
    call = ToldCall().says("send it back", "start_return", missing=("reason",)).answers("Why?", expects="open")
    call.says("do you ship to Canada", "question").answers("Yes, we do.").answers("Why?", expects="open")
    source = {"document": "shipping.md", "section": "canada", "title": "Canada", "score": 0.8}
    call.told("turn.answered", turn=call.turn, sources=[source])
    assert named(call) == [
        ("start_return", "open", "send it back"),
        ("question", "served", "do you ship to Canada"),
    ]
    assert story(call.events, WITH_CLOSING).open[0].missing == ("reason",)


def test_a_bare_yes_is_no_wish_and_takes_up_what_was_said_before():
    call = ToldCall().says("quiero devolver una carpa", by="clarify").answers("¿En español?", expects="yes_no")
    call.says("sí", "start_return", missing=("reason",))
    assert named(call) == [("start_return", "open", "quiero devolver una carpa")]
    assert named(call.says("sí", by="clarify")) == [("start_return", "open", "quiero devolver una carpa")]


def test_a_wish_that_is_taken_up_again_in_one_word_is_told_in_the_words_it_was_first_said_in():
    call = ToldCall().says("I want to return my tent it arrived broken", "start_return")
    call.answers(CLOSING, expects="open").says("damaged", "start_return")
    assert [one.text for one in story(call.events, WITH_CLOSING).open] == ["I want to return my tent it arrived broken"]


def test_evidence_is_what_was_heard_and_not_what_rules_read_in_it():
    said = "I was charged TWICE for A D 4471"
    assert verbatim(("charged twice",), said) == ("charged TWICE",)
    assert verbatim(("a d four four seven one",), said) == (said,)
    assert verbatim(("twice", "charge"), said) == ("TWICE", said)
    call = ToldCall().says("I want a Manager, NOW", by="rule")
    reason = read(call.escalates("asked_for_person", "The caller asked for a person.", "want a manager")).wishes.reason
    assert reason.evidence == ("want a Manager",)


def test_who_says_what_it_is_about_with_the_wish_for_a_person_has_said_why():
    said = "I need to speak to somebody about my refund for the kayak"
    assert beyond_asking(said, (said,)) == said
    assert beyond_asking("get me a manager", ("get me a manager",)) == ""


def test_never_mind_settles_nothing_that_was_not_answered():
    call = ToldCall().says("how much is the team plan", "question").answers("I have no answer to that.", expects="open")
    call.says("that's not what I asked", by="rule").answers("Never mind that.").answers(CLOSING, expects="open")
    assert named(call) == [("question", "open", "how much is the team plan")]
    moved = ToldCall().says("move my delivery", "start_return").answers("Which day?", expects="digits")
    moved.says("never mind", by="rule").answers(CLOSING, expects="open")
    assert [state for _, state, _ in named(moved)] == ["served"]


def test_a_few_words_that_want_something_are_a_wish():
    call = ToldCall().says("wrong item", "start_return").answers(CLOSING, expects="open")
    call.says("no I want both", by="clarify").says("no I don't have the number", by="clarify")
    assert [one[2] for one in named(call)] == ["wrong item", "no I want both"]
