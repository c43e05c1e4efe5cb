"""What a call did is taken back: by the tool that is declared for it, or by hand, once, and on record."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.assistant.tools.approval import NotPossible
from pipeline.assistant.tools.kept import KeptTools
from pipeline.assistant.tools.kept_writes import KeptWrites
from pipeline.assistant.tools.port import BackendFailed, Reversal, ToolSpec
from pipeline.assistant.tools.reversing import NoSuchWrite, NotReversed, Reversing, Way
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.standing import Standing
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOM = {"type": "object", "properties": {"room": {"type": "string"}}}
ANY = {"type": "object"}
BY_TOOL = Reversal(tool="hotel.cancel", arguments={"reference": "{result.reference}", "room": "{room}"})
BOOK = ToolSpec("hotel.book", "books", ROOM, ANY, "automated", reversal=BY_TOOL)
CANCEL = ToolSpec("hotel.cancel", "cancels", ANY, ANY, "automated", reversal=Reversal(by_hand="book again"))
NOTE = ToolSpec("hotel.note", "notes", ROOM, ANY, "automated", reversal=Reversal(by_hand="Strike the note out."))


@dataclass
class Desk:
    spec: ToolSpec
    gives: Mapping[str, Any] = field(default_factory=dict)
    down: bool = False
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    busy: asyncio.Event | None = None
    """Answers once it is set."""

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del call, deadline_ms
        self.asked.append(arguments)
        if self.busy is not None:
            await self.busy.wait()
        if self.down:
            raise BackendFailed(self.spec.name, "the system is down")
        return self.gives


@dataclass
class Hotel:
    book: Desk
    cancel: Desk
    runner: ToolRunner
    kept: KeptWrites
    reversing: Reversing

    async def does(self, tool: str, key: str = "CA1/k1") -> None:
        standing = Standing(key.partition("/")[0], "Inn")
        assert (await self.runner.run(key, tool, {"room": "12"}, 2000, standing=standing)).ok


@asynccontextmanager
async def hotel(directory: Path) -> AsyncIterator[Hotel]:
    async with open_store(directory) as store:
        book, cancel = Desk(BOOK, {"reference": "B-7"}), Desk(CANCEL, {"cancelled": True})
        ledger = KeptTools(store, "local", lambda: NOW)
        runner = ToolRunner({"book": book, "cancel": cancel, "note": Desk(NOTE)}, ledger=ledger)
        kept = KeptWrites(store, lambda: NOW)
        yield Hotel(book, cancel, runner, kept, Reversing(kept, {"Inn": runner}.get))
        await runner.end()


def use(directory: Path, do: Any) -> None:
    async def scenario() -> None:
        async with hotel(directory) as here:
            await do(here)

    asyncio.run(scenario())


@pytest.mark.row(61)
def test_the_declared_tool_takes_it_back_once_with_the_results_own_reference(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("book")
        assert await here.reversing.way("CA1/k1") == Way(
            tool="hotel.cancel", arguments={"reference": "B-7", "room": "12"}
        )
        assert await here.reversing.reverse("CA1/k1", "ada", "booked twice") == {"cancelled": True}
        with pytest.raises(NotPossible, match="reversed, not done"):
            await here.reversing.reverse("CA1/k1", "bob")
        assert here.cancel.asked == [{"reference": "B-7", "room": "12"}]
        done = await here.kept.write("CA1/k1")
        assert done is not None
        assert done.entry.state == "reversed"
        by = await here.kept.taken_back(done)
        assert by is not None
        assert (by.who, by.at, by.note, by.tool) == ("ada", NOW, "booked twice", "hotel.cancel")

    use(tmp_path, do)


@pytest.mark.row(61)
def test_what_a_person_takes_back_is_told_and_noted_once_it_is_done(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("note")
        assert await here.reversing.way("CA1/k1") == Way(by_hand="Strike the note out.")
        with pytest.raises(NotPossible, match="Strike the note out"):
            await here.reversing.reverse("CA1/k1", "ada")
        await here.reversing.by_hand("CA1/k1", "ada")
        with pytest.raises(NotPossible, match="reversed"):
            await here.reversing.by_hand("CA1/k1", "bob")

    use(tmp_path, do)


def test_while_the_tool_takes_it_back_nobody_else_does(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("book")
        here.cancel.busy = asyncio.Event()
        first = asyncio.create_task(here.reversing.reverse("CA1/k1", "ada"))
        while not here.cancel.asked:  # noqa: ASYNC110 what is waited for is in another task's hands
            await asyncio.sleep(0.005)
        with pytest.raises(NotPossible, match="right now"):
            await here.reversing.by_hand("CA1/k1", "bob")
        with pytest.raises(NotPossible, match="right now"):
            await here.reversing.reverse("CA1/k1", "bob")
        here.cancel.busy.set()
        assert await first == {"cancelled": True}
        done = await here.kept.write("CA1/k1")
        assert done is not None
        by = await here.kept.taken_back(done)
        assert by is not None
        assert (by.who, len(here.cancel.asked)) == ("ada", 1)

    use(tmp_path, do)


def test_what_was_noted_as_taken_back_meanwhile_is_not_noted_twice(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("book")
        done = await here.kept.write("CA1/k1")
        assert done is not None
        here.cancel.busy = asyncio.Event()
        first = asyncio.create_task(here.reversing.reverse("CA1/k1", "ada"))
        while not here.cancel.asked:  # noqa: ASYNC110 as above
            await asyncio.sleep(0.005)
        assert await here.kept.took_back(done, "bob", "", "", {})
        here.cancel.busy.set()
        with pytest.raises(NotPossible, match="already"):
            await first

    use(tmp_path, do)


def test_where_the_tool_does_not_take_it_back_it_stands_and_a_person_may(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("book")
        here.cancel.down = True
        with pytest.raises(NotReversed):
            await here.reversing.reverse("CA1/k1", "ada")
        done = await here.kept.write("CA1/k1")
        assert done is not None
        assert done.entry.state == "done"
        await here.reversing.by_hand("CA1/k1", "ada", "looked after it")

    use(tmp_path, do)


def test_what_is_not_there_or_was_not_done_is_not_taken_back(tmp_path: Path):
    async def do(here: Hotel) -> None:
        with pytest.raises(NoSuchWrite):
            await here.reversing.reverse("CA9/k9", "ada")
        here.book.down = True
        await here.runner.run("CA1/k1", "book", {"room": "12"}, 300, standing=Standing("CA1", "Inn"))
        with pytest.raises(NotPossible, match="not done"):
            await here.reversing.way("CA1/k1")

    use(tmp_path, do)


def test_the_writes_of_a_call_are_listed_and_an_errand_is_finished_once(tmp_path: Path):
    async def do(here: Hotel) -> None:
        await here.does("book")
        await here.does("note", "CA2/k1")
        assert [one.entry.write.key for one in await here.kept.writes(call_id="CA2")] == ["CA2/k1"]
        assert [one.entry.write.key for one in await here.kept.writes(after="CA1/k1")] == ["CA2/k1"]
        assert not await here.kept.finish("out_none", "ada")

    use(tmp_path, do)
