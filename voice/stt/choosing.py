"""Which recogniser a call gets, and what becomes of those that fail; shared by all calls of a process."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import structlog

from voice.errors import ProviderAbsent, ProviderError, ProviderFailed, ProviderLate
from voice.stt.port import Recognition, SpeechToText
from voice.stt.routes import Routes

_log = structlog.get_logger(__name__)

PROVIDER: Final = "stt"
OPEN_MS: Final = 1500
"""Longest wait for one route while there are others."""

Reason = Literal["broken", "silent", "late", "refused", "absent"]


@dataclass(frozen=True, slots=True)
class Route:
    """A recogniser among several."""

    name: str
    stt: SpeechToText
    tells_partials: bool = True
    """Whether words come before the end of an utterance: one that stays silent then has failed."""
    check: Callable[[int], Awaitable[None]] | None = None
    """Whether it would open, within so many milliseconds; raises as open does. None: it needs no asking."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A route in use by a call."""

    number: int
    route: Route
    recognition: Recognition


class Choosing:
    """Opens the best route there is. For one event loop."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._health = Routes([route.name for route in routes])
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def trouble(self) -> str:
        """Routes that are left alone, for people."""
        return self._health.trouble(self.now_ms()) if self._loop is not None else ""

    def now_ms(self) -> int:
        """The clock of all that concerns routes: the event loop's."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return int(self._loop.time() * 1000)

    async def take(self, call_id: str, until_ms: int) -> Taken:
        """Open the best route that opens. Raises ProviderLate or ProviderFailed when none does until then."""
        order = self._health.order(call_id, self.now_ms())
        error: ProviderError = ProviderLate(PROVIDER, f"no time left to open a recogniser for call {call_id}")
        for number in order:
            left_ms = until_ms - self.now_ms()
            if left_ms <= 0:
                break
            self._health.taken(number, call_id)
            allowed_ms = left_ms if number == order[-1] else min(left_ms, OPEN_MS)
            route = self._routes[number]
            try:
                return Taken(number, route, await route.stt.open(call_id, allowed_ms))
            except ProviderError as failure:
                error = failure
                self.failed(number, call_id, reason_of(failure), failure)
            except asyncio.CancelledError:
                self.released(call_id)  # the caller is gone: another call may try the route
                raise
        if isinstance(error, ProviderFailed | ProviderLate):
            raise error
        raise ProviderFailed(PROVIDER, f"call {call_id} cannot be heard: {error}") from error

    async def check(self, deadline_ms: int) -> None:
        """Ask the routes whether they would open; one that cannot be reached is left alone for now.

        Raises ProviderRefused or ProviderAbsent for what only a person can put right.
        """
        for number, route in enumerate(self._routes):
            if route.check is None:
                continue
            try:
                await route.check(deadline_ms)
            except ProviderError as failure:
                if not failure.retryable:
                    raise
                self.failed(number, "", reason_of(failure), failure)

    def failed(self, number: int, call_id: str, reason: Reason, error: ProviderError | None = None) -> None:
        """Leave a route alone, and say so."""
        name = self._routes[number].name
        _log.warning("stt.route_failed", call_id=call_id, provider=name, reason=reason, pii_error=str(error or ""))
        why = str(error).removeprefix(f"{name}: ") if error is not None else reason
        for_good = error is not None and not error.retryable
        self._health.failed(number, why, self.now_ms(), for_good=for_good)

    def has_other(self, taken: Taken, call_id: str) -> bool:
        """Whether there is another route to go to."""
        return self._health.has_other(taken.number, call_id, self.now_ms())

    def heard(self, taken: Taken) -> None:
        """It said words."""
        self._health.heard(taken.number)

    def acquitted(self, taken: Taken) -> None:
        """It was left for its silence, but there was nothing to hear."""
        self._health.acquitted(taken.number)

    def released(self, call_id: str) -> None:
        """The call is over."""
        self._health.released(call_id)


def reason_of(error: ProviderError | None) -> Reason:
    """Why a route was left, in one word."""
    match error:
        case ProviderLate():
            return "late"
        case ProviderAbsent():
            return "absent"
        case None:
            return "broken"
        case _:
            return "broken" if error.retryable else "refused"
