import asyncio
import threading

import pytest
import sqlalchemy as sa

from recordings import tables
from recordings.errors import StoreUnavailable
from tests.fakes.call_events import call_events
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

EVENTS = call_events()
NOTES = sa.Table("notes", sa.MetaData(), sa.Column("text", sa.Text, primary_key=True))


def make(connection):
    NOTES.create(connection)


def note(text):
    return lambda connection: connection.execute(sa.insert(NOTES).values(text=text)).rowcount


def notes(connection):
    return sorted(connection.execute(sa.select(NOTES.c.text)).scalars())


def test_other_tables_are_written_by_the_same_writer_and_read_at_once(tmp_path):
    async def scenario():
        async with open_store(tmp_path) as store:
            await store.apply(make)
            store.append(EVENTS[:3])
            assert await asyncio.gather(*(store.apply(note(str(n))) for n in range(20))) == [1] * 20
            return await store.look(notes), await store.events(EVENTS[0].call_id)

    written, events = asyncio.run(scenario())
    assert written == sorted(map(str, range(20)))
    assert events == tuple(EVENTS[:3])


def test_who_reads_does_not_wait_for_those_who_write(tmp_path):
    disk = threading.Event()

    async def scenario():
        async with open_store(tmp_path) as store:
            writing = [asyncio.create_task(store.apply(lambda _: disk.wait(60))) for _ in range(8)]
            try:
                await asyncio.sleep(0)
                assert await store.look(lambda connection: connection.execute(sa.text("select 1")).scalar_one()) == 1
                assert not any(task.done() for task in writing)
            finally:
                disk.set()
            assert await asyncio.gather(*writing) == [True] * 8

    asyncio.run(scenario())


def test_what_work_raises_is_raised_to_its_asker_and_undoes_only_its_own(tmp_path):
    def both(connection):
        note("kept by nobody")(connection)
        raise ValueError("no")

    async def scenario():
        async with open_store(tmp_path) as store:
            await store.apply(make)
            store.append(EVENTS[:1])
            results = await asyncio.gather(
                store.apply(note("one")), store.apply(both), store.apply(note("one")), return_exceptions=True
            )
            return results, await store.look(notes), await store.events(EVENTS[0].call_id)

    (first, second, third), written, events = asyncio.run(scenario())
    assert first == 1
    assert isinstance(second, ValueError)
    assert isinstance(third, sa.exc.IntegrityError)
    assert written == ["one"]
    assert len(events) == 1


def test_a_closed_store_does_no_more_work(tmp_path):
    async def scenario():
        async with open_store(tmp_path) as store:
            store._writer.close(1000)
            with pytest.raises(StoreUnavailable):
                await store.apply(lambda connection: connection.execute(sa.select(tables.calls)))

    asyncio.run(scenario())
