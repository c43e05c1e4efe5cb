"""A company's customer record, and the events of a call that belongs into it."""

from collections.abc import Mapping
from typing import Any

from pipeline.assistant.tools.port import BackendBroken, ToolSpec
from recordings.events import Event

RAISED = ("identity.raised", {"turn": "t2", "level": "knowledge", "customer": "30114", "how": "check"})
RINGING = (
    "call.ringing",
    {"call_sid": "CA1", "from_number": "", "to_number": "", "line": "Larkdesk", "line_version": "1"},
)
ENDED = ("call.ended", {"outcome": "completed", "reason": "caller_done"})


def wants(intent: str, by: str = "intent") -> tuple[str, dict[str, Any]]:
    return ("turn.understood", {"turn": "t1", "intent": intent, "confidence": 1.0, "slots": {}, "by": by})


def log(*kinds: tuple[str, dict[str, Any]]) -> list[Event]:
    return [Event("local", "CA1", at, at, "", kind, data) for at, (kind, data) in enumerate(kinds, 1)]


SPEC = ToolSpec(
    "crm.note",
    "keeps a note",
    {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("who", "what", "where")},
        "required": ["who", "what"],
    },
    {"type": "object"},
    "automated",
    verification="knowledge",
)
FLOWS = 'a_flow: {about: it, steps: [{say: "Hello."}]}'
AFTER = """
tools: [{name: note, runs: crm.note}]
after_call: {tool: note, arguments: {who: "{customer}", what: "{summary}", where: "see {link}"}}
"""


class Crm:
    spec = SPEC

    def __init__(self, *, down: int = 0) -> None:
        self.notes: list[Mapping[str, Any]] = []
        self._down = down
        """So many requests find nobody there."""

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        del call, deadline_ms
        if self._down > 0:
            self._down -= 1
            raise BackendBroken("note", "down")
        self.notes.append(arguments)
        return {}
