"""Two language models as one: what the first does not say in time the second says.

hedging.py decides; here its actions are done. Requests that nobody waits for are cancelled with their connection.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Literal

import structlog

from pipeline.assistant.llm.hedging import (
    Ask,
    Began,
    Broke,
    Health,
    Judge,
    Leave,
    Race,
    RaceAction,
    RaceEvent,
    Route,
    Take,
)
from pipeline.assistant.llm.port import (
    LanguageModel,
    ModelAskedTwice,
    ModelPart,
    ModelRequest,
    ModelSwitched,
    ModelText,
    ModelToolBegins,
    ModelToolCall,
)
from voice.clauses import Clauses
from voice.errors import ProviderError, ProviderFailed, ProviderLate
from voice.hedge import Hedge, Wait

HEDGE_MS: Final = 1500
"""Without a sign of a reply for so long, the other route is asked as well, however often that is."""
WAIT_MS: Final = 2500
"""Without a sign for so long, a route is not waited for any more."""


class HedgedModel:
    """The first route, and the second when the first is slow or broken."""

    def __init__(
        self, first: LanguageModel, second: LanguageModel, hedge_after_ms: Wait = HEDGE_MS, wait_ms: int = WAIT_MS
    ) -> None:
        """hedge_after_ms: sooner than HEDGE_MS it is a hedge, and bounded (voice.hedge)."""
        self._routes = (first, second)
        self._hedges = (Hedge(hedge_after_ms), Hedge(hedge_after_ms))
        self._most_ms = HEDGE_MS if hedge_after_ms == "auto" else max(HEDGE_MS, hedge_after_ms)
        self._wait_ms = wait_ms
        self._health = Health(len(self._routes))

    @property
    def name(self) -> str:
        return ", else ".join(route.name for route in self._routes)

    @property
    def trouble(self) -> str:
        return "; ".join(route.trouble for route in self._routes if route.trouble)

    async def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        over_ms = _now_ms() + deadline_ms
        left = self._health.choose(_now_ms())
        contest = _Contest(self._routes, request, self._judge)
        asked, clauses = left[0], Clauses()
        while True:
            now_ms, hedge = _now_ms(), self._hedges[left[0]]
            hedge_ms = _hedge_ms(hedge, self._most_ms)
            again = hedge.asked_again if hedge_ms < HEDGE_MS else _free
            race = Race(left, now_ms, over_ms - now_ms, hedge_ms=hedge_ms, wait_ms=self._wait_ms)
            spent = False
            """Something may be heard or done already: nobody else is asked."""
            try:
                winner = await contest.winner(race, again)
                if left[0] not in contest.errors:
                    hedge.took(_now_ms() - now_ms)
                if winner != asked:
                    yield ModelSwitched(self._routes[asked].name, self._routes[winner].name, contest.fault_of(asked))
                    asked = winner
                if contest.both and not contest.errors and hedge_ms < HEDGE_MS:
                    yield ModelAskedTwice(hedge_ms, winner != left[0])
                async with aclosing(contest.parts(winner)) as parts:
                    async for part in parts:
                        spent = spent or isinstance(part, ModelToolCall) or _cuts(clauses, part)
                        yield part
            except ProviderError:
                left = [route for route in left if route not in contest.errors]
                if spent or not left or _now_ms() >= over_ms:
                    raise
                clauses.forget()
            else:
                self._health.worked(winner)
                return
            finally:
                await contest.close()

    async def warm(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for route in self._routes:
                tasks.create_task(route.warm())

    def _judge(self, route: Route, error: ProviderError | None, slow: bool) -> None:
        if slow:
            news = self._health.slow(route, _now_ms())
        else:
            news = self._health.failed(route, _now_ms(), for_good=error is not None and not error.retryable)
        if news:
            why = "slow" if error is None or isinstance(error, ProviderLate) else "failed"
            last_s = self._health.pause_ms(route) // 1000
            structlog.get_logger().warning("model comes last", model=self._routes[route].name, why=why, for_s=last_s)


def _hedge_ms(hedge: Hedge, most_ms: int) -> int:
    """How long the first route is waited for alone by the next request."""
    hedge.asked()
    return min(hedge.wait_ms or most_ms, most_ms) if hedge.may else most_ms


def _free() -> None:
    """What a second request costs of a hedge's share where it is none."""


def _cuts(clauses: Clauses, part: ModelPart) -> bool:
    """Whether a clause is whole with this part: a caller may hear it."""
    return isinstance(part, ModelText) and bool(clauses.add(part.text))


def is_said(part: ModelPart) -> bool:
    """Whether a part is the begin of something a caller hears or a tool does."""
    return isinstance(part, ModelToolCall) or (isinstance(part, ModelText) and bool(part.text.strip()))


_Judging = Callable[[Route, ProviderError | None, bool], None]
"""Takes a route, why it failed, and whether it was only slow."""


class _Contest:
    """The requests of one reply."""

    def __init__(self, routes: Sequence[LanguageModel], request: ModelRequest, judge: _Judging) -> None:
        self._routes = routes
        self._request = request
        self._judge = judge
        self._asked: dict[Route, AsyncGenerator[ModelPart, None]] = {}
        self._held: dict[Route, list[ModelPart]] = {}
        self.errors: dict[Route, ProviderError] = {}
        """Why routes failed."""

    async def winner(self, race: Race, again: Callable[[], None]) -> Route:
        """Ask as the race says until a route has begun. Raises ProviderError when none does.

        again: told when a route is asked because another is slow, whatever becomes of the reply.
        """
        events: asyncio.Queue[RaceEvent] = asyncio.Queue(len(self._routes))  # one each
        taken: Route | None = None
        running: dict[Route, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as tasks:
            actions = race.begin(_now_ms())
            while True:
                for action in actions:
                    match action:
                        case Ask(route, deadline_ms):
                            if running and not self.errors:
                                again()
                            running[route] = tasks.create_task(self._await_sign(route, deadline_ms, events))
                        case Leave(route):
                            running[route].cancel()
                        case Judge(route, verdict):
                            self._judged(route, verdict)
                        case Take(route):
                            taken = route
                if race.over:
                    break
                actions = await _next(race, events)
        if taken is None:
            raise next(reversed(self.errors.values()), None) or ProviderLate(
                "language model", "no sign of a reply in time"
            )
        return taken

    @property
    def both(self) -> bool:
        """Whether both were asked."""
        return len(self._asked) > 1

    async def parts(self, route: Route) -> AsyncGenerator[ModelPart, None]:
        """What the winner has said and goes on to say."""
        for part in self._held.pop(route):
            yield part
        try:
            async for part in self._asked[route]:
                yield part
        except ProviderError as error:
            self.errors[route] = error
            self._judge(route, error, False)
            raise

    def fault_of(self, route: Route) -> Literal["slow", "failed"]:
        """Why it did not win."""
        return "slow" if isinstance(self.errors.get(route), ProviderLate | None) else "failed"

    async def close(self) -> None:
        """Cancel all that was asked and not taken to its end."""
        for parts in self._asked.values():
            await parts.aclose()
        self._asked.clear()
        self._held.clear()

    async def _await_sign(self, route: Route, deadline_ms: int, events: asyncio.Queue[RaceEvent]) -> None:
        request = replace(self._request, model="") if route else self._request  # each server has models of its own
        parts = self._asked[route] = self._routes[route].reply(request, deadline_ms)
        held = self._held[route] = []
        try:
            async for part in parts:
                held.append(part)
                if isinstance(part, ModelToolBegins) or is_said(part):
                    events.put_nowait(Began(_now_ms(), route))
                    return
            raise ProviderFailed(self._routes[route].name, "an empty reply")
        except ProviderError as error:
            self.errors[route] = error
            events.put_nowait(Broke(_now_ms(), route, isinstance(error, ProviderLate)))

    def _judged(self, route: Route, verdict: Literal["slow", "failed"]) -> None:
        if route not in self.errors and verdict == "failed":
            self.errors[route] = ProviderLate(self._routes[route].name, "no sign of a reply in time")
        self._judge(route, self.errors.get(route), verdict == "slow")


async def _next(race: Race, events: asyncio.Queue[RaceEvent]) -> list[RaceAction]:
    """What is to be done when next a route tells something or time has passed."""
    due_ms = race.deadline_ms
    try:
        async with asyncio.timeout_at(None if due_ms is None else due_ms / 1000):
            event = await events.get()
    except TimeoutError:
        return race.tick(_now_ms())
    return race.handle(event)


def _now_ms() -> int:
    return round(asyncio.get_running_loop().time() * 1000)
