"""The port to a company's systems: what a tool is, and how it can go wrong.

ToolError (remote; carries `code`, what the log and the flow see, and `retryable`)
├── ToolUnknown         no such tool on this line                      not retryable
├── ArgumentsInvalid    arguments that its schema does not allow       not retryable
├── ToolLate            not within the deadline; whether a write took effect is unknown: ask again with the same call
├── ToolBusy            all workers are taken                          retryable
├── ToolRefused         the system says no, and why                    not retryable
└── BackendBroken       the system is down or its data make no sense   retryable
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

Risk = Literal["read_only", "draft_only", "approval_only", "automated"]


class Arguments(BaseModel):
    """What every tool's arguments have in common: checked, and nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What is known about a tool without running it."""

    name: str
    """As a line's `runs` names it: shop.order_status."""
    about: str
    arguments: type[Arguments]
    result_fields: frozenset[str]
    """The fields a successful result has; a flow may use these and no others."""
    risk: Risk
    """read_only and draft_only change nothing; a tool without a risk class does not exist."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything: such a call is never abandoned, and happens once for each call reference."""
        return self.risk in {"approval_only", "automated"}


class Tool(Protocol):
    """A tool at work. Runs in a worker thread; it may block up to its deadline."""

    @property
    def spec(self) -> ToolSpec:
        """What is known about it."""

    def run(self, call: str, arguments: Arguments, deadline_ms: int) -> Mapping[str, Any]:
        """Give the result: plain JSON values.

        A writing tool that is run again with the same call gives its first result and does nothing.
        Raises ToolError.
        """


class ToolError(Exception):
    """A tool did not do its part."""

    code: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = True

    def __init__(self, tool: str, message: str) -> None:
        super().__init__(f"{tool}: {message}")
        self.tool = tool


class ToolUnknown(ToolError):
    """The line binds no tool of this name."""

    code = "unknown_tool"
    retryable = False


class ArgumentsInvalid(ToolError):
    """The arguments are not what the tool takes."""

    code = "bad_arguments"
    retryable = False


class ToolLate(ToolError):
    """No result within the deadline."""

    code = "late"


class ToolBusy(ToolError):
    """All workers are taken."""

    code = "busy"


class ToolRefused(ToolError):
    """The system understood and said no."""

    code = "refused"
    retryable = False


class BackendBroken(ToolError):
    """The system is unreachable or broken."""

    code = "unavailable"
