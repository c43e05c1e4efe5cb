"""A line made ready to take calls: what its folder says, and the engines made from it."""

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
