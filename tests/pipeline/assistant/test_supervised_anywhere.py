"""Every wish of a supervisor in every state of a dialogue: nothing breaks, the log tells all, nobody is stranded."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.assistant import supervised
from pipeline.assistant.events import (
    CallBegan,
    ModelSaid,
    SupervisorWants,
    ToolReturned,
    TransferNews,
)
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.languages.reading import language
from pipeline.assistant.resume import replay
from pipeline.assistant.waiting import Calling, Elsewhere, Held, Nobody, Over, Replying
from tests.fakes.dialogue import MONDAY_NOON, ScriptedCall, ignored
from tests.fakes.small_line import small_line, understands

pytestmark = pytest.mark.unit

FLOWS = """
status:
  about: an order
  steps:
    - ask: {slot: number, kind: digits, min_digits: 5, max_digits: 5, prompt: Your order number please.}
    - tool: {name: lookup, save_as: found}
    - say: That is all there is to it.
secret:
  about: a secret
  steps:
    - ask: {slot: pin, kind: digits, min_digits: 4, max_digits: 4, prompt: Your pin please., secret: pin}
    - say: Thank you.
message:
  about: a message
  steps:
    - take_message: {queue: support, prompt: "Your message please.", taken: "Noted."}
refund:
  about: a refund
  steps:
    - enqueue: {queue: support, prompt: Please tell us your name., reason: refund}
team:
  about: a person
  steps:
    - enqueue: {queue: support, prompt: Your message please.}
"""
MORE = """
human_flow: team
tools: [{name: lookup, runs: desk.lookup}]
"""
LINE = replace(small_line(FLOWS, MORE), tongue=language("en"))
STATES = {
    "not begun": (),
    "greeted": ("begin",),
    "asking": ("begin", "status"),
    "asking a secret": ("begin", "secret"),
    "confirming": ("begin", "status", "one two three four five"),
    "a tool is at work": ("begin", "status", "keys 12345"),
    "the model writes": ("begin", "what about zips", "model"),
    "a message is taken": ("begin", "message"),
    "a person is looked for": ("begin", "refund"),
    "a callback is offered": ("begin", "refund", "place", "call me back"),
    "a person is found": ("begin", "refund", "found"),
    "with an agent": ("begin", "refund", "found", "connected"),
    "held": ("begin", "status", "wants hold"),
    "held while a tool is at work": ("begin", "status", "keys 12345", "wants hold"),
    "taken over": ("begin", "status", "wants take_over"),
    "over": ("begin", "goodbye"),
}
VERBS = list(supervised.RECORDS)


def fresh() -> Dialogue:
    return Dialogue(LINE, understands(LINE), model=True)


def call() -> ScriptedCall:
    return ScriptedCall(fresh())


def does(made: ScriptedCall, step: str) -> None:
    """One step of a script: what the caller says, or what others do."""
    word, _, verb = step.partition(" ")
    transfer = f"h{made.dialogue.state.transfers}"
    match word:
        case "begin":
            made.post(CallBegan(0, "+14155550101", MONDAY_NOON.replace(hour=20), reach=("support",)))
        case "wants":
            number = 1 + sum(event.kind in supervised.RECORDS.values() for event in made.log)
            wish = SupervisorWants(made.at_ms, verb, "ada", f"v{number}", "Some words.", "support")  # type: ignore[arg-type]
            made.post(wish)
        case "model":
            waiting = made.dialogue.state.waiting
            if isinstance(waiting, Replying):
                made.post(ModelSaid(made.at_ms, waiting.call, "We have"))
        case "tool":
            waiting = made.dialogue.state.waiting
            back = waiting.back if isinstance(waiting, Held) else waiting
            if isinstance(back, Calling):
                made.post(ToolReturned(made.at_ms, back.call, ok=True))
        case "place":
            made.post(TransferNews(made.at_ms, transfer, "waiting", position=2, wait_s=60, callback=True))
        case "found" | "connected" | "back" | "nobody":
            made.post(TransferNews(made.at_ms, transfer, word, agent="Ana", at_once=True))
        case _:
            made.hears(step)


def is_told(made: ScriptedCall) -> bool:
    """Whether the log brings another dialogue to the same point; what a hidden tool result holds comes later."""
    again = fresh()
    replay(again, made.log)
    mine = made.dialogue.state
    waiting = replace(mine.waiting, came=None) if isinstance(mine.waiting, Held) else mine.waiting
    return again.state == replace(mine, waiting=waiting)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_a_wish_in_any_state_is_met_and_on_record_or_changes_nothing(state, verb):
    made = call()
    for step in STATES[state]:
        does(made, step)
    before, log = made.dialogue.state, len(made.log)
    does(made, f"wants {verb}")
    met = any(event.kind == supervised.RECORDS[verb] for event in made.log[log:])
    if not met:
        assert ignored(made.actions)
        assert made.dialogue.state == before
    if isinstance(before.waiting, Nobody | Over | Elsewhere):
        assert not met
    assert is_told(made)


@pytest.mark.parametrize("state", STATES)
def test_after_take_over_and_hand_back_the_caller_is_served_in_any_state(state):
    made = call()
    for step in STATES[state]:
        does(made, step)
    if isinstance(made.dialogue.state.waiting, Nobody | Over | Elsewhere):
        return
    for step in ("wants take_over", "hello", "tool", "wants hand_back", "tool"):
        does(made, step)
    does(made, "status")
    assert made.actions
    assert not isinstance(made.dialogue.state.waiting, Held)
    assert is_told(made)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([state for state in STATES if state != "not begun"]),
    st.lists(
        st.sampled_from(
            [
                *(f"wants {verb}" for verb in VERBS), "status", "secret", "message", "refund", "keys 12345", "yes",
                "no", "noise", "silence 1", "what about zips", "model", "tool", "place", "found", "connected", "back",
                "nobody", "never mind", "resume", "call me back",
            ]
        ),
        max_size=12,
    )
)  # fmt: skip
def test_whatever_happens_the_log_tells_it_and_a_held_caller_is_let_go(state, steps):
    made = call()
    for step in (*STATES[state], *steps):
        does(made, step)
        assert is_told(made), step
    waiting = made.dialogue.state.waiting
    if isinstance(waiting, Held):
        does(made, f"wants {'hand_back' if waiting.taken else 'release'}")
        assert not isinstance(made.dialogue.state.waiting, Held)
