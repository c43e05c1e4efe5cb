"""What an operator writes about a line: the models behind line.yaml. load.py reads and checks it."""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.rules import normal
from pipeline.assistant.tools.port import ToolSpec
from pipeline.assistant.tools.toolbox import NO_TOOLS, Toolbox
from pipeline.line.aftercall import AfterCall
from pipeline.line.escalation import EscalationRule, Rule, rules_of
from pipeline.line.flows import Flow, Key, Name, Phrase, Question, Text, Written
from pipeline.line.human_queues import Dispositions, Queue, Queues
from pipeline.line.identity import IdentityRules
from pipeline.line.opening_hours import Hours
from pipeline.line.policy import LEVELS, Autonomy, Boundary, Budgets
from pipeline.line.privacy import Recording, RecordingPolicy
from pipeline.line.prompts import Prompts
from pipeline.line.voices import Voice
from pipeline.line.written import Number

MIN_EXAMPLES: Final = 12
"""Fewest example phrases of an intent: below this, classification degrades quickly."""
MIN_INTENTS: Final = 2
"""Fewest intents: with one there is nothing to tell apart, and no model to learn."""


class Greeting(Written):
    """The first words. All three are spoken, in this order."""

    welcome: Text = Field(description="who answers")
    disclosure: Text = Field(
        description="says that the caller speaks with an automated assistant, and of any recording"
    )
    question: Text = Field(description="invites the caller to speak")


class Intent(Written):
    """Something callers want, told by example."""

    name: Name
    flow: Name = Field(description="the flow that serves it")
    area: Name | None = Field(default=None, description="the part of the business that it belongs to: billing, access")
    expertise: Name | None = Field(default=None, description="what a person must know to serve it, for rules")
    person: bool = Field(default=False, description="true: a person takes over at once (rule marked_request)")
    examples: tuple[Phrase, ...] = Field(
        description="what callers say, in their words; <digits> stands for a spoken number, <name> for a name"
    )
    key: Key | None = Field(default=None, description="its key in the keypad menu, offered when speech does not work")
    autonomy: Autonomy = Field(
        default="auto",
        description="off: a person takes over; shadow: so too, and the record says what would have been done; assist: "
        "nothing is changed, a person gets what was prepared; supervised: a person approves each change; auto",
    )


class Emergency(Written):
    """What always wins: the caller or someone near is in danger."""

    phrases: tuple[Phrase, ...] = Field(min_length=1, description="words that mean it, wherever they are said")
    say: Text


class ToolBinding(Written):
    """A tool that this line's flows may use. Tools come from the registry of Cordboard; a line holds no code."""

    name: Name = Field(description="the name that steps use")
    runs: str = Field(description="the tool behind it, such as shop.order_status")
    deadline_ms: int = Field(
        default=2000, ge=100, le=5000, description="after this it counts as failed: a caller waits in silence no longer"
    )
    approved: Text | None = Field(
        default=None,
        description="said to a caller who is still on the line when a person approved it and it is done; {result.…} "
        "is what the tool gave",
    )
    rejected: Text | None = Field(
        default=None, description="said to a caller who is still on the line when a person said no"
    )


class Backend(Written):
    """The company's system behind the tools. The example is a SQLite database made from a readable seed."""

    kind: Literal["shop"] = Field(description="which built-in backend")
    seed: str = Field(description="an SQL file in the line's folder that creates and fills it")


class Timing(Written):
    """How long the assistant waits."""

    no_input_ms: int = Field(default=7000, ge=2000, le=60_000, description="silence after a question before a check-in")
    digits_no_input_ms: int = Field(
        default=10_000, ge=2000, le=60_000, description="the same, when a number is asked that people have to look up"
    )


class KnowledgeSource(Written):
    """What is said about some documents; what a document says of itself can only be stricter (docs/knowledge.md)."""

    files: str = Field(min_length=1, description="pattern of paths inside the knowledge folder, such as internal/*")
    group: Literal["public", "account", "operational", "internal"] = Field(
        default="public", description="whom they are for"
    )
    customer: str | None = Field(default=None, description="whose they are; of group account only")
    level: Literal["none", "claimed", "knowledge", "one_time_code", "pin"] | None = Field(
        default=None, description="how well that customer must be known"
    )
    roles: tuple[str, ...] | None = Field(default=None, description="of people: who may read them; empty: all")
    review_by: date | None = Field(default=None, description="from the day after on they count as stale")
    kind: Literal["document", "ticket_history"] | None = Field(
        default=None, description="ticket_history answers no caller"
    )


class Settings(Written):
    """line.yaml, whole."""

    name: Phrase = Field(description="the line's name, for people")
    numbers: tuple[Number, ...] = Field(min_length=1, description="the numbers it answers, like +14155550100")
    language: str = Field(
        default="en",
        description="the language it speaks; for several write languages: [en, es], the first is spoken first "
        "(docs/languages.md)",
    )
    persona: str = Field(
        default="",
        max_length=2000,
        description="how the assistant is: the language model is told so; the line's own texts are said as they are",
    )
    greeting: Greeting
    hours: Hours
    owner: Phrase | None = Field(default=None, description="who answers for this line")
    queues: Queues = Field(description="groups of people who get messages: names, or more about each")
    dispositions: Dispositions = Field(
        default_factory=dict,
        description="what agents say came of a call, each word with its text, like {refunded: Money given back}; "
        "unset: solved, follow_up, callback, wrong_queue, other, or any word",
    )
    boundaries: tuple[Boundary, ...] = Field(default=(), max_length=50, description="topics that are declined")
    budgets: Budgets = Field(default_factory=Budgets)
    topology: Literal["direct", "conference_first"] = Field(
        default="direct",
        description="where callers are. direct: on a stream with the assistant, and moved to an agent by telephone who "
        "accepted; conference_first: in a conference of their own, into which assistant and agents come "
        "(docs/conference-first.md)",
    )
    human_flow: Name = Field(description="the flow that brings in a human, or takes a message for one")
    emergency: Emergency | None = None
    escalation: tuple[EscalationRule, ...] = Field(
        default=(), max_length=50, description="when a person takes over, beside what holds on every line"
    )
    intents: tuple[Intent, ...] = Field(min_length=1)
    flows: dict[Name, Flow] = Field(min_length=1)
    knowledge: str | None = Field(default=None, description="folder of documents, inside the line's folder")
    sources: tuple[KnowledgeSource, ...] = Field(
        default=(), description="what is said about documents of that folder, for all that a pattern fits"
    )
    backend: Backend | None = None
    tools: tuple[ToolBinding, ...] = ()
    voices: dict[Name, Voice] = Field(
        default_factory=dict,
        description="which voice speaks, for each language by its code, like {en: {espeak: {variant: f3}}}; "
        "unset: that of the settings (docs/first-line.md)",
    )
    prompts: Prompts = Field(default_factory=Prompts)
    timing: Timing = Field(default_factory=Timing)
    recording: RecordingPolicy = Field(default_factory=Recording)
    identity: IdentityRules = Field(
        default_factory=IdentityRules, description="how the line makes sure who its callers are (docs/identity.md)"
    )
    after_call: AfterCall | None = Field(
        default=None, description="what is written into the company's customer record when a call is over"
    )

    def queue(self, name: str) -> Queue | None:
        """The queue with this name."""
        return next((queue for queue in self.queues if queue.name == name), None)

    def owner_of(self, flow: str) -> str:
        """Who answers for a flow: its own owner, else the line's; empty: nobody is named."""
        return self.flows[flow].owner or self.owner or ""

    def tool(self, name: str) -> ToolBinding | None:
        """The tool with this name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def intent(self, name: str) -> Intent | None:
        """The intent with this name."""
        return next((intent for intent in self.intents if intent.name == name), None)


@dataclass(frozen=True)
class Line:
    """A line that was checked and can take calls. Made by load.load_line."""

    settings: Settings
    folder: Path
    version: str
    """Content hash of the folder: two folders with the same version behave alike."""
    headings: tuple[str, ...] = ()
    """Titles and section titles of its knowledge documents."""
    asked: tuple[str, ...] = ()
    """Questions that its knowledge documents say they answer."""
    toolbox: Toolbox = NO_TOOLS
    """What its tools.yaml and rules.yaml declare."""
    tongue: Language = PARSERS
    """The language of its texts."""
    others: tuple["Line", ...] = ()
    """The same line in its other languages."""

    @property
    def tongues(self) -> dict[str, Language]:
        """Its languages by their codes."""
        return {one.tongue.code: one.tongue for one in (self, *self.others)}

    def tool_spec(self, name: str) -> ToolSpec | None:
        """What is known of a tool, by the name that steps use."""
        binding = self.settings.tool(name)
        return self.toolbox.specs.get(binding.runs) if binding is not None else None

    @property
    def knowledge_folder(self) -> Path | None:
        """Where its documents are."""
        return self.folder / self.settings.knowledge if self.settings.knowledge else None

    @cached_property
    def escalation(self) -> tuple[Rule, ...]:
        """When a person takes over, in the order in which the rules are looked at."""
        settings = self.settings
        return rules_of(settings.escalation, tuple(queue.name for queue in settings.queues), settings.language)

    @cached_property
    def examples(self) -> dict[str, Intent]:
        """The intent of each example phrase, by its plain words."""
        return {normal(example): intent for intent in self.settings.intents for example in intent.examples}

    @cached_property
    def autonomy(self) -> dict[str, Autonomy]:
        """What is left to the assistant in each flow: the least that one of its intents leaves to it."""
        levels: dict[str, Autonomy] = {}
        for intent in self.settings.intents:
            levels[intent.flow] = min(levels.get(intent.flow, intent.autonomy), intent.autonomy, key=LEVELS.index)
        return levels

    @cached_property
    def slots(self) -> tuple[str, ...]:
        """Every slot that its flows ask for or set."""
        return tuple(dict.fromkeys(slot for flow in self.settings.flows.values() for slot in flow.slots()))

    @cached_property
    def questions(self) -> tuple[tuple[str, Question], ...]:
        """What its flows ask, each with its flow's name, in the order of the file."""
        return tuple((name, question) for name, flow in self.settings.flows.items() for question in flow.questions())
