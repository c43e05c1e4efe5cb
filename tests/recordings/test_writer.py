import threading
import time

import pytest

from recordings.errors import StoreUnavailable
from recordings.writer import Writer

pytestmark = pytest.mark.unit

FULL = StoreUnavailable("The disk is full.")


class Disk:
    """Keeps the batches it is given; refuses as often as it is told to."""

    def __init__(self):
        self.batches = []
        self.refusals = 0
        self.free = threading.Event()
        self.free.set()

    def commit(self, rows):
        self.free.wait()
        if self.refusals:
            self.refusals -= 1
            raise FULL
        self.batches.append(list(rows))

    @property
    def rows(self):
        return [row for batch in self.batches for row in batch]


@pytest.fixture
def disk():
    return Disk()


@pytest.fixture
def writer(disk):
    writer = Writer(disk.commit, linger_ms=5, capacity_bytes=1000)
    yield writer
    disk.refusals = 0
    disk.free.set()
    writer.close(deadline_ms=2000)


def test_rows_are_committed_in_order(disk, writer):
    for row in range(50):
        assert writer.put(row, 1)
    writer.flushed().result(5)
    assert disk.rows == list(range(50))
    assert writer.pending() == []


def test_rows_are_committed_without_a_flush(disk, writer):
    writer.put("row", 1)
    give_up = time.monotonic() + 5
    while not disk.rows:
        assert time.monotonic() < give_up
        time.sleep(0.001)


def test_rows_that_come_during_a_commit_go_together_in_the_next(disk, writer):
    disk.free.clear()
    writer.put(0, 1)
    while not writer._waiting and not writer.pending():
        pass
    time.sleep(0.03)
    for row in range(1, 40):
        writer.put(row, 1)
    disk.free.set()
    writer.flushed().result(5)
    assert len(disk.batches) <= 2


def test_a_refused_batch_is_kept_in_order_and_tried_again(disk, writer):
    disk.refusals = 2
    for row in range(5):
        writer.put(row, 1)
    flushed = writer.flushed()
    writer.put(5, 1)
    flushed.result(5)
    writer.flushed().result(5)
    assert disk.rows == [0, 1, 2, 3, 4, 5]
    assert writer.health().degraded is None


def test_while_the_disk_refuses_health_says_why_and_how_much_waits(disk, writer):
    disk.refusals = 10**9
    writer.put("row", 1)
    with pytest.raises(TimeoutError):
        writer.flushed().result(0.2)
    health = writer.health()
    assert (health.degraded, health.pending, health.refused) == ("The disk is full.", 1, 0)
    assert health.oldest_pending_ms >= 150


def test_a_half_full_queue_refuses_spare_rows_and_a_full_one_all(disk, writer):
    disk.free.clear()
    assert all(writer.put(f"row {number}", 100) for number in range(5))
    assert not writer.put("a partial", 100, spare=True)
    assert all(writer.put(f"row {number}", 100) for number in range(5, 10))
    assert not writer.put("one too many", 1)
    assert writer.health().refused == 2
    disk.free.set()
    writer.flushed().result(5)
    assert disk.rows == [f"row {number}" for number in range(10)]
    assert writer.put("there is room again", 100)


def test_a_flush_of_nothing_is_done(writer):
    assert writer.flushed().done()


def test_a_flush_that_nobody_waits_for_any_more_harms_nothing(disk, writer):
    disk.free.clear()
    writer.put("row", 1)
    assert writer.flushed().cancel()
    disk.free.set()
    writer.flushed().result(5)
    assert disk.rows == ["row"]


def test_closing_commits_what_is_left_and_takes_nothing_more(disk):
    writer = Writer(disk.commit, linger_ms=60_000)
    writer.put("row", 1)
    writer.close(deadline_ms=5000)
    assert disk.rows == ["row"]
    assert not writer.put("too late", 1)


def test_closing_on_a_full_disk_says_how_much_is_lost(disk):
    disk.refusals = 10**9
    writer = Writer(disk.commit)
    writer.put("row", 1)
    waiting = writer.flushed()
    with pytest.raises(StoreUnavailable, match=r"1 events could not be written before the end: The disk is full\."):
        writer.close(deadline_ms=100)
    with pytest.raises(StoreUnavailable):
        waiting.result(1)


def test_a_writer_that_broke_says_so_and_lets_nobody_wait(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", lambda broken: None)

    def commit(rows):
        raise ZeroDivisionError

    writer = Writer(commit)
    writer.put("row", 1)
    with pytest.raises(StoreUnavailable, match="writer has ended"):
        writer.flushed().result(5)
    with pytest.raises(StoreUnavailable, match="writer has ended"):
        writer.flushed().result(5)
    assert "restart" in (writer.health().degraded or "")
    writer._thread.join(5)
