"""Pipecat's stages of a call. They translate frames into what our stages take, and back; nothing is decided here.

No provider is awaited inside `process_frame`: recognition and synthesis run in tasks of their own.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from pipecat.frames.frames import (
    CancelFrame,
    DataFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.utils.time import time_now_iso8601

from pipeline.assistant.actions import Say
from pipeline.assistant.events import DialogueEvent
from pipeline.floor import Interrupted
from pipeline.hearing import FINAL_DEADLINE_MS
from pipeline.stages import Stages
from pipeline.transport import AUDIO_FROM, WORDS, SpeechPausesFrame, VoiceFailedFrame, at_ms, end, start
from pipeline.voicing import VoiceAudio, VoiceBegan, Voiced, VoiceFailed, VoiceOver
from voice.audio import SAMPLE_RATE_HZ
from voice.stt.port import Result, Transcript

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass
class CallerTurnFrame(DataFrame):
    """What the caller did with the floor, for the assistant."""

    turn: DialogueEvent | None = None
    interruptible: bool = field(default=False, init=False)


@dataclass
class ResultFrame(DataFrame):
    """What a recogniser of ours says that is no transcript."""

    result: Result | None = None


@dataclass
class SpeakFrame(TTSSpeakFrame):
    """One utterance of the assistant; a stock TTS service takes it as the TTSSpeakFrame that it is."""

    utterance: str = ""


class Stage(FrameProcessor):
    """A processor with one task that pushes what was put into its outlet from synchronous code, in order."""

    def __init__(self, name: str, tasks: asyncio.TaskGroup) -> None:
        """tasks: the stream's. Pipecat's own tasks would log what is raised in them and fall silent."""
        super().__init__(name=name)
        self._group = tasks
        self._out: asyncio.Queue[Frame] = asyncio.Queue(maxsize=256)
        self._tasks: list[asyncio.Task[None]] = []

    def put(self, frame: Frame) -> None:
        """Push downstream, soon. Overflow (256 undelivered frames) raises QueueFull: the pipeline is stuck, our bug."""
        self._out.put_nowait(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            await self.push_frame(frame, direction)
            self._tasks = [start(self._group, work) for work in (self._push, *self.work())]
        elif isinstance(frame, EndFrame | CancelFrame):
            await self._stop()
            await self.push_frame(frame, direction)
        elif direction is FrameDirection.UPSTREAM or self.take(frame):
            await self.push_frame(frame, direction)

    def work(self) -> list[Work]:
        """What this stage does besides taking frames; ended with the pipeline."""
        return []

    def take(self, frame: Frame) -> bool:
        """Handle a frame from upstream, synchronously; True passes it on."""
        return frame is not None

    async def cleanup(self) -> None:
        await self._stop()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat's

    async def _push(self) -> None:
        while True:
            await self.push_frame(await self._out.get())

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await end(tasks)


class SttStage(Stage):
    """Speech to text by any recogniser behind our port. Audio stops here: nobody downstream needs it."""

    def __init__(self, stages: Stages) -> None:
        super().__init__("stt", stages.tasks)
        self._recognition = stages.recognition

    def work(self) -> list[Work]:
        return [self._results]

    def take(self, frame: Frame) -> bool:
        if isinstance(frame, InputAudioRawFrame):
            self._recognition.write(frame.audio, at_ms(frame))
            return False
        if isinstance(frame, VADUserStartedSpeakingFrame):
            self._recognition.speech_started(frame.metadata.get(AUDIO_FROM, at_ms(frame)))
        elif isinstance(frame, SpeechPausesFrame):
            self._recognition.speech_paused(at_ms(frame))
            return False
        elif isinstance(frame, VADUserStoppedSpeakingFrame):
            self._recognition.speech_ended(at_ms(frame), FINAL_DEADLINE_MS)
        return True

    async def _results(self) -> None:
        async for result in self._recognition:
            self.put(_result_frame(result))


def _result_frame(result: Result) -> Frame:
    """A transcript as pipecat knows it; whatever else our recognisers say as a frame of ours."""
    if not isinstance(result, Transcript):
        return ResultFrame(result=result)
    if result.final:
        return TranscriptionFrame(result.text, "caller", time_now_iso8601(), result=result, finalized=True)
    return InterimTranscriptionFrame(result.text, "caller", time_now_iso8601(), result=result)


class TurnTakingStage(Stage):
    """Who holds the floor. Our transcripts carry their instants; a stock service's get them from the speech gate."""

    def __init__(self, stages: Stages) -> None:
        super().__init__("turn_taking", stages.tasks)
        self._floor = stages.floor
        self._span_ms = (0, 0)
        self._floor.on_output(self._emit)

    def take(self, frame: Frame) -> bool:
        match frame:
            case VADUserStartedSpeakingFrame():
                self._span_ms = (at_ms(frame), at_ms(frame))
            case VADUserStoppedSpeakingFrame():
                self._span_ms = (self._span_ms[0], at_ms(frame))
            case (
                InterimTranscriptionFrame(result=Transcript() as result)
                | TranscriptionFrame(result=Transcript() as result)
            ):
                self._floor.result(result)
            case InterimTranscriptionFrame(text=text):
                self._floor.transcript(Transcript(text, False, *self._span_ms))
            case TranscriptionFrame(text=text):
                self._floor.transcript(Transcript(text, True, *self._span_ms, confidence=1.0))
            case ResultFrame(result=result) if result is not None:
                self._floor.result(result)
            case InputDTMFFrame(button=button):
                self._floor.key(button.value)
            case _:
                return True
        return isinstance(frame, VADUserStartedSpeakingFrame | VADUserStoppedSpeakingFrame)

    def _emit(self, output: DialogueEvent | Interrupted) -> None:
        self.put(InterruptionFrame() if isinstance(output, Interrupted) else CallerTurnFrame(turn=output))


class AssistantStage(Stage):
    """The assistant: takes the caller's turns, emits utterances to speak."""

    def __init__(self, stages: Stages) -> None:
        super().__init__("assistant", stages.tasks)
        self._answering = stages.answering
        self._answering.on_say(self._emit)

    def take(self, frame: Frame) -> bool:
        if isinstance(frame, CallerTurnFrame):
            if frame.turn is not None:
                self._answering.turn(frame.turn)
            return False
        return True

    def _emit(self, say: Say) -> None:
        self.put(SpeakFrame(text=say.text, append_to_context=False, utterance=say.utterance))


class TtsStage(Stage):
    """Text to speech by any voice behind our port."""

    def __init__(self, stages: Stages) -> None:
        super().__init__("tts", stages.tasks)
        self._voicing = stages.voicing

    def work(self) -> list[Work]:
        return [lambda: self._voicing.run(self._emit)]

    def take(self, frame: Frame) -> bool:
        if isinstance(frame, SpeakFrame):
            self._voicing.speak(frame.utterance, frame.text)
            return False
        if isinstance(frame, InterruptionFrame):
            self._voicing.interrupt()
        return True

    async def _emit(self, voiced: Voiced) -> None:
        await self.push_frame(_voice_frame(voiced))


def _voice_frame(voiced: Voiced) -> Frame:
    match voiced:
        case VoiceBegan(utterance=utterance):
            return TTSStartedFrame(context_id=utterance)
        case VoiceAudio(utterance=utterance, pcm=pcm, words=words):
            audio = TTSAudioRawFrame(audio=pcm, sample_rate=SAMPLE_RATE_HZ, num_channels=1, context_id=utterance)
            audio.metadata[WORDS] = words
            return audio
        case VoiceOver(utterance=utterance):
            return TTSStoppedFrame(context_id=utterance)
        case VoiceFailed(utterance=utterance):
            return VoiceFailedFrame(context_id=utterance)
