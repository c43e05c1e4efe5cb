"""Where calls are kept: the port, and the embedded store on SQLite.

What the port promises: `append` returns at once and never raises for the disk's sake; what was appended is visible to
readers at once and on the disk at most 50 ms later; `flush` waits for that; what a flush acknowledged survives SIGKILL
(with `power_loss_safe` also the loss of power). While the disk refuses, events stay in memory in order, `health()` says
so, and they are written when it recovers.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from recordings import messages, sqlite, tables
from recordings.errors import StoreUnavailable
from recordings.events import Event, UnknownEvent, data_text
from recordings.feed import SUBSCRIPTION_EVENTS, Feed, Subscription
from recordings.messages import LeftMessage, left_messages
from recordings.summary import CallSummary, Wanted, summarised
from recordings.writer import CAPACITY_BYTES, LINGER_MS, Health, Writer

_T = TypeVar("_T")

EVERY_CALL: Final = Wanted()
READ_MS: Final = 5000
FLUSH_MS: Final = 5000
WAITING: Final = 64
"""Threads that wait for a commit, one for each `apply` at a time: they do nothing, and no reader waits for them."""
_LARGEST: Final = 2**53
"""Larger integers change on their way through JSON readers."""
_ROW_BYTES: Final = 300
"""An event's size in memory beside its data, roughly."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CallStore(Protocol):
    """Keeps what calls leave behind."""

    def append(self, events: Iterable[Event]) -> None:
        """Keep these events; returns at once. Raises UnknownEvent for one that cannot be stored: our own misuse."""

    def amend(self, events: Iterable[Event]) -> None:
        """Keep these in place of what was appended with the same call and seq: what must not be kept is taken out.

        Returns at once. Who subscribed has seen the earlier ones. Raises UnknownEvent as append does.
        """

    async def flush(self, deadline_ms: int = FLUSH_MS) -> None:
        """Return when all that was appended is on the disk. Raises StoreUnavailable; what was appended stays queued."""

    async def events(self, call_id: str, after_seq: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """A call's events in order of seq; none for an unknown call. Raises StoreUnavailable."""

    async def call(self, call_id: str) -> CallSummary | None:
        """One call. Raises StoreUnavailable."""

    async def calls(
        self, limit: int = 50, before: str | None = None, wanted: Wanted = EVERY_CALL
    ) -> tuple[CallSummary, ...]:
        """Such calls, latest first, those older than the call `before`. Raises StoreUnavailable."""

    async def messages(self, limit: int = 50, before: str | None = None) -> tuple[LeftMessage, ...]:
        """The messages of the latest `limit` calls with any, latest first, of calls older than the call `before`.

        Raises StoreUnavailable.
        """

    async def live_calls(self) -> tuple[CallSummary, ...]:
        """Calls that no event has ended, latest first, those of a killed process too. Raises StoreUnavailable."""

    def subscribe(
        self, call_id: str | None = None, kinds: frozenset[str] | None = None, size: int = SUBSCRIPTION_EVENTS
    ) -> Subscription:
        """Watch one call or all, some kinds or all, from now on. Raises StoreUnavailable when too many watch."""

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Do this in the writer's next transaction: for other packages' tables in the same database.

        Returns when it is on the disk. What it raises is raised here, and then nothing of it was kept; it may be run
        again when the disk refused. Raises StoreUnavailable after FLUSH_MS: then it may still happen later.
        """

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        """Read other packages' tables, in a reader's thread. Raises StoreUnavailable."""

    def health(self) -> Health:
        """How the store is doing, now."""

    async def close(self, deadline_ms: int = FLUSH_MS) -> None:
        """Write what is left and end. Raises StoreUnavailable with the number of events that could not be written."""


@dataclass(frozen=True, slots=True)
class _Row:
    event: Event
    data: str
    recorded_at: datetime
    amends: bool = False
    """Whether it takes the place of an event that came before."""


class _Work:
    """Something else to do in the writer's transaction."""

    def __init__(self, work: Callable[[sa.Connection], Any]) -> None:
        self._work = work
        self._result: Any = None
        self._error: Exception | None = None

    def do(self, connection: sa.Connection) -> None:
        """On the writer's thread. A disk that refuses fails the whole transaction, which is tried again."""
        self._result, self._error = None, None
        try:
            with connection.begin_nested():
                self._result = self._work(connection)
        except sa.exc.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 carried to the one who asked, and raised there
            self._error = error

    def outcome(self) -> Any:
        """What came of it, once it is committed."""
        if self._error is not None:
            raise self._error
        return self._result


class SqliteCallStore:
    """Calls in one SQLite file (WAL): one writer thread with group commit, readers in threads of their own."""

    def __init__(
        self,
        path: Path,
        *,
        power_loss_safe: bool = False,
        linger_ms: int = LINGER_MS,
        capacity_bytes: int = CAPACITY_BYTES,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Open a file that server.migrations has prepared. Raises StoreUnavailable with one sentence."""
        self.path = path
        self._now = now
        self._conflicts = 0
        self._feed = Feed()
        self._write = sqlite.engine(path, readers=0, power_loss_safe=power_loss_safe)
        sqlite.check(self._write, path)
        self._read = sqlite.engine(path, readers=2)
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="recordings-reader")
        self._waiting = ThreadPoolExecutor(WAITING, thread_name_prefix="recordings-waiting")
        self._writer: Writer[_Row | _Work] = Writer(self._commit, linger_ms=linger_ms, capacity_bytes=capacity_bytes)

    def append(self, events: Iterable[Event]) -> None:
        """See CallStore. Call it from the event loop; it is safe from any thread."""
        rows = [_Row(event, _storable(event), self._now()) for event in events]
        for row in rows:
            if self._writer.put(row, len(row.data) + _ROW_BYTES, spare=row.event.kind == "caller.partial"):
                self._feed.publish(row.event)

    def amend(self, events: Iterable[Event]) -> None:
        """See CallStore."""
        for event in events:
            row = _Row(event, _storable(event), self._now(), amends=True)
            self._writer.put(row, len(row.data) + _ROW_BYTES)

    async def flush(self, deadline_ms: int = FLUSH_MS) -> None:
        """See CallStore."""
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                await asyncio.wrap_future(self._writer.flushed())
        except TimeoutError:
            reason = self.health().degraded or "the disk is slow"
            raise StoreUnavailable(f"Events are not on the disk after {deadline_ms} ms: {reason}") from None

    async def events(self, call_id: str, after_seq: int = 0, limit: int | None = None) -> tuple[Event, ...]:
        """See CallStore."""
        return await self._reading(self._read_events, call_id, after_seq, limit)

    async def call(self, call_id: str) -> CallSummary | None:
        """See CallStore."""
        found = await self._reading(self._read_calls, sa.select(tables.calls).where(tables.calls.c.call_id == call_id))
        return next((summary for summary in found if summary.call_id == call_id), None)

    async def calls(
        self, limit: int = 50, before: str | None = None, wanted: Wanted = EVERY_CALL
    ) -> tuple[CallSummary, ...]:
        """See CallStore."""
        latest_first = sa.select(tables.calls).order_by(tables.calls.c.begun_at.desc(), tables.calls.c.call_id.desc())
        query = latest_first.where(*sqlite.conditions(wanted))
        if before is None:
            found = await self._reading(self._read_calls, query, limit)
            return tuple(call for call in found if wanted.matches(call))[:limit]
        last = await self.call(before)
        if last is None:
            return ()
        place = (sqlite.instant(last.begun_at), last.call_id)
        older = sa.tuple_(tables.calls.c.begun_at, tables.calls.c.call_id) < sa.tuple_(*place)
        found = await self._reading(self._read_calls, query.where(older), limit)
        return tuple(
            call for call in found if (sqlite.instant(call.begun_at), call.call_id) < place and wanted.matches(call)
        )[:limit]

    async def live_calls(self) -> tuple[CallSummary, ...]:
        """See CallStore."""
        found = await self._reading(self._read_calls, sa.select(tables.calls).where(tables.calls.c.outcome.is_(None)))
        return tuple(summary for summary in found if summary.live)

    async def messages(self, limit: int = 50, before: str | None = None) -> tuple[LeftMessage, ...]:
        """See CallStore."""
        calls = await self.calls(limit, before, Wanted(message=True))
        events = await self._reading(self._read_messages, [call.call_id for call in calls])
        return tuple(left for call in calls for left in left_messages(call, events.get(call.call_id, ())))

    def subscribe(
        self, call_id: str | None = None, kinds: frozenset[str] | None = None, size: int = SUBSCRIPTION_EVENTS
    ) -> Subscription:
        """See CallStore."""
        return self._feed.subscribe(call_id, kinds, size)

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        """See CallStore."""
        wanted = _Work(work)
        await asyncio.get_running_loop().run_in_executor(self._waiting, self._applied, wanted)
        result: _T = wanted.outcome()
        return result

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        """See CallStore."""
        return await self._reading(self._looked, read)

    def health(self) -> Health:
        """See CallStore."""
        return replace(self._writer.health(), conflicts=self._conflicts)

    async def close(self, deadline_ms: int = FLUSH_MS) -> None:
        """See CallStore."""
        try:
            await asyncio.to_thread(self._writer.close, deadline_ms)
        finally:
            self._waiting.shutdown(wait=True)
            self._readers.shutdown(wait=True)
            self._read.dispose()
            self._write.dispose()

    def _applied(self, wanted: _Work) -> None:
        if not self._writer.put(wanted, _ROW_BYTES):
            raise StoreUnavailable(f"The call store {self.path} takes nothing more: {self.health().degraded}.")
        try:
            self._writer.flushed().result(FLUSH_MS / 1000)
        except TimeoutError:
            reason = self.health().degraded or "the disk is slow"
            raise StoreUnavailable(f"Nothing is on the disk after {FLUSH_MS} ms: {reason}") from None

    def _looked(self, read: Callable[[sa.Connection], _T]) -> _T:
        with sqlite.said_plainly(self.path), self._read.connect() as connection:
            return read(connection)

    def _pending(self) -> list[_Row]:
        """Events that readers may not see on the disk yet."""
        return [row for row in self._writer.pending() if isinstance(row, _Row)]

    def _commit(self, batch: Sequence[_Row | _Work]) -> None:
        """Write all rows or none; on the writer's thread."""
        rows = [row for row in batch if isinstance(row, _Row)]
        by_call: dict[str, list[tuple[Event, datetime]]] = {}
        fresh = [row for row in rows if not row.amends]
        for row in fresh:
            by_call.setdefault(row.event.call_id, []).append((row.event, row.recorded_at))
        summaries = [summarised(None, noted) for noted in by_call.values()]
        amended = [sqlite.event_row(row.event, row.data) for row in rows if row.amends]
        with sqlite.said_plainly(self.path), self._write.begin() as connection:
            if fresh:
                events = [sqlite.event_row(row.event, row.data) for row in fresh]
                self._conflicts += sqlite.insert_events(connection, events)
                sqlite.note_calls(connection, [summary for summary in summaries if summary is not None])
            sqlite.amend_events(connection, amended)
            for work in batch:
                if isinstance(work, _Work):
                    work.do(connection)

    async def _reading(self, read: Callable[..., _T], *arguments: object) -> _T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(READ_MS / 1000):
                return await loop.run_in_executor(self._readers, read, *arguments)
        except TimeoutError:
            raise StoreUnavailable(f"The call store {self.path} did not answer within {READ_MS} ms.") from None

    def _read_events(self, call_id: str, after_seq: int, limit: int | None) -> tuple[Event, ...]:
        # What is in memory is looked at first: a row leaves it only when readers can see it on the disk.
        pending = [row for row in self._pending() if row.event.call_id == call_id and row.event.seq > after_seq]
        table = tables.events
        query = sa.select(table).where(table.c.call_id == call_id, table.c.seq > after_seq).order_by(table.c.seq)
        with sqlite.said_plainly(self.path), self._read.connect() as connection:
            found = {row.seq: sqlite.event(row) for row in connection.execute(query.limit(limit))}
        for row in pending:
            if row.amends or row.event.seq not in found:
                found[row.event.seq] = row.event
        return tuple(sorted(found.values(), key=lambda event: event.seq)[:limit])

    def _read_messages(self, call_ids: list[str]) -> dict[str, list[Event]]:
        """Of each call, what its messages are made of; an event may come twice."""
        pending = [row.event for row in self._pending() if not row.amends]
        table = tables.events
        query = sa.select(table).where(table.c.call_id.in_(call_ids), table.c.kind.in_(messages.KINDS))
        with sqlite.said_plainly(self.path), self._read.connect() as connection:
            stored = [sqlite.event(row) for row in connection.execute(query)]
        by_call: dict[str, list[Event]] = {}
        for event in [*stored, *pending]:
            by_call.setdefault(event.call_id, []).append(event)
        return by_call

    def _read_calls(self, query: "sa.Select[tuple[object, ...]]", limit: int | None = None) -> tuple[CallSummary, ...]:
        """What the query finds and every call of which something is in memory only, latest first.

        What is in memory may take calls of the disk out of the list that is wanted: so many more are read.
        """
        pending: dict[str, list[tuple[Event, datetime]]] = {}
        for row in self._pending():
            if row.amends:
                continue
            pending.setdefault(row.event.call_id, []).append((row.event, row.recorded_at))
        with sqlite.said_plainly(self.path), self._read.connect() as connection:
            most = None if limit is None else limit + len(pending)
            found = {row.call_id: sqlite.summary(row) for row in connection.execute(query.limit(most))}
            unseen = [call_id for call_id in pending if call_id not in found]
            known = sa.select(tables.calls).where(tables.calls.c.call_id.in_(unseen[:1000]))
            found |= {row.call_id: sqlite.summary(row) for row in connection.execute(known)} if unseen else {}
        for call_id, noted in pending.items():
            current = summarised(found.get(call_id), noted)
            if current is not None:
                found[call_id] = current
        return tuple(sorted(found.values(), key=lambda call: (call.begun_at, call.call_id), reverse=True))


def _storable(event: Event) -> str:
    """The event's data as text. Raises UnknownEvent for an event that no database takes."""
    texts = (event.org_id, event.call_id, event.key_id, event.kind)
    if not all(text.isprintable() for text in texts) or not event.call_id:
        raise UnknownEvent(f"an event's ids must be printable text, not {texts!r}")
    if not 0 < event.seq < _LARGEST or not -_LARGEST < event.at_ms < _LARGEST:
        raise UnknownEvent(f"seq {event.seq} or at_ms {event.at_ms} of an event is out of range")
    return data_text(event.data)
