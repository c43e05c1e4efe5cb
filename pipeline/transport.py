"""A pipecat transport over our MediaSocket port: the caller's socket at both ends of the pipeline.

Input emits pipecat's VAD, DTMF and audio frames; output plays what TTS made through the playout ledger. The instant of
a frame on the call's clock travels as its `pts` (nanoseconds).
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    StartFrame,
    SystemFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import BaseTransport

from pipeline.hearing import Heard, HearingOutput, SpeechBegan, SpeechOver, SpeechPauses
from pipeline.stages import Stages
from telephony.ports import Audio, Dtmf, Faulty, Marked, MediaEvent, MediaLost, Stopped
from voice.audio import SAMPLE_RATE_HZ, pcm_to_ulaw

NS_PER_MS = 1_000_000
AUDIO_FROM = "audio_from_ms"
"""Where the audio that follows a VADUserStartedSpeakingFrame begins: a key of its metadata."""
WORDS = "words"
"""The words that end in a TTSAudioRawFrame: a key of its metadata."""
_KEYPAD = frozenset(entry.value for entry in KeypadEntry)
"""No telephone that calls a shop has A to D; pipecat knows no such keys."""


@dataclass
class SpeechPausesFrame(SystemFrame):
    """The caller is quiet for the moment: the recogniser may tell what was said so far."""


@dataclass
class VoiceFailedFrame(TTSStoppedFrame):
    """The voice failed: the rest of this utterance does not come."""


def at_ms(frame: Frame) -> int:
    """The frame's instant on the call's clock; 0 if it has none."""
    return (frame.pts or 0) // NS_PER_MS


def timed(frame: Frame, instant_ms: int) -> Frame:
    """Give a frame its instant on the call's clock."""
    frame.pts = instant_ms * NS_PER_MS
    return frame


def start(group: asyncio.TaskGroup, work: Callable[[], Coroutine[Any, Any, None]]) -> asyncio.Task[None]:
    """Do this in a task of the stream. Raises RuntimeError when the stream is ending already."""
    coroutine = work()
    try:
        return group.create_task(coroutine)
    except RuntimeError:
        coroutine.close()
        raise


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for them. What they raised is their group's to tell."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


class CallTransport(BaseTransport):
    """Both ends of one stream of one call."""

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        self._input = CallInput(stages)
        self._output = CallOutput(stages)

    def input(self) -> FrameProcessor:
        return self._input

    def output(self) -> FrameProcessor:
        return self._output


class CallInput(FrameProcessor):
    """The caller's voice and keys, as they come."""

    def __init__(self, stages: Stages) -> None:
        super().__init__(name="transport.input")
        self._group = stages.tasks
        self._socket = stages.socket
        self._frames: list[Frame] = []
        self._hearing = stages.hearing
        self._hearing.on_output(self._emit)
        self._floor = stages.floor
        self._speaking = stages.speaking
        self._on_event = stages.on_media
        self._reading: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.push_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self._reading = start(self._group, self._read)
        elif isinstance(frame, EndFrame | CancelFrame):
            await self._stop()

    async def cleanup(self) -> None:
        await self._stop()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat's

    async def _stop(self) -> None:
        if self._reading is not None:
            reading, self._reading = self._reading, None
            await end([reading])

    async def _read(self) -> None:
        try:
            async for event in self._socket:
                self._take(event)
                if self._frames:
                    frames, self._frames = self._frames, []
                    for frame in frames:
                        await self.push_frame(frame)
        except MediaLost as lost:
            self._on_event(lost)

    def _take(self, event: MediaEvent) -> None:
        match event:
            case Audio():
                self._hearing.audio(event)
            case Marked(name=name):
                self._speaking.marked(name)
            case Dtmf(digit=digit):
                self._on_event(event)
                if digit in _KEYPAD:
                    self._frames.append(InputDTMFFrame(button=KeypadEntry(digit)))
            case Faulty() | Stopped():
                self._on_event(event)

    def _emit(self, output: HearingOutput) -> None:
        """What is said goes through the pipeline; that something is said, and when, is the floor's to know at once."""
        self._floor.heard(output)
        match output:
            case Heard(pcm=pcm, at_ms=instant_ms):
                frame: Frame = InputAudioRawFrame(audio=pcm, sample_rate=SAMPLE_RATE_HZ, num_channels=1)
            case SpeechBegan(at_ms=instant_ms, audio_from_ms=audio_from_ms):
                frame = VADUserStartedSpeakingFrame()
                frame.metadata[AUDIO_FROM] = audio_from_ms
            case SpeechPauses(at_ms=instant_ms):
                frame = SpeechPausesFrame()
            case SpeechOver(at_ms=instant_ms):
                frame = VADUserStoppedSpeakingFrame()
            case _:
                return
        self._frames.append(timed(frame, instant_ms))


class CallOutput(FrameProcessor):
    """What is to be heard, into the playout ledger."""

    def __init__(self, stages: Stages) -> None:
        super().__init__(name="transport.output")
        self._group = stages.tasks
        self._speaking = stages.speaking
        self._notices: asyncio.Queue[Frame] = asyncio.Queue(maxsize=64)
        self._telling: asyncio.Task[None] | None = None
        self._speaking.on_voice(self._voice)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, StartFrame):
            self._telling = start(self._group, self._tell)
        elif isinstance(frame, EndFrame | CancelFrame):
            await self._stop()
        elif isinstance(frame, TTSStartedFrame):
            self._speaking.begin(frame.context_id or "")
        elif isinstance(frame, TTSAudioRawFrame):
            self._speaking.audio(frame.context_id or "", pcm_to_ulaw(frame.audio), frame.metadata.get(WORDS))
            return
        elif isinstance(frame, VoiceFailedFrame):
            self._speaking.fail(frame.context_id or "")
        elif isinstance(frame, TTSStoppedFrame):
            self._speaking.end(frame.context_id or "")
        await self.push_frame(frame, direction)

    async def cleanup(self) -> None:
        await self._stop()
        await super().cleanup()  # type: ignore[no-untyped-call]  # pipecat's

    def _voice(self, speaking: bool) -> None:
        # Overflow: the oldest notice goes; stock services need the latest state only.
        if self._notices.full():
            self._notices.get_nowait()
        self._notices.put_nowait(BotStartedSpeakingFrame() if speaking else BotStoppedSpeakingFrame())

    async def _tell(self) -> None:
        while True:
            await self.push_frame(await self._notices.get(), FrameDirection.UPSTREAM)

    async def _stop(self) -> None:
        if self._telling is not None:
            telling, self._telling = self._telling, None
            await end([telling])
