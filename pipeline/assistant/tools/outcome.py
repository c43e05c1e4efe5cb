"""How a call of a tool went, normalised: what the log keeps and the dialogue goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pipeline.assistant.tools.port import Effect

Status = Literal["done", "waiting", "checking", "refused", "failed"]
"""waiting: for a person's approval; checking: it may or may not have happened, and a person looks after it."""
WAITING: Final = "needs_approval"
CHECKING: Final = "checking"
_REFUSED: Final = frozenset(
    {
        "refused", "ruled_out", "not_verified", "unknown_id", "bad_arguments", "unknown_tool", "discarded", "egress",
        "rejected", "locked", "no_consent",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToolResult:
    """How a call of a tool went."""

    ok: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    """ToolError.code, `needs_approval` or `checking`; empty when ok."""
    took_ms: int = 0
    effect: Effect = "none"
    """Whether something was changed."""
    id: str = ""
    """The idempotency key of a write, or the approval that it waits for."""
    say: str = ""
    """What the line wants said; empty: its prompt for the error."""
    attempts: int = 0

    @property
    def status(self) -> Status:
        """What the error amounts to."""
        if self.ok:
            return "done"
        if self.error == WAITING:
            return "waiting"
        if self.error == CHECKING:
            return "checking"
        return "refused" if self.error in _REFUSED else "failed"
