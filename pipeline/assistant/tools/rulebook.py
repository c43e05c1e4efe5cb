"""Reads rules.yaml and its tables: a line's business rules, outside the language model."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pipeline.assistant.tools.business_rules import NO_RULES, Disagreement, FactSource, Rule, Rules
from pipeline.assistant.tools.line_files import RULES, LineFiles
from pipeline.line.expression import Expression, ExpressionError
from pipeline.line.toolfile import RulesFile

_COLUMNS: Final = ("name", "tool", "when", "then", "say")


class RuleBook:
    """What rules.yaml rules, as far as it can be used; what is wrong is told to `files`."""

    def __init__(self, files: LineFiles) -> None:
        self._files = files
        self.rules = NO_RULES
        self.places: dict[str, tuple[str, int]] = {}

    def read(self) -> None:
        file, written = self._files.read(RULES, RulesFile)
        if file is None:
            return
        path = self._files.folder / RULES
        facts = {
            tool: {name: FactSource(fact.tool, fact.arguments) for name, fact in asked.items()}
            for tool, asked in file.facts.items()
        }
        rules: list[Rule] = []
        for index, row in enumerate(file.rules):
            line = written.line_of(("rules", index, "when"))
            rules += self._rule(path, line, row.model_dump(), facts)
        for index, table in enumerate(file.tables):
            rules += self._table(path, written.line_of(("tables", index)), table, facts)
        apart = []
        for index, told in enumerate(file.disagreements):
            line = written.line_of(("disagreements", index, "when"))
            when = self._condition(path, line, told.when)
            apart += [Disagreement(told.name, when, told.say or "")] if when is not None else []
        for tool in file.facts:
            self.places[f"ruled {tool}"] = (str(path), written.line_of(("facts", tool)))
        self.rules = Rules(tuple(rules), tuple(apart))

    def _rule(
        self, path: Path, line: int, row: Mapping[str, Any], facts: Mapping[str, Mapping[str, FactSource]]
    ) -> Iterator[Rule]:
        when = self._condition(path, line, str(row["when"]))
        tool = str(row["tool"])
        self.places.setdefault(f"ruled {tool}", (str(path), line))
        if when is not None:
            used = {name: fact for name, fact in facts.get(tool, {}).items() if name in when.names}
            yield Rule(str(row["name"]), tool, when, row["then"], row["say"] or "", used)

    def _table(
        self, path: Path, line: int, table: str, facts: Mapping[str, Mapping[str, FactSource]]
    ) -> Iterator[Rule]:
        file = self._files.folder / table
        if not self._files.holds(file) or not file.is_file():
            self._files.problem(
                path, line, f"there is no table {table!r} in the line's folder", "make it, or drop it here"
            )
            return
        with file.open(newline="", encoding="utf-8-sig") as opened:
            rows = csv.DictReader(opened)
            missing = [column for column in _COLUMNS[:4] if column not in (rows.fieldnames or ())]
            if missing:
                self._files.problem(
                    file, 1, f"the table has no column {missing[0]!r}", f"its first row is {','.join(_COLUMNS)}"
                )
                return
            for row in rows:
                at = rows.line_num
                if row["then"] not in {"allow", "approve", "refuse"} or not all(row[one] for one in _COLUMNS[:4]):
                    self._files.problem(
                        file, at, "the row is no rule", "fill name, tool, when, and then: allow, approve, refuse"
                    )
                    continue
                yield from self._rule(file, at, {**row, "say": row.get("say") or ""}, facts)

    def _condition(self, path: Path, line: int, text: str) -> Expression | None:
        try:
            return Expression.parse(text)
        except ExpressionError as wrong:
            self._files.problem(path, line, str(wrong), "write a condition like arguments.amount > 50")
            return None
