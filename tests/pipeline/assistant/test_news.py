"""What people decide while the call goes on: told once, at a moment that it does not disturb, to who asked for it."""

from typing import Any

import pytest

from pipeline.assistant.actions import CallTool, Ignored, Say
from pipeline.assistant.events import ApprovalDecided, AssistantHeard, ToolReturned
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.line.prompts import Prompts
from pipeline.secrets_kept import Secrets
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.small_line import MORE, small_line, understands

pytestmark = pytest.mark.unit

PROMPTS = Prompts()
FLOWS = """
refund:
  about: refunds
  steps:
    - tool: {name: refund, save_as: given}
    - say: Here is your refund.
    - end: {}
card:
  about: cards
  steps:
    - ask: {slot: pin, kind: digits, min_digits: 4, max_digits: 4, secret: pin, prompt: Please key in your pin.}
    - say: Thank you.
    - end: {}
color:
  about: colors
  steps:
    - ask: {slot: tint, kind: choice, prompt: "Red or blue?", choices: [{value: red, key: 1, phrases: [red]},
        {value: blue, key: 2, phrases: [blue]}]}
    - say: "{tint} it is."
    - end: {}
"""
MORE_OF_IT = """
tools:
  - {name: refund, runs: desk.refund, approved: "You get {result.amount|money} back.", rejected: No refund for you.}
"""


class Waiting(ScriptedCall):
    """Every tool waits for a person's yes."""

    def _return(self, action: CallTool) -> None:
        self._post(
            ToolReturned(
                self._now(), action.call, ok=False, error="needs_approval", status="waiting", id=f"apr_{action.call}"
            )
        )


def line() -> Any:
    return small_line(FLOWS, MORE_OF_IT)


def a_call(**options: Any) -> Waiting:
    made = line()
    call = Waiting(Dialogue(made, understands(made)), **options)
    call.begin()
    return call


def asked(**options: Any) -> Waiting:
    """A call in which a refund waits for a person."""
    call = a_call(**options)
    assert call.hears("refund") == [PROMPTS.tool_waiting, MORE]
    return call


def decided(call: Waiting, state: str = "done", **result: Any) -> list[str]:
    return call.post(ApprovalDecided(call.at_ms, "apr_k1", "refund", state, result or {"amount": "84.00"}))


@pytest.mark.parametrize(
    ("state", "result", "words"),
    [
        ("done", {"amount": "84.00"}, "You get $84 back."),
        ("done", {"other": 1}, PROMPTS.approval_done),
        ("done", {"amount": "84.00", "done": False}, PROMPTS.approval_failed),
        ("rejected", {"other": 1}, "No refund for you."),
        ("failed", {"other": 1}, PROMPTS.approval_failed),
        ("checking", {"other": 1}, PROMPTS.approval_checking),
    ],
)
def test_a_caller_who_waits_is_told_at_once_in_the_tools_own_words_and_asked_again(state, result, words):
    call = asked()
    assert decided(call, state, **result) == [words, MORE]
    (told,) = call.records("approval.told")
    assert told["approval"] == "apr_k1"


def test_it_is_told_once():
    call = asked()
    decided(call)
    assert decided(call) == []
    assert isinstance(call.actions[0], Ignored)
    assert "You get $84 back." not in call.hears("color")


def test_what_was_asked_is_asked_again_behind_it():
    call = asked()
    assert call.hears("color") == ["Red or blue?"]
    assert decided(call) == ["You get $84 back.", "Red or blue?"]
    assert call.hears("red") == ["red it is.", MORE]


def test_a_secret_is_not_disturbed_and_it_is_told_before_the_next_question():
    call = asked()
    assert call.hears("card") == ["Please key in your pin."]
    assert decided(call) == []
    assert call.records("approval.told") == []
    assert call.hears(f"keys {Secrets().keep('pin', '1234', 'c2')}") == ["Thank you.", "You get $84 back.", MORE]
    assert len(call.records("approval.told")) == 1


def test_who_says_goodbye_before_it_could_be_told_hears_it_first():
    call = asked()
    call.hears("card")
    decided(call)
    call.hears("goodbye")  # asked whether to leave the open question
    said = call.hears("goodbye") if call.ended is None else [one.text for one in call.of(Say)]
    assert said[-2:] == ["You get $84 back.", PROMPTS.goodbye]


def test_a_caller_who_is_silent_is_not_told_with_the_goodbye():
    call = asked()
    call.hears("card")
    decided(call)
    said = [text for count in (1, 2, 3) for text in call.hears(f"silence {count}")]
    assert "You get $84 back." not in said
    assert call.records("approval.told") == []


def test_somebody_else_on_the_phone_is_not_told():
    call = asked()
    call.hears("this is somebody else")
    assert decided(call) == []


def test_an_approval_of_another_call_is_nothing_to_this_one():
    call = asked()
    assert call.post(ApprovalDecided(0, "apr_other", "refund", "done")) == []
    assert isinstance(call.actions[0], Ignored)


def test_who_interrupts_it_hears_it_once_more_and_then_is_called_back():
    call = asked()
    call.heard = False
    decided(call)
    interrupt(call)
    assert "You get $84 back." in call.hears("color")
    interrupt(call)
    assert "You get $84 back." not in call.hears("red")
    assert call.records("approval.told") == []


def interrupt(call: Waiting) -> None:
    """The caller speaks over the news."""
    news = next(action for action in call.of(Say) if "$84" in action.text)
    call.post(AssistantHeard(call.at_ms, news.utterance, "You get", complete=False))


def test_a_call_that_is_resumed_tells_what_was_not_heard_and_nothing_twice():
    call = asked()
    call.heard = False
    decided(call)
    made = line()
    again = Waiting(Dialogue(made, understands(made)), log=list(call.log), at_ms=call.at_ms)
    replay(again.dialogue, call.log)
    assert again.dialogue.state == call.dialogue.state
    said = again.begin(resumed=True)
    assert said == [PROMPTS.resumed, "You get $84 back.", MORE]
    assert len(again.records("approval.told")) == 1
    third = Waiting(Dialogue(made, understands(made)), log=list(again.log), at_ms=again.at_ms)
    replay(third.dialogue, again.log)
    assert "You get $84 back." not in third.begin(resumed=True)
    assert decided(third) == []
