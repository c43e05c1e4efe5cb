"""One call's recognition by whatever listens at the moment, and what it takes to go on with another.

What was said and not yet understood is told to the successor, so that nothing is lost and nothing comes twice.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Final

import structlog

from voice.audio import PCM_BYTES_PER_MS
from voice.errors import ProviderError
from voice.stt.choosing import OPEN_MS, Choosing, Reason, Taken, reason_of
from voice.stt.liveness import Liveness
from voice.stt.owed import PRE_ROLL_MS, Audio, Begin, End, Owed
from voice.stt.port import (
    EagerEnd,
    Expectation,
    ProviderSwitched,
    Recognition,
    Result,
    Transcript,
    TurnGoesOn,
    Unrecognised,
)
from voice.stt.results import Results

_log = structlog.get_logger(__name__)

_RESERVE: Final = 0.4
"""Part of a result's deadline that is kept for another route, when there is one."""
_LEAST_MS: Final = 200
_PAUSES_S: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Before each further attempt of a call to find a route that opens, and goes on to say anything."""


class Relay:
    """One call's Recognition: whatever listens, and what it takes to go on with another."""

    def __init__(self, choosing: Choosing, call_id: str, taken: Taken, *, gated: bool) -> None:
        """gated: audio comes whether or not the caller speaks."""
        self._choosing = choosing
        self._call_id = call_id
        self._taken = taken
        self._gated = gated
        self._liveness = self._new_liveness()
        self._owed = Owed()
        self._expectation = Expectation()
        self._results = Results()
        self._closed = False
        self._switching = False
        """Nothing listens at the moment: what comes is kept."""
        self._futile = 0
        """Attempts to find a route since one last said anything: one that opens and breaks at once is one of them."""
        self._failure: Reason | None = None
        self._fails = asyncio.Event()
        self._wordless = False
        """Somebody else, or a new connection, listens because of speech without a word; none has come since."""
        self._suspect: Taken | None = None
        """The route that was left because it stayed silent, until its successor has answered."""
        self._closing: set[asyncio.Task[None]] = set()
        """Recognisers that were left."""
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._running = asyncio.create_task(self._run(), name=f"recogniser of {call_id}")
        self._results.come_from(self._running)

    # What it is told

    def expect(self, expectation: Expectation) -> None:
        """Listen for this from the next utterance on."""
        self._expectation = expectation
        if not self._switching:
            self._taken.recognition.expect(expectation)

    def speech_started(self, at_ms: int) -> None:
        """An utterance begins."""
        self._owed.began(at_ms)
        self._liveness.speech_started(self._choosing.now_ms())
        if not self._switching:
            self._taken.recognition.speech_started(at_ms - self._lead_ms)
            if self._only_speech:
                for audio in self._owed.pre_roll(at_ms):
                    self._taken.recognition.write(audio.pcm, audio.at_ms)
        self._schedule()

    def write(self, pcm: bytes, at_ms: int) -> None:
        """Audio comes."""
        self._owed.wrote(pcm, at_ms)
        if not self._switching and (self._owed.speaking or not self._only_speech):
            self._taken.recognition.write(pcm, at_ms)

    def speech_paused(self, at_ms: int) -> None:
        """The words so far are wanted."""
        if not self._switching:
            self._taken.recognition.speech_paused(at_ms)

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        """The utterance is over."""
        now_ms = self._choosing.now_ms()
        self._owed.ended(at_ms, now_ms + deadline_ms)
        self._liveness.speech_ended(now_ms - max(0, self._owed.written_ms - at_ms))
        if not self._switching:
            self._taken.recognition.speech_ended(at_ms, self._allowed_ms(deadline_ms))
        self._schedule()

    def __aiter__(self) -> AsyncIterator[Result]:
        """Results in order."""
        return self._results

    async def aclose(self) -> None:
        """Release what listens. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._results.close()
        if self._timer is not None:
            self._timer.cancel()
        self._running.cancel()
        await asyncio.wait([self._running])
        await self._taken.recognition.aclose()
        if self._closing:
            await asyncio.wait(self._closing)
        self._choosing.released(self._call_id)

    # What listens

    @property
    def _only_speech(self) -> bool:
        """This route is told of utterances only, though every frame comes."""
        return self._gated and self._taken.route.stt.wants == "speech"

    @property
    def _lead_ms(self) -> int:
        """Audio before an utterance that this route gets with it."""
        return PRE_ROLL_MS if self._only_speech else 0

    def _allowed_ms(self, deadline_ms: int) -> int:
        """What this route gets of a result's deadline."""
        if not self._choosing.has_other(self._taken, self._call_id):
            return deadline_ms
        return max(_LEAST_MS, int(deadline_ms * (1 - _RESERVE)))

    def _new_liveness(self) -> Liveness:
        return Liveness(tells_partials=self._taken.route.tells_partials)

    async def _run(self) -> None:
        """Listen by one route after the other until cancelled."""
        while True:
            reading = asyncio.create_task(self._read(self._taken.recognition), name="results")
            reading.add_done_callback(lambda _reading: self._fails.set())
            try:
                await self._fails.wait()
            finally:
                reading.cancel()
                await asyncio.wait([reading])
            if not reading.cancelled():
                reading.result()  # a fault of ours is told to who listens: no other route mends it
            await self._switch()

    async def _read(self, recognition: Recognition) -> None:
        error: ProviderError | None = None
        try:
            async for result in recognition:
                self._take_result(result)
        except ProviderError as broken:
            error = broken
        self._fail(reason_of(error), error)

    async def _switch(self) -> None:
        """Close what failed and go on with what opens."""
        left, reason = self._taken, self._failure or "broken"
        closing = asyncio.create_task(left.recognition.aclose(), name="closing")
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        taken = await self._next()
        self._taken, self._switching, self._failure = taken, False, None
        self._fails.clear()
        self._suspect = left if reason == "silent" and taken.number != left.number else None
        replayed_ms = self._tell_again()
        names = left.route.name, taken.route.name
        _log.warning("stt.switched", call_id=self._call_id, provider=names[0], successor=names[1], reason=reason)
        self._results.tell(ProviderSwitched(self._owed.written_ms, *names, reason, replayed_ms))
        self._schedule()

    async def _next(self) -> Taken:
        while True:
            await asyncio.sleep(_PAUSES_S[min(self._futile, len(_PAUSES_S) - 1)])
            self._futile += 1
            try:
                return await self._choosing.take(self._call_id, self._choosing.now_ms() + 2 * OPEN_MS)
            except ProviderError as error:
                _log.warning("stt.no_route", call_id=self._call_id, attempt=self._futile, pii_error=str(error))

    def _tell_again(self) -> int:
        """Tell the new recogniser what is owed; how much audio that was, in milliseconds."""
        recognition, replayed_ms = self._taken.recognition, 0
        recognition.expect(self._expectation)
        for told in self._owed.again(self._lead_ms):
            match told:
                case Begin(at_ms=at_ms):
                    recognition.speech_started(at_ms)
                case Audio(pcm=pcm, at_ms=at_ms):
                    recognition.write(pcm, at_ms)
                    replayed_ms += len(pcm) // PCM_BYTES_PER_MS
                case End(at_ms=at_ms, due_ms=due_ms):
                    recognition.speech_ended(at_ms, max(_LEAST_MS, due_ms - self._choosing.now_ms()))
        self._liveness = self._new_liveness()
        if self._owed.speaking:
            self._liveness.speech_started(self._choosing.now_ms())
        return replayed_ms

    # What it says

    def _take_result(self, result: Result) -> None:
        self._futile = 0
        match result:
            case Transcript(final=False):
                self._heard()
                self._results.tell(result)
            case Transcript():
                self._heard()
                if self._owed.answered(result.end_ms):
                    self._results.tell(result)
            case Unrecognised(reason="noise"):
                if self._wordless:  # two have heard no words: there may be none
                    self._liveness.answered(self._choosing.now_ms())
                if self._suspect is not None:
                    self._choosing.acquitted(self._suspect)
                    self._suspect = None
                if self._owed.answered(result.end_ms):
                    self._results.tell(result)
            case Unrecognised():
                self._is_late(result)
            case EagerEnd() | TurnGoesOn() | ProviderSwitched():
                self._results.tell(result)
        self._schedule()

    def _heard(self) -> None:
        self._liveness.answered(self._choosing.now_ms())
        self._suspect, self._wordless = None, False
        self._choosing.heard(self._taken)

    def _is_late(self, result: Unrecognised) -> None:
        """A route that is late or busy leaves time for another, if there is one."""
        if not self._owed.owes(result.end_ms):
            return
        left_ms = (self._owed.due_ms or sys.maxsize) - self._choosing.now_ms()
        if left_ms > _LEAST_MS and self._choosing.has_other(self._taken, self._call_id):
            self._fail("late")
        elif self._owed.answered(result.end_ms):
            self._results.tell(result)

    def _fail(self, reason: Reason, error: ProviderError | None = None) -> None:
        if self._switching or self._closed:
            return
        self._switching, self._failure = True, reason
        self._choosing.failed(self._taken.number, self._call_id, reason, error)
        self._fails.set()

    # Time

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        silent_ms = None if self._switching else self._liveness.deadline_ms
        due = [instant for instant in (silent_ms, self._owed.due_ms) if instant is not None]
        self._timer = None
        if due and not self._closed:
            self._timer = self._loop.call_later(max(0, min(due) - self._choosing.now_ms()) / 1000, self._tick)

    def _tick(self) -> None:
        now_ms = self._choosing.now_ms()
        if (overdue := self._owed.overdue(now_ms)) is not None:
            self._results.tell(Unrecognised("late", *overdue))
        if not self._switching and self._liveness.is_silent(now_ms):
            if not self._wordless or self._choosing.has_other(self._taken, self._call_id):
                self._wordless = True
                self._fail("silent")
            else:
                self._liveness.answered(now_ms)
        self._schedule()
