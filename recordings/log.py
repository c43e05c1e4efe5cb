"""One call's log: numbers its events, checks them, keeps them and tells whoever listens."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from recordings.events import Event, checked, data_text
from recordings.keeping import Keeping
from recordings.redact import Kind
from recordings.store import CallStore

Listener = Callable[[Event], None]


class CallLog:
    """The only writer of one call's events. Belongs to the event loop of the call."""

    def __init__(self, store: CallStore, org_id: str, call_id: str, past: Sequence[Event] = ()) -> None:
        """`past`: what is recorded of the call already; see `resumed`."""
        self._past = past
        self._keeping = Keeping(())
        self._store = store
        self.org_id = org_id
        self.call_id = call_id
        self._seq = past[-1].seq if past else 0
        self._listeners: tuple[Listener, ...] = ()
        self._undelivered: deque[Event] = deque()

    @property
    def seq(self) -> int:
        """The last event's; 0 before the first."""
        return self._seq

    def redact(self, kinds: Iterable[Kind]) -> None:
        """From now on keep no such numbers and addresses: masks stand in their place, in events and to listeners."""
        self._keeping = Keeping(kinds)
        self._keeping.recall((event.seq, event.at_ms, event.kind, event.data) for event in self._past)

    def record(self, kind: str, at_ms: int, **data: Any) -> Event:
        """Keep one event; returns at once. Raises UnknownEvent, and then nothing was recorded.

        The event's data are a copy as JSON keeps them. Listeners are called before this returns, each with every event
        in order, also those that listeners record themselves.
        """
        kept = json.loads(data_text(checked(kind, data)))
        redacted = self._keeping.kept(self._seq + 1, at_ms, kind, kept)
        event = Event(self.org_id, self.call_id, self._seq + 1, at_ms, "", kind, redacted.data)
        self._store.append([event])
        self._seq = event.seq
        if redacted.amended:
            self._store.amend(
                Event(self.org_id, self.call_id, earlier.seq, earlier.at_ms, "", earlier.kind, earlier.data)
                for earlier in redacted.amended
            )
        self._undelivered.append(event)
        if len(self._undelivered) == 1:  # else a listener is recording: the outer call delivers in order
            self._deliver()
        return event

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every later event; returns how to stop."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return stop

    def _deliver(self) -> None:
        try:
            while self._undelivered:
                for listener in self._listeners:
                    listener(self._undelivered[0])
                self._undelivered.popleft()
        finally:
            self._undelivered.clear()


async def resumed(store: CallStore, org_id: str, call_id: str) -> tuple[CallLog, tuple[Event, ...]]:
    """A log that goes on after what is recorded of the call, and that. Raises StoreUnavailable."""
    events = await store.events(call_id)
    return CallLog(store, org_id, call_id, events), events
