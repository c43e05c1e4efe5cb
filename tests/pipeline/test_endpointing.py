"""How long the gate waits, by what Endpointing was told."""

import asyncio

import pytest

from pipeline.assistant.actions import Expect
from pipeline.assistant.languages.language import PARSERS
from pipeline.endpointing import Endpointing
from pipeline.hearing import Hearing, HearingOutput, SpeechOver, SpeechPauses
from telephony.ports import Audio
from tests.fakes.office import SPEECH, virtually
from voice.audio import ulaw_frames, ulaw_to_pcm
from voice.endpoint import COMPLETE_MS, KIND_MS, PARTIAL_MS
from voice.vad import SpeechEnded, SpeechGate

pytestmark = pytest.mark.unit

QUIET = b"\xff" * 160
YES_NO = Expect("yes_no", "yes_no", 1, 1)
FIVE = Expect("digits", "digits.order", 5, 5)
OPEN = Expect("open", "open", 1, 5)


def _spoken() -> bytes:
    """The sample without the silence at its end: as far as the gate hears voice."""
    gate, at_ms = SpeechGate(), 0
    for frame in ulaw_frames(SPEECH[: len(SPEECH) // 160 * 160] + QUIET * 50):
        for event in gate.process(ulaw_to_pcm(frame), at_ms):
            if isinstance(event, SpeechEnded):
                return SPEECH[: event.at_ms * 8]
        at_ms += 20
    raise AssertionError("the sample has no end")


SPOKEN = _spoken()


class Nowhere:
    def caller(self, at_ms: int, ulaw: bytes) -> None:
        pass


class Votes:
    """Votes this, when it may."""

    def __init__(self, chance: float | None) -> None:
        self.chance = chance
        self.heard_ms: list[int] = []
        self.may = asyncio.Event()

    async def vote(self, pcm: bytes, deadline_ms: int) -> float | None:
        del deadline_ms
        self.heard_ms.append(len(pcm) // 16)
        await self.may.wait()
        return self.chance


class Call:
    """A gate that hears, and what it waits for."""

    def __init__(self, tasks: asyncio.TaskGroup, vote: Votes | None = None) -> None:
        self.gate = SpeechGate()
        self.hearing = Hearing(self.gate, Nowhere(), "speech", lambda _timestamp_ms: 0)
        self.endpointing = Endpointing(self.hearing, vote, tasks)
        self.out: list[HearingOutput] = []
        self.hearing.on_output(self.out.append)
        self.at_ms = 0
        self.play(QUIET * 50)

    def expect(self, wanted: Expect, answers: frozenset[str] = frozenset()) -> None:
        self.endpointing.expect(wanted, answers, PARSERS)

    def play(self, ulaw: bytes) -> None:
        for start in range(0, len(ulaw), 160):
            self.hearing.audio(Audio(ulaw[start : start + 160], self.at_ms))
            self.at_ms += 20

    def speak(self) -> None:
        """Say something, and pause until the pause is told of."""
        self.play(SPOKEN)
        self.play(QUIET * 5)
        assert self.pauses[-1].at_ms >= self.at_ms - 140

    def words(self, text: str) -> None:
        self.endpointing.words(text, self.pauses[-1].at_ms, settled=True)

    def over_after_ms(self) -> int:
        """Be quiet until speech is over: how long the pause was then."""
        for _ in range(150):
            if isinstance(self.out[-1], SpeechOver):
                break
            self.play(QUIET)
        assert isinstance(self.out[-1], SpeechOver)
        return self.at_ms - self.out[-1].at_ms

    @property
    def pauses(self) -> list[SpeechPauses]:
        return [output for output in self.out if isinstance(output, SpeechPauses)]

    @property
    def wait_ms(self) -> int:
        return self.gate.hangover_ms


@virtually
async def test_an_expected_answer_ends_the_turn_as_soon_as_its_words_are_there():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(YES_NO, frozenset({"yes"}))
        call.speak()
        call.words("yes")
        assert call.wait_ms == COMPLETE_MS["yes_no"]
        assert call.over_after_ms() == COMPLETE_MS["yes_no"]


@virtually
async def test_a_number_that_is_not_complete_is_waited_for():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(FIVE)
        call.speak()
        call.words("four seven one")
        assert call.over_after_ms() == PARTIAL_MS["digits"]


@virtually
async def test_without_words_each_kind_of_question_has_its_wait():
    async with asyncio.TaskGroup() as tasks:
        for wanted in (YES_NO, FIVE, OPEN):
            call = Call(tasks)
            call.expect(wanted)
            assert call.wait_ms == KIND_MS[wanted.kind]


@virtually
async def test_what_was_found_at_one_pause_does_not_count_for_the_next():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(FIVE)
        call.speak()
        call.words("four seven one two nine")
        call.over_after_ms()
        call.play(SPOKEN[: len(SPOKEN) // 3])
        assert call.wait_ms == KIND_MS["digits"]


@virtually
async def test_words_that_come_while_the_caller_speaks_wait_for_the_pause():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(OPEN)
        call.play(SPOKEN[: len(SPOKEN) // 2])
        call.endpointing.words("my number is", call.at_ms, settled=True)
        assert not call.endpointing.eager
        assert call.wait_ms == KIND_MS["open"]


@virtually
async def test_what_is_free_may_begin_at_a_pause_after_whole_words_and_not_after_others():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(OPEN)
        call.speak()
        assert not call.endpointing.eager
        call.words("where is my order")
        assert call.endpointing.eager
        call.words("where is my order and")
        assert not call.endpointing.eager
        call.words("where is my order")
        call.over_after_ms()
        assert not call.endpointing.eager


@virtually
async def test_the_vote_is_asked_once_where_words_do_not_decide_and_changes_the_wait_when_it_comes():
    votes = Votes(0.01)
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks, votes)
        call.expect(OPEN)
        call.speak()
        await asyncio.sleep(0)
        call.words("where is my order")
        before_ms = call.wait_ms
        votes.may.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(votes.heard_ms) == len(call.pauses)
        assert votes.heard_ms[-1] >= len(SPOKEN) // 8 - 300
        assert call.wait_ms > before_ms


@virtually
async def test_the_vote_is_not_asked_where_a_number_is_expected():
    votes = Votes(0.99)
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks, votes)
        call.expect(FIVE)
        call.speak()
        await asyncio.sleep(0)
        assert votes.heard_ms == []


@virtually
async def test_a_vote_on_a_pause_that_is_over_changes_nothing():
    votes = Votes(0.01)
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks, votes)
        call.expect(OPEN)
        call.speak()
        await asyncio.sleep(0)
        call.play(SPOKEN[len(SPOKEN) // 3 : len(SPOKEN) // 2])
        before_ms = call.wait_ms
        votes.may.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert call.wait_ms == before_ms


@virtually
async def test_a_stream_that_ends_waits_for_no_vote():
    votes = Votes(0.5)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        call = Call(tasks, votes)
        call.expect(OPEN)
        call.speak()
        await asyncio.sleep(0)
        call.endpointing.close()


@virtually
async def test_a_steps_own_wait_is_kept_to():
    async with asyncio.TaskGroup() as tasks:
        call = Call(tasks)
        call.expect(Expect("digits", "v", 5, 5, wait_ms=1700))
        call.speak()
        call.words("four seven one two nine")
        assert call.over_after_ms() == 1700
