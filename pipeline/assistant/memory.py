"""What is remembered of customers from call to call: what they called about, and whether it is still open.

Written at the end of a call, of customers who were verified in it, by a pure fold of its events. Read when a tool has
verified the caller again, never before: who only claims a name hears nothing of its calls.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from pipeline.assistant.code_specs import FORGET
from pipeline.assistant.identity_tables import customers, memories
from pipeline.assistant.tools.kept import Database, Now, utc_now
from pipeline.assistant.tools.port import LEVELS, BackendBroken, ToolSpec, Verification
from pipeline.line.facts import NOTHING_REMEMBERED
from recordings.errors import StoreUnavailable
from recordings.events import Event

LEAST_LEVEL: Final[Verification] = "knowledge"
"""Below it nothing is written, and nothing is read."""
_OPEN: Final = frozenset({"waiting", "checking"})
MOST_CALLS: Final = 20
"""Of one customer; older ones are forgotten."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that a customer called about."""

    intent: str
    open: bool = False
    """A message was left, or something waits for a person."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One customer's part of one call."""

    customer: str
    call_id: str
    line: str
    at: datetime
    """When the call began; aware."""
    topics: tuple[Topic, ...] = ()
    language: str = ""
    """That the customer spoke last in it; empty: a log of an earlier version."""


@dataclass(frozen=True, slots=True)
class Memory:
    """One call of a customer, as it is remembered."""

    call_id: str
    line: str
    at: datetime
    topics: tuple[Topic, ...]
    language: str


@dataclass(slots=True)
class _Part:
    """What was said between one speaker and the next."""

    customer: str = ""
    topics: list[Topic] = field(default_factory=list)
    language: str = ""

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        match kind:
            case "turn.understood" if data.get("intent") and data.get("by") != "rule":
                if all(topic.intent != data["intent"] for topic in self.topics):
                    self.topics.append(Topic(str(data["intent"])))
            case "identity.raised" if LEVELS.index(data["level"]) >= LEVELS.index(LEAST_LEVEL):
                self.customer = str(data["customer"])
            case "call.ringing":
                self.language = str(data.get("language", ""))
            case "language.changed":
                self.language = str(data["to"])
            case "message.taken":
                self._leave_open()
            case "tool.returned" if data.get("status") in _OPEN:
                self._leave_open()

    def _leave_open(self) -> None:
        if self.topics:
            self.topics[-1] = replace(self.topics[-1], open=True)


def visits(events: Iterable[Event]) -> list[Visit]:
    """Who was verified in a call, and what they wanted. Pure."""
    at, line, call_id = None, "", ""
    parts = [_Part()]
    for event in sorted(events, key=lambda event: event.seq):
        call_id = event.call_id
        if event.kind == "call.ringing":
            line = str(event.data.get("line", ""))
        elif event.kind == "call.media_started":
            at = datetime.fromisoformat(str(event.data["wall_clock"]))
        elif event.kind == "identity.dropped":
            parts.append(_Part(language=parts[-1].language))
        parts[-1].take(event.kind, event.data)
    if at is None:
        return []
    known = [part for part in parts if part.customer]
    return [Visit(part.customer, call_id, line, at, tuple(part.topics), part.language) for part in known]


class Memories:
    """What is remembered of one organisation's customers."""

    def __init__(self, database: Database, org_id: str, now: Now = utc_now) -> None:
        self._database, self._org_id, self._now = database, org_id, now

    async def keep(self, visit: Visit) -> None:
        """Remember it, unless the customer wanted to be forgotten after that call began. Raises StoreUnavailable."""
        row = {
            "org_id": self._org_id, "customer": visit.customer, "call_id": visit.call_id, "line": visit.line,
            "at": _text(visit.at),
            "topics": json.dumps([{"intent": topic.intent, "open": topic.open} for topic in visit.topics]),
            "language": visit.language,
        }  # fmt: skip

        def work(connection: sa.Connection) -> None:
            stone = connection.execute(sa.select(customers).where(self._of(customers, visit.customer))).one_or_none()
            if stone is not None and stone.forgotten_at >= row["at"]:
                return
            theirs = self._of(memories, visit.customer)
            connection.execute(sa.delete(memories).where(theirs, memories.c.call_id == visit.call_id))
            connection.execute(sa.insert(memories).values(row))
            kept = sa.select(memories.c.call_id).where(theirs).order_by(memories.c.at.desc()).limit(MOST_CALLS)
            connection.execute(sa.delete(memories).where(theirs, memories.c.call_id.not_in(kept)))

        await self._database.apply(work)

    async def of(self, customer: str) -> tuple[Memory, ...]:
        """All that is remembered of a customer, latest call first. Raises StoreUnavailable."""
        query = sa.select(memories).where(self._of(memories, customer)).order_by(memories.c.at.desc())
        rows = await self._database.look(lambda connection: connection.execute(query).all())
        return tuple(
            Memory(
                row.call_id,
                row.line,
                datetime.fromisoformat(row.at),
                tuple(Topic(one["intent"], one["open"]) for one in json.loads(row.topics)),
                row.language,
            )
            for row in rows
        )

    async def recall(self, customer: str, today: date) -> Mapping[str, Any]:
        """What a flow may look at as `history`: plain JSON values. Raises StoreUnavailable."""
        return history(await self.of(customer), today)

    async def forget(self, customer: str) -> bool:
        """Delete all of it; what is left says only that, and when. Whether there was any. Raises StoreUnavailable."""
        row = {"org_id": self._org_id, "customer": customer, "forgotten_at": _text(self._now())}

        def work(connection: sa.Connection) -> bool:
            gone = connection.execute(sa.delete(memories).where(self._of(memories, customer))).rowcount
            connection.execute(sa.delete(customers).where(self._of(customers, customer)))
            connection.execute(sa.insert(customers).values(row))
            return bool(gone)

        return await self._database.apply(work)

    def _of(self, table: sa.Table, customer: str) -> sa.ColumnElement[bool]:
        return (table.c.org_id == self._org_id) & (table.c.customer == customer)


def history(calls: Iterable[Memory], today: date) -> Mapping[str, Any]:
    """Calls, latest first, as an expression sees them. Pure."""
    found = dict(NOTHING_REMEMBERED)
    for call in calls:
        found["calls"] += 1
        found["language"] = found["language"] or call.language
        found["open_issues"] += sum(topic.open for topic in call.topics)
        for topic in reversed(call.topics):
            if not found["intent"] or (topic.open and not found["open"]):
                days = max(0, (today - call.at.date()).days)
                found |= {"intent": topic.intent, "open": topic.open, "days_ago": days}
    return found


Today = Callable[[], date]


@dataclass(frozen=True, slots=True)
class Forget:
    """Memories.forget as a tool."""

    memories: Memories
    spec: ToolSpec = FORGET

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        del call, deadline_ms
        try:
            await self.memories.forget(str(arguments["customer"]))
        except StoreUnavailable as error:
            raise BackendBroken(self.spec.name, str(error)) from None
        return {"forgotten": True}


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
