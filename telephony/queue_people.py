"""The agents of the queues: there or away, rung, speaking, wrapping up. A part of telephony.queue. Pure.

What an agent says of themselves (presence) and what we do with them (rung, on a call) are two things: who is rung or
speaks is asked by nobody else, whatever they say meanwhile.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from telephony.agents import Agent
from telephony.queue_events import AgentIs, AgentNow, How, Presence
from telephony.queue_order import LATELY, fits
from telephony.queue_settings import Needs

GRACE_MS: Final = 15_000
"""So long somebody whose desk lost its connection, or who was not heard of since the start, may still be coming."""
ENGAGED_MS: Final = 15_000
"""Whose phone is engaged or cannot be reached is left alone so long."""
RELEASED_MS: Final = 2_000
"""And who was rung in vain so long, until their phone is quiet."""
LONGEST_RING_MS: Final = 60_000
"""A ring of which nothing is heard any more is over by then: longer than a transfer rings (telephony.transfer)."""


@dataclass(frozen=True, slots=True)
class AgentState:
    """How one agent is, for the API."""

    agent: Agent
    presence: Presence
    since_ms: int
    """Since when they have nothing to do, while they have nothing to do."""
    until_ms: int | None
    rung_for: str
    """Transfer; empty: none."""
    on_call: str
    """Transfer; empty: none."""


@dataclass(slots=True)
class Person:
    """One agent."""

    agent: Agent
    presence: Presence = "away"
    since_ms: int = 0
    """Since when they have nothing to do."""
    until_ms: int | None = None
    here_until_ms: int = 0
    """While away: until when they may still be coming."""
    told_ms: int | None = None
    """When they last said how they are."""
    rest_until_ms: int = 0
    rung_for: str = ""
    """Transfer; empty: none."""
    ring_until_ms: int = 0
    call: str = ""
    """Transfer of the caller they speak with; empty: none."""
    handling: tuple[str, int] | None = None
    """Queue and beginning of the call that they speak in or wrap up."""
    misses: int = 0

    def state(self) -> AgentState:
        """As others may see it."""
        return AgentState(self.agent, self.presence, self.since_ms, self.until_ms, self.rung_for, self.call)

    def idle(self, now_ms: int) -> bool:
        """Whether they may be rung."""
        return self.presence == "available" and not self.rung_for and not self.call and self.rest_until_ms <= now_ms

    def here(self, now_ms: int) -> bool:
        """Whether they will be free some time, as far as is known."""
        return self.presence != "away" or bool(self.rung_for) or bool(self.call) or now_ms < self.here_until_ms


class People:
    """All agents of the directory."""

    def __init__(self, started_ms: int) -> None:
        self._started_ms = started_ms
        self._people: dict[str, Person] = {}
        self.handled: dict[str, deque[tuple[int, int]]] = {}
        """By queue: when calls were over, wrap-up included, and how long they took."""

    def __getitem__(self, agent: str) -> Person:
        return self._people[agent]

    def __contains__(self, agent: str) -> bool:
        return agent in self._people

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def change(self, agent: Agent) -> bool:
        """Take a new or changed one. False: known like this."""
        known = self._people.get(agent.id)
        if known is None:
            self._people[agent.id] = Person(agent, here_until_ms=self._started_ms + GRACE_MS)
            return True
        changed, known.agent = known.agent != agent, agent
        return changed

    def remove(self, agent: str) -> Person | None:
        """Forget one."""
        return self._people.pop(agent, None)

    # What they say

    def say(self, event: AgentIs, now_ms: int) -> bool:
        """Take how they are. False: late, or known. An unknown agent raises KeyError."""
        person = self._people[event.agent]
        if person.told_ms is not None and event.at_ms < person.told_ms:
            return False
        person.told_ms = event.at_ms
        here_until_ms = now_ms + GRACE_MS if event.presence == "away" and event.lost else 0
        if person.presence == event.presence == "away":
            changed, person.here_until_ms = person.here_until_ms > now_ms and not event.lost, here_until_ms
            return changed
        if person.presence == event.presence and person.until_ms == event.until_ms:
            return False
        person.here_until_ms = here_until_ms
        if event.presence == "wrap_up":
            person.call = ""
        if event.presence == "available":
            person.misses = 0
        self._become(person, event.presence, now_ms, event.until_ms)
        return True

    def _become(self, person: Person, presence: Presence, now_ms: int, until_ms: int | None = None) -> None:
        if presence == "available" and person.presence != "available":
            person.since_ms = now_ms
        person.presence, person.until_ms = presence, until_ms if presence == "wrap_up" else None
        self._count(person, now_ms)

    def _count(self, person: Person, now_ms: int) -> None:
        """Once a call is over and wrapped up: how long it took."""
        if person.handling is None or person.call or person.presence == "wrap_up":
            return
        queue, begun_ms = person.handling
        person.handling = None
        self.handled.setdefault(queue, deque(maxlen=LATELY)).append((now_ms, now_ms - begun_ms))

    # What is done with them

    def ring(self, agent: str, transfer_id: str, now_ms: int) -> None:
        """They are rung from now on."""
        person = self._people[agent]
        person.rung_for, person.ring_until_ms = transfer_id, now_ms + LONGEST_RING_MS

    def rung_over(self, agent: str, how: How, now_ms: int, away_after: int) -> list[AgentNow]:
        """Their ring is over; who leaves too many unanswered counts as away."""
        person = self._people.get(agent)
        if person is None:
            return []
        person.rung_for = ""
        if how == "withdrawn":
            person.rest_until_ms = now_ms + RELEASED_MS
            return []
        if how in ("busy", "failed"):
            person.rest_until_ms = now_ms + ENGAGED_MS
        person.since_ms = now_ms
        person.misses = person.misses + 1 if how == "unanswered" else person.misses if how != "declined" else 0
        if how == "unanswered" and person.presence == "available" and 0 < away_after <= person.misses:
            person.misses = 0
            self._become(person, "away", now_ms)
            return [AgentNow(agent, "away", "missed_offers")]
        return []

    def begin_call(self, agent: str, transfer_id: str, queue: str, now_ms: int) -> None:
        """They speak with a caller of this queue."""
        person = self._people[agent]
        person.rung_for, person.misses = "", 0
        if person.call != transfer_id:
            person.call, person.handling = transfer_id, (queue, now_ms)

    def end_call(self, agent: str, now_ms: int, wrap_up_s: int | None) -> list[AgentNow]:
        """They do not any more. wrap_up_s: None: there is nothing to wrap up, and nothing to learn."""
        person = self._people[agent]
        person.call = ""
        person.since_ms = now_ms
        if wrap_up_s is None:
            person.handling = None
            if person.presence == "busy":
                self._become(person, "available", now_ms)
        elif wrap_up_s and person.presence != "away":
            until_ms = now_ms + wrap_up_s * 1000
            self._become(person, "wrap_up", now_ms, until_ms)
            return [AgentNow(agent, "wrap_up", "wrapping_up", until_ms)]
        elif person.presence == "busy":
            self._become(person, "available", now_ms)
        self._count(person, now_ms)
        return []

    def wrapped_up(self, now_ms: int) -> list[AgentNow]:
        """Let wrap-ups end whose time is over."""
        done = [
            one for one in self if one.presence == "wrap_up" and one.until_ms is not None and one.until_ms <= now_ms
        ]
        for person in done:
            self._become(person, "available", now_ms)
        return [AgentNow(person.agent.id, "available", "wrapped_up") for person in done]

    def deadlines(self, *, somebody_waits: bool) -> Iterator[int]:
        """When somebody changes without a word; some may be past."""
        for person in self:
            if person.until_ms is not None:
                yield person.until_ms
            if not somebody_waits:
                continue
            if person.rung_for:
                yield person.ring_until_ms
            yield person.rest_until_ms
            if person.presence == "away":
                yield person.here_until_ms

    # Who can take whom

    def able(self, queue: str, needs: Needs) -> Iterable[Person]:
        """Those who fit, wherever they are."""
        return (person for person in self if fits(person.agent, queue, needs))
