"""One transfer and its store: written before it is acted upon, and gone on with when the store does not answer."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from pipeline.office_clock import OfficeClock
from pipeline.transfers.running import WRITE_WITHIN_S, Running
from recordings.errors import StoreUnavailable
from telephony.double import virtual_time
from telephony.transfer import decide
from telephony.transfer_events import AgentAccepts, AgentsFound, CallerLeft, PacketReady
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept, Wanted
from tests.fakes.office import WallClock

pytestmark = pytest.mark.unit
WANTED = Wanted("line", "en")
ASKED = Transfer.asked("t", "c", "q", 0, patience_ms=600_000)


@dataclass
class SlowStore:
    """A store of one transfer whose answers, and sometimes the work itself, come late."""

    row: Transfer | None
    hangs: bool = False
    """Nobody is answered; what was to be written is written once it hangs no longer."""
    late: list[tuple[Transfer, int]] = field(default_factory=list)

    async def save(self, after: Transfer, was_version: int) -> bool:
        if self.hangs:
            self.late.append((after, was_version))
            await asyncio.sleep(5)
            raise StoreUnavailable("hangs")
        return self._write(after, was_version)

    def _write(self, after: Transfer, was_version: int) -> bool:
        if self.row is None or self.row.version != was_version:
            return False
        self.row = after
        return True

    def recovers(self, *, writes: bool) -> None:
        self.hangs = False
        for after, was in self.late if writes else ():
            self._write(after, was)

    async def get(self, _id: str) -> Kept | None:
        return None if self.row is None else Kept(self.row, WANTED)

    async def create(self, kept: Kept) -> bool:
        self.row = kept.transfer
        return True


def running(store: SlowStore) -> Running:
    clock = OfficeClock(WallClock(asyncio.get_running_loop(), datetime(1970, 1, 1, tzinfo=UTC)))
    return Running(Kept(ASKED, WANTED), store, clock, lambda *_: None, lambda *_: None)  # type: ignore[arg-type]


@pytest.mark.edge("store down or disk full")
@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("began", [True, False])
def test_a_store_that_hangs_holds_nobody_up_and_has_all_of_it_once_it_answers(writes: bool, began: bool):
    async def script() -> None:
        store = SlowStore(ASKED if began else None, hangs=True)
        one = running(store)
        carried = asyncio.create_task(one.run())
        for event in (PacketReady(1), AgentsFound(2, ("ana",)), AgentAccepts(3, 0)):
            one.post(event)
        await asyncio.sleep(3 * WRITE_WITHIN_S + 0.1)
        assert one.transfer.state is State.ACCEPTED
        store.recovers(writes=writes)
        one.post(CallerLeft(4))
        await asyncio.sleep(0.1)
        assert one.transfer.outcome == "abandoned"
        assert store.row == one.transfer
        carried.cancel()

    virtual_time.run(script())


def test_what_another_process_wrote_meanwhile_is_what_is_decided_upon():
    async def script() -> None:
        theirs, _ = decide(ASKED, CallerLeft(1))
        one = running(store := SlowStore(theirs))
        carried = asyncio.create_task(one.run())
        one.post(PacketReady(2))
        await asyncio.sleep(0.1)
        assert one.transfer == theirs
        assert store.row == theirs
        carried.cancel()

    virtual_time.run(script())
