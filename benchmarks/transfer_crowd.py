"""Many callers who want a person in the same instant, each of whom an agent at a desk takes: no sound."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from benchmarks.measure import summary
from pipeline.assistant.actions import BringAgent, CallerReady
from pipeline.joining import Joining
from pipeline.line.load import load_line
from pipeline.line.model import Line
from pipeline.office_clock import OfficeClock
from pipeline.transfers.office import Transfers
from pipeline.transfers.packets import WrittenPackets
from pipeline.transfers.queues import queues_of
from recordings.events import Event
from recordings.store import CallStore, SqliteCallStore
from server import migrations
from telephony.agents import Agent
from telephony.transfer_state import State
from telephony.transfer_store import TransferStore

LINE = Path(__file__).parent.parent / "lines" / "example"
OPEN = datetime(2026, 11, 20, 18, tzinfo=UTC)
PATIENCE_S = 120.0


class _Caller:
    """A call's side, as pipeline.joining.Joining, whose stream takes whatever comes."""

    def __init__(self, number: int, line: Line, store: CallStore, transfers: Transfers) -> None:
        self.call_id = f"CA{number:032x}"
        self.line = line
        self.caller_number, self.line_number = f"+1415555{number:04d}", "+14155550199"
        self._store, self._seq, self._transfers = store, 0, transfers

    def record(self, kind: str, **data: object) -> None:
        """Write an event of the call."""
        self._seq += 1
        self._store.append([Event("test", self.call_id, self._seq, self._seq, "", kind, data)])

    def tell(self, transfer: str, kind: str, **more: object) -> None:
        """The dialogue of this caller is ready at once."""
        del more
        if kind == "found":
            self._transfers.wanted(cast("Joining", self), CallerReady(transfer))

    def join(self, person: Any, said_by: str, language: str) -> Any:
        """Joined."""
        del person, said_by, language
        return self

    def said(self, ulaw: bytes) -> None:
        """What the agent says."""

    def with_agent(self, there: bool) -> None:
        """Whether an agent has the caller now."""

    def part(self) -> None:
        """Nobody is joined any more."""


async def crowd(folder: Path, count: int) -> dict[str, object]:
    """Callers and agents, so many of each. Raises TimeoutError when not everybody is served."""
    database = folder / "calls.sqlite"
    migrations.upgrade(f"sqlite:///{database}")
    store, loop = SqliteCallStore(database), asyncio.get_running_loop()
    began = OPEN - timedelta(seconds=loop.time())
    clock = OfficeClock(lambda: began + timedelta(seconds=loop.time()))
    line = load_line(LINE)
    transfers = Transfers(
        TransferStore(store, "test"), clock, WrittenPackets(store, clock, None), lambda: [line], queues_of
    )
    people = [Agent(f"a{number}", f"Agent {number}", frozenset({"support"})) for number in range(count)]
    await transfers.open(people)
    try:
        return await _run(transfers, people, line, store)
    finally:
        await transfers.close()
        await store.close()


async def _run(transfers: Transfers, people: list[Agent], line: Line, store: SqliteCallStore) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    wanted_s: dict[str, float] = {}
    rung_ms: list[float] = []
    spoke_ms: list[float] = []

    def page(agent: str) -> Callable[[Mapping[str, Any]], None]:
        def tell(message: Mapping[str, Any]) -> None:
            if message["type"] == "offer":
                rung_ms.append((loop.time() - wanted_s[message["call"]]) * 1000)
                transfers.accept(message["transfer"], message["offer"], agent)
            elif message["type"] == "connected":
                spoke_ms.append((loop.time() - wanted_s[message["call"]]) * 1000)

        return tell

    for agent in people:
        transfers.sit(agent.id, page(agent.id))
        transfers.presence(agent.id, "available")
    callers = [_Caller(number, line, cast("CallStore", store), transfers) for number in range(len(people))]
    cpu_s, began_s = time.process_time(), loop.time()
    for caller in callers:
        wanted_s[caller.call_id] = loop.time()
        transfers.wanted(cast("Joining", caller), BringAgent("h1", "t1", "support", "asked_for_person", "", "normal"))
    async with asyncio.timeout(PATIENCE_S):
        while len(spoke_ms) < len(people) or not _all_connected(transfers):  # noqa: ASYNC110 what is written last tells nobody
            await asyncio.sleep(0.01)
    return {
        "wanted at once": len(people),
        "connected": len(spoke_ms),
        "decision → agent rings, ms": summary(rung_ms),
        "decision → connected, ms": summary(spoke_ms),
        "all connected after, ms": round((loop.time() - began_s) * 1000),
        "CPU s": round(time.process_time() - cpu_s, 2),
    }


def _all_connected(transfers: Transfers) -> bool:
    return all(one.transfer.state is State.CONNECTED for one in transfers.live())
