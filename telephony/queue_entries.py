"""Who waits, in which order, and what they are told. A part of telephony.queue. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from telephony.agents import asked_as
from telephony.queue_events import CallerWaits, How
from telephony.queue_order import expected_ms, head_start_s, priority_s
from telephony.queue_people import People, Person
from telephony.queue_settings import Callback, Needs, QueueSettings

TELL_MS: Final = 30_000
"""A caller is told where they stand no more often."""
ASK_AGAIN_MS: Final = 30_000
"""An agent who did not answer is asked about the same caller again after so long. Who declined is not."""


@dataclass(slots=True)
class Entry:
    """One caller, or callback."""

    transfer_id: str
    queue: str
    since_ms: int
    entered_ms: int
    needs: Needs
    heard_ms: int
    """When they were last told of."""
    callback: Callback | None = None
    admitted: bool = False
    """Came while the queue was open."""
    new: bool = True
    """Not settled yet: hours and room count for those who come only."""
    asked: dict[str, int | None] = field(default_factory=dict)
    """Agents who were asked, and until when they are left alone; None: for good."""
    rung: set[str] = field(default_factory=set)
    taken_by: str = ""
    """Of a callback: the agent who has it in hand."""
    attempts: int = 0
    next_ms: int = 0
    """Of a callback: no attempt before."""
    been_in: set[str] = field(default_factory=set)
    """Queues that they waited in."""
    head_start_ms: int = 0
    warned: bool = False
    told: tuple[int, int | None] | None = None
    told_ms: int = 0

    @property
    def key(self) -> tuple[int, int, str]:
        """The order: by waiting time and head start, which does not change while they wait."""
        return (self.since_ms - self.head_start_ms, self.since_ms, self.transfer_id)

    def ready(self, now_ms: int) -> bool:
        """Whether somebody may be found for them at this moment."""
        if self.taken_by:
            return False
        return self.callback is None or self.next_ms <= now_ms < self.callback.not_after_ms

    def may_ask(self, agent: str, now_ms: int) -> bool:
        """Whether this agent may be asked about them."""
        until_ms = self.asked.get(asked_as(agent), 0)
        return until_ms is not None and until_ms <= now_ms

    def ask_later(self, agent: str, how: How, now_ms: int) -> None:
        """An agent who did not take them is left alone."""
        if how != "withdrawn":
            self.asked[asked_as(agent)] = None if how == "declined" else now_ms + ASK_AGAIN_MS

    def leave_out(self, agents: Iterable[str]) -> None:
        """Agents who were asked by others than this queue, for good."""
        for agent in agents:
            self.asked.setdefault(asked_as(agent), None)


def entered(event: CallerWaits, settings: QueueSettings | None, *, admitted: bool) -> Entry:
    """Somebody who comes."""
    back = event.callback
    since_ms = min(event.since_ms, event.at_ms)
    entry = Entry(
        event.transfer_id,
        event.queue,
        since_ms,
        since_ms if event.entered_ms is None else min(event.entered_ms, event.at_ms),
        event.needs,
        event.at_ms,
        back,
        admitted,
        attempts=back.attempts if back else 0,
        next_ms=back.not_before_ms if back else 0,
        been_in={event.queue},
    )
    entry.leave_out(event.without)
    weigh(entry, settings)
    return entry


def weigh(entry: Entry, settings: QueueSettings | None) -> None:
    """Give a head start, by the queue that they are in."""
    entry.head_start_ms = 0 if settings is None else head_start_s(entry.needs, settings.weights) * 1000


def in_order(entries: Iterable[Entry], now_ms: int) -> list[Entry]:
    """Those for whom somebody is looked for, the next one first."""
    return sorted((entry for entry in entries if entry.ready(now_ms)), key=lambda entry: entry.key)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Where somebody stands, for the API and for themselves."""

    transfer_id: str
    queue: str
    position: int
    """1: next."""
    priority_s: float
    waited_ms: int
    expected_ms: int | None
    """None: too little is known to tell."""
    due_ms: int | None
    """By when an answer was promised, on the queue's clock."""
    rung: tuple[str, ...]
    kind: Literal["call", "callback"]


def standing(
    entries: Iterable[Entry], people: People, queues: Mapping[str, QueueSettings], now_ms: int
) -> Iterator[Waiting]:
    """Where everybody stands, by queue and position."""
    positions: dict[str, int] = {}
    usual = {queue: list(handled) for queue, handled in people.handled.items()}
    able: dict[tuple[str, str, frozenset[str]], int] = {}
    for entry in in_order(entries, now_ms):
        settings = queues.get(entry.queue)
        if settings is None:
            continue
        position = positions[entry.queue] = positions.get(entry.queue, 0) + 1
        place = (entry.queue, entry.needs.language, entry.needs.skills)
        if place not in able:
            able[place] = sum(person.here(now_ms) for person in people.able(entry.queue, entry.needs))
        waited_ms = max(0, now_ms - entry.since_ms)
        yield Waiting(
            entry.transfer_id,
            entry.queue,
            position,
            priority_s(entry.needs, settings.weights, waited_ms),
            waited_ms,
            expected_ms(position, able[place], usual.get(entry.queue, ()), now_ms),
            due_ms(entry, settings),
            tuple(sorted(entry.rung)),
            "call" if entry.callback is None else "callback",
        )


def due_ms(entry: Entry, settings: QueueSettings) -> int | None:
    """By when a caller was promised an answer. None: there is no promise."""
    return entry.since_ms + settings.sla_s * 1000 if settings.sla_s and entry.callback is None else None


def warning_ms(entry: Entry, settings: QueueSettings | None) -> tuple[int, int] | None:
    """When to warn, and by when they were promised an answer. None: not, or done."""
    due = None if settings is None or entry.warned else due_ms(entry, settings)
    return None if due is None or settings is None else (due - settings.sla_warning_s * 1000, due)


def deadlines(entry: Entry, settings: QueueSettings | None) -> Iterator[int]:
    """Every instant at which something may be decided about them; some are past."""
    if settings is not None and entry.callback is None:
        yield entry.entered_ms + settings.max_wait_s * 1000
    if entry.callback is not None:
        yield from (entry.next_ms, entry.callback.not_after_ms)
    if (warning := warning_ms(entry, settings)) is not None:
        yield warning[0]
    if entry.told is not None:
        yield entry.told_ms + TELL_MS
    yield from (until_ms for until_ms in entry.asked.values() if until_ms is not None)


def may_come(entry: Entry, people: People, now_ms: int) -> bool:
    """Whether anybody is there, or may be in a moment, who fits and did not decline."""
    return any(_can(entry, person) and person.here(now_ms) for person in people.able(entry.queue, entry.needs))


def idle(entry: Entry, people: People, now_ms: int) -> list[tuple[int, str]]:
    """Who may be rung for them at this moment, with since when they are idle."""
    rung, found = {asked_as(agent) for agent in entry.rung}, []
    for person in people.able(entry.queue, entry.needs):
        agent = person.agent.id
        if person.idle(now_ms) and entry.may_ask(agent, now_ms) and asked_as(agent) not in rung:
            rung.add(asked_as(agent))
            found.append((person.since_ms, agent))
    return found


def _can(entry: Entry, person: Person) -> bool:
    return entry.asked.get(asked_as(person.agent.id), 0) is not None
