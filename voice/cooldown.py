"""How long a route that failed is left alone: a recogniser, a voice, a model. Pure: time is an argument.

30 s, twice as long after each further failure, at most 5 minutes; those 5 minutes at once where only a person can help.
Calls fail together: what fails while it is left alone already counts once.
"""

from dataclasses import dataclass
from typing import Final

COOL_DOWN_MS: Final = 30_000
LONGEST_COOL_DOWN_MS: Final = 300_000


@dataclass(slots=True)
class CoolDown:
    """One route's, shared by all who use it."""

    failures: int = 0
    """In a row."""
    until_ms: int = 0
    """Left alone until this instant."""
    why: str = ""
    """How it failed last; empty once it worked again."""
    _before_ms: int = 0
    """What until_ms was before the last failure."""

    def cools(self, now_ms: int) -> bool:
        """Whether it is left alone now."""
        return now_ms < self.until_ms

    def failed(self, why: str, now_ms: int, *, for_good: bool = False) -> int:
        """It failed: for how many ms from now it is left alone. for_good: trying again soon is useless."""
        self.why = why
        if self.cools(now_ms) and not for_good:
            return self.until_ms - now_ms
        cool_ms = LONGEST_COOL_DOWN_MS if for_good else COOL_DOWN_MS << min(self.failures, 8)
        self._before_ms = self.until_ms
        self.failures += 1
        self.until_ms = now_ms + min(cool_ms, LONGEST_COOL_DOWN_MS)
        return self.until_ms - now_ms

    def worked(self) -> None:
        """It is as good as new."""
        self.failures, self.until_ms, self.why = 0, 0, ""

    def acquitted(self) -> None:
        """Its last failure was none."""
        if self.failures:
            self.failures -= 1
            self.until_ms = self._before_ms
            self.why = self.why if self.failures else ""
