"""What a dialogue waits for: plain values, of which pipeline.assistant.state holds one."""

from dataclasses import dataclass, field, replace
from typing import Any

from pipeline.assistant.actions import Expect, Outcome
from pipeline.assistant.events import PassagesFound, ToolReturned, Via
from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.llm.port import ModelRequest, ModelToolCall


@dataclass(frozen=True, slots=True)
class Place:
    """A step of a flow."""

    flow: str
    step: int

    @property
    def next(self) -> "Place":
        """The step behind it."""
        return Place(self.flow, self.step + 1)


@dataclass(frozen=True, slots=True)
class Words:
    """What the caller said, with its other readings."""

    text: str
    alternatives: tuple[str, ...] = ()
    via: Via = "speech"
    start_ms: int = 0
    """When they began."""
    language: Language = PARSERS
    """In which they are taken to be."""

    @property
    def answer(self) -> str:
        """The text in the words of the parsers (slots/, rules.py)."""
        return self.text if self.via == "dtmf" else self.language.answer(self.text)

    @property
    def readings(self) -> tuple[str, ...]:
        """Text first, then what else it may have been."""
        return tuple(dict.fromkeys((self.text, *self.alternatives)))

    @property
    def first(self) -> "Words":
        """Without the other readings."""
        return replace(self, alternatives=())


@dataclass(frozen=True, slots=True)
class LanguageOffer:
    """The caller was asked whether to go on in another language."""

    language: str
    words: Words
    """What was said in it."""


# What the dialogue waits for.


@dataclass(frozen=True, slots=True)
class Nobody:
    """For the call to begin."""


@dataclass(frozen=True, slots=True)
class Open:
    """For whatever the caller wants."""

    more: bool = False
    """After "anything else?": no means goodbye."""
    offer: bool = False
    """After a message was offered: yes means message."""


@dataclass(frozen=True, slots=True)
class Permitting:
    """For yes or no to whether the call may be recorded."""

    asked: str
    """The question as far as it has to be heard before a yes counts."""
    language: str
    """In which it was asked."""
    again: bool = False
    """It was asked again."""
    words: Words | None = None
    """A wish that came instead, served once it is answered."""


@dataclass(frozen=True, slots=True)
class Guessing:
    """For yes or no to "is this about …?"."""

    flow: str
    words: Words
    asked: str = ""
    """The question as far as it has to be heard before a yes counts."""
    early: bool = False
    """A yes came before that, and it was asked again."""
    offered: bool = False
    """The caller mentioned it besides something else."""


@dataclass(frozen=True, slots=True)
class Asking:
    """For the answer to the step's question."""

    failures: int = 0
    partial: str = ""
    """Digits of a first part, kept until the rest comes."""
    asked: str = ""
    """A yes/no question as far as it has to be heard before a yes counts."""
    keys: bool = False
    """It was asked for keys before its turn: the caller has them at hand, or cannot be heard."""


@dataclass(frozen=True, slots=True)
class Confirming:
    """For yes or no to a read-back."""

    value: str
    failures: int = 0
    unclear: int = 0
    known: bool = False
    """The value was confirmed earlier in the call, and the caller is asked whether it is meant again."""
    named: str = ""
    """The text of the read-back as far as the value's end."""


@dataclass(frozen=True, slots=True)
class Instructing:
    """For what came of an instruction."""

    failures: int = 0


@dataclass(frozen=True, slots=True)
class Conversing:
    """For the caller's next words in a stretch that the language model leads."""

    turns: int = 0
    """The caller's in this stretch."""


@dataclass(frozen=True, slots=True)
class Messaging:
    """For the caller's message."""

    nudges: int = 0


@dataclass(frozen=True, slots=True)
class Calling:
    """For a tool."""

    call: str
    tool: str
    arguments: dict[str, Any]
    turn: str
    writes: bool
    """It changes something: it is not abandoned for another wish."""
    called_at_ms: int = field(compare=False)
    """Compared by nobody: a log may hold another instant than the event that was handled."""


@dataclass(frozen=True, slots=True)
class Finding:
    """For passages."""

    call: str
    question: str
    turn: str
    step: bool
    """A step of the flow asked, not the caller out of the blue."""
    back: "Question | None" = None
    """What was being asked when the caller digressed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A tool that the language model wants to run."""

    call: str
    """Ours; the model's own is in `asked`."""
    turn: str
    asked: ModelToolCall
    at_ms: int = field(default=0, compare=False)
    result: str = ""
    """What the model is told of it, as JSON; empty: it has not come back."""


@dataclass(frozen=True, slots=True)
class Replying:
    """For the language model's reply."""

    call: str
    turn: str
    question: str
    sources: Evidence
    """All that the reply may rest on."""
    clauses: int = 0
    """That were let through."""
    stretch: "Conversing | None" = None
    """A model step of the flow asked, not the caller out of the blue."""
    back: "Question | None" = None
    """What was being asked when the caller wanted to know it."""
    request: ModelRequest | None = None
    """What the model was asked last."""
    rounds: int = 1
    """How often it was asked in this reply."""
    wished: tuple[Wish, ...] = ()
    """Tools that it wants, in its order."""

    def with_clause(self) -> "Replying":
        """After one more."""
        return replace(self, clauses=self.clauses + 1)


@dataclass(frozen=True, slots=True)
class Queueing:
    """For a person, who is being looked for; the caller may say anything."""


@dataclass(frozen=True, slots=True)
class OfferingCallback:
    """For yes or no to being called back."""

    nobody: bool = False
    """There is nobody to go on waiting for: no means a message."""
    asked: int = 1


@dataclass(frozen=True, slots=True)
class Handing:
    """For the caller to have heard who is coming."""

    utterance: str


@dataclass(frozen=True, slots=True)
class WithAgent:
    """For the agent to be done: the assistant is quiet."""


@dataclass(frozen=True, slots=True)
class Held:
    """For a supervisor: the assistant is quiet, and music plays, or the supervisor speaks with the caller."""

    back: "Waiting"
    """What was waited for before, and is again."""
    question: str = ""
    """What had been asked then."""
    expect: Expect | None = None
    """What the caller was expected to do then."""
    taken: bool = False
    """The supervisor speaks with the caller; else music plays."""
    came: ToolReturned | PassagesFound | None = None
    """What was waited for came meanwhile."""
    again: bool = False
    """The call was resumed meanwhile: what was asked outside has to be asked again."""


@dataclass(frozen=True, slots=True)
class Over:
    """For nothing more: goodbye was said."""

    outcome: Outcome
    reason: str


Asked = Asking | Confirming
Question = Asked | Instructing | Conversing
"""What a step of a flow waits for from the caller; a digression comes back to it."""
Elsewhere = Handing | WithAgent
"""Somebody else has the floor, or is about to."""
Waiting = (
    Nobody
    | Permitting
    | Open
    | Guessing
    | Question
    | Messaging
    | Calling
    | Finding
    | Replying
    | Queueing
    | OfferingCallback
    | Elsewhere
    | Held
    | Over
)
