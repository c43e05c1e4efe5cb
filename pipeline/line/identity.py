"""How a line makes sure who its callers are, as an operator writes it."""

from collections.abc import Iterator
from typing import Final

from pydantic import Field

from pipeline.line.verbs import Level
from pipeline.line.written import Name, Written

ORDER: Final[tuple[Level, ...]] = ("claimed", "knowledge", "one_time_code", "pin")
"""Weakest first; each includes those before it."""


class Way(Written):
    """How one level is reached: a flow asks, and a tool says whether it is so. No model has a say in it."""

    flow: Name = Field(description="the flow that asks for what is needed and calls the tool")
    tool: Name = Field(
        description="the line's tool that checks: the level is reached when its result has `verified` true; "
        "`customer` in the result names the customer"
    )
    customer: Name = Field(
        default="customer", description="the tool's argument that names the customer: failures are counted for each"
    )


class IdentityRules(Written):
    """How well callers can be known, and what happens when they cannot."""

    claimed: Way | None = Field(default=None, description="who the caller says to be: a customer of that name exists")
    knowledge: Way | None = Field(default=None, description="the caller knows what only the customer knows")
    one_time_code: Way | None = Field(
        default=None, description="the caller reads a code that was texted to the number on file"
    )
    pin: Way | None = Field(default=None, description="the caller keys in the customer's secret number")
    attempts: int = Field(default=3, ge=1, le=5, description="for each level, in one call")
    lock_after: int = Field(
        default=6, ge=1, le=50, description="failures of one customer, over all calls, after which nothing is checked"
    )
    lock_hours: int = Field(default=24, ge=1, le=720, description="how long failures count")

    def way(self, level: Level) -> Way | None:
        """How exactly this level is reached; None: not on this line."""
        found: Way | None = getattr(self, level)
        return found

    def ways(self) -> Iterator[tuple[Level, Way]]:
        """Each level that can be reached, weakest first."""
        for level in ORDER:
            way = self.way(level)
            if way is not None:
                yield level, way

    def towards(self, level: Level) -> tuple[Level, Way] | None:
        """The weakest way that is strong enough for a level; None: there is none."""
        return next((found for found in self.ways() if ORDER.index(found[0]) >= ORDER.index(level)), None)

    def checked_by(self, tool: str) -> Level | None:
        """The level that a tool checks."""
        return next((level for level, way in self.ways() if way.tool == tool), None)
