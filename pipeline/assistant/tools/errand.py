"""One wish to use a tool, carried out: how often it is asked, when it is given up, and what is then known. Pure.

What may have changed something is never asked again blindly. A write whose answer was lost is asked again only where
the system knows its key (`idempotent`), is looked up where the line says how, and is "checking" otherwise: a person
looks after it, and the caller hears just that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.assistant.tools.port import Effect, ToolSpec

LEAST_MS: Final = 50
"""Less than this is not worth an attempt."""
LOOK_UP_SHARE: Final = 0.35
"""Of the deadline, kept back to look a lost write up."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The tool gave a result."""

    at_ms: int
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The tool did not."""

    at_ms: int
    code: str
    """ToolError.code."""
    retryable: bool
    effect: Effect
    """Whether it may have acted all the same."""
    say: str = ""


@dataclass(frozen=True, slots=True)
class Waited:
    """The pause is over."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What became of the write."""

    at_ms: int
    happened: bool | None
    """None: that could not be found out."""
    result: Mapping[str, Any] = field(default_factory=dict)


ErrandEvent = Answered | Failed | Waited | LookedUp


@dataclass(frozen=True, slots=True)
class Attempt:
    """Ask the tool, with its key; post Answered or Failed (late, when this passes)."""

    number: int
    within_ms: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Post Waited after this."""

    wait_ms: int


@dataclass(frozen=True, slots=True)
class Check:
    """Look the write up; post LookedUp."""

    within_ms: int


@dataclass(frozen=True, slots=True)
class Settle:
    """It is over."""

    ok: bool
    effect: Effect
    """unknown: a person has to look after it."""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    """ToolError.code, or `checking` where the effect is unknown."""
    say: str = ""
    attempts: int = 0


ErrandAction = Attempt | Pause | Check | Settle


class Errand:
    """Decides one wish. `begin`, then `handle` what each action led to, until it settles: one action at a time."""

    def __init__(self, spec: ToolSpec, now_ms: int, within_ms: int) -> None:
        """within_ms: for all of it."""
        self._spec = spec
        self._until_ms = now_ms + within_ms
        self._reserved_ms = round(within_ms * LOOK_UP_SHARE) if self._looks_up else 0
        self._attempts = 0
        self._last = Failed(now_ms, "late", retryable=True, effect="none")

    def begin(self, now_ms: int, *, unfinished: bool = False) -> ErrandAction:
        """The first thing to do. unfinished: a write with this key was begun before, and its end is not known."""
        if unfinished and self._spec.writes:
            self._last = Failed(now_ms, "late", retryable=True, effect="unknown")
        return self._attempt(now_ms) if self._spec.repeatable or not unfinished else self._doubtful(now_ms)

    def handle(self, event: ErrandEvent) -> ErrandAction:
        """What comes next."""
        match event:
            case Answered(result=result):
                effect: Effect = "done" if self._spec.writes else "none"
                return Settle(ok=True, effect=effect, result=result, attempts=self._attempts)
            case Failed():
                return self._failed(event)
            case Waited(at_ms=now_ms):
                return self._attempt(now_ms)
            case LookedUp(happened=True, result=result):
                return Settle(ok=True, effect="done", result=result, attempts=self._attempts)
            case LookedUp(at_ms=now_ms, happened=False):
                self._last = Failed(now_ms, "late", retryable=True, effect="none")
                return self._again(now_ms)
            case LookedUp():
                return self._unknown()

    @property
    def _looks_up(self) -> bool:
        return self._spec.look_up is not None and not self._spec.repeatable

    def _failed(self, event: Failed) -> ErrandAction:
        # A write is in doubt from the first lost answer on, whatever later attempts say of themselves.
        lost = self._spec.writes and "unknown" in {event.effect, self._last.effect}
        self._last = Failed(event.at_ms, event.code, event.retryable, "unknown" if lost else "none", event.say)
        if lost and not self._spec.repeatable:
            return self._doubtful(event.at_ms)
        return self._again(event.at_ms)

    def _again(self, now_ms: int) -> ErrandAction:
        """Try once more where that may help and there is time."""
        wait_ms = self._spec.retry.wait_ms * 2 ** max(0, self._attempts - 1)
        room_ms = self._until_ms - now_ms - self._reserved_ms - wait_ms
        if not self._last.retryable or self._attempts >= self._spec.retry.attempts or room_ms < LEAST_MS:
            return self._give_up()
        return Pause(wait_ms)

    def _attempt(self, now_ms: int) -> ErrandAction:
        within_ms = self._until_ms - now_ms - self._reserved_ms
        if within_ms < LEAST_MS and self._attempts:
            return self._give_up()
        self._attempts += 1
        return Attempt(self._attempts, max(1, within_ms))

    def _doubtful(self, now_ms: int) -> ErrandAction:
        """It may have happened, and asking again might do it twice."""
        if not self._looks_up or self._until_ms - now_ms < 1:
            return self._unknown()
        return Check(self._until_ms - now_ms)

    def _give_up(self) -> Settle:
        if self._last.effect == "unknown":
            return self._unknown()
        return Settle(ok=False, effect="none", error=self._last.code, say=self._last.say, attempts=self._attempts)

    def _unknown(self) -> Settle:
        return Settle(ok=False, effect="unknown", error="checking", attempts=self._attempts)
