"""The messages that callers left, as people who call back read them: made of a call's events. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from recordings.events import Event
from recordings.fold import fold
from recordings.record import Message
from recordings.summary import CallSummary

KINDS: Final = frozenset({"call.media_started", "message.taken"})
"""The events that a message is made of."""


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """One message and the call in which it was left."""

    call: CallSummary
    message: Message
    number: int
    """1 is the first of its call."""
    left_at: datetime
    """When the caller had spoken it; aware, UTC."""


def left_messages(call: CallSummary, events: Iterable[Event]) -> tuple[LeftMessage, ...]:
    """The call's messages, latest first; of the events only those of KINDS count."""
    record = fold(event for event in events if event.kind in KINDS)
    began = _instant(record.wall_clock) or call.begun_at
    return tuple(
        LeftMessage(call, message, number, began + timedelta(milliseconds=max(0, message.end_ms)))
        for number, message in reversed([*enumerate(record.messages, 1)])
    )


def to_json(left: LeftMessage) -> dict[str, Any]:
    """The message as the API carries it."""
    return {
        "call_id": left.call.call_id,
        "number": left.number,
        "left_at": left.left_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "from_number": left.call.from_number,
        "line": left.call.line,
        "queue": left.message.queue,
        "text": left.message.text,
        "start_ms": left.message.start_ms,
        "end_ms": left.message.end_ms,
        "recording_url": left.message.recording_url or None,
    }


def _instant(text: str | None) -> datetime | None:
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
