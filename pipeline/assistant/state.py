"""Where a dialogue stands. Plain values that can be compared: a resumed dialogue equals the original."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipeline.assistant.actions import Expect, Purpose
from pipeline.assistant.escalate import Escalation
from pipeline.assistant.guard.evidence import Deed
from pipeline.assistant.identity import NOBODY, Identity
from pipeline.assistant.llm.port import ModelToolCall
from pipeline.assistant.signals.mood import CALM, Mood
from pipeline.assistant.tools.port import Verification
from pipeline.assistant.waiting import LanguageOffer, Nobody, Place, Question, Waiting, Wish, Words


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
    keyless: bool = False
    """The caller's keys do not reach us."""
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
