"""A call that is with an agent at the carrier: its sound still comes to us, and is recorded, heard and written down.

Both tracks come on one stream that plays nothing: what the caller says, and what the caller hears, which is the agent.
There is no dialogue; nobody here takes the floor.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pipeline.drive import CallClock
from pipeline.joining import Joining
from pipeline.line.model import Line
from pipeline.overhearing import Overhearing
from pipeline.runtime import Runtime
from pipeline.silencing import Silencing
from pipeline.taping import Taping
from recordings.events import Event
from telephony.ports import Audio, MediaLost, MediaSocket, Stopped, Track
from voice.audio import ULAW_BYTES_PER_MS
from voice.stt.port import Transcript

ADVANCE_S: Final = 0.05
"""How often the recording is told that time has passed, so that silence is written too."""


@dataclass(slots=True)
class Listening:
    """One such stream. Belongs to the call's event loop."""

    runtime: Runtime
    line: Line
    clock: CallClock
    joining: Joining
    began_ms: int
    """When the stream was there: its first sound may have waited for us since."""

    async def run(self, socket: MediaSocket, over: asyncio.Event) -> None:
        """Listen until the stream is over or `over` is set. Raises StoreUnavailable."""
        past = await self.runtime.store.events(self.joining.call_id)
        log, consent = self.joining.log, self.line.settings.recording.consent
        tape = Taping.begun(partial(self.runtime.recording, self.joining.call_id), log, self.clock, consent, past)
        undo = [log.listen(tape), log.listen(Silencing(tape)), tape.close]
        self.joining.taps.record(tape)
        self.joining.hearing.begins(tape.kept_ms)
        how = "closed"
        try:
            how = await self._listen(socket, over, tape, past)
        finally:
            self.joining.hearing.ends(how)
            self.joining.taps.record(None)
            for one in undo:
                one()

    async def _listen(self, socket: MediaSocket, over: asyncio.Event, tape: Taping, past: Sequence[Event]) -> str:
        """How it ended."""
        caller = self._overhearing("caller", self.line.tongue.code, self._caller_said(past))
        away = self.joining.away
        agent = self._overhearing("agent", away.language, self.joining.writes(away.agent))
        async with asyncio.TaskGroup() as tasks:
            beside = [
                tasks.create_task(caller.run()),
                tasks.create_task(agent.run()),
                tasks.create_task(self._advance(tape)),
            ]
            reading = tasks.create_task(self._read(socket, {"caller": caller, "heard": agent}))
            ended = tasks.create_task(over.wait())
            await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
            how = reading.result() if reading.done() else "closed"
            for one in (*beside, reading, ended):
                one.cancel()
        return how

    def _overhearing(self, whose: str, language: str, wrote: Callable[[Transcript], None]) -> Overhearing:
        name = f"{self.joining.call_id}.{whose}"
        return Overhearing(self.runtime.stt, name, self.runtime.gate(), language, wrote)

    async def _read(self, socket: MediaSocket, overhearing: dict[Track, Overhearing]) -> str:
        """Each track onto the call's clock, into the taps and to its recogniser. Gives how it ended."""
        zero_ms: int | None = None
        taps, hearing = self.joining.taps, self.joining.hearing
        try:
            async for event in socket:
                if isinstance(event, Stopped):
                    return "closed"
                if not isinstance(event, Audio):
                    continue
                if zero_ms is None:
                    zero_ms = min(self.began_ms, self.clock.now_ms() - event.timestamp_ms)
                at_ms = zero_ms + event.timestamp_ms
                hearing.heard(at_ms + len(event.ulaw) // ULAW_BYTES_PER_MS)
                (taps.caller if event.track == "caller" else taps.heard)(at_ms, event.ulaw)
                overhearing[event.track].heard(at_ms, event.ulaw)
        except MediaLost as lost:  # caller and agent speak on: it is listened to them again (pipeline.listening_again)
            return str(lost) or "reset"
        return "closed"

    async def _advance(self, tape: Taping) -> None:
        while True:
            await asyncio.sleep(ADVANCE_S)
            tape.advance(self.clock.now_ms())

    def _caller_said(self, past: Sequence[Event]) -> Callable[[Transcript], None]:
        """Write the caller's utterances down, numbered after those that they said to the assistant."""
        said = sum(event.kind == "caller.said" for event in past)

        def wrote(words: Transcript) -> None:
            nonlocal said
            said += 1
            self.joining.record(
                "caller.said",
                utterance=f"c{said}",
                text=words.text,
                via="speech",
                start_ms=words.start_ms,
                end_ms=words.end_ms,
                confidence=words.confidence,
                alternatives=[one.text for one in words.alternatives],
            )

        return wrote
