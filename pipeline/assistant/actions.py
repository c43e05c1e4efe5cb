"""What a dialogue wants done: said, asked of tools, knowledge, a model and people, written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pipeline.assistant.llm.port import ModelRequest
from pipeline.assistant.tools.port import Verification

HOLD_MUSIC: Final = "[music]"
Purpose = Literal["greeting", "reply", "question", "check_in", "apology", "fill", "hold", "goodbye", "introduction"]
"""hold: music, while a person is brought in; its text is HOLD_MUSIC. introduction: heard by caller and person."""
Expecting = Literal["open", "yes_no", "digits", "menu", "text"]
Outcome = Literal["completed", "message_taken", "caller_silent"]


@dataclass(frozen=True, slots=True)
class Say:
    """Speak, after what is being spoken."""

    utterance: str
    turn: str
    text: str
    purpose: Purpose
    interruptible: bool = True
    language: str = ""
    """Empty: that of the line as it was loaded."""


@dataclass(frozen=True, slots=True)
class Expect:
    """What the caller is expected to do next. Holds until the next Expect."""

    kind: Expecting
    vocabulary: str
    """Name of one of pipeline.line.vocabulary.vocabularies."""
    min_digits: int = 0
    """Fewest keys of a complete entry; of spoken digits too, when kind is digits."""
    max_digits: int = 0
    """Most keys of a complete entry."""
    keys: bool = False
    """The caller was asked to use the keypad."""
    no_input_ms: int = 7000
    """How long silence may last before CallerSilent."""
    secret: str = ""
    """What kind of secret the answer is: it is keyed in, and nothing that is said is heard. Empty: none."""
    private: bool = False
    """The answer is kept in no text and no recording, though it is heard."""
    wait_ms: int | None = None
    """Quiet after which the answer is over, whatever was said; None: by what was asked and said (voice.endpoint)."""
    language: str = ""
    """In which the call is held; empty: the line has one only."""


@dataclass(frozen=True, slots=True)
class CallTool:
    """Run a tool and post ToolReturned. Asked again after a resume with the same call: its idempotency key."""

    call: str
    turn: str
    tool: str
    arguments: Mapping[str, Any]
    deadline_ms: int
    verified: Verification = "none"
    """How well the caller is known."""
    reply: str = ""
    """The model's reply that wants it, whose ids are doubted; empty: a step of the line, whose ids the call gave."""
    supervised: bool = False
    """A person has to approve it, whatever its own risk class."""


@dataclass(frozen=True, slots=True)
class FindPassages:
    """Search the line's knowledge and post PassagesFound."""

    call: str
    turn: str
    question: str
    customer: str = ""
    """Who the caller is, as a tool said; empty: nobody."""
    verified: Verification = "none"
    """How well they are known: what is written for one customer is found for that customer only."""
    into: str = ""
    """The language that the documents are in, where the question is in another one."""
    after: str = ""
    """The document that the turn before was answered from; empty: none."""
    topic: str = ""
    """Its title."""


@dataclass(frozen=True, slots=True)
class AskModel:
    """Ask the language model, post ModelSaid for each clause, then ModelWants or ModelDone."""

    call: str
    turn: str
    request: ModelRequest
    speak_in: str = ""
    """The language that its clauses are translated into before they are spoken; empty: they are spoken as written."""


@dataclass(frozen=True, slots=True)
class StopModel:
    """What it still says is not wanted."""

    call: str


@dataclass(frozen=True, slots=True)
class BringAgent:
    """Bring in a person of this queue, and post TransferNews. Asked again with the same id, it is the same one."""

    transfer: str
    turn: str
    queue: str
    reason: str
    """A code."""
    sentence: str
    """The reason for people."""
    priority: str
    language: str = ""
    expertise: str = ""
    """What a person must know, as the line's intent says."""
    tier: str = ""
    sentiment: str = ""
    urgency: str = ""
    agent: str = ""
    """Who of the directory, and nobody else; empty: whoever takes the queue's callers."""
    by_phone: bool = False
    """That agent's telephone rings, wherever they take calls."""


@dataclass(frozen=True, slots=True)
class StopTransfer:
    """Nobody is wanted any more."""

    transfer: str
    why: str
    """never_mind, message or goodbye."""


@dataclass(frozen=True, slots=True)
class CallerReady:
    """The caller knows who is coming: join them."""

    transfer: str


@dataclass(frozen=True, slots=True)
class CallBack:
    """The caller hangs up and keeps their place: call this number when it is their turn."""

    transfer: str
    number: str
    consent: str
    """The utterance that said yes."""


@dataclass(frozen=True, slots=True)
class Hush:
    """What is being said or played is not to be heard to its end."""


@dataclass(frozen=True, slots=True)
class Record:
    """Write an event (recordings.events) now."""

    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """Hang up once the last Say was heard."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that came too late, twice or too early: nothing changed."""

    reason: str


@dataclass(frozen=True, slots=True)
class CannotSpeak:
    """No voice is left, not even for an apology: the stream must not go on in silence."""


AgentAction = BringAgent | StopTransfer | CallerReady | CallBack
"""What is asked of whoever puts callers through."""
DialogueAction = (
    Say
    | Expect
    | CallTool
    | FindPassages
    | AskModel
    | StopModel
    | AgentAction
    | Hush
    | Record
    | End
    | CannotSpeak
    | Ignored
)
