"""What was done, read back: writes with what came of them, what took them back, and errands that people finished."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pipeline.assistant.tools.ids import new_id
from pipeline.assistant.tools.kept import Database, Now, utc_now
from pipeline.assistant.tools.ledger import Entry, Write, WriteState, canonical
from pipeline.assistant.tools.tables import outbox, tool_writes

REVERSAL = "reversal"
"""The outbox's kind for a write that somebody took back: done as it is written, and never changed."""


@dataclass(frozen=True, slots=True)
class Done:
    """A write of the ledger."""

    entry: Entry
    org_id: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Who took a write back, how and when."""

    who: str
    at: datetime
    note: str
    tool: str
    """By its name in the declaration; empty: by hand."""
    result: Mapping[str, Any]


class KeptWrites:
    """Writes and errands, for people. Every method raises StoreUnavailable."""

    def __init__(self, database: Database, now: Now = utc_now) -> None:
        self._database = database
        self._now = now

    async def write(self, key: str) -> Done | None:
        """One of them."""
        found = await self._writes(sa.select(tool_writes).where(tool_writes.c.key == key))
        return found[0] if found else None

    async def writes(
        self, *, call_id: str = "", states: tuple[WriteState, ...] = (), after: str = "", limit: int = 50
    ) -> list[Done]:
        """Those of a call, or of all, by their keys, behind the key `after`."""
        query = sa.select(tool_writes).where(tool_writes.c.key > after).order_by(tool_writes.c.key).limit(limit)
        if call_id:
            query = query.where(tool_writes.c.call_id == call_id)
        if states:
            query = query.where(tool_writes.c.state.in_(states))
        return await self._writes(query)

    async def took_back(self, done: Done, who: str, note: str, tool: str, result: Mapping[str, Any]) -> bool:
        """Note that a write was taken back. False: somebody did that already, and nothing has changed."""
        write = done.entry.write
        at = self._now().astimezone(UTC).isoformat(timespec="microseconds")
        told = {"key": write.key, "tool": write.tool, "who": who, "note": note, "by": tool, "result": dict(result)}
        row = {
            "id": new_id("out", self._now()),
            "org_id": done.org_id,
            "kind": REVERSAL,
            "call_id": write.call_id,
            "line": write.line,
            "data": canonical(told),
            "state": "done",
            "made_at": at,
            "done_at": at,
        }

        def work(connection: sa.Connection) -> bool:
            place = (tool_writes.c.key == write.key) & (tool_writes.c.state == "done")
            if connection.execute(sa.update(tool_writes).where(place).values(state="reversed")).rowcount != 1:
                return False
            connection.execute(sa.insert(outbox).values(row))
            return True

        return await self._database.apply(work)

    async def taken_back(self, done: Done) -> TakenBack | None:
        """Who took it back; None: nobody did."""
        query = sa.select(outbox).where(outbox.c.kind == REVERSAL, outbox.c.call_id == done.entry.write.call_id)

        def read(connection: sa.Connection) -> TakenBack | None:
            for row in connection.execute(query.order_by(outbox.c.id)):
                told = json.loads(row.data)
                if told.get("key") == done.entry.write.key:
                    at = datetime.fromisoformat(row.made_at)
                    return TakenBack(told["who"], at, told["note"], told["by"], told["result"])
            return None

        return await self._database.look(read)

    async def finish(self, errand_id: str, who: str, note: str = "") -> bool:
        """An errand of the outbox is done: the caller was called, the doubt is gone. False: none waits."""
        at = self._now().astimezone(UTC).isoformat(timespec="microseconds")

        def work(connection: sa.Connection) -> bool:
            place = (outbox.c.id == errand_id) & (outbox.c.state == "waiting")
            data = connection.execute(sa.select(outbox.c.data).where(place)).scalar_one_or_none()
            if data is None:
                return False
            told = {**json.loads(data), "done_by": who, "done_note": note}
            values = {"state": "done", "done_at": at, "data": canonical(told)}
            connection.execute(sa.update(outbox).where(place).values(values))
            return True

        return await self._database.apply(work)

    async def _writes(self, query: "sa.Select[Any]") -> list[Done]:
        def read(connection: sa.Connection) -> list[Done]:
            return [_done(row) for row in connection.execute(query)]

        return await self._database.look(read)


def _done(row: "sa.Row[Any]") -> Done:
    write = Write(row.key, row.tool, json.loads(row.arguments), row.call_id, row.line)
    entry = Entry(write, row.state, json.loads(row.result), row.error, row.attempts)
    return Done(entry, row.org_id, datetime.fromisoformat(row.began_at))
