"""What tools leave behind, in the call store's database: writes, approvals, and what is still to be done."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from pipeline.assistant.tools.approval import Approval, ApprovalState, Said, as_result
from pipeline.assistant.tools.ids import new_id
from pipeline.assistant.tools.ledger import Entry, Write, canonical
from pipeline.assistant.tools.outcome import ToolResult
from pipeline.assistant.tools.runner import Asked
from pipeline.assistant.tools.tables import approval_steps, approvals, outbox, tool_writes
from recordings.tables import calls

_T = TypeVar("_T")
Now = Callable[[], datetime]
OVERSEEN: Final = "check"
"""The outbox's kind for a write in doubt, which a person has to look after."""
LIVE: Final = "live"
"""A callback's state while its call goes on: the assistant tells the caller, and nobody calls them."""


class Database(Protocol):
    """The call store, as others' tables need it."""

    async def apply(self, work: Callable[[sa.Connection], _T]) -> _T:
        """Write, in the one writer's next transaction. Raises StoreUnavailable."""

    async def look(self, read: Callable[[sa.Connection], _T]) -> _T:
        """Read. Raises StoreUnavailable."""


class Outdated(Exception):
    """Somebody else changed it in between: read it again."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that is still to be done for a caller after the call."""

    id: str
    kind: str
    """callback or check."""
    call_id: str
    line: str
    data: Mapping[str, Any]
    made_at: datetime


def utc_now() -> datetime:
    """Aware."""
    return datetime.now(UTC)


class KeptTools:
    """Ledger and approval queue of all lines of a server."""

    def __init__(self, database: Database, org_id: str, now: Now = utc_now) -> None:
        self._database = database
        self._org_id = org_id
        self._now = now

    @property
    def org_id(self) -> str:
        """Whose it is."""
        return self._org_id

    # Ledger

    async def begin(self, write: Write) -> Entry | None:
        """See Ledger."""
        row = {
            "key": write.key,
            "org_id": self._org_id,
            "call_id": write.call_id,
            "line": write.line,
            "tool": write.tool,
            "arguments": canonical(write.arguments),
            "state": "started",
            "result": "{}",
            "error": "",
            "attempts": 0,
            "began_at": _text(self._now()),
            "settled_at": None,
        }

        def work(connection: sa.Connection) -> Entry | None:
            known = connection.execute(sa.select(tool_writes).where(tool_writes.c.key == write.key)).one_or_none()
            if known is None:
                connection.execute(sa.insert(tool_writes).values(row))
                return None
            if known.state != "failed":
                return _entry(known)
            connection.execute(sa.update(tool_writes).where(tool_writes.c.key == write.key).values(row))
            return None

        return await self._database.apply(work)

    async def settle(self, entry: Entry) -> None:
        """See Ledger."""
        now = self._now()
        values = {
            "state": entry.state,
            "result": canonical(entry.result),
            "error": entry.error,
            "attempts": entry.attempts,
            "settled_at": _text(now),
        }
        write = entry.write

        def work(connection: sa.Connection) -> None:
            place = tool_writes.c.key == write.key
            before = connection.execute(sa.select(tool_writes.c.state).where(place)).scalar_one_or_none()
            connection.execute(sa.update(tool_writes).where(place).values(values))
            if entry.state == "checking" and before != "checking":  # asked again, it is the same doubt
                about = {"key": write.key, "tool": write.tool, "arguments": dict(write.arguments)}
                self._put(connection, OVERSEEN, write.call_id, write.line, about, now)

        await self._database.apply(work)

    async def entry(self, key: str) -> Entry | None:
        """See Ledger."""

        def read(connection: sa.Connection) -> Entry | None:
            row = connection.execute(sa.select(tool_writes).where(tool_writes.c.key == key)).one_or_none()
            return None if row is None else _entry(row)

        return await self._database.look(read)

    # Approvals

    async def ask(self, asked: Asked) -> ToolResult:
        """See runner.Approvals."""
        now = self._now()
        write = asked.write
        fresh = Approval(
            new_id("apr", now),
            write.call_id,
            asked.turn,
            write.line,
            write.tool,
            write.key,
            write.arguments,
            write.arguments,
            asked.reason,
            asked.caller_number,
            asked.verified,
            now,
        )

        def work(connection: sa.Connection) -> Approval:
            known = connection.execute(sa.select(approvals).where(approvals.c.key == write.key)).one_or_none()
            if known is not None:
                return _approval(known)
            connection.execute(sa.insert(approvals).values(self._row(fresh)))
            self._note(connection, fresh, Said("asked", "assistant", now, {"reason": asked.reason}))
            return fresh

        return as_result(await self._database.apply(work))

    async def approval(self, approval_id: str) -> Approval | None:
        """One of them. Raises StoreUnavailable."""
        found = await self._approvals(sa.select(approvals).where(approvals.c.id == approval_id))
        return found[0] if found else None

    async def approvals(
        self,
        *,
        states: tuple[ApprovalState, ...] = (),
        assignee: str | None = None,
        after: str = "",
        limit: int = 50,
    ) -> list[Approval]:
        """Those of the states, oldest first, behind the id `after`. Raises StoreUnavailable."""
        query = sa.select(approvals).where(approvals.c.id > after).order_by(approvals.c.id).limit(limit)
        if states:
            query = query.where(approvals.c.state.in_(states))
        if assignee is not None:
            query = query.where(approvals.c.assignee == assignee)
        return await self._approvals(query)

    async def steps(self, approval_id: str) -> list[Said]:
        """Who did what to it, in order. Raises StoreUnavailable."""
        query = sa.select(approval_steps).where(approval_steps.c.approval == approval_id)

        def read(connection: sa.Connection) -> list[Said]:
            rows = connection.execute(query.order_by(approval_steps.c.version))
            return [Said(row.verb, row.who, datetime.fromisoformat(row.at), json.loads(row.details)) for row in rows]

        return await self._database.look(read)

    async def change(self, before: Approval, after: Approval, said: Said, callback: Mapping[str, Any] | None) -> None:
        """Keep the next version of an approval, and what callers are told. Raises Outdated, StoreUnavailable."""

        def work(connection: sa.Connection) -> None:
            place = (approvals.c.id == before.id) & (approvals.c.version == before.version)
            if connection.execute(sa.update(approvals).where(place).values(self._row(after))).rowcount != 1:
                raise Outdated(before.id)
            self._note(connection, after, said)
            if callback is not None:
                state = LIVE if _goes_on(connection, after.call_id) else "waiting"
                self._put(connection, "callback", after.call_id, after.line, callback, said.at, state)

        await self._database.apply(work)

    # Outbox

    async def callback(self, call_id: str, line: str, data: Mapping[str, Any], now: datetime) -> None:
        """A caller is to be called back by a person, once however often this is said. now: aware.

        Raises StoreUnavailable: then it may still happen, and saying it again helps.
        """
        same = sa.select(outbox.c.id).where(
            outbox.c.org_id == self._org_id,
            outbox.c.kind == "callback",
            outbox.c.call_id == call_id,
            outbox.c.data == canonical(data),
        )

        def put(connection: sa.Connection) -> None:
            if connection.execute(same).first() is None:
                self._put(connection, "callback", call_id, line, data, now)

        await self._database.apply(put)

    async def waiting(self, kind: str | None = None, limit: int = 50, after: str = "") -> list[Errand]:
        """What is still to be done, oldest first. Raises StoreUnavailable."""
        query = sa.select(outbox).where(outbox.c.state == "waiting", outbox.c.id > after)
        if kind is not None:
            query = query.where(outbox.c.kind == kind)

        def read(connection: sa.Connection) -> list[Errand]:
            return [
                Errand(
                    row.id, row.kind, row.call_id, row.line, json.loads(row.data), datetime.fromisoformat(row.made_at)
                )
                for row in connection.execute(query.order_by(outbox.c.id).limit(limit))
            ]

        return await self._database.look(read)

    async def _approvals(self, query: "sa.Select[Any]") -> list[Approval]:
        def read(connection: sa.Connection) -> list[Approval]:
            return [_approval(row) for row in connection.execute(query)]

        return await self._database.look(read)

    def _note(self, connection: sa.Connection, one: Approval, said: Said) -> None:
        row = {
            "approval": one.id,
            "version": one.version,
            "at": _text(said.at),
            "who": said.who,
            "verb": said.verb,
            "details": canonical(said.details),
        }
        connection.execute(sa.insert(approval_steps).values(row))

    def _put(
        self,
        connection: sa.Connection,
        kind: str,
        call_id: str,
        line: str,
        data: Mapping[str, Any],
        now: datetime,
        state: str = "waiting",
    ) -> None:
        row = {
            "id": new_id("out", now),
            "org_id": self._org_id,
            "kind": kind,
            "call_id": call_id,
            "line": line,
            "data": canonical(data),
            "state": state,
            "made_at": _text(now),
            "done_at": None,
        }
        connection.execute(sa.insert(outbox).values(row))

    def _row(self, one: Approval) -> dict[str, Any]:
        texts = {name: getattr(one, name) for name in _TEXTS}
        return {
            **texts,
            "org_id": self._org_id,
            "arguments": canonical(one.arguments),
            "proposed": canonical(one.proposed),
            "result": canonical(one.result),
            "asked_at": _text(one.asked_at),
            "decided_at": _text(one.decided_at) if one.decided_at is not None else None,
            "version": one.version,
        }


_TEXTS: Final = (
    "id", "call_id", "turn", "line", "tool", "key", "reason", "caller_number", "verified", "state", "assignee",
    "decided_by", "note", "error",
)  # fmt: skip


def _approval(row: "sa.Row[Any]") -> Approval:
    return Approval(
        **{name: getattr(row, name) for name in _TEXTS},
        arguments=json.loads(row.arguments),
        proposed=json.loads(row.proposed),
        result=json.loads(row.result),
        asked_at=datetime.fromisoformat(row.asked_at),
        decided_at=datetime.fromisoformat(row.decided_at) if row.decided_at else None,
        version=row.version,
    )


def _entry(row: "sa.Row[Any]") -> Entry:
    write = Write(row.key, row.tool, json.loads(row.arguments), row.call_id, row.line)
    return Entry(write, row.state, json.loads(row.result), row.error, row.attempts)


def _errand(row: "sa.Row[Any]") -> Errand:
    made_at = datetime.fromisoformat(row.made_at)
    return Errand(row.id, row.kind, row.call_id, row.line, json.loads(row.data), made_at)


def _goes_on(connection: sa.Connection, call_id: str) -> bool:
    """Whether the call is not over. Calls end in the same writer's order, so none ends unseen in between."""
    found = connection.execute(sa.select(calls.c.outcome).where(calls.c.call_id == call_id)).one_or_none()
    return found is not None and found.outcome is None


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
