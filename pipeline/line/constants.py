"""What a line itself writes into its steps: values that a call need not have given before a tool gets them. Pure."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pipeline.line.flows import SetStep, ToolStep
from pipeline.line.model import Settings
from pipeline.line.templates import PLACE

_LITERAL: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'|(?<![\w.])(\d+)(?![\w.])")
"""A text or a whole number in an expression."""


def constants(settings: Settings) -> Iterator[Any]:
    """Literals of `set` steps, and arguments of tools without a place to fill in."""
    for flow in settings.flows.values():
        for step in flow.steps:
            if isinstance(step, SetStep):
                for expression in step.assign.values():
                    yield from (next(filter(None, found), "") for found in _LITERAL.findall(expression))
            elif isinstance(step, ToolStep):
                given = step.tool.arguments.values()
                yield from (value for value in given if not (isinstance(value, str) and PLACE.search(value)))
