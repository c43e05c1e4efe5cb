"""What is kept of a call in a company's own records, when it is over: a fold of its events. Pure.

Only of customers who were verified, each with the parts of the call in which they spoke; intents and tools by name,
nobody's words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pipeline.assistant.memory import LEAST_LEVEL
from pipeline.assistant.tools.port import LEVELS
from recordings.events import Event

_WAITS: Final = frozenset({"waiting", "checking"})


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """One customer's part of one call."""

    customer: str
    level: str
    call: str
    line: str
    outcome: str
    summary: str
    until: int = 0
    """seq of the last event of the stretch in which they were known best: how the call stood for them then."""

    def values(self, link: str) -> Mapping[str, str]:
        """As a line's `after_call` names them (pipeline.line.aftercall.FIELDS)."""
        told = {name: getattr(self, name) for name in ("customer", "level", "call", "line", "outcome", "summary")}
        return {**told, "link": link}


@dataclass(slots=True)
class _Part:
    """What happened between one speaker and the next."""

    customer: str = ""
    level: str = ""
    until: int = 0
    wanted: dict[str, None] = field(default_factory=dict)
    done: dict[str, None] = field(default_factory=dict)
    waits: dict[str, None] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    messages: dict[str, None] = field(default_factory=dict)

    def take(self, kind: str, data: Mapping[str, Any]) -> None:
        match kind:
            case "turn.understood" if data.get("intent") and data.get("by") != "rule":
                self.wanted[str(data["intent"])] = None
            case "identity.raised" if LEVELS.index(data["level"]) >= LEVELS.index(LEAST_LEVEL):
                self.customer, self.level = str(data["customer"]), str(data["level"])
            case "message.taken":
                self.messages[str(data["queue"])] = None
            case "tool.returned":
                tool = str(data["tool"])
                if data.get("effect") == "done":
                    self.done[tool] = None
                elif data.get("status") in _WAITS:
                    self.waits[tool] = None
                elif data.get("status") == "failed":
                    self.failed[tool] = None

    def join(self, later: "_Part") -> None:
        """The same customer spoke again, later in the call."""
        if LEVELS.index(later.level) >= LEVELS.index(self.level):
            self.level, self.until = later.level, later.until
        for mine, theirs in (
            (self.wanted, later.wanted),
            (self.done, later.done),
            (self.waits, later.waits),
            (self.failed, later.failed),
            (self.messages, later.messages),
        ):
            mine.update(theirs)

    def summary(self) -> str:
        """In one line for people."""
        parts = (
            ("Asked about", self.wanted),
            ("Done", self.done),
            ("Waits for a person", self.waits),
            ("Did not work", self.failed),
            ("Message left for", self.messages),
        )
        told = [f"{what}: {', '.join(one.replace('_', ' ') for one in names)}." for what, names in parts if names]
        return " ".join(told) or "Nothing was asked."


def records(events: Iterable[Event]) -> list[CustomerRecord]:
    """Who was verified in a call that is over, and what came of it, once for each customer; none while it goes on."""
    line, outcome, call = "", "", ""
    parts = [_Part()]
    for event in sorted(events, key=lambda event: event.seq):
        call = event.call_id
        if event.kind == "call.ringing":
            line = str(event.data.get("line", ""))
        elif event.kind == "call.ended":
            outcome = str(event.data.get("outcome", ""))
        elif event.kind == "identity.dropped":
            parts.append(_Part())
            continue
        parts[-1].take(event.kind, event.data)
        parts[-1].until = event.seq
    if not outcome:
        return []
    known: dict[str, _Part] = {}
    for part in parts:
        if part.customer in known:
            known[part.customer].join(part)
        elif part.customer:
            known[part.customer] = part
    return [
        CustomerRecord(one.customer, one.level, call, line, outcome, one.summary(), one.until) for one in known.values()
    ]
