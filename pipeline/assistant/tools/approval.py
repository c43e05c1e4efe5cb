"""An approval: what a person says to a write before it happens. Pure.

pending → approved → done, failed or checking; pending → rejected. A failed one did nothing and may be approved again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from pipeline.assistant.tools.outcome import ToolResult

ApprovalState = Literal["pending", "approved", "done", "failed", "checking", "rejected"]
STATES: Final[tuple[ApprovalState, ...]] = ("pending", "approved", "done", "failed", "checking", "rejected")
Verb = Literal["asked", "edited", "approved", "rejected", "reassigned", "done", "failed", "checking"]
_DECIDABLE: Final = frozenset({"pending", "failed"})


class NotPossible(Exception):
    """What an approval's state does not allow; the text says why."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One write that waits for a person, or waited."""

    id: str
    call_id: str
    turn: str
    line: str
    tool: str
    """By its name on the line."""
    key: str
    arguments: Mapping[str, Any]
    """As last edited."""
    proposed: Mapping[str, Any]
    """As the call asked for them."""
    reason: str
    caller_number: str
    verified: str
    asked_at: datetime
    state: ApprovalState = "pending"
    assignee: str = ""
    """A person or a queue; empty: anybody."""
    version: int = 1
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A step of an approval: who did what, when."""

    verb: Verb
    who: str
    at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)


def edited(one: Approval, arguments: Mapping[str, Any], who: str, at: datetime) -> tuple[Approval, Said]:
    """Other arguments. Raises NotPossible. Whether the tool takes them is for others to check."""
    _decidable(one, "edited")
    details = {"before": dict(one.arguments), "after": dict(arguments)}
    return _next(one, arguments=dict(arguments), state="pending"), Said("edited", who, at, details)


def approved(one: Approval, who: str, at: datetime, note: str = "") -> tuple[Approval, Said]:
    """Yes. Raises NotPossible."""
    _decidable(one, "approved")
    after = _next(one, state="approved", decided_by=who, decided_at=at, note=note, error="")
    return after, Said("approved", who, at, {"note": note})


def rejected(one: Approval, who: str, at: datetime, note: str = "") -> tuple[Approval, Said]:
    """No. Raises NotPossible."""
    _decidable(one, "rejected")
    return _next(one, state="rejected", decided_by=who, decided_at=at, note=note), Said(
        "rejected", who, at, {"note": note}
    )


def reassigned(one: Approval, assignee: str, who: str, at: datetime) -> tuple[Approval, Said]:
    """Somebody else is to look at it. Raises NotPossible."""
    _decidable(one, "reassigned")
    return _next(one, assignee=assignee), Said("reassigned", who, at, {"before": one.assignee, "after": assignee})


def carried_out(one: Approval, result: ToolResult, at: datetime) -> tuple[Approval, Said]:
    """What came of it. Raises NotPossible where nobody approved it."""
    if one.state != "approved":
        raise NotPossible(f"it is {one.state}, not approved")
    state: ApprovalState = "done" if result.ok else "checking" if result.effect == "unknown" else "failed"
    verb: Verb = "done" if result.ok else "checking" if result.effect == "unknown" else "failed"
    after = _next(one, state=state, result=dict(result.result), error=result.error)
    return after, Said(verb, "cordboard", at, {"error": result.error} if result.error else {})


def as_result(one: Approval) -> ToolResult:
    """What the call hears that asked for it."""
    match one.state:
        case "done":
            return ToolResult(ok=True, result=one.result, effect="done", id=one.id)
        case "rejected":
            return ToolResult(ok=False, error="rejected", id=one.id)
        case "failed":
            return ToolResult(ok=False, error=one.error or "failed", id=one.id)
        case "checking":
            return ToolResult(ok=False, error="checking", effect="unknown", id=one.id)
    return ToolResult(ok=False, error="needs_approval", id=one.id)


def _decidable(one: Approval, what: str) -> None:
    if one.state not in _DECIDABLE:
        raise NotPossible(f"it is {one.state} already and cannot be {what}")


def _next(one: Approval, **changes: Any) -> Approval:
    return replace(one, version=one.version + 1, **changes)
