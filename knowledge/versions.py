"""Versions of documents, kept: what an answer was spoken from can be read as it was at call time."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from knowledge.index import Index
from knowledge.prepared import read_prepared
from knowledge.tables import versions

_BUSY_S: Final = 5
"""Another writer of the same database is waited for so long."""


@dataclass(frozen=True, slots=True)
class KeptSection:
    """A section as it was."""

    document: str
    version: str
    title: str
    group: str
    section: str
    heading: str
    text: str
    spoken: str
    start: int
    end: int
    """Offsets in the document's extracted text, as it was."""
    seen_at: str
    """ISO 8601 UTC: since when this version was used."""


class SqliteVersions:
    """Versions in the database of calls. Writes are rare: once an edit. Safe in any thread."""

    def __init__(self, path: Path) -> None:
        """The database must have been prepared by server.migrations."""
        waits = {"timeout": _BUSY_S}
        self._engine = sa.create_engine(f"sqlite:///{path}", connect_args=waits, poolclass=sa.pool.NullPool)

    def keep(self, line: str, index: Index, now: datetime) -> int:
        """Keep the documents of an index that are new; how many were. now: aware. Raises sqlalchemy's DBAPIError."""
        connection = index.connection()
        held = dict(connection.execute("SELECT path, version FROM documents"))
        with self._engine.connect() as reading:
            kept = sa.select(versions.c.document, versions.c.version).where(versions.c.line == line)
            known = {(document, version) for document, version in reading.execute(kept)}
        fresh = [path for path, version in held.items() if (path, version) not in known]
        rows = [self._row(line, index, path, now) for path in fresh]
        if rows:
            with self._engine.begin() as writing:
                writing.execute(insert(versions).on_conflict_do_nothing(), rows)
        return len(rows)

    def section(self, line: str, document: str, version: str, section: str) -> KeptSection | None:
        """A section as it was in that version; None when that is not kept."""
        wanted = sa.select(versions).where(
            versions.c.line == line, versions.c.document == document, versions.c.version == version
        )
        with self._engine.connect() as reading:
            row = reading.execute(wanted).mappings().first()
        if row is None:
            return None
        for one in json.loads(row["sections"]):
            if one["id"] == section:
                return KeptSection(
                    document, version, row["title"], row["group"], section, one["heading"], one["text"], one["spoken"],
                    one["start"], one["end"], row["seen_at"],
                )  # fmt: skip
        return None

    def history(self, line: str, document: str) -> tuple[tuple[str, str], ...]:
        """Version and since when, oldest first."""
        wanted = (
            sa.select(versions.c.version, versions.c.seen_at)
            .where(versions.c.line == line, versions.c.document == document)
            .order_by(versions.c.seen_at, versions.c.version)
        )
        with self._engine.connect() as reading:
            return tuple((version, seen_at) for version, seen_at in reading.execute(wanted))

    @staticmethod
    def _row(line: str, index: Index, path: str, now: datetime) -> dict[str, Any]:
        document = read_prepared(index.connection(), path)
        sections = [
            {name: getattr(prepared.section, name) for name in ("id", "heading", "text", "spoken", "start", "end")}
            for prepared in document.sections
        ]
        return {
            "line": line,
            "document": path,
            "version": document.version,
            "title": document.title,
            "group": document.group,
            "customer": document.customer,
            "review_by": document.review_by,
            "text": document.text,
            "sections": json.dumps(sections, ensure_ascii=False),
            "seen_at": now.isoformat(timespec="microseconds"),
        }
