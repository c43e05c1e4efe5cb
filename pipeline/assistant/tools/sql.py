"""Tools that are statements on a database of the line, as its tools.yaml declares them: no code, no other file."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.database import BackendUnusable, Database
from pipeline.assistant.tools.port import Tool, ToolRefused, ToolSpec
from pipeline.assistant.tools.toolbox import Toolbox
from pipeline.line.toolfile import SqlStatements

CHECK_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class SqlTool:
    """One of them at work. It blocks, in a worker thread."""

    spec: ToolSpec
    way: SqlStatements
    database: Database
    today: Callable[[], date]

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See Tool. A row that is not there is refused, unless the line says what it stands for."""
        given = {**self._nothing(), **arguments, "today": self.today().isoformat(), "call": call}
        if not self.spec.writes:
            with self.database.reading(self.spec.name, deadline_ms) as connection:
                found = self._row(connection, self.way.row, given)
            return self._missing() if found is None else found
        name = self.spec.name
        return self.database.once(name, call, json.dumps(dict(arguments)), deadline_ms, lambda at: self._do(at, given))

    def check(self) -> str:
        """What is wrong with its statements on this database; empty: nothing."""
        known = {**self._nothing(), "today": "", "call": ""}
        try:
            with self.database.reading(self.spec.name, CHECK_MS) as connection:
                return self._checked(connection, known)
        except sqlite3.Error as wrong:
            return str(wrong)

    def _checked(self, connection: sqlite3.Connection, known: dict[str, Any]) -> str:
        way, fields = self.way, self.spec.result_fields
        try:
            columns = [column[0] for column in connection.execute(way.row, known).description]
            known = {**dict.fromkeys(columns), **known}
            for statement in (*way.change, *([way.result] if way.result else ())):
                connection.execute(f"EXPLAIN {statement}", known)
            last = (
                [column[0] for column in connection.execute(way.result, known).description] if way.result else columns
            )
        except sqlite3.Error as wrong:
            return str(wrong)
        if way.only_if is not None and way.only_if not in columns:
            return f"only_if: the row has no column {way.only_if!r}"
        unknown = [column for column in last if column not in fields and column != way.only_if]
        return f"the result declares no {unknown[0]!r}" if unknown else ""

    def _do(self, connection: sqlite3.Connection, given: Mapping[str, Any]) -> dict[str, Any]:
        row = self._row(connection, self.way.row, given)
        if row is None:
            return dict(self._missing())
        if self.way.only_if is not None and not row.get(self.way.only_if):
            return row
        known = {**self._nothing(), **row, **given}
        for statement in self.way.change:
            connection.execute(statement, known)
        if self.way.result is None:
            return row
        after = self._row(connection, self.way.result, known)
        return row if after is None else after

    def _row(self, connection: sqlite3.Connection, select: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
        row = connection.execute(select, dict(given)).fetchone()
        if row is None:
            return None
        properties: Mapping[str, Any] = self.spec.result.get("properties", {})
        return {
            name: bool(row[name]) if properties.get(name, {}).get("type") == "boolean" else row[name]
            for name in row.keys()  # noqa: SIM118 a row iterates over its values
            if row[name] is not None and (name in properties or self.spec.writes)
        }

    def _missing(self) -> Mapping[str, Any]:
        if self.way.not_found is None:
            raise ToolRefused(self.spec.name, "there is no such row")
        return self.way.not_found

    def _nothing(self) -> dict[str, Any]:
        """Arguments that were not given are null."""
        return dict.fromkeys(self.spec.arguments.get("properties", {}))


def open_databases(
    toolbox: Toolbox, wanted: set[str], folder: Path, directory: Path, today: Callable[[], date]
) -> dict[str, Tool]:
    """The tools of a line that are statements, by their names; databases are kept in this directory.

    Raises BackendUnusable with what is wrong with a seed or a statement.
    """
    tools: dict[str, Tool] = {}
    for name, one in toolbox.declared.items():
        if name not in wanted or not isinstance(one.way, SqlStatements):
            continue
        database = Database.made_from(folder / toolbox.databases[one.way.database], directory)
        tool = SqlTool(one.spec, one.way, database, today)
        if problem := tool.check():
            file, line = toolbox.places.get(f"tool {name}", ("tools.yaml", 0))
            raise BackendUnusable(f"{file}: line {line}: tool {name!r}: {problem}; correct its sql")
        tools[name] = tool
    return tools
