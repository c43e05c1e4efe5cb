"""A call in one line of a list: made of its events, stored beside them. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from recordings.events import Event


@dataclass(frozen=True, slots=True)
class CallSummary:
    """What a list shows of a call."""

    call_id: str
    org_id: str
    begun_at: datetime
    """When its first event was recorded; aware, UTC."""
    line: str | None = None
    from_number: str | None = None
    to_number: str | None = None
    audio: str | None = None
    """Path of the recording as `recording.started` gave it."""
    outcome: str | None = None
    """None while the call lives."""
    reason: str | None = None
    message_for: str | None = None
    """The queue of the first message that the caller left; None: none was left."""
    last_seq: int = 0
    last_at_ms: int = 0

    @property
    def live(self) -> bool:
        """Whether no event has ended the call yet."""
        return self.outcome is None


LIVE: Final = "live"
"""In the place of an outcome: no event has ended the call."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which calls a list shows: those of which all this is true. As it stands: all."""

    outcome: str | None = None
    """One way of ending, or LIVE."""
    text: str = ""
    """Part of the caller's number, however it is written, or of the call's id; case does not matter."""
    message: bool = False
    """Only calls in which a message was left."""

    @property
    def number_text(self) -> str:
        """The text as it would stand in a number: (415) 555-0101 → 4155550101."""
        return re.sub(r"\D", "", self.text) if re.fullmatch(r"[\d\s().+/-]*\d[\d\s().+/-]*", self.text) else self.text

    def matches(self, call: CallSummary) -> bool:
        """Whether the list shows this call."""
        return (
            (self.outcome is None or (LIVE if call.live else call.outcome) == self.outcome)
            and (not self.message or call.message_for is not None)
            and (
                self.text.casefold() in call.call_id.casefold()
                or self.number_text.casefold() in (call.from_number or "").casefold()
            )
        )


FACTS: Final[Mapping[str, Mapping[str, str]]] = {
    "call.ringing": {"line": "line", "from_number": "from_number", "to_number": "to_number"},
    "recording.started": {"audio": "audio"},
    "message.taken": {"message_for": "queue"},
    "call.ended": {"outcome": "outcome", "reason": "reason"},
}
"""Of each kind that a summary is made of: field of the summary ← field of its data. The first value of each stands."""


def summarised(summary: CallSummary | None, events: Iterable[tuple[Event, datetime]]) -> CallSummary | None:
    """The summary after these events, each with the time at which it was recorded."""
    for event, recorded_at in events:
        if summary is None:
            summary = CallSummary(event.call_id, event.org_id, recorded_at)
        facts: dict[str, Any] = {
            field: _text(event.data.get(name))
            for field, name in FACTS.get(event.kind, {}).items()
            if getattr(summary, field) is None
        }
        summary = replace(
            summary,
            last_seq=max(summary.last_seq, event.seq),
            last_at_ms=event.at_ms if event.seq > summary.last_seq else summary.last_at_ms,
            **facts,
        )
    return summary


def to_json(summary: CallSummary) -> dict[str, Any]:
    """The summary as the API carries it."""
    return {
        "call_id": summary.call_id,
        "begun_at": summary.begun_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "line": summary.line,
        "from_number": summary.from_number,
        "to_number": summary.to_number,
        "outcome": summary.outcome,
        "reason": summary.reason,
        "message_for": summary.message_for,
        "duration_ms": max(0, summary.last_at_ms),
        "last_seq": summary.last_seq,
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value).encode("utf-8", "replace").decode()
