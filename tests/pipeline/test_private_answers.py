"""Answers that a line wants kept nowhere: in no event, no partial, no read-back, no tool's record, no recording."""

from typing import Any

import pytest

from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.silencing import Silencing
from recordings.events import Event
from recordings.keeping import Keeping
from recordings.private_answers import mask_of, masked
from tests.fakes.dialogue import ScriptedCall
from tests.fakes.northfield import NOON
from tests.fakes.small_line import found_in, small_line, understands

pytestmark = pytest.mark.unit

ADDRESS = "twelve elm street springfield"
ASK = '{slot: address, kind: text, redact: true, prompt: "Where to?", read_back: "To {address}, right?"}'
FLOWS = f"""
    move:
      about: your new address
      steps:
        - ask: {ASK}
        - tool: {{name: send, arguments: {{to: "{{address}}"}}, save_as: sent}}
        - say: Done.
"""
MORE = "tools: [{name: send, runs: test.send}]"


class Log:
    """Keeps events as a call's log does."""

    def __init__(self, kinds: tuple[Any, ...] = ()) -> None:
        self.keeping = Keeping(kinds)
        self.events: dict[int, Event] = {}

    def take(self, event: Event) -> None:
        kept = self.keeping.kept(event.seq, event.at_ms, event.kind, event.data)
        self.events[event.seq] = Event("local", "CA1", event.seq, event.at_ms, "", event.kind, kept.data)
        for seq, at_ms, data in kept.amended:
            self.events[seq] = Event("local", "CA1", seq, at_ms, "", "caller.said", data)


def call_of() -> ScriptedCall:
    line = small_line(FLOWS, MORE)
    call = ScriptedCall(Dialogue(line, understands(line)), tools={"send": lambda arguments: {"sent": arguments["to"]}})
    call.begin(NOON)
    return call


def kept(call: ScriptedCall, *, kinds: tuple[Any, ...] = ()) -> Log:
    log = Log(kinds)
    for event in call.log:
        log.take(event)
    return log


@pytest.mark.parametrize("kinds", [(), ("card", "ssn")])
def test_an_address_stands_in_no_event_before_or_after_it_is_known(kinds):
    call = call_of()
    call.hears("move")
    assert call.hears(ADDRESS) == [f"To {ADDRESS}, right?"]
    assert call.hears("yes")[0] == "Done."
    log = kept(call, kinds=kinds)
    assert "elm" not in repr(log.events)
    said = [event.data["text"] for event in log.events.values() if event.kind == "caller.said"]
    assert said == ["move", "[address]", "yes"]
    (called,) = [event for event in log.events.values() if event.kind == "tool.called"]
    assert called.data["arguments"] == {"to": "[address]"}


def test_the_dialogue_has_the_address_and_the_tool_gets_it():
    call = call_of()
    call.hears("move")
    call.hears(ADDRESS)
    call.hears("yes")
    assert call.dialogue.state.facts["sent"] == {"sent": ADDRESS}


def test_an_address_that_was_refused_is_not_kept_either():
    call = call_of()
    for line in ("move", ADDRESS, "no", "fourteen oak road", "yes"):
        call.hears(line)
    assert "elm" not in repr(kept(call).events)
    assert "oak" not in repr(kept(call).events)


def test_what_is_no_answer_stays_as_it_was_said():
    call = call_of()
    for line in ("move", "can i talk to a person please"):
        call.hears(line)
    assert "person please" in repr(kept(call).events)


def test_where_the_recording_held_it_is_silenced_for_the_caller_and_for_the_read_back():
    call = call_of()
    call.hears("move")
    call.hears(ADDRESS)
    log = kept(call)
    silenced: list[tuple[int, int]] = []

    class Audio:
        def silence(self, channel: int, start_ms: int, end_ms: int) -> None:
            silenced.append((start_ms, end_ms))

    silencing = Silencing(Audio())  # type: ignore[arg-type]  # of it only this is used
    for event in log.events.values():
        silencing(event)
    said = next(event for event in call.log if event.kind == "caller.said" and event.data["text"] == ADDRESS)
    assert any(start <= said.data["start_ms"] and end >= said.data["end_ms"] for start, end in silenced)
    heard = next(event for event in call.log if event.kind == "assistant.heard" and ADDRESS in event.data["heard_text"])
    assert any(start <= heard.data["start_ms"] and end >= heard.data["end_ms"] for start, end in silenced)


def test_the_beginning_of_a_read_back_that_was_cut_off_is_masked():
    log, data = Log(), {"utterance": "a1", "start_ms": 0, "end_ms": 9, "complete": False}
    log.take(Event("local", "CA1", 1, 0, "", "answer.hidden", {"turn": "t1", "slot": "address", "hidden": ADDRESS}))
    log.take(Event("local", "CA1", 2, 0, "", "assistant.heard", {**data, "heard_text": "To twelve elm"}))
    assert log.events[2].data["heard_text"] == "To [address]"


def test_partial_words_are_not_kept_while_it_is_expected():
    log = Log()
    expects: dict[str, Any] = {"expecting": "text", "keys": False}
    log.take(Event("local", "CA1", 1, 0, "", "assistant.expects", {**expects, "private": True}))
    log.take(Event("local", "CA1", 2, 0, "", "caller.partial", {"text": "twelve elm"}))
    log.take(Event("local", "CA1", 3, 0, "", "assistant.expects", expects))
    log.take(Event("local", "CA1", 4, 0, "", "caller.partial", {"text": "hello"}))
    assert (log.events[2].data["text"], log.events[4].data["text"]) == ("", "hello")


def test_a_call_that_is_resumed_does_not_have_the_address_and_says_nothing_twice():
    call = call_of()
    call.hears("move")
    call.hears(ADDRESS)
    line = small_line(FLOWS, MORE)
    again = Dialogue(line, understands(line))
    assert replay(again, tuple(kept(call).events.values())).unrecorded == ()
    assert ADDRESS not in repr(again.state)
    assert masked({"to": "[address]"}, frozenset({mask_of("address")}))


def test_a_mask_is_never_given_to_a_tool():
    assert masked({"a": ["x", {"b": "see [address]"}]}, frozenset({mask_of("address")}))
    assert not masked({"a": ["x", 3, None]}, frozenset({mask_of("address")}))


def test_only_what_is_said_freely_is_kept_out_by_slot():
    (found,) = found_in('a_flow: {about: it, steps: [{ask: {slot: it, kind: yes_no, redact: true, prompt: "Yes?"}}]}')
    assert "redacted by slot" in found.what
