"""What an event's data say, whatever version wrote them: what is missing or of another type reads as nothing. Pure."""

import math
from collections.abc import Mapping
from typing import Any, get_args

from recordings.events import Event
from recordings.record import Via
from recordings.silence import Span


def text(data: Mapping[str, Any], name: str) -> str:
    """A text; empty where there is none."""
    value = data.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def whole(data: Mapping[str, Any], name: str, otherwise: int) -> int:
    """A whole number."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return otherwise
    return int(value)


def span(event: Event, data: Mapping[str, Any]) -> Span:
    """From when to when it lasted; the event's instant where that is not told."""
    start_ms = whole(data, "start_ms", event.at_ms)
    return start_ms, max(start_ms, whole(data, "end_ms", event.at_ms))


def mapping(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A mapping; empty where there is none."""
    value = data.get(name)
    return dict(value) if isinstance(value, Mapping) else {}


def via(data: Mapping[str, Any]) -> Via:
    """How the caller said it."""
    told = data.get("via")
    return next((known for known in get_args(Via) if known == told), "speech")
