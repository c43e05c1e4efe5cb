"""One thread that writes what many calls record, several rows to a commit.

A commit costs nearly the same for one row as for a hundred, and writers that commit each for themselves wait for one
another. So rows wait here for at most `linger_ms`, go in one commit, and calls never wait at all.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

from recordings.errors import StoreUnavailable

Row = TypeVar("Row")

LINGER_MS: Final = 10
BATCH_ROWS: Final = 2000
CAPACITY_BYTES: Final = 64 * 1024 * 1024
"""About 100,000 events: a busy server's for ten minutes without a disk."""
_RETRY_FIRST_S: Final = 0.05
_RETRY_LONGEST_S: Final = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Health:
    """How a store is doing."""

    degraded: str | None
    """What keeps rows from the disk right now, in one sentence; None: nothing does."""
    pending: int
    """Rows that are in memory only."""
    oldest_pending_ms: int
    refused: int
    """Rows that were lost because memory was full, since the start."""
    conflicts: int = 0
    """Rows that were refused because another writer had written other ones in their place."""


class Writer(Generic[Row]):
    """A queue bounded in bytes, and the thread that empties it through `commit`.

    Overflow policy: *spare rows first, then newest*. Rows that others supersede (`spare`) are refused when the queue is
    half full, all rows when it is full; what was accepted stays until it is committed, in order, however long it takes.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Row]], None],
        *,
        linger_ms: int = LINGER_MS,
        capacity_bytes: int = CAPACITY_BYTES,
    ) -> None:
        """`commit` writes all of the rows or none and raises StoreUnavailable; it is called from the thread only."""
        self._commit = commit
        self._linger_s = linger_ms / 1000
        self._capacity_bytes = capacity_bytes
        self._changed = threading.Condition()
        self._queue: deque[tuple[Row, int, float]] = deque()  # row, bytes, accepted at (monotonic)
        self._queued_bytes = 0
        self._accepted = self._committed = self._refused = 0
        self._waiting: deque[tuple[int, Future[None]]] = deque()
        self._degraded: str | None = None
        self._close_by: float | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="recordings-writer", daemon=True)
        self._thread.start()

    def put(self, row: Row, size_bytes: int, *, spare: bool = False) -> bool:
        """Accept a row, at once; False: refused (see the overflow policy). From any thread."""
        with self._changed:
            room_bytes = self._capacity_bytes // 2 if spare else self._capacity_bytes
            if self._queued_bytes + size_bytes > room_bytes or self._close_by is not None:
                self._refused += 1
                return False
            self._queue.append((row, size_bytes, time.monotonic()))
            self._queued_bytes += size_bytes
            self._accepted += 1
            if len(self._queue) == 1:
                self._changed.notify_all()
            return True

    def pending(self) -> list[Row]:
        """Rows that are not yet known to be committed, oldest first."""
        with self._changed:
            return [row for row, _, _ in self._queue]

    def flushed(self) -> Future[None]:
        """Done when all that was accepted so far is committed; hurries the thread. Fails if the writer ends before."""
        done: Future[None] = Future()
        with self._changed:
            if self._committed >= self._accepted:
                done.set_result(None)
            elif self._ended:
                done.set_exception(StoreUnavailable("The call store's writer has ended."))
            else:
                self._waiting.append((self._accepted, done))
                self._changed.notify_all()
        return done

    def health(self) -> Health:
        """A snapshot, from any thread."""
        with self._changed:
            age_s = time.monotonic() - self._queue[0][2] if self._queue else 0.0
            degraded = self._degraded
            if self._ended and self._close_by is None:
                degraded = "The call store's writer has ended; restart the server."
            return Health(degraded, len(self._queue), int(age_s * 1000), self._refused)

    def close(self, deadline_ms: int) -> None:
        """Commit what is left and end the thread; blocks. Raises StoreUnavailable when rows remain at the deadline."""
        with self._changed:
            self._close_by = time.monotonic() + deadline_ms / 1000
            self._changed.notify_all()
        self._thread.join(deadline_ms / 1000 + _RETRY_LONGEST_S)
        left = len(self.pending())
        if left:
            raise StoreUnavailable(f"{left} events could not be written before the end: {self._degraded}")

    def _run(self) -> None:
        try:
            failures = 0
            while rows := self._next_rows():
                failures = 0 if self._write(rows) else failures + 1
                if failures and not self._wait_to_retry(failures):
                    break
        finally:
            with self._changed:
                self._ended = True
                waiting, self._waiting = self._waiting, deque()
            for _, done in waiting:
                if done.set_running_or_notify_cancel():
                    done.set_exception(StoreUnavailable("The call store's writer has ended."))

    def _next_rows(self) -> list[Row]:
        """Wait for rows, then a little longer for more of them. Empty: closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._close_by is not None)
            self._changed.wait_for(self._hurried, self._linger_s)
            return [row for row, _, _ in itertools.islice(self._queue, BATCH_ROWS)]

    def _hurried(self) -> bool:
        return bool(self._waiting) or self._close_by is not None

    def _write(self, rows: Sequence[Row]) -> bool:
        try:
            self._commit(rows)
        except StoreUnavailable as error:
            if self._degraded is None:
                _log.error("call_store_degraded", reason=str(error), pending=len(self._queue))
            self._degraded = str(error)
            return False
        if self._degraded is not None:
            _log.warning("call_store_recovered", refused=self._refused)
        with self._changed:
            self._degraded = None
            for _ in rows:
                self._queued_bytes -= self._queue.popleft()[1]
            self._committed += len(rows)
            done = [self._waiting.popleft()[1] for _ in range(self._satisfied())]
        for future in done:
            if future.set_running_or_notify_cancel():
                future.set_result(None)
        return True

    def _satisfied(self) -> int:
        return sum(1 for ticket, _ in self._waiting if ticket <= self._committed)

    def _wait_to_retry(self, failures: int) -> bool:
        """Wait, longer after each failure; False: closing and the deadline has passed."""
        pause_s = min(_RETRY_FIRST_S * 2 ** min(failures - 1, 10), _RETRY_LONGEST_S)
        with self._changed:
            if self._close_by is not None and time.monotonic() >= self._close_by:
                return False
            self._changed.wait_for(lambda: self._close_by is not None, pause_s)
        if self._close_by is not None:
            time.sleep(_RETRY_FIRST_S)
        return True
