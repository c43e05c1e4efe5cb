"""Whose words are whose when a recogniser writes down one endless stream and is asked to finalise. Pure.

Its results are segments of the stream: interim ones replace each other, final ones stand. Words go to the utterance in
whose time they lie. At a pause, and at the end of an utterance, the recogniser is asked to finalise, unless what is
final already reaches that far: then the answer is there at once.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from voice.stt.port import Hypothesis, Result, Transcript, Unrecognised

_REACHES_MS: Final = 200
"""What is final answers an utterance although it ends this much earlier: the gate's end includes the last sound."""
_EARLY_MS: Final = 1000
"""Words this long before the gate opened still belong to the utterance: it may open late for soft beginnings."""
_GRACE_MS: Final = 700
"""Deepgram need not answer Finalize when it has little audio left (developers.deepgram.com/docs/finalize). When its
interim words reach the end, they count after this long: twice its slowest 1 % of finals (reference: 326 ms)."""
_PAUSE_EVERY_MS: Final = 400
"""Shortest time between two Finalize for pauses: each one cuts the context in which words are recognised."""
_UNTOLD_DEADLINE_MS: Final = 2500
"""For an utterance whose end was not told before the next one began."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, on the call's clock."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float

    @property
    def middle_ms(self) -> float:
        """Where it belongs."""
        return (self.start_ms + self.end_ms) / 2


@dataclass(frozen=True, slots=True)
class Segment:
    """What a recogniser says of a part of the stream, on the call's clock."""

    end_ms: int
    words: tuple[Word, ...]
    final: bool
    from_finalize: bool = False


@dataclass(frozen=True, slots=True)
class Finalize:
    """Ask the recogniser for the final words of all audio so far."""


@dataclass(slots=True, eq=False)
class _Said:
    """An utterance without its result."""

    start_ms: int
    end_ms: int | None = None
    due_ms: int = 0
    paused_ms: int | None = None
    """Begin of a pause for which settled words are owed."""


Output = Result | Finalize


class Finalising:
    """One caller's utterances and the words of the stream. `now_ms` is any clock that goes on; at_ms the call's."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque()
        self._words: list[Word] = []
        self._interim: tuple[Word, ...] = ()
        self._final_ms = -1
        """Instant up to which words are final."""
        self._heard_ms = -1
        """Instant up to which there are words at all."""
        self._taken_ms = -1.0
        """Words before this instant were given out or given up."""
        self._asked: deque[tuple[int, int]] = deque()
        """Finalize without an answer: the instant up to which it asked, and when."""
        self._asked_at_ms = -_PAUSE_EVERY_MS
        self._last_partial = ""

    @property
    def deadline_ms(self) -> int | None:
        """When tick has something to do, on the clock of now_ms."""
        first = self._said[0] if self._said else None
        if first is None or first.end_ms is None:
            return None
        asked_at = self._asked_for(first.end_ms) if self._reaches(first, self._heard_ms) else None
        return first.due_ms if asked_at is None else min(first.due_ms, asked_at + _GRACE_MS)

    def speech_started(self, at_ms: int, now_ms: int, written_ms: int) -> list[Output]:
        """An utterance begins; one that was not ended ends here."""
        ended = self.speech_ended(at_ms, _UNTOLD_DEADLINE_MS, now_ms, written_ms)
        if not self._said:
            self._taken_ms = max(self._taken_ms, at_ms - _EARLY_MS)
        self._said.append(_Said(at_ms))
        self._last_partial = ""
        return ended

    def speech_paused(self, at_ms: int, now_ms: int, written_ms: int) -> list[Output]:
        """The words up to this instant are wanted."""
        said = self._open()
        if said is None:
            return []
        said.paused_ms = at_ms
        if self._is_final(at_ms):
            return self._settled(said)
        if any(until_ms >= at_ms for until_ms, _ in self._asked) or now_ms - self._asked_at_ms < _PAUSE_EVERY_MS:
            return []
        return self._ask(now_ms, written_ms)

    def speech_ended(self, at_ms: int, deadline_ms: int, now_ms: int, written_ms: int) -> list[Output]:
        """The open utterance is over. written_ms: instant at which the audio sent so far ends."""
        said = self._open()
        if said is None:
            return []
        said.end_ms, said.due_ms = max(at_ms, said.start_ms), now_ms + deadline_ms
        answered = self._answers(now_ms)
        if said not in self._said or any(until_ms >= at_ms for until_ms, _ in self._asked):
            return answered
        return [*answered, *self._ask(now_ms, written_ms)]

    def heard(self, segment: Segment, now_ms: int) -> list[Output]:
        """The recogniser says something."""
        if segment.final:
            self._words += [word for word in segment.words if word.middle_ms >= self._taken_ms]
            self._interim = ()
            self._final_ms = max(self._final_ms, segment.end_ms)
            if segment.from_finalize:
                self._finalized(segment.end_ms)
        else:
            self._interim = tuple(word for word in segment.words if word.middle_ms >= self._taken_ms)
        self._heard_ms = max(self._heard_ms, segment.end_ms, self._final_ms)
        results = self._answers(now_ms)
        if not self._said:
            self._words = [word for word in self._words if word.end_ms >= self._heard_ms - _EARLY_MS]
        return results + self._partial()

    def tick(self, now_ms: int) -> list[Output]:
        """Let time pass."""
        return self._answers(now_ms)

    # What was asked

    def _ask(self, now_ms: int, written_ms: int) -> list[Output]:
        self._asked.append((written_ms, now_ms))
        self._asked_at_ms = now_ms
        return [Finalize()]

    def _finalized(self, end_ms: int) -> None:
        """The answer to the earliest Finalize, and to those before its end: all they asked for is final."""
        answered = 0
        while self._asked and (not answered or self._asked[0][0] <= end_ms + _REACHES_MS):
            self._final_ms = max(self._final_ms, self._asked.popleft()[0])
            answered += 1

    def _asked_for(self, end_ms: int) -> int | None:
        """When it was first asked for all that was said up to here; what was asked for earlier pauses is none of it."""
        return next((asked_at for until_ms, asked_at in self._asked if until_ms >= end_ms), None)

    def _is_final(self, at_ms: int) -> bool:
        return self._final_ms >= at_ms - _REACHES_MS and not any(word.start_ms < at_ms for word in self._interim)

    def _reaches(self, said: _Said, instant_ms: int) -> bool:
        return said.end_ms is not None and instant_ms >= said.end_ms - _REACHES_MS

    # Results

    def _open(self) -> _Said | None:
        return self._said[-1] if self._said and self._said[-1].end_ms is None else None

    def _answers(self, now_ms: int) -> list[Output]:
        results: list[Output] = []
        while self._said and self._said[0].end_ms is not None:
            result = self._answer(self._said[0], self._said[0].end_ms, now_ms)
            if result is None:
                break
            results.append(result)
            self._said.popleft()
            self._last_partial = ""
        return results

    def _answer(self, said: _Said, end_ms: int, now_ms: int) -> Result | None:
        asked_at = self._asked_for(end_ms)
        waited = asked_at is not None and now_ms - asked_at >= _GRACE_MS and self._reaches(said, self._heard_ms)
        if not self._is_final(end_ms) and not waited:
            if now_ms < said.due_ms:
                return None
            self._take(end_ms)
            return Unrecognised("late", said.start_ms, end_ms)
        words = self._words_of(0)
        self._take(max([end_ms, *(word.end_ms for word in words)]))
        if not words:
            return Unrecognised("noise", said.start_ms, end_ms)
        text, confidence = _read(words)
        return Transcript(text, True, said.start_ms, end_ms, confidence, (Hypothesis(text, confidence),))

    def _take(self, until_ms: float) -> None:
        """Words before this instant, or before the next utterance, are dealt with."""
        self._taken_ms = max(self._taken_ms, self._bound(0) if len(self._said) > 1 else until_ms)
        self._words = [word for word in self._words if word.middle_ms >= self._taken_ms]
        self._interim = tuple(word for word in self._interim if word.middle_ms >= self._taken_ms)

    def _bound(self, index: int) -> float:
        """Instant before which words belong to this utterance or an earlier one."""
        if index < 0:
            return self._taken_ms
        if index + 1 >= len(self._said):
            return float("inf")
        this, following = self._said[index], self._said[index + 1]
        return ((this.end_ms or following.start_ms) + following.start_ms) / 2

    def _words_of(self, index: int) -> list[Word]:
        since_ms, until_ms = max(self._bound(index - 1), self._taken_ms), self._bound(index)
        return [word for word in (*self._words, *self._interim) if since_ms <= word.middle_ms < until_ms]

    def _partial(self) -> list[Output]:
        """What the open utterance says so far, if that is news."""
        said = self._open()
        if said is None:
            return []
        if said.paused_ms is not None and self._is_final(said.paused_ms):
            return self._settled(said)
        words = self._words_of(len(self._said) - 1)
        text, confidence = _read(words)
        if not text or text == self._last_partial:
            return []
        self._last_partial = text
        return [Transcript(text, False, said.start_ms, self._heard_ms, confidence)]

    def _settled(self, said: _Said) -> list[Output]:
        """The answer to a pause; none while nothing was said."""
        said.paused_ms = None
        text, confidence = _read(self._words_of(len(self._said) - 1))
        self._last_partial = text
        if not text:
            return []
        return [Transcript(text, False, said.start_ms, self._final_ms, confidence, settled=True)]


def _read(words: list[Word]) -> tuple[str, float]:
    """Text and mean confidence."""
    mean = sum(word.confidence for word in words) / len(words) if words else 0.0
    return " ".join(word.text for word in words), round(mean, 3)
