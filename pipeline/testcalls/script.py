"""What an operator writes in calls/*.yaml: calls to the line, and what must come of them."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from pipeline.assistant.tools.port import Verification
from pipeline.line import source
from pipeline.line.errors import LineInvalid, Problem
from pipeline.line.written import Name, Number, Phrase, Written

FOLDER: Final = "calls"
WEEKDAY_MORNING: Final = datetime(2026, 11, 23, 10, 0)  # noqa: DTZ001 the line's own time zone
"""When a test call takes place that does not say: a Monday at ten."""
How = Literal["down", "slow", "broken", "malformed"]
"""down: not reached, nothing done; slow: no answer in time; broken: a 500 after it was done; malformed: nonsense."""


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Phrase, ...], BeforeValidator(_one_or_more)]


class ToolCalled(Written):
    """A tool that must have been called."""

    name: Name = Field(description="by its name on the line")
    arguments: dict[str, Any] = Field(default_factory=dict, description="some of its arguments, with their values")
    result: dict[str, Any] = Field(default_factory=dict, description="some of what it gave")
    status: Literal["done", "waiting", "checking", "refused", "failed"] | None = Field(
        default=None, description="what came of it"
    )


class EventSeen(Written):
    """An event that must be in the call's log."""

    kind: str
    data: dict[str, Any] = Field(default_factory=dict, description="some of its fields, with their values")


class Step(Written):
    """One thing that the caller, or a person in the back office, does; and what must come of it."""

    caller: Phrase | None = Field(default=None, description="the caller says this")
    keys: Annotated[str, Field(pattern=r"^\d{1,24}$")] | None = Field(default=None, description="the caller keys this")
    keys_from_text: Literal[True] | None = Field(
        default=None, description="the caller keys the number that stands in the latest text to them"
    )
    silence: Literal[True] | None = Field(default=None, description="the caller says nothing")
    noise: Literal[True] | None = Field(default=None, description="the caller makes a sound without words")
    approve: Name | None = Field(default=None, description="a person says yes to what waits for this tool")
    reject: Name | None = Field(default=None, description="a person says no to it")

    says: Texts = Field(default=(), description="each of these stands in what the assistant says then")
    not_says: Texts = Field(default=(), description="none of these does")
    intent: str | None = Field(default=None, description="what the caller was understood to want")
    slots: dict[Name, Any] = Field(default_factory=dict, description="what was learned")
    tools: tuple[ToolCalled, ...] | None = Field(default=None, description="the tools that were called; []: none")
    sources: Texts = Field(default=(), description="documents that the answer was spoken from")
    texts: Texts = Field(default=(), description="each of these stands in a text that was sent then")
    events: tuple[EventSeen, ...] = ()

    @model_validator(mode="after")
    def _one_doing(self) -> "Step":
        doing = (self.caller, self.keys, self.keys_from_text, self.silence, self.noise, self.approve, self.reject)
        if sum(one is not None for one in doing) != 1:
            raise ValueError("a step has exactly one of caller, keys, keys_from_text, silence, noise, approve, reject")
        return self

    @property
    def doing(self) -> str:
        """What is done, in a few words."""
        if self.caller is not None:
            return f"“{self.caller}”"
        if self.keys is not None:
            return f"keys {self.keys}"
        if self.keys_from_text:
            return "keys from the text"
        if self.approve or self.reject:
            return f"approve {self.approve}" if self.approve else f"reject {self.reject}"
        return "silence" if self.silence else "noise"


class Fault(Written):
    """What is wrong with a tool during the call."""

    how: How | None = None
    times: int | None = Field(default=None, ge=1, description="so often; unset: all the time")
    answers: dict[str, Any] | None = Field(default=None, description="it says this instead, whatever is asked")

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"how": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> "Fault":
        if (self.how is None) is (self.answers is None):
            raise ValueError("a fault has either how or answers")
        return self


class State(Written):
    """What must be in the line's backend after the call."""

    sql: str | None = Field(default=None, description="a SELECT on the backend")
    path: str | None = Field(default=None, description="a place in the backend's tables: returns.0.reason")
    gives: Any = Field(default=None, description="the one value; or a list of rows, each with some of its columns")

    @model_validator(mode="after")
    def _one_way(self) -> "State":
        if (self.sql is None) is (self.path is None):
            raise ValueError("what is looked at is either sql or a path")
        return self


class Waiting(Written):
    """An approval that must be in the queue."""

    tool: Name
    state: Literal["pending", "approved", "done", "failed", "checking", "rejected"] = "pending"
    arguments: dict[str, Any] = Field(default_factory=dict)


class TextSeen(Written):
    """A text message that must have been sent."""

    to: Number | None = Field(default=None, description="to this number")
    holds: Texts = Field(default=(), description="each of these stands in it")


class Afterwards(Written):
    """What must be true when the call is over."""

    outcome: str | None = Field(default=None, description="how it ended: completed, message_taken, caller_hung_up …")
    never_said: Texts = ()
    tools: dict[Name, int] = Field(default_factory=dict, description="how often each of these was called")
    messages: dict[Name, int] = Field(default_factory=dict, description="how many messages each queue got")
    approvals: tuple[Waiting, ...] | None = Field(default=None, description="the whole queue; []: nothing waits")
    texts: tuple[TextSeen, ...] | None = Field(
        default=None, description="all texts to callers, in their order; []: none was sent"
    )
    events: tuple[EventSeen, ...] = ()
    state: tuple[State, ...] = ()


class TestCall(Written):
    """One call."""

    __test__ = False

    name: Phrase
    about: str = ""
    caller_number: Number | Literal["anonymous"] = Field(
        default="+14155550101", alias="from", description="anonymous: the caller withholds it"
    )
    at: datetime = Field(default=WEEKDAY_MORNING, description="the line's local time")
    verified: Verification = Field(
        default="none", description="begin as if the caller had proven who they are, to this level"
    )
    faults: dict[Name, Fault] = Field(default_factory=dict, description="by the tool's name on the line")
    steps: tuple[Step, ...] = Field(min_length=1)
    after: Afterwards = Field(default_factory=Afterwards)


class CallsFile(Written):
    """One file of a line's test calls."""

    calls: tuple[TestCall, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Scripted:
    """A test call, and where it stands."""

    call: TestCall
    file: Path
    line: int


def read_calls(folder: Path) -> list[Scripted]:
    """The test calls of a line's folder, in the order of files and in them. Raises LineInvalid."""
    found: list[Scripted] = []
    problems: list[Problem] = []
    for path in sorted((folder / FOLDER).glob("*.yaml")):
        _read(path, found, problems)
    seen: dict[str, Scripted] = {}
    for one in found:
        before = seen.setdefault(one.call.name, one)
        if before is not one:
            what = f"there are two calls named {one.call.name!r}"
            problems.append(Problem(str(one.file), one.line, what, "rename one"))
    if problems:
        raise LineInvalid(problems)
    return found


def _read(path: Path, found: list[Scripted], problems: list[Problem]) -> None:
    try:
        with path.open("rb") as file:
            written = source.read(file.read(source.MAX_BYTES + 1))
    except OSError as wrong:
        problems.append(Problem(str(path), 0, f"cannot be read ({wrong.strerror})", "make it readable, or remove it"))
        return
    problems += [Problem(str(path), fault.line, fault.what, fault.remedy) for fault in written.faults]
    if written.faults:
        return
    try:
        read = CallsFile.model_validate(written.data)
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            where = ".".join(str(part) for part in error["loc"]) or "the file"
            line = written.line_of(tuple(error["loc"]))
            problems.append(Problem(str(path), line, f"{where}: {error['msg']}", "see docs/evaluation.md"))
        return
    found += [Scripted(call, path, written.line_of(("calls", at))) for at, call in enumerate(read.calls)]
