"""Lists transfers and how they were wrapped up, for the API: the latest first, in pages. It only reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Database, Disposition, Kept, Wanted
from telephony.transfer_tables import dispositions, transfers

_TRANSFER: Final = TypeAdapter(Transfer)
_WANTED: Final = TypeAdapter(Wanted)


@dataclass(frozen=True, slots=True)
class Which:
    """Those that are wanted; empty: whatever it is."""

    states: tuple[State, ...] = ()
    call_id: str = ""
    agent: str = ""
    """Offered to this one."""


@dataclass(slots=True)
class TransferListing:
    """All transfers of an organisation, in the call store's database."""

    database: Database
    org_id: str

    async def listed(self, which: Which, after: str, limit: int) -> list[Kept]:
        """Those after the one with this id, the latest first; after: empty: from the latest on.

        Raises StoreUnavailable.
        """
        wanted = [transfers.c.org_id == self.org_id]
        if which.states:
            wanted.append(transfers.c.state.in_([state.value for state in which.states]))
        if which.call_id:
            wanted.append(transfers.c.call_id == which.call_id)
        if which.agent:
            wanted.append(transfers.c.transfer.contains(f'"agent":"{which.agent}"', autoescape=True))
        if after:
            place = sa.select(transfers.c.asked_ms).where(transfers.c.id == after).scalar_subquery()
            wanted.append(sa.tuple_(transfers.c.asked_ms, transfers.c.id) < sa.tuple_(place, sa.literal(after)))
        query = (
            sa.select(transfers.c.transfer, transfers.c.asked)
            .where(*wanted)
            .order_by(transfers.c.asked_ms.desc(), transfers.c.id.desc())
            .limit(limit)
        )

        def read(connection: sa.Connection) -> list[Kept]:
            rows: Iterable[sa.Row[tuple[str, str]]] = connection.execute(query)
            return [Kept(_TRANSFER.validate_json(row.transfer), _WANTED.validate_json(row.asked)) for row in rows]

        return await self.database.look(read)

    async def dispositions(self, after: str, limit: int, agent: str = "") -> list[Disposition]:
        """How calls were wrapped up, after that of the transfer with this id. Raises StoreUnavailable."""
        wanted = [dispositions.c.org_id == self.org_id]
        if agent:
            wanted.append(dispositions.c.agent == agent)
        if after:
            place = sa.select(dispositions.c.made_at).where(dispositions.c.transfer_id == after).scalar_subquery()
            key = sa.tuple_(dispositions.c.made_at, dispositions.c.transfer_id)
            wanted.append(key < sa.tuple_(place, sa.literal(after)))
        return await self._dispositions(wanted, limit)

    async def disposition(self, transfer_id: str) -> Disposition | None:
        """How this transfer was wrapped up; None: not yet. Raises StoreUnavailable."""
        wanted = [dispositions.c.org_id == self.org_id, dispositions.c.transfer_id == transfer_id]
        return next(iter(await self._dispositions(wanted, 1)), None)

    async def _dispositions(self, wanted: list[sa.ColumnElement[bool]], limit: int) -> list[Disposition]:
        order = (dispositions.c.made_at.desc(), dispositions.c.transfer_id.desc())
        query = sa.select(dispositions).where(*wanted).order_by(*order).limit(limit)

        def read(connection: sa.Connection) -> list[Disposition]:
            return [
                Disposition(row.transfer_id, row.agent, row.disposition, row.note, row.made_at, row.call_id)
                for row in connection.execute(query)
            ]

        return await self.database.look(read)
