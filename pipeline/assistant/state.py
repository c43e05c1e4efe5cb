"""Where a dialogue stands. Plain values that can be compared: a resumed dialogue equals the original."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pipeline.assistant.escalate import Escalation
from pipeline.assistant.exchange import Expect, Outcome, PassagesFound, Purpose, ToolReturned, Via
from pipeline.assistant.guard.evidence import Deed, Evidence
from pipeline.assistant.identity import NOBODY, Identity
from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.llm.port import ModelRequest, ModelToolCall
from pipeline.assistant.signals.mood import CALM, Mood
from pipeline.assistant.tools.port import Verification


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


@dataclass(frozen=True, slots=True)
class Return:
    """Where a sub-flow goes back to."""

    place: Place
    """The step that went through it."""
    opening: Words | None


@dataclass(frozen=True, slots=True)
class Paused:
    """A question that another flow interrupted."""

    place: Place
    question: Question
    flow: str
    """The flow that was entered for a wish; its step may be in one that it goes through."""
    opening: Words | None = None
    returns: tuple[Return, ...] = ()
    instructed: tuple[Place, ...] = ()
    settled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What the caller heard of an utterance, and from when to when."""

    text: str = ""
    start_ms: int = 0
    end_ms: int = 0

    def instant_of(self, length: int) -> int | None:
        """When so many characters had been heard, or would have been at this pace; None: nothing was heard."""
        if not self.text:
            return None
        return self.start_ms + (self.end_ms - self.start_ms) * length // len(self.text)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An utterance of the assistant in this turn."""

    utterance: str
    text: str
    purpose: Purpose
    heard: bool = False
    """To its end."""
    over: bool = False
    """Nothing more of it will be heard."""
    part: Heard = Heard()
    """What was heard of it, once it is over."""


@dataclass(frozen=True, slots=True)
class Message:
    """The message just taken: more words are part of it until the caller has heard that it is kept."""

    id: str
    queue: str
    text: str
    start_ms: int
    end_ms: int
    confirmed_by: str
    """The utterance that says so."""
    taken: str
    priority: str = ""
    reason: str = ""
    queue_state: str = ""
    """Whether the queue's people are there (line/queues.py)."""
    instead_of: str = ""
    """The queue that was wanted, where another gets it."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was said in the call, as the other side heard it."""

    caller: bool
    text: str


@dataclass(frozen=True, slots=True)
class Sought:
    """A person who is being brought in."""

    transfer: str
    queue: str
    place: Place
    """The step that wants them: it takes a message when nobody comes."""
    escalation: Escalation | None
    position: int = 0
    wait_s: int = 0
    told: tuple[int, int] = (0, 0)
    """Position and minutes that the caller heard last."""
    music: bool = False
    """The caller was told that music comes."""
    callback: bool = False
    """Whether the queue calls back."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Something else that the caller wants."""

    flow: str
    words: Words


@dataclass(frozen=True, slots=True)
class News:
    """What a person decided about a wish of this caller, to be told to them."""

    approval: str
    text: str
    again: bool = False
    """It was begun once, and the caller did not hear it out."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a supervisor wants the language model to heed."""

    id: str
    text: str
    applied: bool = False
    """A request with it was made."""


@dataclass(slots=True)
class State:
    """All of it."""

    waiting: Waiting = field(default_factory=Nobody)
    place: Place | None = None
    returns: tuple[Return, ...] = ()
    """Flows that wait for the one that they go through, the outermost first."""
    paused: tuple[Paused, ...] = ()
    """Questions that other flows interrupted, the oldest first."""
    topics: tuple[Topic, ...] = ()
    """What the caller mentioned besides, in the order of their words; offered when they are served."""
    settled: tuple[str, ...] = ()
    """Slots that were answered since the flow was entered: reached again, they are asked anew."""
    told: tuple[tuple[str, Words], ...] = ()
    """Answers given in this flow, each with its question's kind: they may hold others besides."""
    instructed: tuple[Place, ...] = ()
    """Instructions given in this flow, for "go back"."""
    opening: Words | None = None
    """What the caller said to get into the flow: it may hold answers."""
    unplaced: Words | None = None
    """What held a number that no flow asked for yet."""
    skipped: Paused | None = None
    """A question whose answer the caller did not have: they may find it."""
    facts: dict[str, Any] = field(default_factory=dict)
    """Confirmed slots (digits, ISO dates, choices: text; yes/no: bool) and tool results (mappings)."""
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Values that the caller rejected, by slot; not offered again."""
    attempts: dict[str, int] = field(default_factory=dict)
    """How often asking for a slot failed, by slot."""
    identity: Identity = NOBODY
    """Who the caller is, as far as a tool has said so."""
    mood: Mood = CALM
    """How the caller has sounded."""
    soothed: bool = False
    """A caller who sounded frustrated or angry was told that we are sorry."""
    escalation: Escalation | None = None
    """Why a person is being brought in, or offered."""
    offer: Escalation | None = None
    """A person to offer once what the caller wants is done."""
    raised: tuple[str, ...] = ()
    """Rules that brought in a person, or offered one, in this call."""
    reach: tuple[str, ...] = ()
    """Queues whose people can be put through to."""
    sought: Sought | None = None
    transfers: int = 0
    notes: tuple[Note, ...] = ()
    """Of supervisors, the oldest first."""
    language: str = ""
    """In which the call goes on; empty: the line's first."""
    language_offer: LanguageOffer | None = None
    disclosed: tuple[str, ...] = ()
    """Languages in which the caller was told what speaks, and of any recording."""
    disclosure: str = ""
    """The utterance that told so last; empty: it was heard to its end."""
    permitted: bool = False
    """The caller agreed to be recorded."""
    replies: int = 0
    """That the model was asked for."""
    tokens: int = 0
    """That it cost, as far as servers counted."""
    spent: tuple[str, ...] = ()
    """Budgets of which nothing is left."""
    over_time: bool = False
    """The call has lasted as long as it may: it ends when a person has been told."""
    offered: tuple[str, ...] = ()
    """Languages that the caller was asked about."""
    last_flow: str = ""
    last_intent: str = ""
    parting: bool = False
    """The caller said goodbye before it was done, and was asked: the next goodbye holds."""
    strikes: int = 0
    """Turns in a row that led nowhere."""
    message: Message | None = None
    expect: Expect | None = None
    said: tuple[Spoken, ...] = ()
    """Of this turn."""
    said_before: tuple[Spoken, ...] = ()
    """Of the turn before."""
    deeds: tuple[Deed, ...] = ()
    """What tools did and gave in this call."""
    passed_on: tuple[str, ...] = ()
    """Approvals that this caller's wishes wait for."""
    news: tuple[News, ...] = ()
    """What was decided and is not told yet."""
    telling: tuple[tuple[str, News], ...] = ()
    """What is being told, by its utterance."""
    consent: ModelToolCall | None = None
    """What the caller was asked to agree to, of what the model wants."""
    adrift: tuple[Wish, ...] = ()
    """Tools on their way that nobody waits for any more: what they do is on record all the same."""
    sources: tuple[dict[str, str | float], ...] = ()
    """Of this turn."""
    answered_from: tuple[str, str] = ("", "")
    """Document and title that the caller's turn before was answered from."""
    history: tuple[Said, ...] = ()
    """What the caller said and what they heard, last of all; kept while a model may be asked."""
    unspoken: int = 0
    """Utterances of this turn in which the voice failed."""
    understood: bool = False
    """Whether it is on record how this turn was understood."""
    local_time: datetime | None = None
    caller_number: str = ""
    turns: int = 0
    utterances: int = 0
    calls: int = 0
    messages: int = 0
    served: int = 0
    """Flows finished and questions answered."""

    @property
    def verified(self) -> Verification:
        """How well the caller is known."""
        return self.identity.level
