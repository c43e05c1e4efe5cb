"""SQLite as the call store uses it: connections, rows, and its errors in one sentence."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from recordings import tables
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.summary import LIVE, CallSummary, Wanted

BUSY_MS: Final = 1000
"""How long a statement waits for another process's lock before we report it and try again."""


def engine(path: Path, *, readers: int, power_loss_safe: bool = False) -> sa.Engine:
    """Connections to the file: one that writes, or so many that only read."""
    made = sa.create_engine(
        f"sqlite:///{path}", pool_size=max(1, readers), max_overflow=0, connect_args={"timeout": BUSY_MS / 1000}
    )
    settings = ["PRAGMA query_only=ON"]
    if not readers:
        settings = ["PRAGMA journal_mode=WAL", f"PRAGMA synchronous={'FULL' if power_loss_safe else 'NORMAL'}"]

    @sa.event.listens_for(made, "connect")
    def _set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are ours: the driver's begin too late for a reader's snapshot
        for setting in settings:
            connection.execute(setting)

    @sa.event.listens_for(made, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN" if readers else "BEGIN IMMEDIATE")

    return made


def check(writing: sa.Engine, path: Path) -> None:
    """Raise StoreUnavailable, in one sentence, when the file cannot be written or has not been prepared."""
    if not path.is_file():
        raise StoreUnavailable(f"There is no call store at {path}; `server.migrations.upgrade` creates it.")
    with said_plainly(path), writing.begin() as connection:
        if not sa.inspect(connection).has_table(tables.events.name):
            raise StoreUnavailable(f"{path} holds no call store yet; `server.migrations.upgrade` prepares it.")
        connection.exec_driver_sql("UPDATE calls SET last_seq = last_seq WHERE 0")  # fails where the file is read-only


@contextmanager
def said_plainly(path: Path) -> Iterator[None]:
    """Database errors as StoreUnavailable with one sentence."""
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise StoreUnavailable(f"The call store {path} is not available: {error.orig}.") from error
    except sa.exc.TimeoutError as error:
        raise StoreUnavailable(f"The call store {path} is busy.") from error


def insert_events(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Add the rows that are not there yet; how many places were taken by other events. Writing twice is harmless."""
    added = connection.execute(insert(tables.events).on_conflict_do_nothing(), rows).rowcount
    return 0 if added == len(rows) else sum(_differs(connection, row) for row in rows)


def amend_events(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put these rows' data in the place of what is there."""
    for row in rows:
        place = (tables.events.c.call_id == row["call_id"]) & (tables.events.c.seq == row["seq"])
        connection.execute(sa.update(tables.events).where(place).values(data=row["data"]))


def note_calls(connection: sa.Connection, summaries: Sequence[CallSummary]) -> None:
    """Bring the list of calls up to date; of each fact the first value stands."""
    connection.execute(_NOTE_CALL, [_call_row(summary) for summary in summaries])


def event_row(event: Event, data: str) -> dict[str, Any]:
    """The event as a row."""
    return {
        "call_id": event.call_id,
        "seq": event.seq,
        "org_id": event.org_id,
        "at_ms": event.at_ms,
        "key_id": event.key_id,
        "kind": event.kind,
        "version": event.version,
        "data": data,
    }


def event(row: "sa.Row[Any]") -> Event:
    """The event of a row."""
    return Event(row.org_id, row.call_id, row.seq, row.at_ms, row.key_id, row.kind, json.loads(row.data), row.version)


def summary(row: "sa.Row[Any]") -> CallSummary:
    """The call of a row."""
    return CallSummary(
        row.call_id,
        row.org_id,
        datetime.fromisoformat(row.begun_at),
        row.line,
        row.from_number,
        row.to_number,
        row.audio,
        row.outcome,
        row.reason,
        row.message_for,
        row.last_seq,
        row.last_at_ms,
    )


def conditions(wanted: Wanted) -> "list[sa.ColumnElement[bool]]":
    """`Wanted.matches` as SQL."""
    calls = tables.calls.c
    found: list[sa.ColumnElement[bool]] = []
    if wanted.outcome is not None:
        found.append(calls.outcome.is_(None) if wanted.outcome == LIVE else calls.outcome == wanted.outcome)
    if wanted.message:
        found.append(calls.message_for.is_not(None))
    if wanted.text:
        number = calls.from_number.icontains(wanted.number_text, autoescape=True)
        found.append(calls.call_id.icontains(wanted.text, autoescape=True) | number)
    return found


def instant(at: datetime) -> str:
    """A time as text that sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _call_row(call: CallSummary) -> dict[str, Any]:
    names = [column.name for column in tables.calls.columns if column.name != "begun_at"]
    return {"begun_at": instant(call.begun_at)} | {name: getattr(call, name) for name in names}


def _differs(connection: sa.Connection, row: dict[str, Any]) -> bool:
    table = tables.events
    found = connection.execute(
        sa.select(table).where(table.c.call_id == row["call_id"], table.c.seq == row["seq"])
    ).one()
    return dict(found._mapping) != row  # noqa: SLF001 - `_mapping` is SQLAlchemy's public name for it


def _note_call() -> sa.Insert:
    statement = insert(tables.calls)
    known, new = tables.calls.c, statement.excluded
    first_stands = ("line", "from_number", "to_number", "audio", "outcome", "reason", "message_for")
    return statement.on_conflict_do_update(
        index_elements=[known.call_id],
        set_={name: sa.func.coalesce(known[name], new[name]) for name in first_stands}
        | {
            "last_seq": sa.func.max(known.last_seq, new.last_seq),
            "last_at_ms": sa.case((new.last_seq > known.last_seq, new.last_at_ms), else_=known.last_at_ms),
        },
    )


_NOTE_CALL: Final = _note_call()
