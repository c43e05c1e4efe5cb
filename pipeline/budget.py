"""The time that a turn may take until the caller hears something, and what happens when it runs out. Pure.

The ladder (docs/architecture.md): a fill when the floor has been ours for 0.9 s without a sound, an apology at 5 s, a
human at 9 s or after two turns in a row that failed so. Fills and apologies are made in advance and need no provider.
Which route of a model or a voice is waited for is decided by its failover; its allowance is part of ALLOWANCE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

FILL_MS: Final = 900
"""Silence with the floor ours after which something is said."""
FILL_AGAIN_MS: Final = 2400
"""The same after a fill: a second one comes sooner than 3 s after the first, and later than is tiresome."""
APOLOGY_MS: Final = 5000
"""Into the turn."""
GIVE_UP_MS: Final = 9000
"""Into the turn."""
FAILED_TURNS: Final = 2
"""So many turns in a row that ran out of time: the next one goes to a human when it is late for the apology."""

ALLOWANCE: Final = {
    "endpoint": 640,
    "transcript": 350,
    "retrieval": 250,
    "first_token": 1500,
    "first_clause": 100,
    "first_audio": 800,
    "playout": 60,
}
"""Most that each stage of a turn may take, in ms, before the turn counts as late in it (docs/performance.md)."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The caller's turn is over: something is to be said. Another turn may have been owed already."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Audible:
    """The caller begins to hear something."""

    at_ms: int
    answer: bool
    """Part of an answer; else a fill or an apology of ours."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """All that was to be said so far was heard."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Answered:
    """The reply is decided and being said: nothing more is owed once it was heard."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class NothingToSay:
    """The turn is over without a word: whoever speaks next, it is not the assistant."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerSpeaks:
    """The caller has the floor: nothing is late while they speak."""

    at_ms: int


BudgetEvent = Owed | Audible | Quiet | Answered | NothingToSay | CallerSpeaks


@dataclass(frozen=True, slots=True)
class Fill:
    """Say this now, before what comes."""

    text: str


@dataclass(frozen=True, slots=True)
class Apologise:
    """Say this now: it takes longer than it should."""

    text: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No answer will come in time: bring in a human."""

    waited_ms: int


BudgetAction = Fill | Apologise | GiveUp


@dataclass(slots=True)
class Phrases:
    """Texts that are said one after the other, never the same twice in a row."""

    texts: Sequence[str]
    _next: int = 0
    _last: str = ""

    def next(self) -> str:
        """The next one; empty when there is none but the last one said."""
        text = self.texts[self._next % len(self.texts)] if self.texts else ""
        self._next += 1
        self._last = "" if text == self._last else text
        return self._last


@dataclass(slots=True)
class Budget:
    """One call's. Created with the line's texts in the caller's language."""

    fills: Phrases
    apologies: Phrases
    _owed_ms: int | None = None
    """Since when the caller waits for an answer, or for more of it."""
    _decided: bool = False
    """The whole answer is on its way."""
    _sound: Literal["", "fill", "answer"] = ""
    """What the caller hears."""
    _silent_ms: int = 0
    """Since when nothing was heard."""
    _filled: bool = False
    _apologised: bool = False
    _failed: int = 0

    @property
    def deadline_ms(self) -> int | None:
        """Instant of the next step of the ladder; None while nothing is owed or something is heard."""
        if self._owed_ms is None or self._sound:
            return None
        return min(self._fill_ms(), self._late_ms())

    def handle(self, event: BudgetEvent) -> list[BudgetAction]:
        """Take an event. None decides anything: only time runs out."""
        match event:
            case Owed():
                self._owe(event.at_ms)
            case Audible():
                self._sound = "answer" if event.answer else "fill"
                self._settle()
            case Quiet():
                if self._sound == "answer" and self._owed_ms is not None:
                    self._owe(event.at_ms)  # there is more to come
                self._sound, self._silent_ms = "", event.at_ms
            case Answered():
                self._decided = self._owed_ms is not None
                self._settle()
            case NothingToSay() | CallerSpeaks():
                self._owed_ms = None
        return []

    def tick(self, now_ms: int) -> list[BudgetAction]:
        """Let time pass: one step of the ladder."""
        due_ms = self.deadline_ms
        if due_ms is None or now_ms < due_ms or self._owed_ms is None:
            return []
        if now_ms < self._late_ms():
            self._silent_ms, self._filled = now_ms, True
            return [Fill(self.fills.next())]
        if self._apologised or self._failed >= FAILED_TURNS:
            waited_ms = now_ms - self._owed_ms
            self._failed += 1
            self._owe(now_ms)  # the way to a human is a turn of its own
            return [GiveUp(waited_ms)]
        self._silent_ms, self._filled, self._apologised = now_ms, True, True
        return [Apologise(self.apologies.next())]

    def _owe(self, at_ms: int) -> None:
        self._owed_ms, self._silent_ms = at_ms, at_ms
        self._decided = self._filled = self._apologised = False

    def _settle(self) -> None:
        """All of the answer is on its way, and the caller hears it."""
        if self._owed_ms is not None and self._decided and self._sound == "answer":
            self._failed = self._failed + 1 if self._apologised else 0
            self._owed_ms = None

    def _fill_ms(self) -> int:
        return self._silent_ms + (FILL_AGAIN_MS if self._filled else FILL_MS)

    def _late_ms(self) -> int:
        """When the turn is late for the apology, and after it for giving up."""
        return (self._owed_ms or 0) + (GIVE_UP_MS if self._apologised else APOLOGY_MS)
