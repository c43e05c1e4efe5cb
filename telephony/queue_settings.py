"""How a queue of humans works, and what a caller needs from it: plain values of telephony.queue. Pure.

Priority is one number: **seconds of waiting**. Whoever is a good customer, upset or in a hurry gets a head start of so
many seconds, summed and capped (Weights); from then on everybody waits at the same pace. So the order of two callers
never changes while they wait, and waiting wins in bounded time: nobody is overtaken by one who came more than
`Weights.most_s` later.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Ring = Literal["longest_idle", "simultaneous"]
"""longest_idle: `at_once` agents at a time, those without a call for longest first. simultaneous: all who fit."""

AtClosing = Literal["serve", "give_up"]
"""Callers who wait when the hours end: served while an agent is there who fits, or given up at once."""

MOST_AT_ONCE: Final = 12
"""Agents who are rung for one caller at a time, at most: as many as a transfer may offer itself to."""


def _tiers() -> Mapping[str, int]:
    return {"silver": 60, "gold": 120, "platinum": 180, "vip": 300}


def _priorities() -> Mapping[str, int]:
    return {"high": 120, "urgent": 300}


def _urgencies() -> Mapping[str, int]:
    return {"low": 30, "high": 120}


def _sentiments() -> Mapping[str, int]:
    return {"negative": 60, "angry": 120}


@dataclass(frozen=True, slots=True)
class Weights:
    """Head starts in seconds, by word (lower case). A word that is not here weighs nothing."""

    tier: Mapping[str, int] = field(default_factory=_tiers)
    priority: Mapping[str, int] = field(default_factory=_priorities)
    """What the flow or the escalation rule says of the wish."""
    urgency: Mapping[str, int] = field(default_factory=_urgencies)
    sentiment: Mapping[str, int] = field(default_factory=_sentiments)
    most_s: int = 600
    """The sum is never more: the bound within which waiting wins."""

    def __post_init__(self) -> None:
        each = (*self.tier.values(), *self.priority.values(), *self.urgency.values(), *self.sentiment.values())
        if self.most_s < 0 or any(weight < 0 for weight in each):
            raise ValueError("a head start is no less than 0 s")


@dataclass(frozen=True, slots=True)
class Needs:
    """Whom a caller needs, and what their priority is made of."""

    language: str = ""
    """As a line's tongue code, such as es; empty: any."""
    skills: frozenset[str] = frozenset()
    """Everything that the agent has to be able to do."""
    tier: str = ""
    priority: str = ""
    urgency: str = ""
    sentiment: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """A caller who hung up and keeps the place: called when it is their turn. Instants on the queue's clock."""

    consent_id: str
    """Of the recorded consent to be called. Empty: they are never called."""
    not_before_ms: int
    not_after_ms: int
    """The window in the caller's own zone, computed by who enters it; no attempt begins after it."""
    attempts: int = 0
    """Made already."""
    most_attempts: int = 3
    spacing_s: int = 900
    """From an attempt that did not reach them to the next."""


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One queue. Raises ValueError on what cannot be."""

    name: str
    ring: Ring = "longest_idle"
    at_once: int = 1
    """Agents rung at a time, of longest_idle."""
    ring_s: int = 20
    """How long an agent's desk or phone rings."""
    max_wait_s: int = 600
    max_size: int = 50
    """Callers who may wait, callbacks not counted; 0: a caller comes through only when an agent is free."""
    overflow: str = ""
    """The queue that gets callers who cannot stay; empty: none."""
    at_closing: AtClosing = "serve"
    wait_for_agents: bool = False
    """Callers wait, up to max_wait_s, though no agent who fits is there."""
    sla_s: int = 60
    """Callers are to be answered within it; 0: no promise."""
    sla_warning_s: int = 20
    """So long before it is over a warning comes."""
    wrap_up_s: int = 30
    auto_away_after: int = 2
    """Offers that an agent leaves unanswered, one after the other, before they count as away; 0: never."""
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a queue needs a name")
        if not 1 <= self.at_once <= MOST_AT_ONCE:
            raise ValueError(f"at_once of {self.name} is from 1 to {MOST_AT_ONCE}")
        if self.ring_s < 1 or self.max_wait_s < 1:
            raise ValueError(f"ring_s and max_wait_s of {self.name} are at least 1 s")
        counts = (self.max_size, self.sla_s, self.sla_warning_s, self.wrap_up_s, self.auto_away_after)
        if min(counts) < 0:
            raise ValueError(f"no size, time or count of {self.name} is less than 0")
        if self.overflow == self.name:
            raise ValueError(f"{self.name} overflows into itself")
