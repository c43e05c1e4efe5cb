"""Runs one transfer: an event is decided, written with compare-and-set, and only then acted upon; then the next."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from pipeline.drive import Clock
from recordings.errors import StoreUnavailable
from telephony.transfer import decide, tick
from telephony.transfer_events import TransferAction, TransferEvent
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept, TransferStore

Act = Callable[["Running", TransferAction], None]
Changed = Callable[["Running", Transfer], None]
LINGER_S = 30.0
"""A transfer that is over still answers whoever comes late, so long."""
WRITE_WITHIN_S: Final = 1.0
"""A store in trouble holds caller and agent up no longer."""
UNTIL_S: Final = 3.0
"""A carrier that asks what an agent hears waits no longer; it asks again."""


class Running:
    """One transfer's events and time. Belongs to one event loop."""

    def __init__(self, kept: Kept, store: TransferStore, clock: Clock, act: Act, changed: Changed) -> None:
        """kept: as it is stored. act: does what is decided; changed: told what it was before. Both return at once."""
        self.transfer = kept.transfer
        self.wanted = kept.wanted
        self._stored = kept.transfer.version
        self._unsure: list[Transfer] = []
        """Given to the store since then, which did not say whether it has them."""
        self._store = store
        self._clock = clock
        self._act = act
        self._changed = changed
        self._inbox: asyncio.Queue[TransferEvent] = asyncio.Queue()
        self._turned = asyncio.Event()

    @property
    def id(self) -> str:
        """The transfer's."""
        return self.transfer.id

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.transfer.state is State.OVER

    def post(self, event: TransferEvent) -> None:
        """Something happened."""
        self._inbox.put_nowait(event)

    async def until(self, met: Callable[[Transfer], bool], within_s: float = UNTIL_S) -> bool:
        """Wait until it is so; False: it was not in time."""
        try:
            async with asyncio.timeout(within_s):
                while not met(self.transfer):
                    await self._turned.wait()
        except TimeoutError:
            return False
        return True

    async def settled(self) -> None:
        """Wait until all that has happened is decided."""
        await self._inbox.join()

    async def run(self) -> None:
        """Take events and time until nobody can come late any more."""
        while True:
            event = await self._next()
            if event is None and self.over:
                return
            for action in await self._decided(event):
                self._act(self, action)
            if event is not None:
                self._inbox.task_done()

    async def _decided(self, event: TransferEvent | None) -> tuple[TransferAction, ...]:
        """Decide and write; where somebody else wrote in between, on what they wrote."""
        while True:
            before = self.transfer
            after, actions = tick(before, self._clock.now_ms()) if event is None else decide(before, event)
            if after is before or await self._saved(after):
                self.transfer = after
                if after is not before:
                    turned, self._turned = self._turned, asyncio.Event()
                    turned.set()
                    self._changed(self, before)
                return actions

    async def _next(self) -> TransferEvent | None:
        """The next event; None: time is up."""
        due_ms = self.transfer.deadline_ms
        wait_s = LINGER_S if self.over else None if due_ms is None else max(0.0, (due_ms - self._clock.now_ms()) / 1000)
        try:
            async with asyncio.timeout(wait_s):
                return await self._inbox.get()
        except TimeoutError:
            return None

    async def _saved(self, after: Transfer) -> bool:
        """Write the change; False: another process did.

        A disk in trouble is no reason to strand a caller: it goes on, and the next change is written.
        """
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                return await self._written(after)
        except (StoreUnavailable, TimeoutError) as error:
            structlog.get_logger().error("transfer not written", transfer=self.id, reason=str(error) or "too slow")
            self._unsure.append(after)
            return True

    async def _written(self, after: Transfer) -> bool:
        while not await self._store.save(after, self._stored):
            theirs = await self._store.get(self.id)
            if theirs is None:  # the store was in trouble when it began
                await self._store.create(Kept(after, self.wanted))
                break
            self._stored = theirs.transfer.version
            if theirs.transfer not in self._unsure:
                self.transfer = theirs.transfer
                self._unsure.clear()
                return False
        self._stored = after.version
        self._unsure.clear()
        return True
