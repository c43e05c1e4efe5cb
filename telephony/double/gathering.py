"""The digits that `<Gather>` collects. Pure: keys and time in, the result out.

Rules from Twilio's `<Gather>` page: the timeout runs from the end of the nested prompts and again from each key; the
finishing key is not part of the digits; pressed first, or when nothing came in time, the result is empty.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was collected."""

    digits: str
    finished_on: str
    """The key that ended it; empty when a count or the time did."""


class Gathering:
    """One collection of digits."""

    def __init__(self, *, num_digits: int | None, finish_on: str, timeout_ms: int) -> None:
        self._num_digits = num_digits
        self._finish_on = finish_on
        self._timeout_ms = timeout_ms
        self._digits = ""
        self._deadline_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When the caller has taken too long; None while prompts play and no key was pressed."""
        return self._deadline_ms

    def prompted(self, at_ms: int) -> None:
        """The nested prompts are over: now time runs."""
        if self._deadline_ms is None:
            self._deadline_ms = at_ms + self._timeout_ms

    def press(self, at_ms: int, digit: str) -> Gathered | None:
        """One key; the result when it is the last."""
        if digit in self._finish_on:
            return Gathered(self._digits, digit)
        self._digits += digit
        self._deadline_ms = at_ms + self._timeout_ms
        return Gathered(self._digits, "") if len(self._digits) == self._num_digits else None

    def tick(self, now_ms: int) -> Gathered | None:
        """The result when the time is over."""
        late = self._deadline_ms is not None and now_ms >= self._deadline_ms
        return Gathered(self._digits, "") if late else None
