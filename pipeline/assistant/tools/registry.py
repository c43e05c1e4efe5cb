"""The tools that come with Cordboard or with installed packages. A line names them; it brings no code of its own."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from pipeline.assistant.code_specs import CODE_SPECS
from pipeline.assistant.text_specs import SEND_TEXT
from pipeline.assistant.tools import python
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.shop_specs import SHOP_SPECS

SPECS: Final[Mapping[str, ToolSpec]] = {spec.name: spec for spec in SHOP_SPECS}
"""Those that come with Cordboard, by the name that a line's `runs` uses."""


@cache
def installed_specs() -> Mapping[str, ToolSpec]:
    """Those of installed packages, and those for codes and texts. Raises python.ToolUndeclared for one of no use."""
    codes = {spec.name: spec for spec in (*CODE_SPECS, SEND_TEXT)}
    return {**codes, **{name: tool.spec for name, tool in python.installed().items()}}
