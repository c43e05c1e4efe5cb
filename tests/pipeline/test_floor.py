"""The caller's side of the floor: speech, words and keys become turns, in the order in which they matter."""

import asyncio
from typing import Any

import pytest

from pipeline.assistant.actions import Expect
from pipeline.assistant.events import CallerSilent, CallerTurn, CallerUnheard
from pipeline.drive import CallClock
from pipeline.floor import Floor, Interrupted
from pipeline.hearing import SpeechBegan, SpeechGoesOn, SpeechOver, SpeechPauses, SpeechResembles
from telephony.double import virtual_time
from voice.stt.port import EagerEnd, Hypothesis, ProviderSwitched, Transcript, TurnGoesOn, Unrecognised

pytestmark = pytest.mark.unit

DIGITS = Expect("digits", "v", 5, 5)


class Unhurried:
    """Keeps no pace."""

    def endpoint(self, caller_end_ms: int) -> None:
        pass

    def transcript(self) -> None:
        pass

    def floor(self, holder: str) -> None:
        pass


class Bench:
    """A floor, and all that comes out of it in one list."""

    def __init__(self) -> None:
        self.out: list[object] = []
        self.foreseen: list[str] = []
        self.holders: list[str] = []
        self.words: list[tuple[str, int, bool]] = []
        self.eager = True
        self.pace = Unhurried()
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.clock = CallClock()
        self.clock.start()
        self.floor = Floor(self.clock, self, "en", 3, self)
        self.floor.on_output(self.out.append)

    def record(self, kind: str, at_ms: int, **data: Any) -> None:
        self.log.append((kind, data))

    def hold(self) -> None:
        self.out.append("hold")

    def resume(self) -> None:
        self.out.append("resume")

    def words_so_far(self, text: str, until_ms: int, *, settled: bool) -> None:
        self.words.append((text, until_ms, settled))

    def foresee(self, turn: CallerTurn | None) -> None:
        self.foreseen.append("" if turn is None else turn.text)

    def turn_ended(self) -> None:
        self.out.append("turn ended")

    def hush(self) -> None:
        self.out.append("hush")

    def floor_is(self, holder: str) -> None:
        self.holders.append(holder)

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.log]


def test_words_become_a_turn_with_all_its_readings():
    async def script() -> None:
        on = Bench()
        on.floor.expect(DIGITS)
        on.floor.heard(SpeechBegan(100, 100))
        on.floor.heard(SpeechOver(900))
        on.floor.transcript(Transcript("one two", False, 100, 500))
        readings = (Hypothesis("one two three", 0.9), Hypothesis("one two free", 0.4))
        on.floor.transcript(Transcript("one two three", True, 100, 900, 0.9, readings))
        (turn,) = on.out
        assert isinstance(turn, CallerTurn)
        assert (turn.utterance, turn.text, turn.via) == ("c3", "one two three", "speech")
        assert turn.alternatives == ("one two three", "one two free")
        assert (turn.start_ms, turn.end_ms) == (100, 900)
        on.floor.close()

    virtual_time.run(script())


def test_who_interrupts_silences_the_assistant_before_what_was_said_is_answered():
    async def script() -> None:
        on = Bench()
        on.floor.expect(Expect("menu", "v", 1, 1, keys=True))
        on.floor.assistant_began("a1", interruptible=True)
        on.floor.key("3")
        hush, interrupted, turn = on.out
        assert hush == "hush"
        assert interrupted == Interrupted()
        assert isinstance(turn, CallerTurn)
        assert turn.text == "3"
        on.floor.close()

    virtual_time.run(script())


def test_what_a_sound_resembles_decides_whether_the_assistant_is_held():
    async def scene():
        on = Bench()
        on.floor.assistant_began("a1", interruptible=True)
        on.floor.heard(SpeechBegan(100, 100, 1.0, judged=True))
        assert on.out == []
        on.floor.heard(SpeechResembles(240, 140, 5.0))
        on.floor.heard(SpeechResembles(420, 320, -5.0))
        assert on.out == ["hold", "resume"]

    virtual_time.run(scene())


def test_what_must_be_heard_is_not_silenced():
    async def script() -> None:
        on = Bench()
        on.floor.assistant_began("a1", interruptible=False)
        on.floor.heard(SpeechBegan(0, 0))
        on.floor.heard(SpeechGoesOn(300, 700))
        assert on.out == []
        on.floor.close()

    virtual_time.run(script())


def test_keys_that_stop_too_early_are_unheard_and_the_rest_is_asked_for():
    async def script() -> None:
        on = Bench()
        on.floor.expect(DIGITS)
        on.floor.assistant_quiet(on.clock.now_ms())
        for digit in "123":
            on.floor.key(digit)
        await asyncio.sleep(4)
        (unheard,) = on.out
        assert isinstance(unheard, CallerUnheard)
        assert unheard.reason == "incomplete"
        assert on.kinds().count("caller.pressed") == 3
        on.floor.close()

    virtual_time.run(script())


def test_a_recogniser_in_trouble_is_told_as_such():
    async def script() -> None:
        on = Bench()
        on.floor.expect(DIGITS)
        on.floor.heard(SpeechBegan(0, 0))
        on.floor.heard(SpeechOver(800))
        on.floor.unrecognised(Unrecognised("busy", 0, 800))
        (unheard,) = on.out
        assert isinstance(unheard, CallerUnheard)
        assert unheard.reason == "busy"
        on.floor.close()

    virtual_time.run(script())


def test_silence_is_told_once_and_again_only_after_the_next_question():
    async def script() -> None:
        on = Bench()
        on.floor.expect(Expect("open", "v", no_input_ms=7000))
        on.floor.assistant_quiet(on.clock.now_ms())
        await asyncio.sleep(20)
        assert [type(each) for each in on.out] == [CallerSilent]
        on.floor.expect(Expect("open", "v", no_input_ms=7000))
        await asyncio.sleep(8)
        assert [each.count for each in on.out if isinstance(each, CallerSilent)] == [1, 2]
        on.floor.close()

    virtual_time.run(script())


def test_after_its_stream_is_gone_a_floor_is_silent():
    async def script() -> None:
        on = Bench()
        on.floor.expect(Expect("open", "v", no_input_ms=7000))
        on.floor.assistant_quiet(on.clock.now_ms())
        on.floor.close()
        await asyncio.sleep(20)
        assert on.out == []

    virtual_time.run(script())


def test_an_utterance_begins_where_speech_did_not_where_its_pre_roll_did():
    async def script() -> None:
        on = Bench()
        on.floor.expect(DIGITS)
        on.floor.heard(SpeechBegan(1000, 1000))
        on.floor.heard(SpeechOver(1800))
        on.floor.transcript(Transcript("one two three", True, 700, 1800, 0.9))
        (turn,) = on.out
        assert isinstance(turn, CallerTurn)
        assert (turn.start_ms, turn.end_ms) == (1000, 1800)
        on.floor.close()

    virtual_time.run(script())


def test_what_a_recogniser_says_of_turns_is_passed_on():
    async def script() -> None:
        on = Bench()
        on.floor.heard(SpeechBegan(100, 100))
        on.floor.result(EagerEnd(700, "where is it", 0.6))
        on.floor.result(TurnGoesOn(800))
        on.floor.result(ProviderSwitched(800, "flux", "deepgram", "silent", 900))
        on.floor.result(Transcript("where is it now", True, 100, 1200, 0.9, ends_turn=True))
        assert on.foreseen == ["where is it", ""]
        assert on.out == ["turn ended"]
        switched = dict(on.log)["provider.switched"]
        assert switched == {"port": "stt", "from": "flux", "to": "deepgram", "reason": "silent"}
        on.floor.close()

    virtual_time.run(script())


def test_words_are_foreseen_where_the_turn_is_probably_over_and_only_there():
    async def script() -> None:
        on = Bench()
        on.eager = False
        on.floor.heard(SpeechBegan(100, 100))
        on.floor.result(Transcript("my order", False, 100, 500))
        assert on.foreseen == []
        on.eager = True
        on.floor.heard(SpeechPauses(700))
        on.floor.result(Transcript("my order is", False, 100, 700, settled=True))
        assert on.foreseen == ["my order", "my order is"]
        assert on.words == [("my order", 500, False), ("my order is", 700, True)]
        on.floor.close()

    virtual_time.run(script())


def test_what_was_begun_for_an_acknowledgement_is_thrown_away():
    async def script() -> None:
        on = Bench()
        on.floor.assistant_began("a1", interruptible=True)
        on.floor.heard(SpeechBegan(100, 100))
        on.floor.transcript(Transcript("okay", False, 100, 400))
        on.floor.heard(SpeechOver(400))
        on.floor.transcript(Transcript("okay", True, 100, 400, 0.9))
        assert "caller.backchannelled" in on.kinds()
        assert on.foreseen == ["okay", ""]
        on.floor.close()

    virtual_time.run(script())
