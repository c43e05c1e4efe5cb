"""The ledger's promises, in memory and in the database, and the approval queue in it."""

import asyncio
from collections.abc import Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipeline.assistant.tools.approval import NotPossible
from pipeline.assistant.tools.approving import Approving, Unknown
from pipeline.assistant.tools.ids import new_id
from pipeline.assistant.tools.kept import KeptTools, Outdated
from pipeline.assistant.tools.ledger import Entry, MemoryLedger, Write
from pipeline.assistant.tools.port import ArgumentsInvalid, BackendFailed, Retry, ToolRefused, ToolSpec
from pipeline.assistant.tools.runner import Asked, ToolRunner
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
WRITE = Write("CA1/k1", "refund", {"order_id": "17", "cents": 300}, "CA1", "Northfield")
CENTS = {"type": "object", "properties": {"order_id": {"type": "string"}, "cents": {"type": "integer"}}}
REFUND = ToolSpec("crm.refund", "refunds", CENTS, {"type": "object"}, "approval_only", retry=Retry(1))


@asynccontextmanager
async def kept(directory):
    async with open_store(directory) as store:
        yield KeptTools(store, "local", lambda: NOW)


@pytest.mark.parametrize("where", ["memory", "database"])
def test_a_ledger_knows_what_was_begun_and_how_it_ended(tmp_path, where):
    async def use(ledger):
        first = await ledger.begin(WRITE)
        again = await ledger.begin(WRITE)
        await ledger.settle(Entry(WRITE, "failed", {}, "refused", 1))
        after_failure = await ledger.begin(WRITE)
        await ledger.settle(Entry(WRITE, "done", {"id": "r1"}, "", 2))
        return first, again, after_failure, await ledger.begin(WRITE), await ledger.entry("none")

    async def scenario():
        if where == "memory":
            return await use(MemoryLedger())
        async with kept(tmp_path) as ledger:
            return await use(ledger)

    first, again, after_failure, done, none = asyncio.run(scenario())
    assert first is None
    assert again == Entry(WRITE, "started")
    assert again.open
    assert after_failure is None
    assert (done.state, done.result, done.attempts, none) == ("done", {"id": "r1"}, 2, None)


def test_what_was_begun_survives_the_process_and_a_write_in_doubt_is_a_persons(tmp_path):
    async def scenario():
        async with kept(tmp_path) as ledger:
            await ledger.begin(WRITE)
        async with kept(tmp_path) as ledger:
            found = await ledger.begin(WRITE)
            for _ in range(2):  # asked again, it is the same doubt
                await ledger.settle(Entry(WRITE, "checking", {}, "checking", 1))
            return found, await ledger.waiting()

    found, waiting = asyncio.run(scenario())
    assert found == Entry(WRITE, "started")
    assert [(one.kind, one.call_id, one.data["key"]) for one in waiting] == [("check", "CA1", "CA1/k1")]


@dataclass
class Bank:
    spec: ToolSpec = REFUND
    fails: Exception | None = None
    done: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del deadline_ms
        if self.fails is not None:
            raise self.fails
        self.done.append((call, arguments))
        return {"id": f"r{len(self.done)}"}


def decide(tmp_path, use, bank=None):
    """Ask for a refund in a call, then use the queue; give what came of it and what is still to be done."""
    bank = bank or Bank()

    async def scenario():
        async with kept(tmp_path) as queue:
            runner = ToolRunner({"refund": bank}, ledger=queue, approvals=queue)
            people = Approving(queue, {"Northfield": runner}.get, lambda: NOW)
            asked = await queue.ask(Asked(WRITE, "approval_only", "t3", "+14155550101", "pin"))
            outcome = await use(people, queue, asked.id)
            steps = [(said.verb, said.who) for said in await queue.steps(asked.id)]
            callbacks = [one.data for one in await queue.waiting("callback")]
            again = await queue.ask(Asked(WRITE, "approval_only", "t3", "+14155550101", "pin"))
            await runner.end()
            return asked, outcome, steps, callbacks, again

    return bank, asyncio.run(scenario())


@pytest.mark.row(92)
def test_what_is_approved_runs_once_and_the_caller_is_to_be_called_back(tmp_path):
    bank, (asked, one, steps, callbacks, again) = decide(
        tmp_path, lambda people, _queue, found: people.approve(found, "dana", "fine")
    )
    assert (asked.status, asked.id[:4]) == ("waiting", "apr_")
    assert (one.state, one.result, one.decided_by, one.note) == ("done", {"id": "r1"}, "dana", "fine")
    assert steps == [("asked", "assistant"), ("approved", "dana"), ("done", "cordboard")]
    assert [(data["number"], data["outcome"]) for data in callbacks] == [("+14155550101", "done")]
    assert (again.ok, again.result) == (True, {"id": "r1"})
    assert bank.done == [("CA1/k1", {"order_id": "17", "cents": 300})]


def test_what_is_rejected_does_not_run(tmp_path):
    bank, (_, one, _, callbacks, again) = decide(
        tmp_path, lambda people, _queue, found: people.reject(found, "dana", "too often")
    )
    assert (one.state, one.note, again.error, again.status) == ("rejected", "too often", "rejected", "refused")
    assert [data["outcome"] for data in callbacks] == ["rejected"]
    assert bank.done == []


def test_what_is_edited_is_checked_and_runs_as_edited(tmp_path):
    async def use(people, queue, found):
        with pytest.raises(ArgumentsInvalid):
            await people.edit(found, {"cents": "many"}, "dana")
        await people.edit(found, {"order_id": "17", "cents": 100}, "dana")
        await people.reassign(found, "billing", "dana")
        mine = await queue.approvals(states=("pending",), assignee="billing")
        assert [one.proposed["cents"] for one in mine] == [300]
        return await people.approve(found, "eve")

    bank, (_, one, steps, _, _) = decide(tmp_path, use)
    assert bank.done == [("CA1/k1", {"order_id": "17", "cents": 100})]
    assert [verb for verb, _ in steps] == ["asked", "edited", "reassigned", "approved", "done"]
    assert one.version == 5


@pytest.mark.parametrize(
    ("fails", "state"), [(ToolRefused("refund", "no"), "failed"), (BackendFailed("refund", "500"), "checking")]
)
def test_what_could_not_be_done_is_said_so(tmp_path, fails, state):
    _, (_, one, _, callbacks, again) = decide(
        tmp_path, lambda people, _queue, found: people.approve(found, "dana"), Bank(fails=fails)
    )
    assert one.state == state
    assert [data["outcome"] for data in callbacks] == [state]
    assert not again.ok


def test_two_people_decide_one_thing_once(tmp_path):
    async def use(people, queue, found):
        both = await asyncio.gather(people.approve(found, "dana"), people.approve(found, "eve"), return_exceptions=True)
        assert sorted(type(one).__name__ for one in both) in (["Approval", "NotPossible"], ["Approval", "Outdated"])
        with pytest.raises(NotPossible):
            await people.reject(found, "eve")
        with pytest.raises(Unknown):
            await people.approve("apr_none", "eve")
        with pytest.raises(Outdated):
            await people.reassign(found, "x", "eve", version=1)
        return await queue.approval(found)

    bank, _ = decide(tmp_path, use)
    assert len(bank.done) == 1


def test_what_a_killed_process_had_approved_is_carried_out_by_the_next(tmp_path):
    async def use(people, queue, found):
        class Killed(Exception):
            pass

        async def dies(_one):
            raise Killed

        people._carry_out, carry_out = dies, people._carry_out
        with pytest.raises(Killed):
            await people.approve(found, "dana")
        people._carry_out = carry_out
        await people.finish_started()
        await people.finish_started()
        return await queue.approval(found)

    bank, (_, one, _, callbacks, _) = decide(tmp_path, use)
    assert (one.state, len(bank.done), len(callbacks)) == ("done", 1, 1)


def test_ids_sort_as_time_does():
    made = [new_id("apr", NOW + timedelta(milliseconds=n)) for n in range(50)]
    assert sorted(made) == made
    assert all(len(one) == 30 for one in made)
