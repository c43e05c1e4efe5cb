"""Whose the caller is: the assistant's, or a person's who has taken the conversation over. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from recordings.events import Event
from recordings.silence import Span

Whose = Literal["assistant", "agent", "supervisor"]

_BACK: Final = frozenset({"back", "lost", "nobody"})
"""What the dialogue is told of a transfer when the caller is the assistant's again."""


def whose_after(whose: Whose, kind: str, data: Mapping[str, Any]) -> Whose:
    """Whose the caller is after this event."""
    match kind:
        case "transfer.bridging" | "transfer.connected":
            return "agent"
        case "transfer.over" if whose == "agent":
            return "assistant"
        case "transfer.told" if whose == "agent" and data.get("what") in _BACK:
            return "assistant"
        case "supervisor.took_over":
            return "supervisor"
        case "supervisor.handed_back" | "supervisor.released" | "supervisor.transferred" if whose == "supervisor":
            return "assistant"
        case _:
            return whose


def with_a_person(events: Iterable[Event], end_ms: int) -> tuple[Span, ...]:
    """From when to when a person had the caller, in order; until end_ms where nobody took them back.

    events: in order of seq.
    """
    found: list[Span] = []
    whose: Whose = "assistant"
    since_ms = 0
    for event in events:
        before, whose = whose, whose_after(whose, event.kind, event.data)
        if before == "assistant" and whose != "assistant":
            since_ms = event.at_ms
        elif before != "assistant" and whose == "assistant" and event.at_ms > since_ms:
            found.append((since_ms, event.at_ms))
    if whose != "assistant" and end_ms > since_ms:
        found.append((since_ms, end_ms))
    return tuple(found)
