"""What goes into a line's dialogue: its events. What comes out is in pipeline.assistant.actions.

Times are instants on the call's clock (0 = first media frame of the first stream). The dialogue has no clock: they are
only written into records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipeline.assistant.llm.port import ModelToolCall

Via = Literal["speech", "dtmf", "text"]
NewsKind = Literal["waiting", "found", "late", "connected", "lost", "nobody", "back"]
"""What became of bringing in a person: a place in the queue, somebody who takes the call, the carrier slow to join
them, caller and agent joined, that agent lost again, nobody to be expected, the caller given back to the assistant."""
SupervisorVerb = Literal["whisper", "say", "hold", "release", "take_over", "hand_back", "transfer", "end"]
"""What a supervisor may want of the dialogue: heed a note, say these words, be quiet, go on, leave the caller to them,
have the caller back, put the caller through to a queue, end the call."""


@dataclass(frozen=True, slots=True)
class CalledBack:
    """The caller is called back, and a person is there for them."""

    transfer: str
    queue: str
    agent: str
    """The person's name; may be empty."""


@dataclass(frozen=True, slots=True)
class CallBegan:
    """The caller can hear us: for the first time, or again after the connection was lost."""

    at_ms: int
    caller_number: str
    """As the carrier gave it; may be empty or "anonymous"."""
    local_time: datetime
    """The line's local time when the call began; aware. It stays what it was when the call is resumed."""
    resumed: bool = False
    reach: tuple[str, ...] = ()
    """Queues whose people can be put through to; the others get messages."""
    calls_back: CalledBack | None = None
    """Set: we have called the caller."""
    keyless: bool = False
    """Keys that the caller presses do not reach us: they are not asked for."""


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """The caller said, keyed or wrote something and is done."""

    at_ms: int
    utterance: str
    text: str
    """For keys: the digits, without the # that ended them."""
    alternatives: tuple[str, ...] = ()
    """Other readings of the same sound, best first; may repeat text."""
    via: Via = "speech"
    start_ms: int = 0
    end_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallerUnheard:
    """The caller made a sound, and no words came of it."""

    at_ms: int
    reason: str
    """busy or late: the recogniser's fault; noise: not; incomplete: keys, and too few of them."""
    start_ms: int = 0
    end_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallerSilent:
    """The caller was expected to speak and did not, for the count-th time in a row."""

    at_ms: int
    count: int


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """A tool that was called is done."""

    at_ms: int
    call: str
    ok: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    """Plain JSON values."""
    error: str = ""
    """ToolError.code when not ok."""
    status: str = ""
    """What it amounts to (tools.outcome.Status); empty: the event is of an earlier version."""
    effect: str = "none"
    """Whether something was changed: none, done, unknown."""
    id: str = ""
    """The key of a write, or the approval that it waits for."""
    say: str = ""
    """What the line's rules want said about it; empty: the line's prompt for it."""


@dataclass(frozen=True, slots=True)
class ApprovalDecided:
    """A person decided about a write of this call that waited for them; given while the floor is free."""

    at_ms: int
    approval: str
    tool: str
    """By its name on the line."""
    state: str
    """done, rejected, failed or checking (tools.approval.ApprovalState)."""
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """Approved text from the line's knowledge."""

    document: str
    section: str
    title: str
    text: str
    """As it is to be spoken."""
    score: float
    version: str = ""
    """Of the document, as knowledge.versions keeps it."""


@dataclass(frozen=True, slots=True)
class PassagesFound:
    """Knowledge was searched."""

    at_ms: int
    call: str
    passages: tuple[FoundPassage, ...]
    """Best first."""
    certain: bool
    """Whether the first passage answers the question."""
    conflicting: bool = False
    """Whether other documents contradict the first passage."""


@dataclass(frozen=True, slots=True)
class AssistantHeard:
    """An utterance of ours is over."""

    at_ms: int
    utterance: str
    heard_text: str
    complete: bool
    failed: bool = False
    """The voice failed: more was to be said, and what waited behind it was dropped."""
    start_ms: int = 0
    """From when to when it was heard."""
    end_ms: int = 0


@dataclass(frozen=True, slots=True)
class ModelSaid:
    """The language model wrote a clause."""

    at_ms: int
    call: str
    text: str
    spoken: str | None = None
    """The same in the caller's language; None: it is spoken as it is; empty: nobody could translate it."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a request to the language model cost, as its server counts."""

    model: str = ""
    """The server's name for it; empty: the server counts nothing."""
    prompt: int = 0
    completion: int = 0
    cached: int = 0
    """Of the prompt, what did not have to be read again."""


@dataclass(frozen=True, slots=True)
class ModelWants:
    """The language model wants tools to run before it goes on; this request is over."""

    at_ms: int
    call: str
    calls: tuple[ModelToolCall, ...]
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class ModelDone:
    """The language model's reply is over."""

    at_ms: int
    call: str
    ok: bool
    error: str = ""
    """interrupted: the caller took the floor; else the provider's error."""
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class ModelTranslated:
    """The language model translated a question or a clause, or tried to."""

    at_ms: int
    tokens: Tokens = Tokens()


@dataclass(frozen=True, slots=True)
class AnswerOverdue:
    """The caller has waited so long that nothing more is worth waiting for (pipeline.budget)."""

    at_ms: int
    waited_ms: int


@dataclass(frozen=True, slots=True)
class TransferNews:
    """What became of bringing in a person."""

    at_ms: int
    transfer: str
    """As BringAgent named it."""
    kind: NewsKind
    agent: str = ""
    """How the caller may call them."""
    position: int = 0
    """In the queue, from 1; 0: not known."""
    wait_s: int = 0
    """How long it will take; 0: not known."""
    why: str = ""
    at_once: bool = False
    """Found: caller and agent are joined without a word of ours."""
    callback: bool = False
    """Whether the queue calls back."""
    introduces: str = ""
    """Connected: the name of whom both are to hear from us that they have come; empty: nobody's."""


@dataclass(frozen=True, slots=True)
class SupervisorWants:
    """A supervisor of this call wants something. Whoever posts it has made sure that they control the call."""

    at_ms: int
    verb: SupervisorVerb
    by: str
    """Who: as their token names them."""
    command: str
    """Id of the wish, unique in the call: v1, v2…"""
    text: str = ""
    """The note, or the words; end: the last words, empty: none; hand_back: why, where nobody asked for it."""
    queue: str = ""
    """transfer: its name on the line."""
    agent: str = ""
    """transfer: who of the directory, and nobody else."""
    by_phone: bool = False
    """transfer: that agent's telephone rings, wherever they take calls."""
    interrupts: bool = False
    """say: what is being said is not said to its end."""
    came: bool = False
    """release, hand_back, in a replay: what the dialogue waited for had come, and follows."""


@dataclass(frozen=True, slots=True)
class SupervisorSaid:
    """A supervisor said this to the caller, with their own voice."""

    at_ms: int
    text: str


DialogueEvent = (
    CallBegan
    | CallerTurn
    | CallerUnheard
    | CallerSilent
    | ToolReturned
    | ApprovalDecided
    | PassagesFound
    | AssistantHeard
    | AnswerOverdue
    | ModelSaid
    | ModelWants
    | ModelDone
    | TransferNews
    | SupervisorWants
    | SupervisorSaid
    | ModelTranslated
)
