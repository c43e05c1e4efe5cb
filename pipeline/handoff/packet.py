"""The handoff packet, version 1: what an agent is told of a call, as plain values. docs/handoff.md lists its fields.

What is not known says "unknown"; a list that is empty says that there was nothing. Texts hold no secrets (cleaning.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter

PACKET_VERSION: Final = 1
"""Later versions may add fields, and never change the meaning of these."""
UNKNOWN: Final = "unknown"
Unknown = Literal["unknown"]
Level = Literal["none", "low", "high", "unknown"]
ActionStatus = Literal["done", "waiting", "checking", "drafted", "under_way", "refused", "failed"]
"""waiting: for a person's approval; checking: it may have happened; drafted: it would have been done, and was not."""
SummarySource = Literal["model", "extract", "template"]
"""Who wrote the summary: a language model, the caller's own sentences and what was done, or neither could be had."""
WishState = Literal["open", "unsettled", "served"]
"""unsettled: the assistant was done with it, and something of it failed, waits for a person, or became a message."""
BulletKind = Literal["wish", "said", "done", "open", "reason", "model"]


@dataclass(frozen=True, slots=True)
class Span:
    """A place in the transcript."""

    utterance: str
    start_ms: int
    """On the call's clock, as `end_ms`."""
    end_ms: int


@dataclass(frozen=True, slots=True)
class Verified:
    """How well the caller is known, by the word of tools alone."""

    level: str = "none"
    """none, claimed, knowledge, one_time_code or pin."""
    how: str = ""
    """The tool that said so; empty: none did."""
    at_ms: int | None = None
    at: str = ""
    """The same as ISO 8601; empty: not known."""


@dataclass(frozen=True, slots=True)
class CallerFacts:
    """Who calls."""

    number: str = UNKNOWN
    """Masked, unless agents may see it."""
    name: str = UNKNOWN
    """As a tool or the caller gave it."""
    name_verified: bool = False
    """Whether a tool gave it for a verified caller."""
    customer: str = UNKNOWN
    """The customer number of a verified caller."""
    tier: str = UNKNOWN
    language: str = UNKNOWN
    """That the call is held in, of ISO 639-1."""
    verified: Verified = Verified()


@dataclass(frozen=True, slots=True)
class Wish:
    """Something that the caller wanted."""

    intent: str
    """One of the line's, or "other"."""
    text: str
    """In the caller's words; empty: only the intent was noted."""
    confidence: float
    state: WishState
    missing: tuple[str, ...]
    """Slots that its flow still lacked when it was left."""
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person takes over."""

    code: str = UNKNOWN
    sentence: str = UNKNOWN
    rule: str = ""
    priority: str = ""
    evidence: tuple[str, ...] = ()
    """The caller's words that brought it about; none: how the call went."""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Bullet:
    """One line of the summary."""

    kind: BulletKind
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Three to five bullets, at most 60 words together; a call of which nothing is known has none."""

    source: SummarySource
    bullets: tuple[Bullet, ...]
    refused: int = 0
    """Bullets of the model that what was said and done does not bear out, and that were left out."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A slot that was filled."""

    slot: str
    value: str | int | float | bool
    confidence: float | None
    """Of the recogniser; None: not told."""
    confirmed: Literal["keyed", "read_back", "no"]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One call of a tool, and what became of it."""

    tool: str
    id: str
    """Of the write or the approval; else the call's own."""
    status: ActionStatus
    about: str
    at_ms: int
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]
    """What it gave, as far as it may be said."""
    error: str = ""
    """A code; empty: none."""
    reversible: Literal["by_tool", "by_hand", "no", "unknown"] = "unknown"
    reverse: str = ""
    """How it is taken back: the tool, or what a person does."""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something that the agent is advised to do."""

    code: str
    """One of next_steps.CODES; "none": nothing is known to be left to do."""
    text: str


@dataclass(frozen=True, slots=True)
class SourceUsed:
    """An approved passage that the caller was told something from."""

    document: str
    section: str
    title: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Mood:
    """How the caller sounds, by their words."""

    sentiment: float | Unknown = "unknown"
    """From -1, bad, to 1, good: of the latest turn."""
    trend: str = UNKNOWN
    urgency: Level = "unknown"
    """The highest of the call, as the two below."""
    frustration: Level = "unknown"
    anger: Level = "unknown"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the caller said when asked whether they agree."""

    to: str
    given: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What has to be known about this call's data."""

    recording_announced: bool = False
    """Whether the caller heard to the end that an assistant speaks and the call is recorded."""
    recorded: bool = False
    consents: tuple[Consent, ...] = ()
    redacted: tuple[str, ...] = ()
    """What was taken out: card, ssn, pin, email, phone."""
    withheld: tuple[str, ...] = ()
    """Slots whose answers are kept nowhere, or that only tools may see."""
    speaker_changed: bool = False
    """Somebody else took the phone during the call: what was known of the first speaker was dropped."""


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance."""

    utterance: str
    at_ms: int
    who: str
    via: str
    text: str
    """What reached the other side."""
    heard: bool
    """Whether that is all of it."""
    unheard: str = ""
    """What was to be said and did not reach the caller."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is remembered of a verified customer's earlier calls."""

    calls: int | Unknown = "unknown"
    open_issues: int | Unknown = "unknown"
    intent: str = UNKNOWN
    """What they called about last, or of what is open; empty: they never called."""
    days_ago: int | Unknown = "unknown"
    language: str = UNKNOWN


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of what an agent needs is there (completeness.py)."""

    score: int
    """0 to 100."""
    parts: Mapping[str, float | None]
    """Each from 0 to 1; None: there was nothing to tell, and it does not count."""


@dataclass(frozen=True, slots=True)
class Packet:
    """All of it."""

    transfer: str
    call: str
    made_at: str
    """ISO 8601, UTC."""
    line: str
    queue: str
    caller: CallerFacts
    reason: Reason
    summary: Summary
    briefing: str
    """The spoken short form, in the agent's language."""
    agent_language: str
    intents: tuple[Wish, ...] = ()
    """Every wish, in order."""
    wanted: tuple[Wish, ...] = ()
    """Those that are not served, the latest first."""
    facts: tuple[Fact, ...] = ()
    done: tuple[Action, ...] = ()
    """What was really changed."""
    looked_up: tuple[Action, ...] = ()
    pending: tuple[Action, ...] = ()
    failed: tuple[Action, ...] = ()
    """Not done: it failed, or was refused."""
    next_steps: tuple[NextStep, ...] = ()
    sources: tuple[SourceUsed, ...] = ()
    mood: Mood = Mood()
    policy: Policy = Policy()
    transcript: tuple[Line, ...] = ()
    earlier: Earlier = Earlier()
    wait_ms: int = 0
    """Since the caller was to speak with a person."""
    last_seq: int = 0
    """The call's latest event that is in here."""
    completeness: Completeness = field(default_factory=lambda: Completeness(0, {}))
    version: int = PACKET_VERSION


@cache
def _adapter() -> TypeAdapter[Packet]:
    return TypeAdapter(Packet)


def to_json(packet: Packet) -> dict[str, Any]:
    """The packet as it is stored and as the API carries it."""
    written: dict[str, Any] = _adapter().dump_python(packet, mode="json")
    return written


def from_json(given: Mapping[str, Any]) -> Packet:
    """The packet that `to_json` wrote; fields of later versions are left out. Raises ValueError."""
    return _adapter().validate_python(given)


def schema() -> dict[str, Any]:
    """The packet's JSON Schema."""
    return _adapter().json_schema()
