"""Answers that a line wants kept nowhere: in no event, no partial, no read-back, no tool's record, no recording."""

from typing import Any

import pytest

from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.silencing import Silencing
from recordings.events import Event
from recordings.keeping import Keeping
from recordings.private_answers import mask_of, masked
from recordings.wav import CALLER, HEARD
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
        for one in kept.amended:
            self.events[one.seq] = Event("local", "CA1", one.seq, one.at_ms, "", one.kind, one.data)


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


def said(seq: int, text: str, start_ms: int = 0, end_ms: int = 900) -> Event:
    data = {"utterance": f"c{seq}", "text": text, "via": "speech", "start_ms": start_ms, "end_ms": end_ms}
    return Event("local", "CA1", seq, end_ms, "", "caller.said", {**data, "confidence": 1.0, "alternatives": [text]})


def heard(seq: int, text: str, start_ms: int = 0, end_ms: int = 900) -> Event:
    data = {"utterance": f"a{seq}", "heard_text": text, "start_ms": start_ms, "end_ms": end_ms, "complete": True}
    return Event("local", "CA1", seq, end_ms, "", "assistant.heard", data)


def hidden(seq: int, answer: str = ADDRESS) -> Event:
    return Event("local", "CA1", seq, 9000, "", "answer.hidden", {"turn": "t1", "slot": "address", "hidden": answer})


def test_what_was_said_and_read_back_before_the_answer_was_known_is_taken_back_and_silenced():
    log = Log()
    log.take(Event("local", "CA1", 1, 400, "", "caller.partial", {"text": "please change my address to twelve elm"}))
    log.take(said(2, "Please change my address to 12 Elm Street, Springfield.", 1000, 2000))
    log.take(heard(3, "To twelve elm street springfield?", 3000, 4000))
    log.take(said(4, "what are your hours", 5000, 5500))
    log.take(said(5, ADDRESS, 6000, 7000))
    log.take(hidden(6))
    assert "elm" not in repr(log.events).casefold()
    assert log.events[1].data["text"] == "please change my address to [address]"
    assert log.events[2].data["text"] == "Please change my address to [address]."
    assert log.events[2].data["alternatives"] == []
    assert log.events[3].data["heard_text"] == "To [address]?"
    assert log.events[4].data == said(4, "what are your hours", 5000, 5500).data
    assert sorted(log.events[6].data["silenced"]) == [[800, 2200], [5800, 7200]]
    assert log.events[6].data["silenced_heard"] == [[2800, 4200]]
    silenced: list[tuple[int, int, int]] = []

    class Audio:
        def silence(self, channel: int, start_ms: int, end_ms: int) -> None:
            silenced.append((channel, start_ms, end_ms))

    Silencing(Audio())(log.events[6])
    assert sorted(silenced) == [(CALLER, 800, 2200), (CALLER, 5800, 7200), (HEARD, 2800, 4200)]


def test_what_is_said_later_in_other_writing_is_not_kept_with_its_alternatives():
    log = Log()
    log.take(hidden(1))
    later = said(2, "This is Ann of Twelve Elm Street, Springfield", 9000, 9900)
    log.take(Event("local", "CA1", 2, 9900, "", "caller.said", {**later.data, "alternatives": ["twelve helm street"]}))
    log.take(
        Event("local", "CA1", 3, 9900, "", "message.taken", {"turn": "t9", "text": "Ann, 12 Elm Street Springfield"})
    )
    assert "elm" not in repr(log.events).casefold()
    assert log.events[2].data["silenced"] == [[8800, 10100]]


def test_an_address_that_the_caller_gave_with_the_wish_stands_nowhere():
    call = call_of()
    for line in (f"move please to {ADDRESS}", ADDRESS, "yes"):
        call.hears(line)
    assert "elm" not in repr(kept(call).events)


def test_what_was_taken_back_stays_so_when_a_card_is_found_in_the_same_words():
    log = Log(("card",))
    log.take(said(1, f"{ADDRESS} four one one one one one one one"))
    log.take(hidden(2))
    log.take(said(3, "one one one one one one one one"))
    assert log.events[1].data["text"] == "[address]"
    assert "elm" not in repr(log.events)


def test_a_resumed_call_takes_back_what_was_said_before_it_was_cut():
    log = Log()
    before = said(1, f"change it to {ADDRESS}")
    log.take(before)
    log.keeping = Keeping(())
    log.keeping.recall([(before.seq, before.at_ms, before.kind, before.data)])
    log.take(said(2, ADDRESS))
    log.take(hidden(3))
    assert log.events[1].data["text"] == "change it to [address]"


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

    silencing = Silencing(Audio())
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


def test_a_part_of_it_that_the_caller_says_again_or_said_before_is_masked_and_silenced():
    call = call_of()
    call.hears("i live on elm street")
    call.hears("move")
    call.hears(ADDRESS)
    call.hears("yes")
    call.hears("it was street springfield, not road")
    log = kept(call)
    assert "elm" not in repr(log.events)
    again = [event.data for event in log.events.values() if event.kind == "caller.said"]
    assert (again[0]["text"], again[-1]["text"]) == ("i live on [address]", "it was [address], not road")
    assert again[-1]["silenced"]
