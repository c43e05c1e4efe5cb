"""The tools that come with Cordboard. A line names them; it never brings code of its own."""

from collections.abc import Mapping
from typing import Final

from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.shop_specs import SHOP_SPECS

SPECS: Final[Mapping[str, ToolSpec]] = {spec.name: spec for spec in SHOP_SPECS}
"""By the name that a line's `runs` uses."""
