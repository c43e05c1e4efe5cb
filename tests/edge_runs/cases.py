"""The table of cases: which script shows which edge case, and in what world."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.edge_runs.office import Edge, Office
from tests.edges import EDGES

Script = Callable[[Office], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    name: str
    edge: Edge
    script: Script
    variant: str = ""

    @property
    def title(self) -> str:
        """As the table has it."""
        return f"{self.name} ({self.variant})" if self.variant else self.name


CASES: Final[list[Case]] = []
NOT_OVER_SOCKETS: Final[dict[str, str]] = {}
"""Cases of which there is no run, and why."""


def edge(name: str, variant: str = "", **world: Any) -> Callable[[Script], Script]:
    """This script is the run of that case; its world differs so (tests.edge_runs.office.Edge)."""
    assert name in EDGES, f"no edge case is called {name!r}"

    def add(script: Script) -> Script:
        CASES.append(Case(name, Edge(**world), script, variant))
        return script

    return add
