"""A line's tools.yaml and rules.yaml together, and whether they fit what its line.yaml binds."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.assistant.tools.declare import DeclaredTools
from pipeline.assistant.tools.line_files import LineFiles
from pipeline.assistant.tools.rulebook import RuleBook
from pipeline.assistant.tools.toolbox import Toolbox
from pipeline.line.errors import Problem
from pipeline.line.hints import meant

if TYPE_CHECKING:
    from pipeline.line.model import Settings


def read_toolbox(folder: Path) -> tuple[Toolbox, list[Problem]]:
    """Both files, as far as they can be used, and everything that is wrong with them. Never raises."""
    files = LineFiles(folder)
    tools, book = DeclaredTools(files), RuleBook(files)
    tools.read()
    book.read()
    places = {**tools.places, **book.places}
    return Toolbox(tools.declared, tools.hosts, tools.servers, tools.databases, book.rules, places), files.problems


def check_bound(toolbox: Toolbox, settings: "Settings") -> Iterator[Problem]:
    """Names that rules and look-ups use, and that the line does not bind; and what must not change anything but may."""
    specs = toolbox.specs
    bound = {tool.name: specs[tool.runs] for tool in settings.tools if tool.runs in specs}
    for place, name, must_read in _named(toolbox):
        file, line = toolbox.places.get(place, ("rules.yaml", 0))
        if name not in bound:
            yield Problem(file, line, f"the line binds no tool {name!r}", meant(name, bound))
        elif must_read and bound[name].writes:
            what = f"{name!r} is only to be looked at here, and it changes something"
            yield Problem(file, line, what, "name a read-only tool")


def _named(toolbox: Toolbox) -> Iterator[tuple[str, str, bool]]:
    """Where a tool is named, its name, and whether it must be one that only reads."""
    for rule in toolbox.rules.rules:
        yield f"ruled {rule.tool}", rule.tool, False
        for fact in rule.facts.values():
            yield f"ruled {rule.tool}", fact.tool, True
    for name, one in toolbox.declared.items():
        if one.spec.look_up is not None:
            yield f"tool {name}", one.spec.look_up.tool, True
        if one.spec.reversal is not None and one.spec.reversal.tool:
            yield f"tool {name}", one.spec.reversal.tool, False
