"""A line made ready to take calls: what its folder says, and the engines made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from knowledge.retrieve import Retrieval
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.understand import Understanding
from pipeline.line.model import Line


@dataclass(frozen=True, slots=True)
class LineRuntime:
    """One version of a line, ready to take calls. A call keeps the version with which it began."""

    line: Line
    understanding: Understanding
    retrieval: Retrieval
    tools: ToolRunner


EarlierLine = Callable[[str], Awaitable[LineRuntime | None]]
"""A version of a line that takes no new calls any more, ready for a call that began with it; None: it is not there."""


async def no_earlier_line(_version: str) -> LineRuntime | None:
    """Where no versions are kept."""
    return None
