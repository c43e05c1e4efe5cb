"""Where in a recording sound belongs that comes over a network: it was made evenly, and comes unevenly. Pure.

By the instants at which frames come, a frame that is 3 ms late leaves a hole of 3 ms, and one that comes with another
lies on top of it: both are heard as clicks.
"""

from typing import Final

LATE_MS: Final = 100
"""So much later than what went before it ends, a frame still follows it without a hole; more is a pause."""
EARLY_MS: Final = 200
"""So much may lie ahead of what has come, before the two clocks are taken for different."""


class Placing:
    """One speaker's."""

    def __init__(self) -> None:
        self._until_ms: int | None = None

    def at(self, now_ms: int, length_ms: int) -> int:
        """The instant from which a frame of this length lies that comes now."""
        at_ms = now_ms
        if self._until_ms is not None and -EARLY_MS <= now_ms - self._until_ms <= LATE_MS:
            at_ms = self._until_ms
        self._until_ms = at_ms + length_ms
        return at_ms
