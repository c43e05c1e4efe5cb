"""Deletes what nobody needs any more, after as many days as the settings say (CORDBOARD_KEEP_DAYS).

Earlier versions of lines and documents go when they have not been used for so long; so does what is done in the outbox.
A version of a document that an answer of a kept call was spoken from stays: the call can be checked against it. Calls,
their recordings and what was changed for customers are other records, and stay.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
import structlog

from knowledge.tables import versions
from pipeline.assistant.tools.kept import Database
from pipeline.assistant.tools.tables import outbox
from recordings.errors import StoreUnavailable
from recordings.tables import calls, events
from server.line_versions import LineVersions

EVERY_S: Final = 24 * 3600.0
"""How often it is looked."""

Version = tuple[str, str, str]
"""Line, document and version."""
_KEY: Final = (versions.c.line, versions.c.document, versions.c.version)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InUse:
    """What is used now, however old it is."""

    lines: frozenset[str]
    """Versions of lines that take calls, or have calls that live."""
    documents: frozenset[Version]
    """What calls are answered from."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was deleted."""

    lines: int = 0
    documents: int = 0
    errands: int = 0


async def keep_so_long(days: int, database: Database, line_versions: LineVersions, in_use: Callable[[], InUse]) -> None:
    """Look at once, and once a day, until cancelled; days 0: everything is kept."""
    while days:
        now = datetime.now(UTC)
        try:
            swept = await sweep(now, timedelta(days=days), database, line_versions, in_use())
        except (StoreUnavailable, OSError) as error:
            _log.error("old versions not deleted", reason=str(error))
        else:
            if swept != Swept():
                _log.info("deleted", lines=swept.lines, documents=swept.documents, errands=swept.errands)
        await asyncio.sleep(EVERY_S)


async def sweep(now: datetime, age: timedelta, database: Database, line_versions: LineVersions, in_use: InUse) -> Swept:
    """Delete what was used last before now - age. now: aware. Raises StoreUnavailable, OSError."""
    before = now - age
    dropped = await asyncio.to_thread(line_versions.drop, before, in_use.lines, now)
    documents = await _documents(database, _text(before), in_use.documents)
    done = sa.delete(outbox).where(outbox.c.state == "done", outbox.c.done_at < _text(before))
    errands = await database.apply(lambda connection: int(connection.execute(done).rowcount))
    return Swept(dropped, documents, errands)


async def _documents(database: Database, before: str, in_use: frozenset[Version]) -> int:
    """Delete the versions that nobody needs; how many. Calls quote only what is used now: none comes between."""
    gone = await database.look(lambda connection: _replaced(connection, before)) - in_use
    if not gone:
        return 0
    gone -= await database.look(_quoted)
    return await database.apply(lambda connection: _deleted(connection, gone))


def _replaced(connection: sa.Connection, before: str) -> set[Version]:
    """A version was used until the next one of its document was: that one tells how old it is."""
    later = versions.alias("later")
    replaced = sa.exists().where(
        later.c.line == versions.c.line,
        later.c.document == versions.c.document,
        later.c.seen_at > versions.c.seen_at,
        later.c.seen_at < before,
    )
    found = connection.execute(sa.select(*_KEY).where(replaced))
    return {(line, document, version) for line, document, version in found}


def _quoted(connection: sa.Connection) -> set[Version]:
    """What answers of kept calls were spoken from."""
    wanted = (
        sa.select(calls.c.line, events.c.data)
        .join(calls, calls.c.call_id == events.c.call_id)
        .where(events.c.kind == "turn.answered")
    )
    return {
        (line, str(source.get("document", "")), str(source.get("version", "")))
        for line, data in connection.execute(wanted)
        for source in json.loads(data).get("sources", ())
    }


def _deleted(connection: sa.Connection, gone: Iterable[Version]) -> int:
    found = 0
    for version in gone:
        same = (column == value for column, value in zip(_KEY, version, strict=True))
        found += connection.execute(sa.delete(versions).where(*same)).rowcount
    return found


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
