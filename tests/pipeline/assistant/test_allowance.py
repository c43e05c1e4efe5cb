"""A line's budgets: when one is spent the model is asked no more, and a call that is too long goes to a person."""

import pytest
from pydantic import ValidationError

from pipeline.assistant.actions import AskModel
from pipeline.assistant.events import CallerTurn, CallerUnheard, ModelDone, ModelSaid, ModelTranslated, Tokens
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.line.model import Line
from pipeline.line.policy import Budgets
from pipeline.line.prompts import Prompts
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.small_line import MORE, small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
prices:
  about: prices
  steps:
    - say: It costs ten dollars.
gear:
  about: choosing gear
  steps:
    - model: {prompt: "Help the caller choose a tent.", turns: 9, otherwise: no_model}
    - end: {}
    - {id: no_model, say: "Nobody can talk about tents now."}
number:
  about: your number
  steps:
    - ask: {slot: order, kind: digits, min_digits: 5, max_digits: 5, prompt: "Which order?", read_back: "{order}?"}
    - say: Thank you.
"""
MINUTE_MS = 60_000
UP = Prompts().time_up


def line_of(budgets: str) -> Line:
    return small_line(FLOWS, f"budgets: {budgets}")


def call_with(budgets: str) -> ScriptedCall:
    line = line_of(budgets)
    call = ScriptedCall(Dialogue(line, understands(line), model=True))
    call.begin()
    return call


def reply(call: ScriptedCall, text: str, *, tokens: int = 0) -> list[str]:
    (asked,) = call.of(AskModel)
    said = call.post(ModelSaid(call.at_ms + 1, asked.call, text))
    return said + call.post(ModelDone(call.at_ms + 2, asked.call, ok=True, tokens=Tokens("m", tokens, 0)))


def says_at(call: ScriptedCall, minutes: float, text: str) -> list[str]:
    """The caller says this, so late in the call."""
    call.at_ms = max(call.at_ms, round(minutes * MINUTE_MS))
    return call.post(CallerTurn(call.at_ms, f"late{call.at_ms}", text, (), "text", call.at_ms, call.at_ms))


def test_without_a_budget_the_model_is_asked_as_often_as_it_is_wanted():
    call = call_with("{}")
    for number in range(8):
        call.hears(f"why is the sky blue {number}")
        reply(call, "That is how it looks to us.", tokens=100_000)
    assert call.records("budget.spent") == []


def test_after_so_many_replies_the_model_is_asked_no_more_and_the_line_goes_on_by_itself():
    call = call_with("{model_replies: 1}")
    call.hears("why is the sky blue")
    reply(call, "That is how it looks to us.")
    assert call.records("budget.spent") == [{"turn": "t2", "budget": "model_replies", "spent": 1, "limit": 1}]
    assert call.hears("and why is the grass green") == [Prompts().clarify]
    assert call.of(AskModel) == []
    assert call.hears("prices")[0] == "It costs ten dollars."


def test_no_reply_at_all_is_as_if_there_was_no_model():
    call = call_with("{model_replies: 0}")
    call.hears("why is the sky blue")
    assert call.of(AskModel) == []


def test_tokens_are_counted_and_a_reply_that_was_begun_is_finished():
    call = call_with("{model_tokens: 1000}")
    call.hears("why is the sky blue")
    reply(call, "That is how it looks to us.", tokens=600)
    assert call.records("budget.spent") == []
    call.hears("and why is the grass green")
    assert reply(call, "That is how it looks too.", tokens=600) == ["That is how it looks too."]
    (spent,) = call.records("budget.spent")
    assert (spent["budget"], spent["spent"], spent["limit"]) == ("model_tokens", 1200, 1000)
    call.hears("what about the sea")
    assert call.of(AskModel) == []


def test_what_translating_costs_counts_too():
    call = call_with("{model_tokens: 1000}")
    call.post(ModelTranslated(call.at_ms, Tokens("m", 900, 200)))
    call.hears("why is the sky blue")
    assert call.of(AskModel) == []


def test_a_stretch_that_the_model_leads_goes_where_it_would_without_one():
    call = call_with("{model_replies: 1}")
    call.hears("gear")
    reply(call, "For how many people?")
    assert call.hears("for two") == ["Nobody can talk about tents now.", MORE]


def test_after_its_minutes_a_call_goes_to_a_person_and_ends_when_they_were_told():
    call = call_with("{call_min: 10}")
    assert says_at(call, 9.9, "prices")[0] == "It costs ten dollars."
    assert says_at(call, 10.1, "prices") == [UP, "Your message please."]
    (spent,) = call.records("budget.spent")
    assert (spent["budget"], spent["spent"], spent["limit"]) == ("call_min", 10.1, 10)
    assert call.records("escalation.raised")[0]["reason"] == "call_too_long"
    assert says_at(call, 10.5, "please call me back about my tent tomorrow") == ["Noted.", Prompts().goodbye]
    assert call.ended is not None
    assert call.ended.outcome == "message_taken"


def test_what_is_being_asked_may_be_finished():
    call = call_with("{call_min: 10}")
    says_at(call, 9.9, "number")
    assert says_at(call, 10.5, "one two three four five") == ["one two three four five?"]
    assert says_at(call, 12.1, "hm")[0] == UP


def test_a_sound_without_words_does_not_keep_a_call_going():
    call = call_with("{call_min: 10}")
    late_ms = 11 * MINUTE_MS
    assert call.post(CallerUnheard(late_ms, "noise", late_ms - 400, late_ms))[0] == UP


def test_the_message_for_the_person_is_not_interrupted():
    call = call_with("{call_min: 10}")
    says_at(call, 9.9, "I want to talk to a person")
    assert says_at(call, 11, "please call me back about my tent tomorrow")[0] == "Noted."


def test_a_resumed_call_has_spent_what_it_had_spent():
    budgets = "{model_replies: 1, model_tokens: 5000, call_min: 10}"
    call = call_with(budgets)
    call.hears("why is the sky blue")
    reply(call, "That is how it looks to us.", tokens=600)
    says_at(call, 10.2, "prices")
    other = Dialogue(line_of(budgets), understands(line_of(budgets)), model=True)
    assert replay(other, call.log).unrecorded == ()
    assert other.state == call.dialogue.state


@pytest.mark.parametrize("wrong", [{"call_min": 0}, {"model_tokens": -1}, {"model_replies": -1}, {"cost": 3}])
def test_a_budget_that_makes_no_sense_is_refused(wrong: dict[str, int]):
    with pytest.raises(ValidationError):
        Budgets.model_validate(wrong)
