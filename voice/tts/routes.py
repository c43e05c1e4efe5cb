"""Which of several voices is to speak: the first that has not failed lately (voice.cooldown). Pure."""

from dataclasses import dataclass, field

from voice.cooldown import CoolDown


@dataclass(slots=True)
class _Route:
    cooling: CoolDown = field(default_factory=CoolDown)
    slowness: float | None = None


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
        return sorted(range(self.count), key=lambda number: max(now_ms, self._routes[number].cooling.until_ms))

    def resting(self, number: int, now_ms: int) -> bool:
        """Whether it failed lately."""
        return self._routes[number].cooling.cools(now_ms)

    def failed(self, number: int, now_ms: int, trouble: str, *, retryable: bool) -> int:
        """It failed; how long it rests, in milliseconds. One that no retry helps rests longest at once."""
        return self._routes[number].cooling.failed(trouble, now_ms, for_good=not retryable)

    def spoke(self, number: int, slowness: float | None) -> None:
        """It said a whole text."""
        route = self._routes[number]
        route.cooling.worked()
        if slowness is not None:
            route.slowness = slowness if route.slowness is None else 0.7 * route.slowness + 0.3 * slowness

    def trouble(self, number: int) -> str:
        """How it failed last; empty once it spoke again."""
        return self._routes[number].cooling.why

    def slowness(self, number: int) -> float | None:
        """How slowly it speaks (voice.tts.delivery); None while nothing was heard of it."""
        return self._routes[number].slowness
