"""A caller's side of a dialogue in text: lines in, what the assistant says and does out, and the log it would leave.

A line of a script is what the caller says, or one of
    keys 12345     the keypad                 noise / busy      a sound without words (… 3000: lasting so many ms)
    silence 2      the second silence         resume            the connection was lost and is back
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipeline.assistant.actions import CallTool, DialogueAction, End, Expect, FindPassages, Ignored, Record, Say
from pipeline.assistant.events import (
    AssistantHeard,
    CallBegan,
    CallerSilent,
    CallerTurn,
    CallerUnheard,
    DialogueEvent,
    FoundPassage,
    PassagesFound,
    ToolReturned,
)
from pipeline.assistant.flow import Dialogue
from recordings.events import Event, checked

Tools = Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
"""Two o'clock of nowhere: tests that care about the time zone pass their own."""


@dataclass
class ScriptedCall:
    """Plays the caller, the tools, the knowledge and the log."""

    dialogue: Dialogue
    tools: Tools = field(default_factory=dict)
    """By name; one that raises LookupError fails as unavailable."""
    knowledge: Mapping[str, FoundPassage] = field(default_factory=dict)
    """By a word of the question."""
    heard: bool = True
    """Whether what the assistant says is reported as heard."""
    at_ms: int = 0
    actions: list[DialogueAction] = field(default_factory=list)
    """Of the last step."""
    log: list[Event] = field(default_factory=list)
    _callers: int = 0

    def begin(self, local_time: datetime = MONDAY_NOON, *, resumed: bool = False, keyless: bool = False) -> list[str]:
        return self.post(CallBegan(self._now(), "+14155550101", local_time, resumed, keyless=keyless))

    def hears(self, line: str, *alternatives: str) -> list[str]:
        """Take one line of a script; give what the assistant says."""
        word, _, rest = line.partition(" ")
        now_ms = self._now()
        if word in {"noise", "busy", "incomplete"} and (not rest or rest.isdecimal()):
            return self.post(CallerUnheard(now_ms, word, now_ms - int(rest or 400), now_ms))
        if word == "silence" and rest.isdecimal():
            return self.post(CallerSilent(now_ms, int(rest)))
        if word == "resume" and not rest:
            return self.begin(resumed=True)
        self._callers += 1
        said = rest if word == "keys" else line
        via: Any = "dtmf" if word == "keys" else "speech"
        return self.post(CallerTurn(now_ms, f"c{self._callers}", said, alternatives, via, now_ms - 900, now_ms))

    def post(self, event: DialogueEvent) -> list[str]:
        """Handle an event and all that follows from it; give what the assistant says."""
        self.actions = []
        self._post(event)
        return [action.text for action in self.actions if isinstance(action, Say)]

    def of(self, kind: type) -> list[Any]:
        """The last step's actions of a kind."""
        return [action for action in self.actions if isinstance(action, kind)]

    @property
    def expects(self) -> Expect:
        """What the caller was last expected to do."""
        state_expect = self.dialogue.state.expect
        assert state_expect is not None
        return state_expect

    @property
    def ended(self) -> End | None:
        return next(iter(self.of(End)), None)

    def records(self, kind: str) -> list[Mapping[str, Any]]:
        return [event.data for event in self.log if event.kind == kind]

    def _post(self, event: DialogueEvent) -> None:
        self._write_input(event)
        for action in self.dialogue.handle(event):
            self.actions.append(action)
            self._carry(action)

    def _carry(self, action: DialogueAction) -> None:
        match action:
            case Record(kind=kind, data=data):
                self._write(kind, data)
            case Say() if self.heard and action.purpose != "hold":  # music lasts
                now_ms = self._now()
                heard = AssistantHeard(
                    now_ms, action.utterance, action.text, complete=True, start_ms=now_ms, end_ms=now_ms
                )
                self._post(heard)
            case CallTool():
                self._return(action)
            case FindPassages():
                found = next((one for word, one in self.knowledge.items() if word in action.question), None)
                passages = () if found is None else (found,)
                self._post(PassagesFound(self._now(), action.call, passages, certain=found is not None))
            case _:
                pass

    def _return(self, action: CallTool) -> None:
        if action.tool not in self.tools:
            return  # it never comes back
        try:
            result = dict(self.tools[action.tool](action.arguments))
        except LookupError:
            self._post(ToolReturned(self._now(), action.call, ok=False, error="unavailable"))
        else:
            self._post(ToolReturned(self._now(), action.call, ok=True, result=result))

    def _now(self) -> int:
        self.at_ms += 1000
        return self.at_ms

    def _write_input(self, event: DialogueEvent) -> None:
        """What the session writes before it posts; what the dialogue itself records is not written twice."""
        match event:
            case CallerTurn():
                self._write(
                    "caller.said",
                    {
                        "utterance": event.utterance,
                        "text": event.text,
                        "via": event.via,
                        "start_ms": event.start_ms,
                        "end_ms": event.end_ms,
                        "confidence": 0.9,
                        "alternatives": list(event.alternatives),
                    },
                )
            case CallerUnheard():
                self._write(
                    "caller.unrecognised",
                    {"reason": event.reason, "start_ms": event.start_ms, "end_ms": event.end_ms},
                )
            case CallerSilent():
                self._write("caller.silent", {"count": event.count})
            case AssistantHeard():
                self._write(
                    "assistant.heard",
                    {
                        "utterance": event.utterance,
                        "heard_text": event.heard_text,
                        "start_ms": event.start_ms,
                        "end_ms": event.end_ms,
                        "complete": event.complete,
                        **({"failed": True} if event.failed else {}),
                    },
                )
            case _:
                pass

    def _write(self, kind: str, data: Mapping[str, Any]) -> None:
        self.log.append(Event("local", "CA1", len(self.log) + 1, self.at_ms, "", kind, checked(kind, data)))


def play(call: ScriptedCall, lines: Iterable[str]) -> list[list[str]]:
    """Take a whole script; give what the assistant says after each line."""
    return [call.hears(line) for line in lines]


def ignored(actions: Sequence[DialogueAction]) -> bool:
    """Whether an event changed nothing."""
    return bool(actions) and all(isinstance(action, Ignored) for action in actions)
