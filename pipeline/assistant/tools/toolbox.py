"""What a line may bind: the tools and rules that its files declare. declare.py and rulebook.py read them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pipeline.assistant.tools.business_rules import NO_RULES, Rules
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.registry import SPECS, installed_specs
from pipeline.assistant.tools.request import Request
from pipeline.line.toolfile import McpServer, McpTool, SqlStatements


@dataclass(frozen=True, slots=True)
class Declared:
    """A tool that a line declares, and how it is reached."""

    spec: ToolSpec
    way: Request | McpTool | SqlStatements


@dataclass(frozen=True, slots=True)
class Toolbox:
    """What a line may bind, and what rules its tools."""

    declared: Mapping[str, Declared] = field(default_factory=dict)
    """By the name that a line's `runs` uses."""
    hosts: tuple[str, ...] = ()
    servers: Mapping[str, McpServer] = field(default_factory=dict)
    databases: Mapping[str, str] = field(default_factory=dict)
    """SQL files in the line's folder, by the names that its tools use."""
    rules: Rules = NO_RULES
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    """Where it stands what is ruled or named: file and line, by "tool crm.find" and "ruled refund"."""

    @property
    def specs(self) -> Mapping[str, ToolSpec]:
        """Everything that `runs` may name: what comes with Cordboard, what is installed, what the line declares."""
        return {**SPECS, **installed_specs(), **{name: one.spec for name, one in self.declared.items()}}


NO_TOOLS: Final = Toolbox()
