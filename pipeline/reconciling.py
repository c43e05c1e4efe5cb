"""Asks the carrier every few seconds how the legs of live transfers are, and tells what was missed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError, LegGone
from telephony.ports import Leg, Participant
from telephony.reconcile import EVERY_MS, Known, Seen, missed, strays
from telephony.transfer_events import TransferEvent

DEADLINE_MS = 2_000
AT_ONCE = 8
"""So many transfers are asked about at the same time: a carrier has limits, and calls come first."""


class Asked(Protocol):
    """What of CallControl is needed here."""

    async def leg(self, sid: str, deadline_ms: int) -> Leg:
        """See CallControl."""

    async def participants(self, room: str, deadline_ms: int) -> tuple[Participant, ...]:
        """See CallControl."""

    async def end(self, sid: str, deadline_ms: int) -> None:
        """See CallControl."""


@dataclass(slots=True)
class Reconciler:
    """One per process."""

    control: Asked
    live: Callable[[], Awaitable[Iterable[Known]]]
    """The transfers to ask about: those that are live, and those that were over a moment ago."""
    tell: Callable[[str, TransferEvent], Awaitable[None]]
    """Takes an event of a transfer, as a webhook would have brought it."""
    now_ms: Callable[[], int]
    _before: dict[str, tuple[int, Seen]] = field(default_factory=dict)

    async def run(self) -> None:
        """Go on until cancelled. A round that takes longer delays the next one."""
        while True:
            await asyncio.sleep(EVERY_MS / 1000)
            try:
                await self.look()
            except StoreUnavailable as error:  # what was missed is still missed in the next round
                structlog.get_logger().error("transfers not reconciled", reason=str(error))
            except Exception as error:  # noqa: BLE001 nobody else looks: one round that breaks must not be the last
                told = {"reason": type(error).__name__, "pii_error": repr(error)}
                structlog.get_logger().error("transfers not reconciled", **told)

    async def look(self) -> None:
        """One round. What the carrier does not tell now, the next round asks."""
        known = {one.transfer.id: one for one in await self.live()}
        self._before = {one: seen for one, seen in self._before.items() if one in known}
        turn = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:
            for one in known.values():
                tasks.create_task(self._look_at(one, turn))

    async def _look_at(self, known: Known, turn: asyncio.Semaphore) -> None:
        async with turn:
            try:
                await self._make_up_for(known)
            except StoreUnavailable as error:
                structlog.get_logger().error("transfer not reconciled", transfer=known.transfer.id, reason=str(error))
            except Exception as error:  # noqa: BLE001 one that breaks must not keep us from looking at the others ever again
                told = {"reason": type(error).__name__, "pii_error": repr(error)}
                structlog.get_logger().error("transfer not reconciled", transfer=known.transfer.id, **told)

    async def _make_up_for(self, known: Known) -> None:
        seen = await self._seen(known)
        transfer = known.transfer
        version, before = self._before.get(transfer.id, (-1, Seen()))
        self._before[transfer.id] = (transfer.version, seen)
        unchanged = before if version == transfer.version else None
        for event in missed(known, seen, self.now_ms(), unchanged):
            structlog.get_logger().warning("callback missed", transfer=transfer.id, missed=type(event).__name__)
            await self.tell(transfer.id, event)
        for sid in strays(known, seen, unchanged):
            structlog.get_logger().warning("leg left over", transfer=transfer.id, leg=sid)
            await self._end(sid)

    async def _seen(self, known: Known) -> Seen:
        legs: dict[str, Leg | None] = {}
        for sid in sorted(known.asks_for):
            try:
                legs[sid] = await self.control.leg(sid, DEADLINE_MS)
            except LegGone:
                legs[sid] = None
            except CarrierError as error:
                structlog.get_logger().info("carrier not asked", transfer=known.transfer.id, reason=str(error))
        if not known.asks_for_room:
            return Seen(legs)
        try:
            return Seen(legs, await self.control.participants(known.room, DEADLINE_MS))
        except CarrierError as error:
            structlog.get_logger().info("carrier not asked", transfer=known.transfer.id, reason=str(error))
            return Seen(legs)

    async def _end(self, sid: str) -> None:
        try:
            await self.control.end(sid, DEADLINE_MS)
        except CarrierError as error:
            structlog.get_logger().warning("leg not ended", leg=sid, reason=str(error))
