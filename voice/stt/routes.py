"""Which of several recognisers is asked: the most preferred one that is not left alone. Pure; shared by all calls.

A route that failed is left alone for a while (voice.cooldown). Then one call at a time tries it: when it hears, the
route is as good as new; other calls go elsewhere until then.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from voice.cooldown import CoolDown


@dataclass(slots=True)
class _Route:
    name: str
    cooling: CoolDown = field(default_factory=CoolDown)
    tried_by: str = ""
    """The call that tries it after a failure."""


class Routes:
    """The routes by preference. `now_ms` is any clock that goes on."""

    def __init__(self, names: Sequence[str]) -> None:
        self._routes = [_Route(name) for name in names]

    def order(self, call_id: str, now_ms: int) -> list[int]:
        """Routes to try, best first: those that are well, by preference; then the others, the soonest first."""
        well = [index for index, route in enumerate(self._routes) if self._may(route, call_id, now_ms)]
        rest = [index for index in range(len(self._routes)) if index not in well]
        return well + sorted(rest, key=lambda index: self._routes[index].cooling.until_ms)

    def has_other(self, index: int, call_id: str, now_ms: int) -> bool:
        """Whether a route besides this one may be asked now."""
        others = (route for at, route in enumerate(self._routes) if at != index)
        return any(self._may(route, call_id, now_ms) for route in others)

    def taken(self, index: int, call_id: str) -> None:
        """A call uses this route now; after a failure, to try it."""
        route = self._routes[index]
        if route.cooling.failures:
            route.tried_by = call_id

    def heard(self, index: int) -> None:
        """It said something: it is well."""
        route = self._routes[index]
        route.cooling.worked()
        route.tried_by = ""

    def failed(self, index: int, why: str, now_ms: int, *, for_good: bool = False) -> None:
        """It is left alone from now on; for_good: only a person can put it right, so that trying soon is useless."""
        route = self._routes[index]
        route.cooling.failed(why, now_ms, for_good=for_good)
        route.tried_by = ""

    def acquitted(self, index: int) -> None:
        """Its last failure was none: where it heard no words, another heard none either."""
        self._routes[index].cooling.acquitted()

    def released(self, call_id: str) -> None:
        """A call is over; what it tried and did not find out, another may."""
        for route in self._routes:
            if route.tried_by == call_id:
                route.tried_by = ""

    def trouble(self, now_ms: int) -> str:
        """Routes that are left alone and why, for people; empty when all are well."""
        return "; ".join(
            f"{route.name}: {route.cooling.why}, left alone for {(route.cooling.until_ms - now_ms + 999) // 1000} s"
            for route in self._routes
            if route.cooling.cools(now_ms)
        )

    @staticmethod
    def _may(route: _Route, call_id: str, now_ms: int) -> bool:
        return not route.cooling.cools(now_ms) and route.tried_by in {"", call_id}
