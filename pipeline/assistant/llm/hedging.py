"""Which of several routes answers a request, and which is asked first. Pure: time is an argument.

`Race` decides one request: the next route is asked as well when the latest has shown no sign of a reply in time, and
at once when it fails; the first to begin wins. `Health` remembers between requests: a route that failed comes last
for a while.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from voice.cooldown import CoolDown

Route = int
"""0 is the preferred one."""

PROBE_MS: Final = 5_000
"""One request tries a route that has cooled down; the others leave it alone for so long."""
SLOW_MS: Final = 1500
"""A route that lost a race was slow only if it had so long: with a shorter hedge healthy routes lose races too."""
SLOW_STRIKES: Final = 2
"""One lost race may be chance (published p95 are 2 to 3 times the median); so many in a row are a failure."""


@dataclass(frozen=True, slots=True)
class Began:
    """A route has shown the first sign of its reply."""

    at_ms: int
    route: Route


@dataclass(frozen=True, slots=True)
class Broke:
    """A route has failed before that."""

    at_ms: int
    route: Route
    late: bool = False
    """It has not failed but let its deadline pass."""


RaceEvent = Began | Broke


@dataclass(frozen=True, slots=True)
class Ask:
    """Send the request to this route."""

    route: Route
    deadline_ms: int
    """How long its first sign is waited for."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Cancel the request at this route."""

    route: Route


@dataclass(frozen=True, slots=True)
class Judge:
    """What this request has shown of a route, for Health."""

    route: Route
    verdict: Literal["slow", "failed"]


@dataclass(frozen=True, slots=True)
class Take:
    """The reply is this route's; the race is over."""

    route: Route


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No route answers in time; the race is over."""


RaceAction = Ask | Leave | Judge | Take | GiveUp


class Race:
    """One request, until a route has begun to answer or none will. Actions are to be done in their order."""

    def __init__(self, order: Sequence[Route], now_ms: int, deadline_ms: int, *, hedge_ms: int, wait_ms: int) -> None:
        """order: the routes as they are to be asked. deadline_ms: all is over so long from now.

        hedge_ms: so long the latest route is waited for alone. wait_ms: so long any route is waited for.
        """
        self._left = list(order)
        self._asked: dict[Route, tuple[int, int]] = {}  # routes that are waited for: asked at, late at
        self._over_ms = now_ms + deadline_ms
        self._hedge_ms = hedge_ms
        self._wait_ms = wait_ms
        self._hedge_at_ms = now_ms
        self.over = False

    def begin(self, now_ms: int) -> list[RaceAction]:
        """Ask the first route."""
        return self._next(now_ms)

    def handle(self, event: RaceEvent) -> list[RaceAction]:
        """Take what happened; what a route does that is not waited for any more changes nothing."""
        if self.over or event.route not in self._asked:
            return []
        if isinstance(event, Broke):
            judged = self._judged(event.route, late=event.late)
            return [judged, *self._next(event.at_ms)]
        self.over = True
        del self._asked[event.route]
        slow = [route for route, (asked_ms, _) in self._asked.items() if event.at_ms - asked_ms >= SLOW_MS]
        return [
            *(Leave(route) for route in self._asked),
            *(Judge(route, "slow") for route in slow),
            Take(event.route),
        ]

    def tick(self, now_ms: int) -> list[RaceAction]:
        """Do what is due: leave who is late, ask who is next."""
        if self.over:
            return []
        actions: list[RaceAction] = []
        for route in [route for route, (_, late_ms) in self._asked.items() if late_ms <= now_ms]:
            actions += [Leave(route), self._judged(route, late=True)]
        if not self._asked or (self._left and self._hedge_at_ms <= now_ms):
            actions += self._next(now_ms)
        return actions

    @property
    def deadline_ms(self) -> int | None:
        """When tick has something to do; None when the race is over."""
        if self.over:
            return None
        late_ms = min((late_ms for _, late_ms in self._asked.values()), default=self._over_ms)
        return min(late_ms, self._hedge_at_ms) if self._left else late_ms

    def _next(self, now_ms: int) -> list[RaceAction]:
        if self._left and now_ms < self._over_ms:
            route = self._left.pop(0)
            late_ms = min(now_ms + self._wait_ms, self._over_ms)
            self._asked[route] = (now_ms, late_ms)
            self._hedge_at_ms = now_ms + self._hedge_ms
            return [Ask(route, late_ms - now_ms)]
        if self._asked:
            return []
        self.over = True
        return [GiveUp()]

    def _judged(self, route: Route, *, late: bool) -> Judge:
        asked_ms, late_ms = self._asked.pop(route)
        hurried = late and late_ms - asked_ms < self._wait_ms  # it was given less time than is fair
        return Judge(route, "slow" if hurried else "failed")


@dataclass(slots=True)
class _Standing:
    strikes: int = 0
    cooling: CoolDown = field(default_factory=CoolDown)
    pause_ms: int = 0
    """How long it was last left alone; 0: nothing is held against it."""
    tried_until_ms: int = 0
    """Its time is over, and one request tries it: the others leave it alone until then."""


class Health:
    """How routes have done lately, shared by all requests."""

    def __init__(self, routes: int) -> None:
        self._standings = [_Standing() for _ in range(routes)]

    def choose(self, now_ms: int) -> list[Route]:
        """All routes in the order in which this request is to ask them: those that failed lately come last.

        After its time a route is tried by one request first, in its old place.
        """
        cooling = [route for route in range(len(self._standings)) if self._is_cooling(route, now_ms)]
        for route, standing in enumerate(self._standings):
            if route not in cooling and standing.pause_ms:
                standing.tried_until_ms = now_ms + PROBE_MS
        return [route for route in range(len(self._standings)) if route not in cooling] + cooling

    def worked(self, route: Route) -> None:
        """It has answered to the end."""
        self._standings[route] = _Standing()

    def slow(self, route: Route, now_ms: int) -> bool:
        """It lost a race. Whether it is left alone now and was not before."""
        standing = self._standings[route]
        standing.strikes += 1
        return standing.strikes >= SLOW_STRIKES and self.failed(route, now_ms)

    def failed(self, route: Route, now_ms: int, *, for_good: bool = False) -> bool:
        """It broke; for_good: a retry does not help. Whether it is left alone now and was not before."""
        standing = self._standings[route]
        is_news = not standing.cooling.cools(now_ms)
        standing.strikes = 0
        if is_news or for_good:  # calls that failed together count once
            standing.pause_ms = standing.cooling.failed("", now_ms, for_good=for_good)
        return is_news

    def pause_ms(self, route: Route) -> int:
        """How long it was last left alone."""
        return self._standings[route].pause_ms

    def _is_cooling(self, route: Route, now_ms: int) -> bool:
        standing = self._standings[route]
        return standing.cooling.cools(now_ms) or now_ms < standing.tried_until_ms
