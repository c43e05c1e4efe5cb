"""Runs a pure core: events in, actions out, its timers kept by a clock.

A core decides (`handle`, `tick`, `deadline_ms`) and never waits; a driver posts to it and carries out its actions.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

Event_contra = TypeVar("Event_contra", contravariant=True)
Action_co = TypeVar("Action_co", covariant=True)
E = TypeVar("E")
A = TypeVar("A")


class Core(Protocol[Event_contra, Action_co]):
    """What every core of Cordboard looks like (docs/architecture.md)."""

    def handle(self, event: Event_contra, /) -> Sequence[Action_co]:
        """Take an event, which carries its own instant; give back what is to be done, in order."""

    def tick(self, now_ms: int, /) -> Sequence[Action_co]:
        """Take the time; called when deadline_ms has passed."""

    @property
    def deadline_ms(self) -> int | None:
        """The instant of the next tick it needs, or None."""


class Clock(Protocol):
    """A call's clock: at_ms 0 is the first media frame of its first stream."""

    def now_ms(self) -> int:
        """This instant."""

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Callable[[], None]:
        """Call back at this instant, or at once if it has passed; what is returned cancels it."""


EXPECTED_START_S = 1.0
"""From the first webhook to the first media frame, roughly: where zero is thought to be until it is known."""


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


class CallClock:
    """The clock of one call on the running event loop, monotonic, anchored once.

    Until `start` its zero is a guess and every instant is negative: those are the webhook and token events.
    A resumed call keeps its zero: `start` takes the wall clock of the first stream's first frame.
    """

    def __init__(self, wall_clock: Callable[[], datetime] = utc_now) -> None:
        self._loop = asyncio.get_running_loop()
        self._wall_clock = wall_clock
        self._zero_s = self._loop.time() + EXPECTED_START_S
        self.started = False
        """Whether the first frame has come."""

    def start(self, wall_zero: datetime | None = None) -> datetime:
        """Set zero: now, or for a resumed call the wall clock (aware, UTC) of its zero. Returns zero's wall clock."""
        wall_now = self._wall_clock()
        past_s = max(0.0, (wall_now - wall_zero).total_seconds()) if wall_zero is not None else 0.0
        self._zero_s = self._loop.time() - past_s
        self.started = True
        return wall_now - timedelta(seconds=past_s)

    def now_ms(self) -> int:
        now_ms = int((self._loop.time() - self._zero_s) * 1000)
        return now_ms if self.started else min(-1, now_ms)

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Callable[[], None]:
        return self._loop.call_at(self._zero_s + at_ms / 1000, callback).cancel


class TaskClock:
    """A call's clock whose callbacks run in one task: what they raise ends that task, and is not lost in the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._fired: deque[list[Callable[[], None]]] = deque()
        self._wake = asyncio.Event()

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def call_at(self, at_ms: int, callback: Callable[[], None]) -> Callable[[], None]:
        timer = [callback]
        disarm = self._clock.call_at(at_ms, lambda: self._fire(timer))

        def cancel() -> None:
            disarm()
            timer.clear()  # it may have fired already and wait for its turn

        return cancel

    async def run(self) -> None:
        """Call back until cancelled, or until a callback raises."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._fired:
                for callback in self._fired.popleft():
                    callback()

    def _fire(self, timer: list[Callable[[], None]]) -> None:
        self._fired.append(timer)
        self._wake.set()


class Driver(Generic[E, A]):
    """Owns one core of one call. `post` is synchronous and may be called from within `act`; order is kept."""

    def __init__(self, core: Core[E, A], clock: Clock, act: Callable[[A], None]) -> None:
        self.core = core
        self._clock = clock
        self._act = act
        self._inbox: deque[E] = deque()
        self._running = False
        self._closed = False
        self._armed_ms: int | None = None
        self._disarm: Callable[[], None] | None = None
        self._arm()  # a core that was recalled may be waiting for an instant already

    def post(self, event: E) -> None:
        """Give the core an event. After close() nothing happens."""
        if self._closed:
            return
        self._inbox.append(event)
        self._run(None)

    def close(self) -> None:
        """Stop the timers; whatever is posted later is dropped."""
        self._closed = True
        self._inbox.clear()
        if self._disarm is not None:
            self._disarm()
            self._disarm = None

    def _run(self, now_ms: int | None) -> None:
        if self._running:
            return
        self._running = True
        try:
            if now_ms is not None:
                self._carry(self.core.tick(now_ms))
            while self._inbox:
                self._carry(self.core.handle(self._inbox.popleft()))
        finally:
            self._running = False
        self._arm()

    def _carry(self, actions: Sequence[A]) -> None:
        for action in actions:
            if self._closed:
                return
            self._act(action)

    def _arm(self) -> None:
        due_ms = None if self._closed else self.core.deadline_ms
        if due_ms == self._armed_ms and self._disarm is not None:
            return
        if self._disarm is not None:
            self._disarm()
            self._disarm = None
        self._armed_ms = due_ms
        if due_ms is not None:
            self._disarm = self._clock.call_at(due_ms, self._due)

    def _due(self) -> None:
        self._disarm = None
        if not self._closed:
            # The loop may fire a hair early: a core that asked for an instant is never given one before it.
            self._run(max(self._clock.now_ms(), self._armed_ms or 0))
