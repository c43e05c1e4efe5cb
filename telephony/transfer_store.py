"""Keeps transfers: every change is written, with the version that was read, before anything is done about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

import sqlalchemy as sa
from pydantic import TypeAdapter

from telephony.transfer_state import State, Transfer
from telephony.transfer_tables import dispositions, handoff_packets, transfers

_T = TypeVar("_T")
Means = Literal["desk", "phone"]
"""How the agent who accepted is reached."""


class Database(Protocol):
    """The call store's database, as transfers need it."""

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Write, in the one writer's next transaction. Raises StoreUnavailable."""

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        """Read. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is wanted, and why: what the queue orders by, and what a second process needs to go on."""

    line: str
    language: str
    skills: tuple[str, ...] = ()
    priority: str = "normal"
    reason: str = ""
    sentence: str = ""
    """The reason for people."""
    tier: str = ""
    sentiment: str = ""
    urgency: str = ""
    caller_number: str = ""
    line_number: str = ""
    """Of ours: calls to agents come from it."""
    kind: Literal["call", "callback"] = "call"
    consent: str = ""
    """Of a callback: the utterance that said yes to it. Empty: they are never called."""
    not_before_ms: int = 0
    not_after_ms: int = 0
    """Of a callback: the window in the caller's zone, ms since the epoch."""
    most_attempts: int = 3
    spacing_s: int = 900
    agent: str = ""
    """Who of the directory is wanted, and nobody else; empty: whoever takes the queue's callers."""
    by_phone: bool = False
    """That agent's telephone rings, wherever they take calls."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A transfer with who is wanted."""

    transfer: Transfer
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Packet:
    """A version of what agents are told, as JSON text."""

    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Disposition:
    """How an agent wrapped a call up."""

    transfer_id: str
    agent: str
    disposition: str
    note: str
    made_at: str = ""
    """ISO 8601 UTC; empty: not written yet."""
    call_id: str = ""


_TRANSFER: Final = TypeAdapter(Transfer)
_WANTED: Final = TypeAdapter(Wanted)


@dataclass(slots=True)
class TransferStore:
    """All transfers of an organisation, in the call store's database."""

    database: Database
    org_id: str

    async def create(self, kept: Kept) -> bool:
        """Write a new one. False: this call has a live one, and nothing was written. Raises StoreUnavailable."""
        row = {**_row(kept.transfer), "org_id": self.org_id, "asked": _WANTED.dump_json(kept.wanted).decode()}
        live = (
            sa.select(sa.func.count())
            .select_from(transfers)
            .where(
                transfers.c.org_id == self.org_id,
                transfers.c.call_id == kept.transfer.call_id,
                transfers.c.state != State.OVER.value,
            )
        )

        def work(connection: sa.Connection) -> bool:
            if connection.execute(live).scalar_one():
                return False
            connection.execute(sa.insert(transfers).values(row))
            return True

        return await self.database.apply(work)

    async def save(self, after: Transfer, was_version: int) -> bool:
        """Write a change of the version that was read. False: it was changed in between. Raises StoreUnavailable."""
        place = (transfers.c.id == after.id) & (transfers.c.version == was_version)

        def work(connection: sa.Connection) -> bool:
            return connection.execute(sa.update(transfers).where(place).values(_row(after))).rowcount == 1

        return await self.database.apply(work)

    async def get(self, transfer_id: str) -> Kept | None:
        """One. Raises StoreUnavailable."""
        return next(iter(await self._kept(transfers.c.id == transfer_id)), None)

    async def live(self) -> tuple[Kept, ...]:
        """Those that are not over, the oldest first. Raises StoreUnavailable."""
        return await self._kept(transfers.c.state != State.OVER.value)

    async def of_call(self, call_id: str) -> tuple[Kept, ...]:
        """A call's, the oldest first. Raises StoreUnavailable."""
        return await self._kept(transfers.c.call_id == call_id)

    async def _kept(self, which: sa.ColumnElement[bool]) -> tuple[Kept, ...]:
        query = (
            sa.select(transfers.c.transfer, transfers.c.asked)
            .where(transfers.c.org_id == self.org_id, which)
            .order_by(transfers.c.asked_ms, transfers.c.id)
        )

        def read(connection: sa.Connection) -> tuple[Kept, ...]:
            rows: Iterable[sa.Row[tuple[str, str]]] = connection.execute(query)
            return tuple(Kept(_TRANSFER.validate_json(row.transfer), _WANTED.validate_json(row.asked)) for row in rows)

        return await self.database.look(read)

    # What agents are told, and what they tell

    async def keep_packet(self, transfer: Transfer, packet: Packet, made_at: str) -> None:
        """Write a version of the packet; written twice, it is kept once. Raises StoreUnavailable."""
        row = {
            "transfer_id": transfer.id,
            "version": packet.version,
            "org_id": self.org_id,
            "call_id": transfer.call_id,
            "packet": packet.text,
            "made_at": made_at,
        }

        def work(connection: sa.Connection) -> None:
            known = sa.select(handoff_packets.c.version).where(
                handoff_packets.c.transfer_id == transfer.id, handoff_packets.c.version == packet.version
            )
            if connection.execute(known).one_or_none() is None:
                connection.execute(sa.insert(handoff_packets).values(row))

        await self.database.apply(work)

    async def packet(self, transfer_id: str) -> Packet | None:
        """The latest version. Raises StoreUnavailable."""
        query = (
            sa.select(handoff_packets.c.version, handoff_packets.c.packet)
            .where(handoff_packets.c.transfer_id == transfer_id, handoff_packets.c.org_id == self.org_id)
            .order_by(handoff_packets.c.version.desc())
            .limit(1)
        )
        found = await self.database.look(lambda connection: connection.execute(query).one_or_none())
        return None if found is None else Packet(found.version, found.packet)

    async def packets_of(self, call_id: str) -> tuple[tuple[str, Packet], ...]:
        """What agents were told in a call: each transfer's id with its latest packet. Raises StoreUnavailable."""
        query = (
            sa.select(handoff_packets)
            .where(handoff_packets.c.call_id == call_id, handoff_packets.c.org_id == self.org_id)
            .order_by(handoff_packets.c.made_at, handoff_packets.c.version)
        )

        def read(connection: sa.Connection) -> tuple[tuple[str, Packet], ...]:
            rows = connection.execute(query).all()
            return tuple({row.transfer_id: (row.transfer_id, Packet(row.version, row.packet)) for row in rows}.values())

        return await self.database.look(read)

    async def wrap_up(self, disposition: Disposition, call_id: str, made_at: str) -> None:
        """Write how a call was wrapped up; the last word holds. Raises StoreUnavailable."""
        row = {
            "transfer_id": disposition.transfer_id,
            "org_id": self.org_id,
            "call_id": call_id,
            "agent": disposition.agent,
            "disposition": disposition.disposition,
            "note": disposition.note,
            "made_at": made_at,
        }

        def work(connection: sa.Connection) -> None:
            connection.execute(sa.delete(dispositions).where(dispositions.c.transfer_id == disposition.transfer_id))
            connection.execute(sa.insert(dispositions).values(row))

        await self.database.apply(work)

    async def dispositions_of(self, call_id: str) -> tuple[Disposition, ...]:
        """How the transfers of a call were wrapped up. Raises StoreUnavailable."""
        query = (
            sa.select(dispositions)
            .where(dispositions.c.call_id == call_id, dispositions.c.org_id == self.org_id)
            .order_by(dispositions.c.made_at)
        )

        def read(connection: sa.Connection) -> tuple[Disposition, ...]:
            return tuple(
                Disposition(row.transfer_id, row.agent, row.disposition, row.note, row.made_at, row.call_id)
                for row in connection.execute(query)
            )

        return await self.database.look(read)


def _row(transfer: Transfer) -> dict[str, object]:
    return {
        "id": transfer.id,
        "call_id": transfer.call_id,
        "version": transfer.version,
        "state": transfer.state.value,
        "queue": transfer.queue,
        "asked_ms": transfer.asked_ms,
        "transfer": _TRANSFER.dump_json(transfer).decode(),
    }
