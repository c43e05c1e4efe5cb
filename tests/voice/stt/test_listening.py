"""One caller's side, over an engine that the test plays."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest

from voice.stt.listening import Listening, Utterance
from voice.stt.port import Expectation, Hypothesis, Transcript, Unrecognised

pytestmark = pytest.mark.unit

YES = (Hypothesis("yes", 0.9), Hypothesis("yet", 0.2))


class Engine:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.utterances: list[Utterance] = []
        self.dropped: list[Utterance] = []

    def submit(self, utterance: Utterance) -> None:
        self.utterances.append(utterance)

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        utterance.audio += pcm

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        utterance.ended = True

    def drop(self, utterance: Utterance) -> None:
        self.dropped.append(utterance)


def played(work: Callable[[Listening, Engine], Awaitable[None]]) -> None:
    async def play() -> None:
        engine = Engine()
        await work(Listening(engine), engine)

    asyncio.run(play())


def test_a_result_carries_the_instants_of_its_utterance() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(100)
        listening.write(bytes(320), 100)
        listening.speech_ended(120, 500)
        engine.utterances[0].on_done(YES)
        assert await anext(aiter(listening)) == Transcript("yes", True, 100, 120, 0.9, YES)

    played(work)


def test_no_result_comes_before_the_end_of_speech_was_told() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        engine.utterances[0].on_done("late")
        waiting = asyncio.ensure_future(anext(aiter(listening)))
        await asyncio.sleep(0)
        assert not waiting.done()
        listening.speech_ended(50, 500)
        assert await waiting == Unrecognised("late", 0, 50)

    played(work)


def test_a_later_utterance_waits_for_the_earlier_ones_result() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        for start in (0, 1000):
            listening.speech_started(start)
            listening.speech_ended(start + 500, 500)
        first, second = engine.utterances
        second.on_done(YES)
        first.on_done(())
        results = aiter(listening)
        assert await anext(results) == Unrecognised("noise", 0, 500)
        assert await anext(results) == Transcript("yes", True, 1000, 1500, 0.9, YES)

    played(work)


def test_only_the_newest_partial_is_given() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        listening.write(bytes(3200), 0)
        engine.utterances[0].on_partial("where")
        engine.utterances[0].on_partial("where is")
        assert await anext(aiter(listening)) == Transcript("where is", False, 0, 200)

    played(work)


def test_speech_that_begins_twice_ends_in_between() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        listening.speech_started(700)
        assert [utterance.ended for utterance in engine.utterances] == [True, False]
        engine.utterances[0].on_done(())
        assert await anext(aiter(listening)) == Unrecognised("noise", 0, 700)

    played(work)


def test_what_is_said_outside_an_utterance_is_ignored() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.write(bytes(320), 0)
        listening.speech_ended(20, 500)
        assert engine.utterances == []

    played(work)


def test_too_many_utterances_at_once_are_told_busy() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        for number in range(9):
            listening.speech_started(number * 100)
            listening.speech_ended(number * 100 + 50, 500)
        assert len(engine.utterances) == 8
        for utterance in engine.utterances:
            utterance.on_done(YES)
        results = aiter(listening)
        heard = [await anext(results) for _ in range(9)]
        assert heard[8] == Unrecognised("busy", 800, 850)

    played(work)


def test_an_utterance_is_bounded() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        for second in range(70):
            listening.write(bytes(16_000), second * 1000)
        assert len(engine.utterances[0].audio) == 60 * 16_000

    played(work)


def test_the_expectation_holds_from_the_next_utterance_on() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        listening.expect(Expectation("yes_no"))
        listening.speech_ended(10, 500)
        listening.speech_started(20)
        assert [utterance.expectation.kind for utterance in engine.utterances] == ["open", "yes_no"]

    played(work)


def test_closing_drops_what_was_not_recognised() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        listening.speech_started(0)
        listening.speech_ended(10, 500)
        await listening.aclose()
        assert engine.dropped == engine.utterances
        assert [result async for result in listening] == []

    played(work)


def said_at(
    listening: Listening, engine: Engine, amplitude: int, at_ms: int, readings: tuple[Hypothesis, ...] = YES
) -> None:
    listening.speech_started(at_ms)
    listening.write((np.sin(np.arange(8000)) * amplitude).astype("<i2").tobytes(), at_ms)
    listening.speech_ended(at_ms + 1000, 500)
    engine.utterances[-1].on_done(readings)


def test_what_is_far_softer_than_the_caller_is_the_room() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        for number, amplitude in enumerate((8000, 1000, 4000)):
            said_at(listening, engine, amplitude, number * 2000)
        results = aiter(listening)
        heard = [await anext(results) for _ in range(3)]
        assert [type(one).__name__ for one in heard] == ["Transcript", "Unrecognised", "Transcript"]

    played(work)


def test_a_soft_sound_that_is_as_much_a_yes_as_a_no_is_neither() -> None:
    either = (Hypothesis("yup", 0.977), Hypothesis("nope", 0.931))

    async def work(listening: Listening, engine: Engine) -> None:
        for number, (amplitude, readings) in enumerate(((8000, YES), (2000, either), (2000, YES), (8000, either))):
            said_at(listening, engine, amplitude, number * 2000, readings)
        results = aiter(listening)
        heard = [await anext(results) for _ in range(4)]
        assert [type(one).__name__ for one in heard] == ["Transcript", "Unrecognised", "Transcript", "Transcript"]

    played(work)


def test_a_soft_caller_is_heard() -> None:
    async def work(listening: Listening, engine: Engine) -> None:
        said_at(listening, engine, 300, 0)
        assert isinstance(await anext(aiter(listening)), Transcript)

    played(work)
