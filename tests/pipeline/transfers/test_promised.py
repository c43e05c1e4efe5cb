"""Errands that wait for the store, in virtual time."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pipeline.assistant.tools.kept import KeptTools
from pipeline.transfers.promised import AGAIN_S, MOST, Promised
from recordings.errors import StoreUnavailable
from tests.fakes.office import virtually
from tests.fakes.stores import open_store

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 21, tzinfo=UTC)


class Outbox:
    """Where errands are left, while it answers."""

    def __init__(self, *, down):
        self.down, self.kept = down, []

    async def callback(self, call_id, line, data, now):
        if self.down:
            raise StoreUnavailable("the disk is full")
        if "why" not in data:
            raise TypeError("an errand of another shape")
        self.kept.append((call_id, line, data["why"], now))


def promised(outbox):
    tasks = []
    made = Promised(lambda work: tasks.append(asyncio.ensure_future(work)))
    made.errands = outbox
    return made, tasks


@virtually
async def test_what_was_promised_while_the_store_was_down_is_there_once_it_answers_in_order():
    outbox = Outbox(down=True)
    made, tasks = promised(outbox)
    for call in ("c1", "c2"):
        await made.leave(call, "shop", {"why": "late"}, NOW)
    await asyncio.sleep(600)
    assert outbox.kept == []
    outbox.down = False
    await made.leave("c3", "shop", {"why": "later"}, NOW)
    await asyncio.sleep(AGAIN_S)
    assert [one[0] for one in outbox.kept] == ["c1", "c2", "c3"]
    assert all(task.done() for task in tasks)
    await made.leave("c4", "shop", {"why": "at once"}, NOW)
    assert outbox.kept[-1] == ("c4", "shop", "at once", NOW)


@virtually
async def test_an_errand_that_cannot_be_written_is_in_the_log_and_keeps_no_other_from_the_store():
    outbox = Outbox(down=True)
    made, tasks = promised(outbox)
    with capture_logs() as logs:
        await made.leave("c1", "shop", {}, NOW)
        await made.leave("c2", "shop", {"why": "late"}, NOW)
        outbox.down = False
        await asyncio.sleep(AGAIN_S)
        outbox.down = True
        await made.leave("c3", "shop", {"why": "later"}, NOW)
        outbox.down = False
        await asyncio.sleep(AGAIN_S)
    assert [one[0] for one in outbox.kept] == ["c2", "c3"]
    assert [one["call_id"] for one in logs if one["event"] == "errand lost: it cannot be written"] == ["c1"]
    await asyncio.gather(*tasks)


@virtually
async def test_what_a_process_could_not_keep_is_in_its_log():
    made, tasks = promised(Outbox(down=True))
    with capture_logs() as logs:
        for number in range(MOST + 1):
            await made.leave(f"c{number}", "shop", {"why": "late"}, NOW)
        assert logs[-1]["event"] == "errand lost: too many wait for the store"
        await asyncio.sleep(AGAIN_S / 2)
        tasks[0].cancel()
        await asyncio.wait(tasks)
    assert [one["call_id"] for one in logs if one["event"] == "errand lost"][-1] == f"c{MOST - 1}"


@virtually
async def test_an_errand_that_is_said_twice_is_to_be_done_once(tmp_path: Path):
    async with open_store(tmp_path) as store:
        kept = KeptTools(store, "test")
        for _ in range(2):
            await kept.callback("c1", "shop", {"why": "late"}, NOW)
        await kept.callback("c1", "shop", {"why": "another"}, NOW)
        assert sorted(one.data["why"] for one in await kept.waiting()) == ["another", "late"]
