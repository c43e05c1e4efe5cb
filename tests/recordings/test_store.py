import asyncio
import dataclasses
import sqlite3
import time
from datetime import UTC, datetime, timedelta

import pytest

from recordings.errors import StoreUnavailable
from recordings.events import Event, UnknownEvent
from recordings.feed import Missed
from recordings.store import SqliteCallStore
from recordings.summary import LIVE, Wanted
from tests.fakes.call_events import CALL_ID, call_events
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter


def event(seq, call_id="CA1", kind="caller.partial", **data):
    return Event("local", call_id, seq, seq * 10, "", kind, data or {"text": f"word {seq}"})


def ended(seq, call_id="CA1", outcome="completed"):
    return event(seq, call_id, "call.ended", outcome=outcome, reason="")


def run(directory, use, **options):
    async def inside():
        async with open_store(directory, **options) as store:
            return await use(store)

    return asyncio.run(inside())


def test_what_was_appended_is_read_back_as_it_was(tmp_path):
    events = call_events()

    async def use(store):
        store.append(events)
        await store.flush()
        return await store.events(CALL_ID)

    assert run(tmp_path, use) == events


def test_it_is_still_there_after_the_store_was_closed_and_opened(tmp_path):
    async def write(store):
        store.append(call_events())

    async def read(store):
        return await store.events(CALL_ID)

    run(tmp_path, write)
    assert run(tmp_path, read) == call_events()


def test_what_was_appended_is_visible_at_once_before_it_is_on_the_disk(tmp_path):
    async def use(store):
        store.append([event(1), event(2), ended(3)])
        return await store.events("CA1", after_seq=1), await store.call("CA1"), await store.calls(), store.health()

    events, call, calls, health = run(tmp_path, use, linger_ms=500)
    assert [one.seq for one in events] == [2, 3]
    assert (call.outcome, call.last_seq) == ("completed", 3)
    assert calls == (call,)
    assert health.pending == 3


def test_another_process_sees_it_within_fifty_milliseconds(tmp_path):
    async def use(store):
        waits_ms = []
        with sqlite3.connect(store.path) as other:
            for seq in range(1, 21):
                store.append([event(seq)])
                began = time.perf_counter()
                while not other.execute("SELECT 1 FROM events WHERE seq = ?", [seq]).fetchone():  # noqa: ASYNC110 - nobody tells us
                    await asyncio.sleep(0.001)
                waits_ms.append((time.perf_counter() - began) * 1000)
        other.close()
        return sorted(waits_ms)

    waits_ms = run(tmp_path, use)
    assert waits_ms[10] < 50  # the median: a busy machine may hold up one or the other


def test_a_few_events_can_be_asked_for_at_a_time(tmp_path):
    async def use(store):
        store.append([event(seq) for seq in range(1, 6)])
        await store.flush()
        store.append([event(6)])
        return await store.events("CA1", 1, 2), await store.events("CA1", 4, 2), await store.events("CA1", 6, 2)

    assert [[one.seq for one in page] for page in run(tmp_path, use)] == [[2, 3], [5, 6], []]


def test_an_unknown_call_has_no_events_and_is_none(tmp_path):
    async def use(store):
        return await store.events("CA9"), await store.call("CA9"), await store.calls(before="CA9")

    assert run(tmp_path, use) == ((), None, ())


def test_a_summary_says_what_the_events_said_first(tmp_path):
    async def use(store):
        store.append(call_events())
        await store.flush()
        store.append([dataclasses.replace(ended(41, CALL_ID, "media_lost"), at_ms=30_000)])
        early = await store.call(CALL_ID)
        await store.flush()
        return early, await store.call(CALL_ID)

    early, call = run(tmp_path, use)
    assert early == call
    assert (call.outcome, call.reason, call.line) == ("caller_hung_up", "hang_up", "example")
    assert (call.from_number, call.to_number, call.audio) == ("+15550100", "+15550199", f"{CALL_ID}.wav")
    assert (call.last_seq, call.last_at_ms) == (41, 30_000)


def test_calls_are_listed_latest_first_and_older_ones_page_by_page(tmp_path):
    clock = iter(datetime(2026, 1, 5, tzinfo=UTC) + timedelta(seconds=n // 2) for n in range(100))

    async def use(store):
        for number in range(7):  # two begin in the same instant
            store.append([event(1, f"CA{number}")])
        if store.health().pending > 3:
            await store.flush()
        pages, before = [], None
        while page := await store.calls(3, before):
            pages.append([call.call_id for call in page])
            before = page[-1].call_id
        return pages

    expected = [["CA6", "CA5", "CA4"], ["CA3", "CA2", "CA1"], ["CA0"]]
    assert run(tmp_path, use, now=lambda: next(clock), linger_ms=1000) == expected


def test_paging_is_the_same_whether_calls_are_in_memory_or_on_the_disk(tmp_path):
    async def use(store):
        for number in range(5):
            store.append([event(1, f"CA{number}")])
        first = await store.calls(2), await store.calls(2, "CA3")
        await store.flush()
        return first, (await store.calls(2), await store.calls(2, "CA3"))

    in_memory, on_disk = run(tmp_path, use, linger_ms=1000)
    assert in_memory == on_disk
    assert [call.call_id for call in on_disk[1]] == ["CA2", "CA1"]


def rings(call_id, number):
    numbers = {"from_number": number, "to_number": "+14155550199"}
    return event(1, call_id, "call.ringing", call_sid=call_id, line="example", line_version="1", **numbers)


def takes_message(seq, call_id, text="call me back"):
    return event(seq, call_id, "message.taken", turn="t1", queue="care", text=text, start_ms=0, end_ms=seq * 10)


@pytest.mark.parametrize("on_disk", [True, False])
def test_calls_can_be_asked_for_by_outcome_by_number_and_by_id(tmp_path, on_disk):
    async def use(store):
        store.append([rings("CAa", "+14155550101"), rings("CAb", "+14155550102"), rings("CA_", "sip:ann@example.com")])
        store.append([ended(2, "CAa"), ended(2, "CAb", "failed")])
        if on_disk:
            await store.flush()
        asked = [
            Wanted("completed"),
            Wanted(LIVE),
            Wanted(text="415 555"),
            Wanted(text="ANN"),
            Wanted(text="ca_"),
            Wanted("failed", "0101"),
            Wanted(text="%"),
        ]
        return [[call.call_id for call in await store.calls(wanted=wanted)] for wanted in asked]

    assert run(tmp_path, use, linger_ms=0 if on_disk else 5000) == [
        ["CAa"],
        ["CA_"],
        ["CAb", "CAa"],
        ["CA_"],
        ["CA_"],
        [],
        [],
    ]


def test_what_is_in_memory_only_never_makes_a_page_shorter_than_it_is(tmp_path):
    """Two calls are live on the disk and over in memory: the list of live calls goes on behind them."""

    async def use(store):
        store.append([event(1, f"CA{number}") for number in range(5)])
        await store.flush()
        with sqlite3.connect(store.path, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            store.append([ended(2, "CA4"), ended(2, "CA3")])
            found = await store.calls(2, wanted=Wanted(LIVE))
            other.execute("ROLLBACK")
        other.close()
        return [call.call_id for call in found]

    assert run(tmp_path, use) == ["CA2", "CA1"]


@pytest.mark.parametrize("on_disk", [True, False])
def test_messages_are_listed_latest_first_and_older_ones_page_by_page(tmp_path, on_disk):
    async def use(store):
        for number in range(4):
            store.append([rings(f"CA{number}", "+14155550101")])
            if number != 2:
                store.append([takes_message(2, f"CA{number}", "first"), takes_message(3, f"CA{number}", "second")])
        if on_disk:
            await store.flush()
        first = await store.messages(2)
        return first, await store.messages(2, first[-1].call.call_id)

    first, second = run(tmp_path, use, linger_ms=0 if on_disk else 5000)
    told = [[(left.call.call_id, left.message.text) for left in page] for page in (first, second)]
    assert told == [
        [("CA3", "second"), ("CA3", "first"), ("CA1", "second"), ("CA1", "first")],
        [("CA0", "second"), ("CA0", "first")],
    ]


def test_live_calls_are_those_that_nothing_has_ended(tmp_path):
    async def use(store):
        store.append([event(1, "CA1"), event(1, "CA2"), event(1, "CA3")])
        store.append([ended(2, "CA2")])
        await store.flush()
        store.append([ended(2, "CA1")])
        return [call.call_id for call in await store.live_calls()]

    assert run(tmp_path, use, linger_ms=500) == ["CA3"]


@pytest.mark.parametrize(
    "bad",
    [
        event(0),
        event(2**60),
        dataclasses.replace(event(1), at_ms=2**70),
        event(1, call_id="\ud800"),
        event(1, call_id=""),
        event(1, call_id="CA\x00"),
        event(1, text=float("nan")),
        event(1, text=object()),
    ],
)
def test_an_event_that_no_database_takes_is_refused_at_once_and_alone(tmp_path, bad):
    async def use(store):
        with pytest.raises(UnknownEvent):
            store.append([event(1), bad])
        store.append([event(1)])
        await store.flush()
        return await store.events("CA1")

    assert len(run(tmp_path, use)) == 1


def test_text_that_no_encoding_takes_is_kept_as_far_as_it_goes(tmp_path):
    async def use(store):
        store.append([event(1, text="caf\u00e9 \ud800 \x00 \U0001f600")])
        await store.flush()
        return (await store.events("CA1"))[0].data["text"]

    assert run(tmp_path, use) == "caf\u00e9 ? \x00 \U0001f600"


@pytest.mark.row(144)
def test_writing_an_event_again_is_harmless_and_writing_another_in_its_place_is_reported(tmp_path):
    async def use(store):
        store.append([event(1), event(2)])
        await store.flush()
        store.append([event(1), event(2)])
        await store.flush()
        same = store.health().conflicts
        store.append([event(2, text="something else"), event(3)])
        await store.flush()
        return same, store.health().conflicts, await store.events("CA1")

    same, other, events = run(tmp_path, use)
    assert (same, other) == (0, 1)
    assert events == (event(1), event(2), event(3))


def test_a_full_disk_loses_nothing_and_is_reported_until_there_is_room(tmp_path):
    async def use(store):
        store.append([event(1)])
        await store.flush()
        with store._write.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        store.append([event(seq, text="x" * 1000) for seq in range(2, 52)])
        with pytest.raises(StoreUnavailable, match="disk is full"):
            await store.flush(deadline_ms=300)
        during = store.health(), await store.events("CA1")
        with store._write.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=100000")
        await store.flush()
        return during, store.health(), await store.events("CA1")

    (during, seen), after, events = run(tmp_path, use)
    assert "database or disk is full" in (during.degraded or "")
    assert (during.pending, during.refused) == (50, 0)
    assert after.degraded is None
    assert seen == events
    assert [one.seq for one in events] == list(range(1, 52))


def test_a_locked_database_delays_and_loses_nothing(tmp_path):
    async def use(store):
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.perf_counter()
        store.append([event(1)])
        appended_s = time.perf_counter() - began
        with pytest.raises(StoreUnavailable, match="not on the disk"):
            await store.flush(deadline_ms=200)
        other.execute("COMMIT")
        other.close()
        await store.flush()
        return appended_s, await store.events("CA1")

    appended_s, events = run(tmp_path, use)
    assert appended_s < 0.1
    assert len(events) == 1


def test_partials_are_the_first_to_go_when_memory_is_full_and_the_gap_is_counted(tmp_path):
    async def use(store):
        other = sqlite3.connect(store.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for seq in range(1, 100):
            store.append([event(seq), event(seq + 1000, kind="call.answered", stream_sid="M", stream_number=1)])
        other.execute("COMMIT")
        other.close()
        await store.flush()
        kinds = [one.kind for one in await store.events("CA1")]
        return kinds.count("caller.partial"), kinds.count("call.answered"), store.health().refused

    partials, others, refused = run(tmp_path, use, capacity_bytes=60_000)
    assert partials < others == 99
    assert refused == 99 - partials


def test_the_live_feed_carries_what_is_appended(tmp_path):
    async def use(store):
        with store.subscribe("CA1", size=2) as feed:
            store.append([event(1, "CA2"), event(1), event(2), event(3)])
            return [await anext(feed) for _ in range(3)]

    assert run(tmp_path, use) == [Missed(1), event(2), event(3)]


def test_power_loss_is_survived_by_a_setting(tmp_path):
    async def level(store):
        with store._write.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
            return mode, connection.exec_driver_sql("PRAGMA synchronous").scalar_one()

    assert run(tmp_path, level) == ("wal", 1)
    assert run(tmp_path, level, power_loss_safe=True) == ("wal", 2)


def test_readers_cannot_write(tmp_path):
    async def use(store):
        with store._read.connect() as connection, pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("DELETE FROM events")

    run(tmp_path, use)


def test_a_file_that_is_missing_unprepared_or_no_database_is_said_in_one_sentence(tmp_path):
    with pytest.raises(StoreUnavailable, match="There is no call store at"):
        SqliteCallStore(tmp_path / "none.db")
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(StoreUnavailable, match="holds no call store yet"):
        SqliteCallStore(tmp_path / "empty.db")
    (tmp_path / "letter.db").write_text("Dear aunt, " * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        SqliteCallStore(tmp_path / "letter.db")


def test_a_database_that_breaks_while_it_is_read_is_said_in_one_sentence(tmp_path):
    async def use(store):
        store.append([event(1)])
        await store.flush()
        with store._write.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE events RENAME TO gone")
        with pytest.raises(StoreUnavailable, match=r"is not available: no such table: events\.$"):
            await store.events("CA1")

    run(tmp_path, use)
