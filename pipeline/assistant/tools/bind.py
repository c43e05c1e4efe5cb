"""A line's tools, ready to run: its bindings, joined with the backend they name."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from pipeline.assistant.tools.port import Tool
from pipeline.assistant.tools.runner import ToolRunner
from pipeline.assistant.tools.shop import open_shop
from pipeline.line.model import Line


def runner_for(line: Line, data_dir: Path, today: Callable[[], date]) -> ToolRunner:
    """The tools of a line by the names its steps use; backends keep their files in data_dir. Raises BackendUnusable.

    today gives the line's local date. Blocks for file I/O: call it at start, off the event loop.
    """
    backend = line.settings.backend
    there: dict[str, Tool] = {}
    if backend is not None:
        there = open_shop(line.folder / backend.seed, data_dir / "backends", today)
    bound = {tool.name: there[tool.runs] for tool in line.settings.tools if tool.runs in there}
    return ToolRunner(bound)
