"""The port to a company's systems: what a tool is, and how it can go wrong.

ToolError (remote; carries `code`, what the log and the flow see, `retryable`, and `effect`: whether it may have acted)
├── ToolUnknown         no such tool on this line                           not retryable
├── ArgumentsInvalid    arguments that its schema does not allow            not retryable
├── IdUnknown           an id that nobody in this call gave                 not retryable
├── NotVerified         the caller is not known well enough for it          not retryable
├── NoConsent           the caller did not agree to it in this call         not retryable
├── RuledOut            a rule of the line forbids it, and says why         not retryable
├── Discarded           the reply that wanted it was thrown away            not retryable
├── ToolLate            not within the deadline                             effect unknown
├── ToolBusy            all workers are taken                               retryable
├── ToolRefused         the system says no, and why                         not retryable
├── ToolMalformed       an answer that makes no sense                       effect unknown
├── Contradiction       two systems disagree                                not retryable
├── EgressRefused       an address that this line may not reach             not retryable
└── BackendBroken       the system is down or its data make no sense        retryable
    └── BackendFailed   it broke while it was at it (500, 502, 504)         effect unknown
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict

Risk = Literal["read_only", "draft_only", "approval_only", "automated"]
RISKS: Final[tuple[Risk, ...]] = ("read_only", "draft_only", "approval_only", "automated")
Verification = Literal["none", "claimed", "knowledge", "one_time_code", "pin"]
LEVELS: Final[tuple[Verification, ...]] = ("none", "claimed", "knowledge", "one_time_code", "pin")
"""How well a caller is known, weakest first."""
Effect = Literal["none", "done", "unknown"]
"""Whether a tool changed something."""
Schema = Mapping[str, Any]
"""A JSON Schema (2020-12)."""


class Arguments(BaseModel):
    """What every tool's arguments have in common: checked, and nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a tool is asked, and how long is waited in between. Only what is safe is asked again."""

    attempts: int = 2
    wait_ms: int = 150
    """Before the second; doubled before each further one."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """How to find out whether a write took effect whose answer was lost."""

    tool: str
    """A read-only tool, by its name on the line."""
    arguments: Mapping[str, Any]
    """Values; `{name}` stands for an argument of the write, `{key}` for its idempotency key."""
    happened: str
    """An expression over `result`: true when the write took effect."""
    gives: Mapping[str, Any] = field(default_factory=dict)
    """The write's result then; `{result.name}` stands for a field of what the look-up gave."""


@dataclass(frozen=True, slots=True)
class Reversal:
    """How a person undoes what a tool did."""

    by_hand: str = ""
    """What to do, in words; empty where a tool does it."""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """`{name}` stands for an argument of the write, `{result.name}` for a field of its result."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What is known about a tool without running it."""

    name: str
    """As a line's `runs` names it: shop.order_status."""
    about: str
    arguments: Schema
    result: Schema
    """A flow may use the fields that it lists and no others."""
    risk: Risk
    """read_only and draft_only change nothing; a tool without a risk class does not exist."""
    verification: Verification = "none"
    """How well the caller must be known before it runs."""
    consent: str = ""
    """What the caller must have said yes to in this call before a step of the line may run it: text; empty: nothing."""
    deadline_ms: int = 2000
    """For all attempts together; a line's binding may set another."""
    retry: Retry = Retry()
    idempotent: bool = False
    """The system itself knows a repeated key: asked again, a write gives its first result and does nothing."""
    key: tuple[str, ...] = ()
    """Arguments that make a write the same one within a phone call; empty: each step of the dialogue is its own."""
    look_up: LookUp | None = None
    reversal: Reversal | None = None
    may_say: str = ""
    """What the assistant may claim once it succeeded."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything: such a call is never abandoned, and happens once for each call reference."""
        return self.risk in {"approval_only", "automated"}

    @property
    def repeatable(self) -> bool:
        """Whether asking twice does no more than asking once."""
        return self.idempotent or not self.writes

    @property
    def result_fields(self) -> frozenset[str]:
        """The fields a successful result may have."""
        return frozenset(self.result.get("properties", {}))


class Tool(Protocol):
    """A tool at work that blocks: it runs in a worker thread, up to its deadline."""

    @property
    def spec(self) -> ToolSpec:
        """What is known about it."""

    def run(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """Give the result: plain JSON values. The arguments are what its schema allows.

        call is the idempotency key. Raises ToolError.
        """


@runtime_checkable
class RemoteTool(Protocol):
    """A tool at work that waits for the network: it runs on the event loop, and is cancelled at its deadline."""

    @property
    def spec(self) -> ToolSpec:
        """What is known about it."""

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """As Tool.run does."""


AnyTool = Tool | RemoteTool


class ToolError(Exception):
    """A tool did not do its part."""

    code: ClassVar[str] = "failed"
    retryable: ClassVar[bool] = True
    effect: ClassVar[Effect] = "none"
    """Whether a write may have happened all the same."""

    def __init__(self, tool: str, message: str, say: str = "") -> None:
        super().__init__(f"{tool}: {message}")
        self.tool = tool
        self.say = say
        """What the line wants said about it; empty: its prompt for the code."""


class ToolUnknown(ToolError):
    """The line binds no tool of this name."""

    code = "unknown_tool"
    retryable = False


class ArgumentsInvalid(ToolError):
    """The arguments are not what the tool takes."""

    code = "bad_arguments"
    retryable = False


class IdUnknown(ToolError):
    """An id that neither the caller, nor their profile, nor a result of this call gave."""

    code = "unknown_id"
    retryable = False


class NotVerified(ToolError):
    """The caller is not known well enough."""

    code = "not_verified"
    retryable = False


class NoConsent(ToolError):
    """The caller did not say yes to it in this call."""

    code = "no_consent"
    retryable = False


class RuledOut(ToolError):
    """A rule of the line forbids it."""

    code = "ruled_out"
    retryable = False


class Discarded(ToolError):
    """The reply that wanted it was cancelled or thrown away."""

    code = "discarded"
    retryable = False


class ToolLate(ToolError):
    """No result within the deadline."""

    code = "late"
    effect = "unknown"


class ToolBusy(ToolError):
    """All workers are taken."""

    code = "busy"


class ToolRefused(ToolError):
    """The system understood and said no."""

    code = "refused"
    retryable = False


class ToolMalformed(ToolError):
    """An answer that is not what the tool gives."""

    code = "malformed"
    effect = "unknown"


class Contradiction(ToolError):
    """What two systems say cannot both be so."""

    code = "contradiction"
    retryable = False


class EgressRefused(ToolError):
    """An address that this line may not reach."""

    code = "egress"
    retryable = False


class BackendBroken(ToolError):
    """The system is unreachable or broken, and nothing was done."""

    code = "unavailable"


class BackendFailed(BackendBroken):
    """The system broke while it was at it."""

    effect = "unknown"
