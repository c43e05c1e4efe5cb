"""One caller's side of an engine that takes whole utterances: order, instants, one result for each."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from voice.audio import PCM_BYTES_PER_MS
from voice.stt.loudness import CallerLoudness, loudness_db
from voice.stt.port import Expectation, Hypothesis, Result, Transcript, Unrecognised
from voice.stt.readings import torn

_LONGEST_BYTES: Final = 60_000 * PCM_BYTES_PER_MS
"""What comes after a minute of one utterance is not heard: nothing we ask for takes so long to say."""
_MOST_PENDING: Final = 8
"""Utterances of one caller that may wait for words; what is said beyond is answered busy at once."""
_UNTOLD_DEADLINE_MS: Final = 2500
"""For an utterance whose end was not told before the next one began."""

_SURE: Final = 0.5
"""Words understood with less confidence do not tell how loud a caller is."""

Readings = tuple[Hypothesis, ...]
Failure = Literal["busy", "late"]


@dataclass(eq=False)
class Utterance:
    """Audio on its way to words. The engine's from submit() until it calls `on_done`, or until drop()."""

    expectation: Expectation
    on_partial: Callable[[str], None]
    on_done: Callable[[Readings | Failure], None]
    """Called once, on the event loop. No readings: there were no words in it."""
    audio: bytearray = field(default_factory=bytearray)
    """All of it so far: PCM16 mono 8 kHz."""
    ended: bool = False


class Engine(Protocol):
    """What turns utterances into words. All methods are synchronous and cheap."""

    def submit(self, utterance: Utterance) -> None:
        """Take a new utterance."""

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        """Append audio to it."""

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        """That was all; call on_done within deadline_ms."""

    def drop(self, utterance: Utterance) -> None:
        """Forget it without calling on_done. Harmless when it is done already."""


@dataclass(eq=False)
class _Said:
    """One utterance of a caller, from its first sample to its result."""

    start_ms: int
    utterance: Utterance | None = None
    end_ms: int | None = None
    partial: str = ""
    result: Readings | Failure | None = None

    @property
    def heard_until_ms(self) -> int:
        """Instant up to which there is audio."""
        return self.start_ms + (len(self.utterance.audio) // PCM_BYTES_PER_MS if self.utterance else 0)


class Listening:
    """One caller, listened to: the port's Recognition over an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._expectation = Expectation()
        self._said: deque[_Said] = deque()
        self._speaking: _Said | None = None
        self._news = asyncio.Event()
        self._closed = False
        self._loudness = CallerLoudness()

    def expect(self, expectation: Expectation) -> None:
        """Listen for this from the next utterance on."""
        self._expectation = expectation

    def speech_started(self, at_ms: int) -> None:
        """Begin an utterance; one that was not ended ends here."""
        if self._closed:
            return
        if self._speaking is not None:
            self.speech_ended(at_ms, _UNTOLD_DEADLINE_MS)
        said = self._speaking = _Said(at_ms)
        self._said.append(said)
        if len(self._said) > _MOST_PENDING:
            said.result = "busy"
            return
        said.utterance = Utterance(
            self._expectation,
            on_partial=lambda text: self._partial(said, text),
            on_done=lambda result: self._done(said, result),
        )
        self._engine.submit(said.utterance)

    def write(self, pcm: bytes, at_ms: int) -> None:  # noqa: ARG002  the utterance's audio is one piece from its start
        """Take audio of the utterance; outside one, it is not speech."""
        said = self._speaking
        if said is not None and said.utterance is not None and said.result is None:
            room = _LONGEST_BYTES - len(said.utterance.audio)
            if room > 0:
                self._engine.write(said.utterance, pcm[:room])

    def speech_paused(self, at_ms: int) -> None:
        """Nothing: an engine that takes whole utterances has no words for a part of one that would not change."""

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        """End the utterance; its final result is due within deadline_ms."""
        said, self._speaking = self._speaking, None
        if said is None:
            return
        said.end_ms = at_ms
        if said.result is None and said.utterance is not None:
            self._engine.end(said.utterance, deadline_ms)
        self._news.set()

    def __aiter__(self) -> AsyncIterator[Result]:
        return self

    async def __anext__(self) -> Result:
        while not self._closed:
            result = self._next()
            if result is not None:
                return result
            self._news.clear()
            await self._news.wait()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Drop what was not recognised yet; iteration ends. Safe to call twice."""
        self._closed, self._speaking = True, None
        for said in self._said:
            if said.utterance is not None and said.result is None:
                self._engine.drop(said.utterance)
        self._said.clear()
        self._news.set()

    def _next(self) -> Transcript | Unrecognised | None:
        """What there is to tell of the earliest utterance, taken."""
        first = self._said[0] if self._said else None
        if first is None:
            return None
        if first.end_ms is not None and first.result is not None:
            self._said.popleft()
            return _final(first, first.result, first.end_ms)
        partial, first.partial = first.partial, ""
        if partial and first.result is None:
            return Transcript(partial, False, first.start_ms, first.heard_until_ms)
        return None

    def _partial(self, said: _Said, text: str) -> None:
        said.partial = text
        self._news.set()

    def _done(self, said: _Said, result: Readings | Failure) -> None:
        said.result = self._from_the_caller(said, result) if result and not isinstance(result, str) else result
        self._news.set()

    def _from_the_caller(self, said: _Said, readings: Readings) -> Readings:
        """The readings; none if the utterance is far softer than this caller, or softer and torn between yes and no."""
        level_db = loudness_db(bytes(said.utterance.audio)) if said.utterance else 0.0
        if not self._loudness.fits(level_db) or (self._loudness.doubtful(level_db) and torn(readings)):
            return ()
        if readings[0].confidence >= _SURE:
            self._loudness.heard(level_db)
        return readings


def _final(said: _Said, result: Readings | Failure, end_ms: int) -> Transcript | Unrecognised:
    if isinstance(result, str):
        return Unrecognised(result, said.start_ms, end_ms)
    if not result:
        return Unrecognised("noise", said.start_ms, end_ms)
    return Transcript(result[0].text, True, said.start_ms, end_ms, result[0].confidence, result)
