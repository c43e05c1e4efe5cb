"""What is recorded, as it is recorded, for those who watch: bounded, and never able to slow a call.

The feed carries hints; the store is the truth. Whoever falls behind loses the oldest entries, is told so by `Missed`,
and reads the gap from the store.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from recordings.errors import StoreUnavailable
from recordings.events import Event

SUBSCRIPTION_EVENTS: Final = 256
MOST_SUBSCRIPTIONS: Final = 256


@dataclass(frozen=True, slots=True)
class Missed:
    """So many events came and went before they were read: read them from the store."""

    count: int


class Subscription:
    """One watcher's queue: a context manager and an async iterator. Overflow policy: drop oldest, with a marker.

    Create and iterate it in one event loop; `offer` may come from any thread.
    """

    def __init__(self, feed: "Feed", call_id: str | None, kinds: frozenset[str] | None, size: int) -> None:
        self._feed = feed
        self._call_id = call_id
        self._kinds = kinds
        self._loop = asyncio.get_running_loop()
        self._entries: deque[Event] = deque()
        self._size = size
        self._missed = 0
        self._lock = threading.Lock()
        self._arrived = asyncio.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __aiter__(self) -> AsyncIterator[Event | Missed]:
        return self

    async def __anext__(self) -> Event | Missed:
        while True:
            with self._lock:
                if self._missed:
                    missed, self._missed = Missed(self._missed), 0
                    return missed
                if self._entries:
                    return self._entries.popleft()
                self._arrived.clear()
            await self._arrived.wait()

    def offer(self, event: Event) -> None:
        """Queue an event if it is one that was asked for; returns at once."""
        if self._call_id not in {None, event.call_id} or (self._kinds is not None and event.kind not in self._kinds):
            return
        with self._lock:
            if len(self._entries) >= self._size:
                self._entries.popleft()
                self._missed += 1
            self._entries.append(event)
            if len(self._entries) > 1:
                return  # the reader has been woken
        with suppress(RuntimeError):  # its loop has closed, and nobody reads any more
            self._loop.call_soon_threadsafe(self._arrived.set)

    def close(self) -> None:
        """Receive nothing more. Safe to call twice."""
        self._feed.leave(self)


class Feed:
    """All who watch."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()  # replaced, never changed: read without a lock
        self._lock = threading.Lock()

    def subscribe(
        self, call_id: str | None = None, kinds: frozenset[str] | None = None, size: int = SUBSCRIPTION_EVENTS
    ) -> Subscription:
        """Watch one call or all, some kinds or all. Raises StoreUnavailable when too many watch; later it may work."""
        subscription = Subscription(self, call_id, kinds, size)
        with self._lock:
            if len(self._subscriptions) >= MOST_SUBSCRIPTIONS:
                raise StoreUnavailable(f"{MOST_SUBSCRIPTIONS} people watch calls already; close a page and try again.")
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def publish(self, event: Event) -> None:
        """Offer the event to all; returns at once."""
        for subscription in self._subscriptions:
            subscription.offer(event)

    def leave(self, subscription: Subscription) -> None:
        """Forget a watcher."""
        with self._lock:
            self._subscriptions = tuple(kept for kept in self._subscriptions if kept is not subscription)
