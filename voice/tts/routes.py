"""Which of several voices is to speak: the first that has not failed lately. Pure."""

from dataclasses import dataclass, field
from typing import Final

REST_MS: Final = 30_000
"""A voice that failed is not asked again for so long; twice as long after every further failure."""
LONGEST_REST_MS: Final = 300_000


@dataclass(slots=True)
class _Route:
    failures: int = 0
    rests_until_ms: int = 0
    slowness: float | None = None
    trouble: str = ""


@dataclass(slots=True)
class Routes:
    """What is known of the voices of a process, in the order in which they are wanted."""

    count: int
    _routes: list[_Route] = field(init=False)

    def __post_init__(self) -> None:
        """All are well until they fail."""
        self._routes = [_Route() for _ in range(self.count)]

    def order(self, now_ms: int) -> list[int]:
        """All voices: those that are well as they are wanted, then those that rest, the soonest back first."""
        return sorted(range(self.count), key=lambda number: max(now_ms, self._routes[number].rests_until_ms))

    def resting(self, number: int, now_ms: int) -> bool:
        """Whether it failed lately."""
        return self._routes[number].rests_until_ms > now_ms

    def failed(self, number: int, now_ms: int, trouble: str, *, retryable: bool) -> int:
        """It failed; how long it rests, in milliseconds. One that no retry helps rests longest at once."""
        route = self._routes[number]
        route.trouble = trouble
        if self.resting(number, now_ms) and retryable:
            return route.rests_until_ms - now_ms  # texts that began together fail together: that is one failure
        rest_ms = min(LONGEST_REST_MS, REST_MS << min(route.failures, 8)) if retryable else LONGEST_REST_MS
        route.failures += 1
        route.rests_until_ms = now_ms + rest_ms
        return rest_ms

    def spoke(self, number: int, slowness: float | None) -> None:
        """It said a whole text."""
        route = self._routes[number]
        route.failures = route.rests_until_ms = 0
        route.trouble = ""
        if slowness is not None:
            route.slowness = slowness if route.slowness is None else 0.7 * route.slowness + 0.3 * slowness

    def trouble(self, number: int) -> str:
        """How it failed last; empty once it spoke again."""
        return self._routes[number].trouble

    def slowness(self, number: int) -> float | None:
        """How slowly it speaks (voice.tts.delivery); None while nothing was heard of it."""
        return self._routes[number].slowness
