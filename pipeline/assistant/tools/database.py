"""A line's own SQLite database, made once from a readable seed: what its tools read, and what they write, once.

Lookups open the file read-only. A write happens in one transaction with a row in `effects` that carries the call's
reference: asked again with the same reference, it gives its first result and does nothing.
"""

import hashlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.port import BackendBroken, ToolLate

_EFFECTS: Final = """
CREATE TABLE effects (
    call TEXT PRIMARY KEY,      -- the idempotency key
    tool TEXT NOT NULL,
    arguments TEXT NOT NULL,    -- JSON
    result TEXT NOT NULL        -- JSON
) STRICT;
"""
_NEVER: Final = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_PRAGMA})
"""What no statement of a line may do: reach another file, or change how this one is kept."""


class BackendUnusable(Exception):
    """The seed or the data directory is wrong; the message says which file and what to do."""


@dataclass(frozen=True, slots=True)
class Database:
    """One of them. Every method opens its own connection: threads share nothing."""

    path: Path

    @classmethod
    def made_from(cls, seed: Path, directory: Path) -> "Database":
        """The database of this seed in this directory; it is made if need be. Raises BackendUnusable.

        The file's name carries the seed's hash: another seed is another database.
        """
        script = seed.read_bytes()
        path = directory / f"shop-{hashlib.sha256(script).hexdigest()[:10]}.sqlite"
        if not path.exists():
            _create(seed, script.decode(), path)
        return cls(path)

    @contextmanager
    def reading(self, tool: str, deadline_ms: int) -> Iterator[sqlite3.Connection]:
        """A connection that changes nothing. Raises ToolError."""
        with self._connection(tool, f"file:{self.path}?mode=ro", deadline_ms) as connection:
            yield connection

    def once(
        self,
        tool: str,
        call: str,
        arguments: str,
        deadline_ms: int,
        decide: Callable[[sqlite3.Connection], dict[str, Any]],
    ) -> Mapping[str, Any]:
        """Do a write and keep its result in one transaction, or give the result that this call already had.

        arguments: as JSON. Raises ToolError.
        """
        with self._connection(tool, f"file:{self.path}?mode=rw", deadline_ms) as connection:
            connection.execute("BEGIN IMMEDIATE")
            done = connection.execute("SELECT tool, result FROM effects WHERE call = ?", (call,)).fetchone()
            if done is not None:
                connection.rollback()
                if done["tool"] != tool:
                    raise BackendBroken(tool, "this call reference belongs to another tool")
                return dict(json.loads(done["result"]))
            result = decide(connection)
            connection.execute(
                "INSERT INTO effects (call, tool, arguments, result) VALUES (?, ?, ?, ?)",
                (call, tool, arguments, json.dumps(result)),
            )
            connection.commit()
            return result

    @contextmanager
    def _connection(self, tool: str, uri: str, deadline_ms: int) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(uri, uri=True, timeout=deadline_ms / 1000, isolation_level=None)
        except sqlite3.Error as wrong:
            raise BackendBroken(tool, "the database cannot be opened") from wrong
        connection.row_factory = sqlite3.Row
        connection.set_authorizer(_allowed)
        try:
            yield connection
        except sqlite3.OperationalError as wrong:
            if "locked" in str(wrong):
                raise ToolLate(tool, "the database is locked") from wrong
            raise BackendBroken(tool, "the database does not answer") from wrong
        except sqlite3.Error as wrong:
            raise BackendBroken(tool, "the database is damaged") from wrong
        finally:
            connection.close()


def database_state(directory: Path) -> dict[str, list[dict[str, Any]]]:
    """What the databases of a directory hold: every table but the ledger of effects, rows in order of their keys."""
    state: dict[str, list[dict[str, Any]]] = {}
    for database in sorted(directory.glob("shop-*.sqlite")):
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        try:
            tables = (
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('effects', 'sqlite_sequence')"
            )
            for (table,) in connection.execute(f"{tables} ORDER BY name").fetchall():
                rows = connection.execute(f'SELECT * FROM "{table}" ORDER BY 1')  # noqa: S608 - a name of its own schema
                state.setdefault(table, []).extend(dict(row) for row in rows)
        finally:
            connection.close()
    return state


def _allowed(action: int, *_what: object) -> int:
    return sqlite3.SQLITE_DENY if action in _NEVER else sqlite3.SQLITE_OK


def _create(seed: Path, script: str, database: Path) -> None:
    """Make the database beside its place and move it there, so that a killed process leaves none that is half made."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=database.parent, prefix=".shop-", suffix=".sqlite")
        os.close(handle)
    except OSError as wrong:
        raise BackendUnusable(
            f"{database.parent}: cannot be written ({wrong.strerror}); set another data directory"
        ) from wrong
    made = Path(name)
    try:
        connection = sqlite3.connect(made)
        try:
            connection.executescript(script + _EFFECTS)
        finally:
            connection.close()
        made.replace(database)
    except sqlite3.Error as wrong:
        made.unlink(missing_ok=True)
        raise BackendUnusable(f"{seed}: the seed does not make a database ({wrong}); correct the SQL") from wrong
