"""What is deleted when it was not used for so many days, and what never is."""

import asyncio
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from knowledge.tables import versions
from pipeline.assistant.tools.tables import outbox
from pipeline.line.load import version_of
from recordings.log import CallLog
from recordings.store import SqliteCallStore
from server.line_versions import LineVersions
from server.retention import InUse, Swept, keep_so_long, sweep
from tests.fakes.english import english_line
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MONTH = timedelta(days=30)
NOTHING = InUse(frozenset(), frozenset())


def days_ago(days: int) -> str:
    return (NOW - timedelta(days=days)).isoformat(timespec="microseconds")


async def hold(store: SqliteCallStore, document: str, version: str, seen_days_ago: int) -> None:
    row = dict.fromkeys(("title", "group", "customer", "review_by", "text", "sections"), "")
    row |= {"line": "Small", "document": document, "version": version, "seen_at": days_ago(seen_days_ago)}
    await store.apply(lambda connection: connection.execute(sa.insert(versions).values(row)).rowcount)


async def errand(store: SqliteCallStore, name: str, done_days_ago: int | None) -> None:
    done = {"state": "waiting"} if done_days_ago is None else {"state": "done", "done_at": days_ago(done_days_ago)}
    row = dict.fromkeys(("org_id", "call_id", "line", "data"), "") | {"id": name, "kind": "check"}
    row |= {"made_at": days_ago(90), **done}
    await store.apply(lambda connection: connection.execute(sa.insert(outbox).values(row)).rowcount)


async def left(store: SqliteCallStore, column: "sa.Column[str]") -> list[str]:
    return sorted(await store.look(lambda connection: list(connection.execute(sa.select(column)).scalars())))


def swept(root: Path, script, in_use: InUse = NOTHING) -> Swept:
    async def run() -> Swept:
        async with open_store(root) as store:
            await script(store)
            done = await sweep(NOW, MONTH, store, LineVersions(root / "lines"), in_use)
            found.update(documents=await left(store, versions.c.version), errands=await left(store, outbox.c.id))
            return done

    return asyncio.run(run())


found: dict[str, list[str]] = {}


def test_a_document_goes_once_the_one_that_replaced_it_is_old_and_the_latest_stays(tmp_path):
    async def script(store: SqliteCallStore) -> None:
        for version, seen in (("v1", 200), ("v2", 60), ("v3", 10)):
            await hold(store, "a.md", version, seen)
        await hold(store, "b.md", "w1", 300)

    assert swept(tmp_path, script).documents == 1
    assert found["documents"] == ["v2", "v3", "w1"]


def test_a_document_that_is_answered_from_stays_however_old_it_is(tmp_path):
    async def script(store: SqliteCallStore) -> None:
        await hold(store, "a.md", "v1", 200)
        await hold(store, "a.md", "v2", 60)

    used = InUse(frozenset(), frozenset({("Small", "a.md", "v1")}))
    assert swept(tmp_path, script, used).documents == 0
    assert found["documents"] == ["v1", "v2"]


def test_a_document_that_an_answer_of_a_kept_call_was_spoken_from_stays_however_old_it_is(tmp_path):
    async def script(store: SqliteCallStore) -> None:
        for version, seen in (("v1", 200), ("v2", 100), ("v3", 60)):
            await hold(store, "a.md", version, seen)
        numbers = {"call_sid": "CA1", "from_number": "", "to_number": "", "line_version": "1"}
        source = {"document": "a.md", "section": "s", "title": "A", "version": "v1", "score": 1.0}
        for line, version in (("Small", "v1"), ("Another", "v2")):
            told = {"turn": "t1", "sources": [source | {"version": version}]}
            log = CallLog(store, "org", line)
            log.record("call.ringing", 0, **numbers, line=line)
            log.record("turn.answered", 1, **told)
        await store.flush()

    assert swept(tmp_path, script).documents == 1
    assert found["documents"] == ["v1", "v3"]


def test_only_what_is_done_for_long_leaves_the_outbox(tmp_path):
    async def script(store: SqliteCallStore) -> None:
        await errand(store, "out_old", 31)
        await errand(store, "out_new", 29)
        await errand(store, "out_waiting", None)

    assert swept(tmp_path, script).errands == 1
    assert found["errands"] == ["out_new", "out_waiting"]


def kept_line(root: Path, tmp_path: Path, name: str) -> str:
    folder = english_line(tmp_path / name)
    (folder / "line.yaml").write_text((folder / "line.yaml").read_text() + f"\n# {name}\n")
    version = version_of(folder)
    assert LineVersions(root).keep_folder(folder, version)
    shutil.rmtree(folder)
    return version


def test_a_version_of_a_line_goes_when_it_was_not_used_for_so_long(tmp_path):
    root = tmp_path / "lines"
    old, current, fresh = (kept_line(root, tmp_path, name) for name in ("old", "current", "fresh"))
    long_ago = (NOW - timedelta(days=100)).timestamp()
    for version in (old, current):
        os.utime(root / version, (long_ago, long_ago))
    os.utime(root / fresh, (NOW.timestamp(), NOW.timestamp()))
    kept = LineVersions(root)
    assert kept.drop(NOW - MONTH, [current], NOW) == 1
    assert (kept.folder(old), kept.folder(current) is not None, kept.folder(fresh) is not None) == (None, True, True)
    later = NOW + timedelta(days=29)  # it was replaced in between, and used until then
    assert kept.drop(later - MONTH, [fresh], later) == 0
    assert kept.drop(later, [fresh], later + MONTH) == 1
    assert kept.folder(current) is None
    assert kept.folder(fresh) is not None


def test_without_a_number_of_days_nothing_is_looked_at(tmp_path):
    async def run() -> None:
        async with open_store(tmp_path) as store, asyncio.timeout(5):
            await keep_so_long(0, store, LineVersions(tmp_path / "lines"), lambda: NOTHING)

    asyncio.run(run())
