"""One stream of one call: builds its stages, joins them, ends them. Everything that outlives it is in the event log."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Self
from zoneinfo import ZoneInfo

from pipeline.assistant.actions import End
from pipeline.assistant.events import CallBegan, CalledBack
from pipeline.assistant.resume import replay
from pipeline.drive import CallClock, TaskClock
from pipeline.hearing import Hearing
from pipeline.joining import Joining
from pipeline.line.ready import LineRuntime
from pipeline.runtime import Runtime
from pipeline.silencing import Silencing
from pipeline.stream import Stream
from pipeline.taping import Taping
from recordings.events import Event
from telephony.ports import MediaEvent, MediaLost, MediaSocket
from voice.stt.port import Recognition

STT_OPEN_DEADLINE_MS = 1000
ADVANCE_S = 0.05
"""How often the recording is told that time has passed, so that silence is written too."""


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """Who called whom, and when."""

    call_sid: str
    from_number: str
    to_number: str
    rang_at: datetime
    """Wall clock, aware."""
    calls_back: CalledBack | None = None
    """Set: we called them."""
    in_room: bool = False
    """The caller is in a conference from the beginning, and the assistant's own leg streams."""

    @classmethod
    def of(cls, ringing: Event) -> Self:
        """From a call.ringing event."""
        data = ringing.data
        back = data.get("calls_back")
        return cls(
            data["call_sid"], data["from_number"], data["to_number"], datetime.fromisoformat(data["wall_clock"]),
            None if back is None else CalledBack(**back), bool(data.get("in_room")),
        )  # fmt: skip


class Session:
    """Runs one stream; nothing of it lives on. All its parts belong to one event loop."""

    def __init__(
        self,
        runtime: Runtime,
        line: LineRuntime,
        origin: CallOrigin,
        clock: CallClock,
        first: bool,
        on_media: Callable[[MediaEvent | MediaLost], None],
        on_end: Callable[[End], None],
        on_all_said: Callable[[], None],
        joining: Joining,
    ) -> None:
        """joining: what outlives the stream. first: no stream of this call began before. on_media: what troubles it.

        on_end: how the dialogue ended; on_all_said: all is said then.
        """
        self._runtime = runtime
        self._line = line
        self._origin = origin
        self._log = joining.log
        self._call_clock = clock
        self._clock = TaskClock(clock)
        self._first = first
        self._on_media = on_media
        self._on_end = on_end
        self._on_all_said = on_all_said
        self._joining = joining
        self._begun = asyncio.Event()

    async def run(self, socket: MediaSocket) -> None:
        """Carry the stream until this is cancelled: whoever runs it is told by on_media and on_all_said when to."""
        runtime, call_id = self._runtime, self._origin.call_sid
        past = () if self._first else await runtime.store.events(call_id)
        async with AsyncExitStack() as opened:
            recognition = await runtime.stt.open(call_id, STT_OPEN_DEADLINE_MS)
            opened.push_async_callback(recognition.aclose)
            consent = self._line.line.settings.recording.consent
            open_audio = partial(runtime.recording, call_id)
            audio = Taping.begun(open_audio, self._log, self._clock, consent, past)
            opened.callback(audio.close)
            opened.callback(self._log.listen(audio))
            opened.callback(self._log.listen(Silencing(audio)))
            async with asyncio.TaskGroup() as tasks:
                stream = self._stream(recognition, audio, past, tasks)
                try:
                    tasks.create_task(self._clock.run())
                    tasks.create_task(runtime.carry(stream.stages(socket, self._on_media)))
                    tasks.create_task(stream.speaking.write(socket))
                    tasks.create_task(self._advance(audio))
                    if runtime.model is not None:
                        tasks.create_task(runtime.model.warm())
                    await self._begun.wait()
                    stream.answering.post(self._began())
                    self._joining.stream_open(stream, audio)
                    await asyncio.Event().wait()
                finally:
                    self._joining.stream_gone()
                    stream.close()

    def _stream(
        self,
        recognition: Recognition,
        audio: Taping,
        past: tuple[Event, ...],
        tasks: asyncio.TaskGroup,
    ) -> Stream:
        log = self._log
        taps = self._joining.taps
        taps.record(audio)
        hearing = Hearing(self._runtime.gate(), taps, self._runtime.stt.wants, self._anchor)
        clock = self._clock
        stream = Stream(self._runtime, self._line, clock, log, hearing, recognition, past, tasks, self._joining)
        stream.on_end(self._on_end, self._on_all_said)
        for lost in replay(stream.dialogue, past).unrecorded if not self._first else ():
            log.record(lost.kind, clock.now_ms(), **lost.data)
        asked = stream.dialogue.state.expect
        hearing.deafen(asked is not None and bool(asked.secret))
        return stream

    def _began(self) -> CallBegan:
        zone = ZoneInfo(self._line.line.settings.hours.time_zone)
        local_time = self._origin.rang_at.astimezone(zone)
        began = CallBegan(self._clock.now_ms(), self._origin.from_number, local_time, resumed=not self._first)
        back, keyless = self._origin.calls_back, self._joining.keyless
        return replace(began, reach=self._joining.reach(), calls_back=back, keyless=keyless)

    def _anchor(self, timestamp_ms: int) -> int:
        """The first frame is here: the call's instant of the stream's timestamp 0."""
        self._begun.set()
        if not self._call_clock.started:
            zero = self._call_clock.start()
            self._log.record("call.media_started", 0, wall_clock=zero.isoformat())
            return -timestamp_ms
        return self._clock.now_ms() - timestamp_ms

    async def _advance(self, audio: Taping) -> None:
        while True:
            await asyncio.sleep(ADVANCE_S)
            if self._call_clock.started:
                audio.advance(self._clock.now_ms())
