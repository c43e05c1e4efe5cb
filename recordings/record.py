"""A call as people read it: utterances, turns, silences. What `recordings.fold` makes of a call's events. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

JSON_SCHEMA_VERSION: Final = 1

Speaker = Literal["caller", "assistant", "agent", "supervisor"]
Via = Literal["speech", "dtmf", "text"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something that one side said, keyed or wrote."""

    id: str
    speaker: Speaker
    via: Via
    text: str
    """What was said as the recogniser understood it, or what was to be spoken."""
    heard_text: str
    """What the other side heard of it: shorter than `text` where the assistant was cut off, empty where nothing was."""
    start_ms: int
    end_ms: int
    """As `start_ms` while nothing of it is known to have been heard."""
    purpose: str = ""
    """Why the assistant said it: one of `fold.PURPOSES`; empty for others."""
    complete: bool = True
    """False: the other side did not hear all of it (yet)."""
    played: bool = True
    """False: it is not known (yet) what became of it."""

    @property
    def unheard_text(self) -> str:
        """The end of `text` that the other side did not hear; empty too where the heard words are not its beginning."""
        heard, words = self.heard_text.split(), self.text.split()
        return " ".join(words[len(heard) :]) if not self.complete and words[: len(heard)] == heard else ""


@dataclass(frozen=True, slots=True)
class Source:
    """An approved passage that an answer was spoken from."""

    document: str
    section: str
    title: str
    score: float | None = None
    """Probability that it answers what was asked, 0 to 1; None in logs of earlier versions."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """One call of one tool; `ok` is None while it has not returned."""

    tool: str
    arguments: Mapping[str, Any]
    ok: bool | None = None
    result: Any = None
    error: str | None = None
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What the caller wanted once, and what was done about it."""

    id: str
    caller: tuple[int, ...] = ()
    """Indexes into the record's utterances; empty for the greeting."""
    assistant: tuple[int, ...] = ()
    intent: str | None = None
    slots: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    tools: tuple[ToolUse, ...] = ()
    why: Mapping[str, Any] = field(default_factory=dict)
    """As turn.understood tells: `by`, `confidence`, `signals`, `sentiment`, `trend`, `entities`; and `wish`, the label
    of its intent."""
    person: Mapping[str, Any] = field(default_factory=dict)
    """Why a person was brought in or offered: the data of escalation.raised; empty: none was."""
    reply_gap_ms: int | None = None
    """From the end of what the caller said to the first heard audio of the answer; negative where they overlap."""
    fill_gap_ms: int | None = None
    """The same to a fill that was heard before the answer; None when there was none."""
    stages: Mapping[str, int] = field(default_factory=dict)
    """Instants in ms after the caller's speech at which each stage of the answer was reached (turn.timed)."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A span in which neither side spoke, while the floor did not change."""

    start_ms: int
    end_ms: int
    floor: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a caller left for a person."""

    queue: str
    text: str
    start_ms: int
    end_ms: int
    recording_url: str = ""
    """Where the carrier keeps it, if it recorded the message in our place; then `text` is empty."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One person who was asked to take the call."""

    agent: str
    by: str
    """desk or phone."""
    how: str = ""
    """accepted, declined, no_answer, busy…; empty: still asked."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unheard:
    """A stretch of a conversation at the carrier whose sound did not come to us."""

    from_ms: int
    to_ms: int | None
    """None: to the end of the conversation."""
    how: str
    """closed, reset, silent: the stream; process: whoever listened; never: it did not come to begin with."""


@dataclass(frozen=True, slots=True)
class Handing:
    """One transfer of a call."""

    id: str
    queue: str = ""
    reason: str = ""
    sentence: str = ""
    priority: str = ""
    requested_ms: int | None = None
    """When it was decided that a person is brought in."""
    asked: tuple[Asked, ...] = ()
    agent: str = ""
    """Who spoke with the caller; empty: nobody."""
    connected_ms: int | None = None
    heard_ms: int | None = None
    """When that person began to speak to the caller."""
    outcome: str = ""
    """Empty: it is not over."""
    why: str = ""
    disposition: str = ""
    note: str = ""
    unheard: tuple[Unheard, ...] = ()
    """Where they spoke and nothing of it was kept."""

    @property
    def human_after_ms(self) -> int | None:
        """From the decision to a person's voice."""
        if self.requested_ms is None or self.heard_ms is None:
            return None
        return self.heard_ms - self.requested_ms


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, folded. Any prefix of its events gives one."""

    call_id: str = ""
    outcome: str | None = None
    """None while the call lives."""
    reason: str | None = None
    from_number: str = ""
    to_number: str = ""
    line: str = ""
    language: str = ""
    """The one that the call is held in: of ISO 639-1, "es"; empty: nobody told."""
    wall_clock: str | None = None
    """ISO 8601 UTC of at_ms 0; None before the media began."""
    utterances: tuple[Utterance, ...] = ()
    turns: tuple[Turn, ...] = ()
    silences: tuple[Silence, ...] = ()
    messages: tuple[Message, ...] = ()
    transfers: tuple[Handing, ...] = ()
    """To people, in the order in which they were wanted."""
    faults: Mapping[str, int] = field(default_factory=dict)
    """Media faults by kind, counted."""
    recording: str | None = None
    """Path of the audio as `recording.started` gave it."""
    partial: str = ""
    """What the caller is saying right now, as far as it is understood."""
    floor: str = "nobody"
    last_seq: int = 0
    end_ms: int = 0
    """The latest instant that the events speak of."""


def to_json(record: CallRecord, *, recording: str | None = None, events: str | None = None) -> dict[str, Any]:
    """The shape of `--json` and of the API, stable from version 1 on.

    `recording` replaces the path in the record, say by a URL; `events` is the database or export they can be read from.
    """
    return {
        "schema": JSON_SCHEMA_VERSION,
        "call_id": record.call_id,
        "outcome": record.outcome,
        "language": record.language or None,
        "utterances": [_utterance(utterance) for utterance in record.utterances],
        "turns": [_turn(turn) for turn in record.turns],
        "silences": [
            {"start_ms": silence.start_ms, "end_ms": silence.end_ms, "floor": silence.floor}
            for silence in record.silences
        ],
        "transfers": [_handing(one) for one in record.transfers],
        "recording": recording if recording is not None else record.recording,
        "events": events,
    }


def _utterance(utterance: Utterance) -> dict[str, Any]:
    names = ("speaker", "via", "text", "heard_text", "start_ms", "end_ms")
    return {name: getattr(utterance, name) for name in names}


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "caller": list(turn.caller),
        "assistant": list(turn.assistant),
        "intent": turn.intent,
        "slots": dict(turn.slots),
        "sources": [{"document": s.document, "section": s.section, "title": s.title} for s in turn.sources],
        "tools": [_tool(tool) for tool in turn.tools],
        "reply_gap_ms": turn.reply_gap_ms,
    }


def _tool(use: ToolUse) -> dict[str, Any]:
    return {
        "tool": use.tool,
        "arguments": dict(use.arguments),
        "ok": use.ok,
        "result": use.result,
        "error": use.error,
        "took_ms": use.took_ms,
    }


def _handing(handing: Handing) -> dict[str, Any]:
    names = (
        *("id", "queue", "reason", "sentence", "priority", "requested_ms", "agent", "connected_ms", "heard_ms"),
        *("human_after_ms", "outcome", "why"),
    )
    asked = [{"agent": one.agent, "by": one.by, "how": one.how, "reason": one.reason} for one in handing.asked]
    more = {"disposition": handing.disposition, "note": handing.note}
    gaps = [{"from_ms": gap.from_ms, "to_ms": gap.to_ms, "how": gap.how} for gap in handing.unheard]
    return {**{name: getattr(handing, name) for name in names}, "asked": asked, **more, "unheard": gaps}
