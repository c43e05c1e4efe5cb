"""A process that may be killed at any instant, and a disk that may refuse: the way between an office and its store."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import sqlalchemy as sa

from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.store import FLUSH_MS, SqliteCallStore
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Database, Kept, TransferStore

T = TypeVar("T")


class MortalStore:
    """A process's way to the store, until it dies."""

    def __init__(self, store: SqliteCallStore) -> None:
        self._store = store
        self.dead = False
        self.refuses = False
        """The disk is full or gone: whoever waits for it is told so after FLUSH_MS."""
        self.dies_at: State | None = None
        """The process is killed as soon as a transfer stands there in the store."""
        self.died = asyncio.Event()

    def append(self, events: Iterable[Event]) -> None:
        if not self.dead:
            self._store.append(events)

    async def apply(self, work: Callable[[sa.Connection], T]) -> T:
        await self._refused()
        return await self._store.apply(work)

    async def look(self, read: Callable[[sa.Connection], T]) -> T:
        await self._refused()
        return await self._store.look(read)

    async def _refused(self) -> None:
        if self.dead:
            raise StoreUnavailable("the process is dead")
        if self.refuses:
            await asyncio.sleep(FLUSH_MS / 1000)
            raise StoreUnavailable("the disk is full")

    def stands(self, transfer: Transfer) -> None:
        """This is in the store now. Raises CancelledError in whoever wrote it, if it was the last that they did."""
        if transfer.state is self.dies_at:
            self.dead = True
            self.died.set()
            raise asyncio.CancelledError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass(slots=True)
class MortalTransfers(TransferStore):
    """The store of transfers of a process that may be killed between writing a state and acting upon it."""

    process: MortalStore = field(kw_only=True)

    @classmethod
    def of(cls, process: MortalStore, org_id: str) -> "MortalTransfers":
        return cls(cast("Database", process), org_id, process=process)

    async def create(self, kept: Kept) -> bool:
        # As its parent: slots make a dataclass a new class, which super() without arguments does not know.
        created = await TransferStore.create(self, kept)
        self.process.stands(kept.transfer)
        return created

    async def save(self, after: Transfer, was_version: int) -> bool:
        saved = await TransferStore.save(self, after, was_version)
        if saved:
            self.process.stands(after)
        return saved
