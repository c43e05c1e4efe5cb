"""A person decides while the call goes on: the caller is told in the call, else called back, and never both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from pipeline.assistant.tools.approval import Approval
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.kept_news import KeptNews
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.decisions import Decisions
from pipeline.line.prompts import Prompts
from pipeline.switchboard import Switchboard
from recordings.store import CallStore
from telephony.token import CallTokens
from tests.fakes.office import SECRET, SPEECH, Parts, VirtualCall, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.call

TOLD = Prompts().approval_done
ASKS = ["where is my order", "no thank you goodbye"]


@dataclass
class People:
    """Who decides, and what is left for them to do."""

    office: VirtualOffice
    kept: KeptTools
    runner: ToolRunner
    decisions: Decisions

    async def decide(self, *, yes: bool = True) -> Approval:
        """About the only one that waits."""
        (one,) = await self.kept.approvals(states=("pending",))
        people = Approving(self.kept, {one.line: self.runner}.get, tell=self.decisions.tell)
        return await (people.approve(one.id, "dana") if yes else people.reject(one.id, "dana"))

    async def callbacks(self) -> list[str]:
        """What callbacks wait, once everything that happened is settled."""
        await self.decisions.settle()
        return [one.data["outcome"] for one in await self.kept.waiting("callback")]

    def next_process(self) -> None:
        """The process is killed; the next one knows what is on the disk."""
        self.office.die()
        self.decisions = Decisions(KeptNews(self.office.store), self.office.store)
        self.office.parts = deciding(self.office.parts, self.decisions)


def deciding(parts: Parts, decisions: Decisions) -> Parts:
    runtime = replace(parts.runtime, decisions=decisions, store=cast("CallStore", parts.process))
    switchboard = Switchboard(runtime, parts.lines, CallTokens(SECRET), parts.max_calls)
    return replace(parts, runtime=runtime, switchboard=switchboard)


class SupervisedTools(ToolRunner):
    """Tools of which each waits for a person."""

    async def run(self, *given, approved: bool = False, **more):
        more["supervised"] = not approved
        return await super().run(*given, approved=approved, **more)


@asynccontextmanager
async def supervised(tmp_path: Path, texts: list[str] = ASKS) -> AsyncIterator[tuple[VirtualOffice, People]]:
    """An office in which looking an order up needs a person's yes."""
    async with virtual_office(tmp_path, texts) as office:
        store = office.store
        kept = KeptTools(store, "test")
        inner = office.tools._inner
        tools = {name: Written(tool) for name, tool in inner.tools.items()}
        runner = SupervisedTools(tools, ledger=kept, approvals=kept)
        lines = {number: replace(line, tools=runner) for number, line in office.parts.lines.items()}
        decisions = Decisions(KeptNews(store), store)
        office.parts = deciding(replace(office.parts, lines=lines), decisions)
        people = People(office, kept, runner, decisions)
        try:
            yield office, people
        finally:
            runner.close()


class Written:
    """A look-up that counts as a write."""

    def __init__(self, tool) -> None:
        self._tool = tool
        self.spec = replace(tool.spec, risk="automated")

    def run(self, call, arguments, deadline_ms):
        return self._tool.run(call, arguments, deadline_ms)


async def waits(office: VirtualOffice) -> VirtualCall:
    """A caller whose wish waits for a person, asked whether there is anything else."""
    call = await office.call()
    await call.turn()
    await call.keys("12345")
    await call.quiet()
    return call


async def told(office: VirtualOffice, call: VirtualCall) -> int:
    """How often the caller heard it to its end."""
    events = await office.events(call.sid)
    heard = [event.data for event in events if event.kind == "assistant.heard" and event.data["complete"]]
    return sum(data["heard_text"] == TOLD for data in heard)


@pytest.mark.row(92)
@virtually
async def test_a_caller_who_is_still_there_is_told_once_and_not_called_back(tmp_path: Path):
    async with supervised(tmp_path) as (office, people):
        call = await waits(office)
        since_ms = call.handset.now_ms
        assert (await people.decide()).state == "done"
        await call.quiet(since_ms=since_ms)
        assert await told(office, call) == 1
        assert await people.callbacks() == []
        await call.turn()
        await call.over()
        assert (await office.ended(call.sid)).outcome == "completed"
        assert await told(office, call) == 1
        assert await people.callbacks() == []


@virtually
async def test_a_caller_who_speaks_is_not_spoken_over(tmp_path: Path):
    async with supervised(tmp_path, ["where is my order", "hm let me think", "no thank you goodbye"]) as (
        office,
        people,
    ):
        call = await waits(office)
        said = call.handset.mouth.say(SPEECH)
        await call.handset.wait_ms(700)
        await people.decide()
        while call.handset.mouth.spoken < said:
            await call.handset.tick()
        ended_ms = call.handset.now_ms
        events = await office.events(call.sid)
        assert not any(event.kind == "approval.decided" for event in events)
        await call.quiet(since_ms=ended_ms)
        await call.quiet()
        assert await told(office, call) == 1


@virtually
async def test_a_decision_after_the_call_is_a_callback(tmp_path: Path):
    async with supervised(tmp_path) as (office, people):
        call = await waits(office)
        call.stream.hang_up()
        await call.over()
        await office.ended(call.sid)
        await people.decide(yes=False)
        assert await people.callbacks() == ["rejected"]


@virtually
async def test_a_caller_who_hangs_up_before_hearing_it_is_called_back(tmp_path: Path):
    async with supervised(tmp_path) as (office, people):
        call = await waits(office)
        await people.decide()
        await call.handset.wait_ms(900)
        call.stream.hang_up()
        await call.over()
        await office.ended(call.sid)
        assert await told(office, call) == 0
        assert await people.callbacks() == ["done"]


@pytest.mark.parametrize("after_ms", [0, 40, 900])
@virtually
async def test_a_process_that_dies_before_the_caller_heard_it_leaves_it_to_the_next(tmp_path: Path, after_ms: int):
    async with supervised(tmp_path) as (office, people):
        call = await waits(office)
        await people.decide()
        if after_ms:
            await call.handset.wait_ms(after_ms)
        people.next_process()
        assert await people.callbacks() == []
        since_ms = call.handset.now_ms
        again = await office.resume(call)
        await again.quiet(since_ms=since_ms)
        await again.quiet(2000)
        assert await told(office, again) == 1
        assert await people.callbacks() == []


@virtually
async def test_a_process_that_dies_after_the_caller_heard_it_tells_nothing_again(tmp_path: Path):
    async with supervised(tmp_path) as (office, people):
        call = await waits(office)
        since_ms = call.handset.now_ms
        await people.decide()
        await call.quiet(since_ms=since_ms)
        await asyncio.sleep(0.2)
        people.next_process()
        again = await office.resume(call)
        await again.quiet(since_ms=call.handset.now_ms)
        await again.quiet(2000)
        assert await told(office, again) == 1
        assert await people.callbacks() == []
