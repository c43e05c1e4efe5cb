"""The people who take over, as an operator writes of them: who they are, how they are rung, who waits for them.

What a field does is telephony.queue's to say (`Queue.settings`); what becomes of a caller besides is the transfer's.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.line.opening_hours import Hours
from pipeline.line.written import Name, Number, Phrase, Text, Written
from telephony.agents import NotAnAgent, address
from telephony.queue_settings import MOST_AT_ONCE, AtClosing, QueueSettings, Ring, Weights

_HEADER: Final = re.compile(r"X-[A-Za-z0-9-]{1,60}")
_HEADER_VALUE: Final = re.compile(r"[ -~]{1,128}")
_WORKFLOW: Final = re.compile(r"WW[0-9a-f]{32}")
_MUSIC: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_./-]{0,199}\.(wav|ulaw)")

HeadStart = Annotated[int, Field(ge=0, le=3600)]
"""Seconds of waiting."""
_NEW: Final = Weights()
Dispositions = Annotated[dict[Name, Phrase], Field(max_length=30)]
"""What agents may say came of a call: each word with its text."""


class QueueWeights(Written):
    """What callers are worth, in seconds of waiting: the sum is their head start over those who need nothing."""

    tier: dict[Name, HeadStart] = Field(
        default_factory=lambda: dict(_NEW.tier), description="by the customer's tier, like {gold: 120}"
    )
    priority: dict[Name, HeadStart] = Field(
        default_factory=lambda: dict(_NEW.priority),
        description="by the priority of the enqueue step or rule",
    )
    urgency: dict[Name, HeadStart] = Field(
        default_factory=lambda: dict(_NEW.urgency), description="by how urgent it is to the caller: low, high"
    )
    sentiment: dict[Name, HeadStart] = Field(
        default_factory=lambda: dict(_NEW.sentiment), description="by how the caller feels: negative, angry"
    )
    most_s: int = Field(
        default=_NEW.most_s,
        ge=0,
        le=3600,
        description="the head start is never more: waiting wins after that",
    )


class Target(Written):
    """Where a queue's callers are put through to. In the file: agents, or one of number, sip and taskrouter."""

    number: Number | None = Field(default=None, description="a telephone number: whoever answers there has to press 1")
    sip: str | None = Field(default=None, max_length=300, description="a SIP address, like sip:sales@pbx.example.com")
    headers: dict[str, str] = Field(
        default_factory=dict, description="sent to it, beside the handoff's own: names that begin with X-"
    )
    taskrouter: str | None = Field(
        default=None,
        max_length=34,
        description="the SID of a TaskRouter workflow, like WW0123…: it chooses whom to ask, in an order of its own",
    )
    at_once: int = Field(
        default=1, ge=1, le=50, description="of a number or SIP address: how many of its callers it takes at once"
    )

    @model_validator(mode="after")
    def _one(self) -> "Target":
        if sum(one is not None for one in (self.number, self.sip, self.taskrouter)) > 1:
            raise ValueError("it names several places; keep one of number, sip and taskrouter")
        if self.at_once > 1 and self.number is None and self.sip is None:
            raise ValueError("'at_once' is of a number or SIP address; agents take one call each: remove it")
        if self.headers and self.sip is None:
            raise ValueError("there are headers and no SIP address; add 'sip:', or remove them")
        if self.taskrouter is not None and not _WORKFLOW.fullmatch(self.taskrouter):
            raise ValueError("that is no TaskRouter workflow; write its SID, WW and 32 digits")
        if self.sip is not None:
            _check_sip(self.sip)
        _check_headers(self.headers)
        return self

    @property
    def to_agents(self) -> bool:
        """Whether the agents of the directory take them."""
        return self.number is None and self.sip is None and self.taskrouter is None


def _check_sip(text: str) -> None:
    try:
        read = address(text)
    except NotAnAgent:
        read = ""
    if not read.startswith("sip"):
        raise ValueError("that is no SIP address; write it like sip:sales@pbx.example.com")


def _check_headers(headers: Mapping[str, str]) -> None:
    if len(headers) > 10:
        raise ValueError("there are more than 10 headers; remove some")
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() == "x-handoff-id":
            raise ValueError("a header's name begins with X-, and X-Handoff-Id is set already; write it like X-Queue")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{name} holds more than plain letters; write up to 128 of them, without accents")


def _target(value: Any) -> Any:
    return {} if value == "agents" else value


def _or_agents(schema: dict[str, Any]) -> None:
    reference = schema.pop("$ref", None) or schema.pop("allOf")[0]["$ref"]
    schema["anyOf"] = [{"type": "string", "enum": ["agents"]}, {"$ref": reference}]


class Queue(Written):
    """A group of people who get messages and calls. Times are in seconds."""

    name: Name
    phrases: tuple[Phrase, ...] = Field(
        default=(), max_length=20, description="what callers call it, beside its name: “put me through to accounts”"
    )
    hours: Hours | None = Field(default=None, description="when its people are there; unset: the line's hours")
    skills: tuple[Name, ...] = Field(
        default=(),
        max_length=20,
        description="what its people can do; while it is closed another queue with all of these gets its callers",
    )
    languages: tuple[Name, ...] = Field(
        default=(), max_length=20, description="what its people speak, like en; empty: every language of the line"
    )
    instead: Name | None = Field(default=None, description="the queue that gets its callers while it is closed")
    closed: Text | None = Field(
        default=None, description="said when it is closed; unset: prompts.queue_closed, where the queue has hours"
    )
    emergency: Text | None = Field(
        default=None,
        description="set while nobody there can be reached at all: said to callers; goes before hours",
    )
    owner: Phrase | None = Field(default=None, description="who answers for it")

    # Who answers
    to: Annotated[Target, BeforeValidator(_target), Field(json_schema_extra=_or_agents)] = Field(
        default_factory=Target,
        description="who gets its callers: agents (of `cordboard agents`), {number: +14155550100}, "
        "{sip: sip:sales@pbx.example.com} or {taskrouter: a workflow's SID}",
    )
    ring: Ring = Field(
        default="longest_idle",
        description="longest_idle: one agent after the other, who had no call for longest first; simultaneous: all",
    )
    at_once: int = Field(default=1, ge=1, le=MOST_AT_ONCE, description="how many agents longest_idle rings at a time")
    ring_s: int = Field(default=20, ge=5, le=40, description="how long an agent is rung; a telephone 20 s at most")
    auto_away_after: int = Field(
        default=2, ge=0, le=20, description="unanswered offers in a row before an agent counts as away; 0: never"
    )
    wrap_up_s: int = Field(default=30, ge=0, le=3600, description="an agent's time after a call, before the next")

    # Who waits
    max_wait_s: int = Field(default=600, ge=10, le=14_400, description="how long a caller waits at most")
    max_size: int = Field(
        default=50, ge=0, le=1000, description="how many may wait; 0: callers get through only to an agent who is free"
    )
    overflow: Name | None = Field(
        default=None,
        description="the queue that gets callers who cannot stay: too long, full, nobody there; they keep their place",
    )
    at_closing: AtClosing = Field(
        default="serve",
        description="callers who wait when the hours end. serve: as long as an agent is there; give_up: not any more",
    )
    wait_for_agents: bool = Field(default=False, description="true: callers wait though no agent who fits is there")
    weights: QueueWeights = Field(default_factory=QueueWeights, description="who goes before others")
    sla_s: int = Field(default=60, ge=0, le=14_400, description="callers are to be answered within it; 0: no promise")
    sla_warning_s: int | None = Field(
        default=None, ge=0, le=14_400, description="a warning comes so long before; unset: a third of sla_s"
    )

    # What becomes of a caller
    callback: bool = Field(
        default=False,
        description="true: a caller may hang up and be called back, keeping the place; with consent only, and where a "
        "carrier account is set",
    )
    callback_attempts: int = Field(default=3, ge=1, le=10, description="how often a callback is tried")
    callback_spacing_s: int = Field(default=900, ge=60, le=86_400, description="from one attempt to the next")
    voicemail: bool = Field(default=True, description="whether a message is taken where nobody comes")
    music: str | None = Field(
        default=None,
        max_length=200,
        description="a .wav or .ulaw file in the line's folder, played to those who wait",
    )
    introduction: bool = Field(
        default=False,
        description="true: caller and agent both hear from the assistant who has come, once they are joined; they "
        "hear each other meanwhile",
    )
    dispositions: Dispositions = Field(
        default_factory=dict, description="what its agents say came of a call; unset: the line's dispositions"
    )
    after: Literal["assistant", "end"] = Field(
        default="end", description="what follows when the agent leaves first: the assistant again, or the call's end"
    )

    @model_validator(mode="after")
    def _sound(self) -> "Queue":
        if self.ring == "simultaneous" and self.at_once > 1:
            raise ValueError("simultaneous rings everybody; remove at_once, or write ring: longest_idle")
        if self.sla_s and (self.sla_warning_s or 0) >= self.sla_s:
            raise ValueError("the warning would come before the caller; make sla_warning_s less than sla_s")
        if self.music is not None and (not _MUSIC.fullmatch(self.music) or ".." in self.music):
            raise ValueError("music is a file in the line's folder; write its name, like hold.wav")
        return self

    def settings(self) -> QueueSettings:
        """As the queues' core needs it."""
        weights = self.weights
        return QueueSettings(
            self.name,
            self.ring,
            self.at_once,
            self.ring_s,
            self.max_wait_s,
            self.max_size,
            self.overflow or "",
            self.at_closing,
            self.wait_for_agents,
            self.sla_s,
            self.sla_s // 3 if self.sla_warning_s is None else self.sla_warning_s,
            self.wrap_up_s,
            self.auto_away_after,
            Weights(weights.tier, weights.priority, weights.urgency, weights.sentiment, weights.most_s),
        )


def _queues(value: Any) -> Any:
    """A name alone is a queue without anything else."""
    if isinstance(value, list | tuple):
        return [{"name": one} if isinstance(one, str) else one for one in value]
    return value


def _or_name(schema: dict[str, Any]) -> None:
    schema["items"] = {"anyOf": [{"type": "string", "pattern": r"^[a-z][a-z0-9_]{0,39}$"}, schema["items"]]}


Queues = Annotated[tuple[Queue, ...], Field(min_length=1), BeforeValidator(_queues), Field(json_schema_extra=_or_name)]
