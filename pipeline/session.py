"""One stream of one call: builds its stages, joins them, ends them. Everything that outlives it is in the event log."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from pipeline.answering import Answering
from pipeline.assistant.exchange import AssistantHeard, CallBegan, End, Expect
from pipeline.assistant.flow import Dialogue
from pipeline.assistant.resume import replay
from pipeline.drive import CallClock, TaskClock
from pipeline.floor import Floor
from pipeline.hearing import Hearing
from pipeline.line.ready import LineRuntime
from pipeline.line.vocabulary import qualified
from pipeline.runtime import Runtime
from pipeline.speaking import Speaking
from pipeline.stages import Stages
from pipeline.voicing import Voicing
from recordings.audio import CallAudio
from recordings.events import Event
from recordings.log import CallLog
from telephony.ports import MediaEvent, MediaLost, MediaSocket
from voice.playout_events import Heard
from voice.stt.port import Expectation, ExpectedKind, Recognition
from voice.vad import SpeechGate

STT_OPEN_DEADLINE_MS = 1000
ADVANCE_S = 0.05
"""How often the recording is told that time has passed, so that silence is written too."""
PAUSE_MS = {"yes_no": 400, "menu": 400, "digits": 900, "open": 640, "text": 1400}
"""How long the caller must be quiet for speech to count as over, by what was asked. People pause inside numbers, and
when they dictate a message."""
_LISTEN_FOR: dict[str, ExpectedKind] = {
    "yes_no": "yes_no",
    "menu": "menu",
    "digits": "digits",
    "open": "open",
    "text": "open",
}


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """Who called whom, and when."""

    call_sid: str
    from_number: str
    to_number: str
    rang_at: datetime
    """Wall clock, aware."""

    @classmethod
    def of(cls, ringing: Event) -> Self:
        """From a call.ringing event."""
        data = ringing.data
        return cls(data["call_sid"], data["from_number"], data["to_number"], datetime.fromisoformat(data["wall_clock"]))


class _Voice:
    """The assistant's voice as the floor commands it: what is being made of it, and what is on its way."""

    parts: tuple[Voicing, Speaking]

    def hold(self) -> None:
        self.parts[1].hold()

    def resume(self) -> None:
        self.parts[1].resume()

    def hush(self) -> None:
        for part in self.parts:
            part.interrupt()


class Session:
    """Runs one stream; nothing of it lives on. All its parts belong to one event loop."""

    def __init__(
        self,
        runtime: Runtime,
        line: LineRuntime,
        origin: CallOrigin,
        log: CallLog,
        clock: CallClock,
        first: bool,
        on_media: Callable[[MediaEvent | MediaLost], None],
        on_end: Callable[[End], None],
        on_all_said: Callable[[], None],
    ) -> None:
        """first: no stream of this call began before; on_media: what troubles or ends the stream.

        on_end: how the dialogue ended; on_all_said: all is said then.
        """
        self._runtime = runtime
        self._line = line
        self._origin = origin
        self._log = log
        self._call_clock = clock
        self._clock = TaskClock(clock)
        self._first = first
        self._on_media = on_media
        self._on_end = on_end
        self._on_all_said = on_all_said
        self._ending = False
        self._begun = asyncio.Event()

    async def run(self, socket: MediaSocket) -> None:
        """Carry the stream until this is cancelled: whoever runs it is told by on_media and on_all_said when to."""
        runtime, call_id = self._runtime, self._origin.call_sid
        past = () if self._first else await runtime.store.events(call_id)
        recognition = await runtime.stt.open(call_id, STT_OPEN_DEADLINE_MS)
        audio = runtime.recording(call_id)
        try:
            async with asyncio.TaskGroup() as tasks:
                stages = self._stages(socket, recognition, audio, past, tasks)
                try:
                    tasks.create_task(self._clock.run())
                    tasks.create_task(runtime.carry(stages))
                    tasks.create_task(stages.speaking.write(socket))
                    tasks.create_task(self._advance(audio))
                    await self._begun.wait()
                    stages.answering.post(self._began())
                    await asyncio.Event().wait()
                finally:
                    # In this order: what was heard is reported before nothing listens any more.
                    stages.floor.close()
                    stages.speaking.close()
                    stages.answering.close()
        finally:
            await recognition.aclose()
            audio.close()

    def _stages(
        self,
        socket: MediaSocket,
        recognition: Recognition,
        audio: CallAudio,
        past: tuple[Event, ...],
        tasks: asyncio.TaskGroup,
    ) -> Stages:
        runtime, line, clock, log = self._runtime, self._line, self._clock, self._log
        if self._first:
            log.record("recording.started", clock.now_ms(), audio=str(audio.path))
        hearing = Hearing(SpeechGate(), audio, runtime.stt.wants, self._anchor)
        first_utterance = 1 + sum(event.kind == "caller.said" for event in past)

        voice = _Voice()
        language = line.line.settings.language
        floor = Floor(clock, log, language, first_utterance, voice)
        dialogue = Dialogue(line.line, line.understanding)
        for lost in replay(dialogue, past).unrecorded if not self._first else ():
            log.record(lost.kind, clock.now_ms(), **lost.data)

        def expect(wanted: Expect) -> None:
            floor.expect(wanted)
            hearing.wait_for_pause(PAUSE_MS[wanted.kind])
            recognition.expect(
                Expectation(
                    _LISTEN_FOR[wanted.kind],
                    qualified(line.line, wanted.vocabulary),
                    wanted.min_digits,
                    wanted.max_digits,
                )
            )

        def heard(said: Heard) -> None:
            answering.post(AssistantHeard(clock.now_ms(), said.utterance, said.heard_text, said.complete, said.failed))

        def quiet(at_ms: int) -> None:
            floor.assistant_quiet(at_ms)
            if self._ending:
                self._on_all_said()

        def end(ending: End) -> None:
            self._ending = True
            self._on_end(ending)
            if speaking.quiet:
                self._on_all_said()

        speaking = Speaking(clock, log, audio, floor.assistant_began, heard, quiet)
        answering = Answering(self._origin.call_sid, dialogue, clock, log, line, tasks, speaking.announce, expect, end)
        voicing = Voicing(runtime.tts, runtime.prompts, language)
        voice.parts = (voicing, speaking)
        return Stages(socket, hearing, recognition, floor, answering, speaking, voicing, self._on_media, tasks)

    def _began(self) -> CallBegan:
        zone = ZoneInfo(self._line.line.settings.hours.time_zone)
        local_time = self._origin.rang_at.astimezone(zone)
        return CallBegan(self._clock.now_ms(), self._origin.from_number, local_time, resumed=not self._first)

    def _anchor(self, timestamp_ms: int) -> int:
        """The first frame is here: the call's instant of the stream's timestamp 0."""
        self._begun.set()
        if not self._call_clock.started:
            zero = self._call_clock.start()
            self._log.record("call.media_started", 0, wall_clock=zero.isoformat())
            return -timestamp_ms
        return self._clock.now_ms() - timestamp_ms

    async def _advance(self, audio: CallAudio) -> None:
        while True:
            await asyncio.sleep(ADVANCE_S)
            if self._call_clock.started:
                audio.advance(self._clock.now_ms())
