"""What a caller keys in: single keys become the answer that was asked for. A pure core."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

INTER_DIGIT_MS: Final = 3_000
"""How long to wait for another key: slow readers of a number on paper need two seconds, and everyone waits for this."""

CLEAR_KEY: Final = "*"
"""Forgets what was keyed in so far, unless it is the terminator."""

_DIGITS: Final = frozenset("0123456789")


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One key of the caller's telephone."""

    at_ms: int
    digit: str


@dataclass(frozen=True, slots=True)
class Collected:
    """A complete answer. Nothing is expected any more."""

    digits: str = field(repr=False)  # an order number is personal, a PIN is secret: neither may reach a log by accident
    at_ms: int
    """When it was known to be complete."""
    start_ms: int
    """When its first key was pressed."""
    secret: str = ""
    """What kind of secret it is; empty: none."""

    def for_log(self) -> dict[str, Any]:
        """What an event may hold of it: the digits, or of a secret its kind and length."""
        if self.secret:
            return {"secret": {"kind": self.secret, "length": len(self.digits)}}
        return {"digits": self.digits}


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The caller paused, or pressed the terminator, with too few digits. They are forgotten and still expected."""

    count: int
    at_ms: int
    start_ms: int


@dataclass(frozen=True, slots=True)
class Cleared:
    """The caller pressed CLEAR_KEY to begin anew."""

    at_ms: int
    count: int = 0
    """Digits that were forgotten; 0: there were none, and they may want to stop."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """A key that means nothing here."""

    reason: Literal["not_expected", "not_a_digit", "nothing_entered"]


KeypadAction = Collected | Incomplete | Cleared | Ignored


class KeypadCollector:
    """Collects one answer at a time. Keys pressed while none is expected are ignored."""

    def __init__(self) -> None:
        self._expecting = False
        self._min_digits = self._max_digits = 1
        self._terminator = "#"
        self._inter_digit_ms = INTER_DIGIT_MS
        self._secret = ""
        self._digits = ""
        self._start_ms = self._last_ms = 0

    @property
    def expecting(self) -> bool:
        """Whether keys would be collected."""
        return self._expecting

    def secret_at(self, at_ms: int) -> str:
        """What kind of secret a key pressed now belongs to: it enters no log. Empty: none. Ask before `handle`.

        Keys that follow a complete secret without a pause belong to it: a caller who does not know its length.
        """
        if self._expecting:
            return self._secret
        return self._secret if at_ms < self._last_ms + self._inter_digit_ms else ""

    @property
    def deadline_ms(self) -> int | None:
        """When the caller has paused long enough to be done."""
        return self._last_ms + self._inter_digit_ms if self._digits else None

    def expect(
        self,
        min_digits: int,
        max_digits: int,
        terminator: str = "#",
        inter_digit_ms: int = INTER_DIGIT_MS,
        secret: str = "",
    ) -> None:
        """Collect an answer of this many digits, in place of whatever was expected.

        It is complete at max_digits, at the terminator (one key, or empty for none), or after inter_digit_ms without a
        key. secret names a kind of secret, such as "pin". Raises ValueError on lengths that make no sense.
        """
        if not 1 <= min_digits <= max_digits:
            raise ValueError(f"{min_digits} to {max_digits} digits cannot be collected")
        if terminator not in ("", "#", "*"):
            raise ValueError(f"{terminator!r} cannot end an answer; '#' and '*' can")
        self._expecting = True
        self._min_digits, self._max_digits = min_digits, max_digits
        self._terminator, self._inter_digit_ms, self._secret = terminator, inter_digit_ms, secret
        self._digits = ""

    def stop(self) -> None:
        """Expect nothing any more; what was keyed in so far is forgotten."""
        self._expecting = False
        self._digits = ""

    def handle(self, event: KeyPressed) -> list[KeypadAction]:
        """Take a key. A digit that only lengthens the answer gives no action."""
        return self.tick(event.at_ms) + self._press(event.digit, event.at_ms)

    def tick(self, now_ms: int) -> list[KeypadAction]:
        """Let time pass."""
        deadline_ms = self.deadline_ms
        return [self._finish(now_ms)] if deadline_ms is not None and now_ms >= deadline_ms else []

    def takes(self, digit: str) -> bool:
        """Whether this key would mean anything now: the # that follows a complete answer does not."""
        return self._expecting and (digit in _DIGITS or bool(self._digits and digit in (self._terminator, CLEAR_KEY)))

    def _press(self, digit: str, at_ms: int) -> list[KeypadAction]:
        if not self._expecting:
            if self.secret_at(at_ms):
                self._last_ms = at_ms
            return [Ignored("not_expected")]
        if digit == self._terminator and digit:
            # Alone it is the one a caller presses after an answer that was complete without it.
            return [self._finish(at_ms)] if self._digits else [Ignored("nothing_entered")]
        if digit == CLEAR_KEY:
            count, self._digits = len(self._digits), ""
            return [Cleared(at_ms, count)]
        if digit not in _DIGITS:
            return [Ignored("not_a_digit")]
        if not self._digits:
            self._start_ms = at_ms
        self._digits += digit
        self._last_ms = at_ms
        return [self._finish(at_ms)] if len(self._digits) == self._max_digits else []

    def _finish(self, at_ms: int) -> KeypadAction:
        digits, self._digits = self._digits, ""
        if len(digits) < self._min_digits:
            return Incomplete(len(digits), at_ms, self._start_ms)
        self._expecting = False
        return Collected(digits, at_ms, self._start_ms, self._secret)
