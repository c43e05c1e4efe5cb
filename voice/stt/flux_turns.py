"""The turns of a recogniser that detects them (Deepgram Flux), told as results for what our speech gate heard. Pure.

Two observers of one caller disagree about where speech begins and ends. A turn of Flux may span several utterances of
the gate: its final answers all of them. It may also end before the gate notices: then the utterance has its answer
early. And the gate opens for coughs of which no turn comes: they are noise once Flux has heard past them.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from voice.stt.port import COVERS_MS, EagerEnd, Hypothesis, Result, Transcript, TurnGoesOn, Unrecognised

_PAST_MS: Final = 500
"""When Flux has heard this far beyond an utterance and began no turn, there were no words in it: it tells of every
0.25 s of audio, and of a turn's begin with its first word."""
_FORCE_MS: Final = 800
"""A turn that is still open this long before its result is due is ended by us (ForceEndTurn)."""
_UNTOLD_DEADLINE_MS: Final = 2500
"""For an utterance whose end was not told before the next one began."""

TurnEvent = Literal["Update", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn"]


@dataclass(frozen=True, slots=True)
class TurnInfo:
    """What Flux says, on the call's clock."""

    event: TurnEvent
    text: str
    """The turn so far."""
    start_ms: int
    """Begin of the turn's first word."""
    end_ms: int
    """Instant up to which was heard."""
    confidence: float
    """Of the words."""
    over: float
    """Confidence that the turn is over."""


@dataclass(frozen=True, slots=True)
class ForceEndTurn:
    """Tell the recogniser to end the turn now."""


@dataclass(slots=True, eq=False)
class _Said:
    """An utterance of the gate without its result."""

    start_ms: int
    end_ms: int | None = None
    due_ms: int = 0


Output = Result | ForceEndTurn


class FluxTurns:
    """One caller's utterances and turns. `now_ms` is any clock that goes on; at_ms the call's."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque()
        self._in_turn = False
        self._forced = False
        self._text = ""
        self._heard_ms = -1
        self._answered_ms = -1
        """End of the last result."""

    @property
    def deadline_ms(self) -> int | None:
        """When tick has something to do, on the clock of now_ms; while the caller speaks nothing is due."""
        if not self._said or self._said[-1].end_ms is None:
            return None
        due_ms = self._said[-1].due_ms
        return due_ms - _FORCE_MS if self._in_turn and not self._forced else due_ms

    def speech_started(self, at_ms: int, now_ms: int) -> list[Output]:
        """An utterance begins; one that was not ended ends here."""
        ended = self.speech_ended(at_ms, _UNTOLD_DEADLINE_MS, now_ms)
        self._said.append(_Said(at_ms))
        self._forced = False
        return ended

    def speech_ended(self, at_ms: int, deadline_ms: int, now_ms: int) -> list[Output]:
        """The open utterance is over."""
        said = self._said[-1] if self._said else None
        if said is None or said.end_ms is not None:
            return []
        if said.start_ms < self._answered_ms and self._answered_ms >= at_ms - COVERS_MS:
            self._said.pop()
            return []
        said.end_ms, said.due_ms = max(at_ms, said.start_ms), now_ms + deadline_ms
        return self._noises()

    def heard(self, info: TurnInfo) -> list[Output]:
        """The recogniser says something."""
        self._heard_ms = max(self._heard_ms, info.end_ms)
        if info.event == "StartOfTurn":
            self._in_turn, self._forced, self._text = True, False, ""
        if not self._in_turn or not self._said:
            self._in_turn = self._in_turn and info.event != "EndOfTurn"
            return self._noises()
        if info.event == "EndOfTurn":
            self._in_turn = False
            return [*self._ended(info), *self._noises()]
        return self._goes_on(info)

    def tick(self, now_ms: int) -> list[Output]:
        """Let time pass: end a turn that takes too long, give up what is due."""
        due_ms, last = self.deadline_ms, self._said[-1] if self._said else None
        if due_ms is None or last is None or now_ms < due_ms:
            return []
        if self._in_turn and not self._forced:
            self._forced = True
            return [ForceEndTurn()]
        start_ms, end_ms = self._said[0].start_ms, last.end_ms or last.start_ms
        self._said.clear()
        self._answered_ms = max(self._answered_ms, end_ms)
        return [Unrecognised("late", start_ms, end_ms)]

    def _goes_on(self, info: TurnInfo) -> list[Output]:
        results: list[Output] = []
        if info.event == "TurnResumed":
            results.append(TurnGoesOn(info.end_ms))
        if info.text and info.text != self._text:
            results.append(Transcript(info.text, False, self._start_ms(info), info.end_ms, info.confidence))
        self._text = info.text
        if info.event == "EagerEndOfTurn":
            results.append(EagerEnd(info.end_ms, info.text, info.over))
        return results

    def _ended(self, info: TurnInfo) -> list[Output]:
        """A turn is over: it answers the utterances that ended before it, and what the open one said so far."""
        start_ms = self._start_ms(info)
        answered = False
        while self._said and self._said[0].start_ms < info.end_ms:
            said = self._said[0]
            answered = True
            if said.end_ms is None or said.end_ms - COVERS_MS > info.end_ms:
                break
            self._said.popleft()
        if not answered:
            return []
        self._answered_ms = info.end_ms
        if not info.text:
            return [Unrecognised("noise", start_ms, info.end_ms)]
        readings = (Hypothesis(info.text, info.confidence),)
        return [Transcript(info.text, True, start_ms, info.end_ms, info.confidence, readings, ends_turn=True)]

    def _start_ms(self, info: TurnInfo) -> int:
        """Where the turn's result begins: with the first utterance that it answers, after what was answered."""
        first_ms = self._said[0].start_ms
        return first_ms if first_ms >= self._answered_ms else max(info.start_ms, self._answered_ms)

    def _noises(self) -> list[Output]:
        """Utterances that Flux has heard past without a turn."""
        results: list[Output] = []
        while self._said and not self._in_turn:
            said = self._said[0]
            if said.end_ms is None or self._heard_ms < said.end_ms + _PAST_MS:
                break
            self._said.popleft()
            start_ms = max(said.start_ms, self._answered_ms)
            self._answered_ms = said.end_ms
            results.append(Unrecognised("noise", start_ms, said.end_ms))
        return results
