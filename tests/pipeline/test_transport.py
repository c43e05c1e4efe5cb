"""Both ends of the pipeline alone: what a carrier's events become, and what becomes of frames that are to be heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from pipeline.hearing import Heard, HearingOutput, SpeechBegan, SpeechGoesOn, SpeechOver, SpeechPauses
from pipeline.stages import Stages
from pipeline.transport import (
    AUDIO_FROM,
    WORDS,
    CallInput,
    CallOutput,
    CallTransport,
    SpeechPausesFrame,
    VoiceFailedFrame,
    at_ms,
)
from telephony.ports import Audio, Dtmf, Faulty, Marked, MediaEvent, MediaLost, Stopped
from voice.audio import pcm_to_ulaw

pytestmark = pytest.mark.unit

PCM = b"\x00\x10" * 160


class Carrier:
    """A media socket that says what it is told."""

    def __init__(self) -> None:
        self.events: asyncio.Queue[MediaEvent | MediaLost] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[MediaEvent]:
        while True:
            event = await self.events.get()
            if isinstance(event, MediaLost):
                raise event
            yield event


class Bench:
    """The parts of a stream as far as a transport knows them; every call is on record."""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        self.socket = Carrier()
        self.said: list[tuple[Any, ...]] = []
        self.media: list[object] = []
        self.floored: list[HearingOutput] = []
        self.hears: list[HearingOutput] = []
        """What the next audio comes to."""
        self.voice: Callable[[bool], None] = lambda _speaking: None
        self._emit: Callable[[HearingOutput], None] = lambda _output: None
        given = dict.fromkeys(("hearing", "floor", "speaking", "recognition", "answering", "voicing"), self)
        self.stages = Stages(cast("Any", self.socket), **cast("Any", given), on_media=self.media.append, tasks=tasks)

    def on_output(self, emit: Callable[[HearingOutput], None]) -> None:
        self._emit = emit

    def on_voice(self, tell: Callable[[bool], None]) -> None:
        self.voice = tell

    def heard(self, output: HearingOutput) -> None:
        self.floored.append(output)

    def marked(self, name: str) -> None:
        self.said.append(("marked", name))

    def begin(self, utterance: str) -> None:
        self.said.append(("begin", utterance))

    def end(self, utterance: str) -> None:
        self.said.append(("end", utterance))

    def fail(self, utterance: str) -> None:
        self.said.append(("fail", utterance))

    def audio(self, *given: Any) -> None:
        """Audio of the caller, as Hearing takes it; or of the assistant, as Speaking does."""
        if isinstance(given[0], Audio):
            for output in self.hears:
                self._emit(output)
        else:
            self.said.append(("audio", *given))


async def passed(
    made: Callable[[Stages], FrameProcessor], act: Callable[[Bench], None], *frames: Frame
) -> tuple[Bench, list[Frame], list[Frame]]:
    """Run one end: act once it runs, then send it frames. What it was told, and what went down and up."""
    async with asyncio.TaskGroup() as tasks:
        on = Bench(tasks)
        act(on)
        down, up = await run_test(made(on.stages), frames_to_send=[SleepFrame(0.05), *frames, SleepFrame(0.05)])
    return on, list(down), list(up)


def kinds(frames: Sequence[Frame]) -> list[type[Frame]]:
    return [type(frame) for frame in frames]


def sound(pcm: bytes = PCM, utterance: str = "a1", words: str | None = None) -> TTSAudioRawFrame:
    frame = TTSAudioRawFrame(audio=pcm, sample_rate=8000, num_channels=1, context_id=utterance)
    frame.metadata[WORDS] = words
    return frame


AUDIO = Audio(b"\xff" * 160, 0)


def test_speech_goes_down_the_pipeline_with_the_instants_of_the_call():
    def act(on: Bench) -> None:
        on.hears = [SpeechBegan(1000, 700), Heard(PCM, 700), SpeechPauses(1400), SpeechOver(1500)]
        on.socket.events.put_nowait(AUDIO)

    on, down, _ = asyncio.run(passed(CallInput, act))
    wanted = [VADUserStartedSpeakingFrame, InputAudioRawFrame, SpeechPausesFrame, VADUserStoppedSpeakingFrame]
    assert kinds(down) == wanted
    assert [at_ms(frame) for frame in down] == [1000, 700, 1400, 1500]
    assert down[0].metadata[AUDIO_FROM] == 700
    assert isinstance(down[1], InputAudioRawFrame)
    assert (down[1].audio, down[1].sample_rate, down[1].num_channels) == (PCM, 8000, 1)
    assert on.floored == on.hears


def test_a_caller_who_is_silent_sends_nothing_down_and_what_is_the_floors_alone_stays_there():
    def act(on: Bench) -> None:
        on.hears = [SpeechGoesOn(1200, 400)]
        for number in range(50):
            on.socket.events.put_nowait(Audio(AUDIO.ulaw, 20 * number))

    on, down, _ = asyncio.run(passed(CallInput, act))
    assert down == []
    assert len(on.floored) == 50


def test_keys_marks_and_what_is_wrong_with_the_stream_reach_who_knows_of_them():
    faulty, lost = Faulty("malformed", "of 3 bytes"), MediaLost("reset")

    def act(on: Bench) -> None:
        for event in (Dtmf("5"), Dtmf("A"), Marked("m1"), faulty, lost):
            on.socket.events.put_nowait(event)

    on, down, _ = asyncio.run(passed(CallInput, act))
    assert on.media == [Dtmf("5"), Dtmf("A"), faulty, lost]
    assert on.said == [("marked", "m1")]
    assert kinds(down) == [InputDTMFFrame]
    assert isinstance(down[0], InputDTMFFrame)
    assert down[0].button.value == "5"


def test_what_the_carrier_says_after_the_end_is_not_read():
    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            on = Bench(tasks)
            await run_test(CallInput(on.stages), frames_to_send=[SleepFrame(0.05)])
            on.socket.events.put_nowait(Stopped())
            await asyncio.sleep(0)
            assert on.media == []
            assert on.socket.events.qsize() == 1

    asyncio.run(script())


def test_what_is_made_to_be_heard_is_played_and_its_audio_ends_here():
    def act(_on: Bench) -> None:
        """Nothing comes."""

    frames = [TTSStartedFrame(context_id="a1"), sound(words="Hello"), TTSStoppedFrame(context_id="a1")]
    on, down, _ = asyncio.run(passed(CallOutput, act, *frames))
    assert on.said == [("begin", "a1"), ("audio", "a1", pcm_to_ulaw(PCM), "Hello"), ("end", "a1")]
    assert kinds(down) == [TTSStartedFrame, TTSStoppedFrame]


def test_a_voice_that_failed_is_told_as_failed_and_not_as_over():
    on, _, _ = asyncio.run(passed(CallOutput, lambda _on: None, VoiceFailedFrame(context_id="a1")))
    assert on.said == [("fail", "a1")]


def test_an_interruption_goes_on_and_what_it_clears_is_not_for_the_transport_to_decide():
    on, down, _ = asyncio.run(passed(CallOutput, lambda _on: None, InterruptionFrame()))
    assert kinds(down) == [InterruptionFrame]
    assert on.said == []


def test_stock_services_are_told_upstream_when_the_voice_begins_and_ends_and_the_latest_notices_win():
    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            on = Bench(tasks)
            output = CallOutput(on.stages)
            for _ in range(40):
                on.voice(True)
                on.voice(False)
            _, up = await run_test(output, frames_to_send=[SleepFrame(0.05)])
        told = [kind for kind in kinds(list(up)) if kind in {BotStartedSpeakingFrame, BotStoppedSpeakingFrame}]
        assert len(told) == 64
        assert told[-2:] == [BotStartedSpeakingFrame, BotStoppedSpeakingFrame]

    asyncio.run(script())


def test_both_ends_of_one_stream_are_one_transport():
    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            transport = CallTransport(Bench(tasks).stages)
            assert isinstance(transport.input(), CallInput)
            assert isinstance(transport.output(), CallOutput)
            assert transport.input() is transport.input()

    asyncio.run(script())
