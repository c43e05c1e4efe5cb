"""Where a call stands for its supervisors, by its events, and what they may want there. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from recordings.events import Event

Phase = Literal["ringing", "assistant", "held", "taken", "waiting", "agent", "agent_by_phone", "lost", "ended"]
"""Before the greeting · the assistant has the caller · it is held · a supervisor speaks · a person is looked for · an
agent at the desk speaks · an agent by telephone speaks · no connection · over."""
Verb = Literal["listen", "whisper", "say", "hold", "release", "take_over", "hand_back", "transfer", "end", "coach"]

_EVERYWHERE: Final[tuple[Phase, ...]] = (
    "ringing", "assistant", "held", "taken", "waiting", "agent", "agent_by_phone", "lost",
)  # fmt: skip
POSSIBLE: Final[Mapping[Verb, tuple[Phase, ...]]] = {
    "listen": _EVERYWHERE,
    "whisper": ("assistant", "held", "taken", "waiting"),
    "say": ("assistant", "held", "waiting"),
    "hold": ("assistant",),
    "release": ("held",),
    "take_over": ("assistant", "held", "waiting"),
    "hand_back": ("taken",),
    "transfer": ("assistant", "held", "taken"),
    "end": _EVERYWHERE,
    "coach": ("agent", "agent_by_phone"),
}
"""By verb, where it is possible. Whether it is done there, the dialogue decides."""
WHY_NOT: Final[Mapping[Phase, str]] = {
    "ringing": "the call has not begun",
    "assistant": "the assistant has the caller",
    "held": "the caller is on hold",
    "taken": "a supervisor speaks with the caller",
    "waiting": "a person is being looked for",
    "agent": "an agent speaks with the caller",
    "agent_by_phone": "an agent speaks with the caller by telephone",
    "lost": "the caller's connection is lost",
    "ended": "the call is over",
}
_NOBODY: Final[frozenset[Phase]] = frozenset({"waiting", "agent", "agent_by_phone"})
_TO: Final[Mapping[str, Phase]] = {
    "supervisor.held": "held",
    "supervisor.released": "assistant",
    "supervisor.took_over": "taken",
    "supervisor.handed_back": "assistant",
    "supervisor.transferred": "assistant",
    "transfer.requested": "waiting",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """So far."""

    phase_there: Phase = "ringing"
    """Where it stands as far as there is a connection."""
    connected: bool = True
    ended: bool = False
    hidden: bool = False
    """What is said now is kept nowhere, and no listener hears it."""
    free: bool = False
    """Neither side has the floor."""
    commands: int = 0
    """Wishes that were met."""

    @property
    def phase(self) -> Phase:
        """Where the call stands."""
        if self.ended:
            return "ended"
        lost = not self.connected and self.phase_there not in {"ringing", "agent_by_phone"}
        return "lost" if lost else self.phase_there

    def after(self, event: Event) -> "Standing":
        """After one more event."""
        data = event.data
        met = self.commands + bool(event.kind.startswith("supervisor.") and data.get("command"))
        made = replace(self, commands=met)
        match event.kind:
            case "call.ended":
                return replace(made, ended=True)
            case "call.media_lost":
                return replace(made, connected=False)
            case "call.answered" | "call.resumed":
                back: Phase = "assistant" if self.phase_there == "agent_by_phone" else self.phase_there
                return replace(made, connected=True, phase_there=back)
            case "turn.began" if self.phase_there == "ringing":
                return replace(made, phase_there="assistant")
            case "assistant.expects":
                return replace(made, hidden=bool(data.get("secret") or data.get("private")))
            case "floor.changed":
                return replace(made, free=data.get("floor") == "nobody")
            case _:
                return replace(made, phase_there=_moved(self.phase_there, event.kind, data))


def _moved(phase: Phase, kind: str, data: Mapping[str, Any]) -> Phase:
    match kind:
        case "transfer.bridging" if data.get("by") == "phone":
            return "agent_by_phone"
        case "transfer.connected":
            return "agent_by_phone" if data.get("by") == "phone" else "agent"
        case "transfer.told" if phase in _NOBODY and data.get("what") == "lost":
            return "waiting"
        case "transfer.told" if phase in _NOBODY and data.get("what") in {"back", "nobody"}:
            return "assistant"
        case "transfer.over" if phase in _NOBODY:
            return "assistant"
        case _:
            return _TO.get(kind, phase)
