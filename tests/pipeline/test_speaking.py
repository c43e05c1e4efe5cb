"""The assistant's voice on its way out: every announced utterance is once reported heard."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from pipeline.assistant.actions import Say
from pipeline.drive import CallClock
from pipeline.speaking import Speaking
from telephony.double import virtual_time
from voice.playout_events import Heard

pytestmark = pytest.mark.unit

SECOND = b"\x20" * 8000


class Tap:
    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """Nothing is kept."""


class Bench:
    """A Speaking whose carrier plays what it is sent, and gives marks back when it is told to."""

    def __init__(self) -> None:
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.heard: list[Heard] = []
        self.quiet: list[int] = []
        self.voice: list[bool] = []
        self.react: Callable[[Heard], None] = lambda _heard: None
        clock = CallClock()
        clock.start()
        self.speaking = Speaking(clock, self, Tap(), lambda _name, _may: None, self._hear, self.quiet.append)
        self.speaking.on_voice(self.voice.append)

    def _hear(self, heard: Heard) -> None:
        self.heard.append(heard)
        self.react(heard)

    def record(self, kind: str, at_ms: int, **data: Any) -> None:
        self.log.append((kind, data))

    def say(self, *utterances: str) -> None:
        for utterance in utterances:
            self.speaking.announce(Say(utterance, "t1", f"This is {utterance} speaking.", "reply"))

    def voiced(self, context: str, ulaw: bytes = SECOND) -> None:
        self.speaking.begin(context)
        if ulaw:
            self.speaking.audio(context, ulaw)
        self.speaking.end(context)

    @property
    def outcome(self) -> list[tuple[str, bool]]:
        return [(heard.utterance, heard.complete) for heard in self.heard]


def bench(script: Callable[[Bench], Any]) -> Bench:
    made: list[Bench] = []

    async def run() -> None:
        made.append(Bench())
        await script(made[0])
        made[0].speaking.close()

    virtual_time.run(run())
    return made[0]


def test_utterances_are_heard_in_order_and_then_it_is_quiet_once():
    async def script(on: Bench) -> None:
        on.say("a1", "a2")
        on.voiced("a1")
        on.voiced("a2")
        await asyncio.sleep(5)

    on = bench(script)
    assert on.outcome == [("a1", True), ("a2", True)]
    assert len(on.quiet) == 1
    assert on.voice == [True, False]
    assert [kind for kind, _ in on.log] == ["assistant.speaks"] * 2 + ["assistant.heard"] * 2


def test_an_utterance_without_audio_is_reported_unheard():
    async def script(on: Bench) -> None:
        on.say("a1")
        on.voiced("a1", b"")
        await asyncio.sleep(5)
        assert on.speaking.quiet

    on = bench(script)
    assert on.outcome == [("a1", False)]
    assert on.heard[0].heard_text == ""
    assert on.voice == []


def test_a_voice_that_fails_drops_what_waits_and_is_reported_when_what_it_made_was_heard():
    async def script(on: Bench) -> None:
        on.say("a1", "a2", "a3")
        on.voiced("a1")
        on.speaking.begin("a2")
        on.speaking.audio("a2", SECOND[:800])
        on.speaking.fail("a2")
        assert on.outcome == [("a3", False)], "a3 was never begun"
        on.voiced("a3")  # it was on its way
        await asyncio.sleep(5)
        assert on.speaking.quiet

    on = bench(script)
    assert on.outcome == [("a3", False), ("a1", True), ("a2", False)]
    assert [heard.failed for heard in on.heard] == [False, False, True]
    assert [data.get("failed") for kind, data in on.log if kind == "assistant.heard"] == [None, None, True]


def test_what_is_said_in_answer_to_a_failure_is_not_dropped_with_it():
    async def script(on: Bench) -> None:
        on.react = lambda heard: on.say("sorry") if heard.failed else None
        on.say("a1")
        on.speaking.begin("a1")
        on.speaking.fail("a1")
        on.voiced("sorry")
        await asyncio.sleep(5)

    on = bench(script)
    assert on.outcome == [("a1", False), ("sorry", True)]
    assert len(on.quiet) == 1, "it was never quiet in between"


def test_a_failure_of_what_was_interrupted_changes_nothing():
    async def script(on: Bench) -> None:
        on.say("a1")
        on.speaking.begin("a1")
        on.speaking.interrupt()
        on.say("a2")
        on.speaking.fail("a1")
        on.voiced("a2")
        await asyncio.sleep(5)

    assert bench(script).outcome == [("a1", False), ("a2", True)]


def test_an_interruption_ends_all_that_was_announced_and_nothing_that_comes_later():
    async def script(on: Bench) -> None:
        on.say("a1", "a2")
        on.voiced("a1")
        await asyncio.sleep(0.5)
        on.speaking.interrupt()
        assert on.outcome == [("a1", False), ("a2", False)]
        on.say("a3")
        on.speaking.audio("a1", SECOND)  # it was on its way
        on.voiced("a2")
        on.voiced("a3")
        await asyncio.sleep(5)

    on = bench(script)
    assert on.outcome == [("a1", False), ("a2", False), ("a3", True)]
    assert len(on.quiet) == 2


def test_contexts_of_a_stock_voice_are_utterances_in_their_order():
    async def script(on: Bench) -> None:
        on.say("a1", "a2")
        on.voiced("x")
        on.voiced("y")  # while a1 is playing
        await asyncio.sleep(5)
        on.say("a3")
        on.voiced("z")
        on.voiced("nobody's")
        await asyncio.sleep(5)

    assert bench(script).outcome == [("a1", True), ("a2", True), ("a3", True)]


def test_a_stream_that_ends_reports_what_of_its_speech_was_heard():
    async def script(on: Bench) -> None:
        on.say("a1", "a2")
        on.voiced("a1")
        await asyncio.sleep(0.5)

    on = bench(script)
    assert on.outcome == [("a1", False), ("a2", False)]


def test_a_voice_that_tells_its_words_makes_what_was_heard_exact():
    async def script(on: Bench) -> None:
        say = Say("a1", "t1", "One extraordinarily long word  and three short ones.", "reply")
        on.speaking.announce(say)
        on.speaking.begin("a1")
        on.speaking.audio("a1", SECOND, "One")
        on.speaking.audio("a1", SECOND, "")
        on.speaking.audio("a1", SECOND, "extraordinarily long")
        on.speaking.audio("a1", SECOND, "word and")
        on.speaking.end("a1")
        await asyncio.sleep(3.02)
        on.speaking.interrupt()

    on = bench(script)
    assert on.heard[0].heard_text == "One extraordinarily long"
    assert not on.heard[0].complete


def test_words_that_the_voice_did_not_tell_are_said_at_the_end():
    async def script(on: Bench) -> None:
        on.say("a1")
        on.speaking.begin("a1")
        on.speaking.audio("a1", SECOND, "This is")
        on.speaking.end("a1")
        await asyncio.sleep(5)

    on = bench(script)
    assert on.heard[0].heard_text == "This is a1 speaking."
    assert on.heard[0].complete


def test_a_voice_that_tells_its_words_and_breaks_has_failed_at_the_words_that_it_did_not_reach():
    async def script(on: Bench) -> None:
        on.say("a1")
        on.speaking.begin("a1")
        on.speaking.audio("a1", SECOND, "This is")
        on.speaking.fail("a1")
        await asyncio.sleep(5)

    on = bench(script)
    assert (on.heard[0].heard_text, on.heard[0].complete, on.heard[0].failed) == ("This is", False, True)
