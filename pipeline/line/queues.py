"""Which queue gets a caller, and whether its people are there: hours, holidays, languages and skills. Pure.

A queue's state is the first of these that holds: emergency (its people cannot be reached at all), holiday, closed,
open. Where the hour is not known it is closed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pipeline.line.hours import is_open
from pipeline.line.human_queues import Queue
from pipeline.line.opening_hours import Hours

QueueState = Literal["emergency", "holiday", "closed", "open"]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who gets a caller."""

    queue: str
    state: QueueState
    instead_of: str = ""
    """The queue that was wanted, where it is another."""


def local_time(hours: Hours, now: datetime) -> datetime:
    """An aware instant on the clock of these hours, daylight saving time included."""
    return now.astimezone(ZoneInfo(hours.time_zone))


def state_of(queue: Queue, of_line: Hours, now: datetime | None) -> QueueState:
    """Whether a queue's people are there. now: aware; None: not known."""
    if queue.emergency is not None:
        return "emergency"
    if now is None:
        return "closed"
    hours = queue.hours or of_line
    there = local_time(hours, now)
    if is_open(hours, there):
        return "open"
    return "closed" if hours.holiday(there.date()) is None else "holiday"


def choose(queues: Sequence[Queue], wanted: str, of_line: Hours, language: str, now: datetime | None) -> Chosen:
    """Who gets a caller that is meant for a queue.

    That queue, where it is open and speaks the caller's language; else the one that it names instead, else one that can
    do all that it can, each if open; else, though nobody is there, the first of these that speaks the language.
    """
    first = next((queue for queue in queues if queue.name == wanted), None)
    if first is None:
        return Chosen(wanted, "closed")
    names = [*dict.fromkeys(one.name for one in stand_ins(queues, first))]
    able = [one for name in names for one in queues if one.name == name and _speaks(one, language)]
    states = [(one, state_of(one, of_line, now)) for one in able] or [(first, state_of(first, of_line, now))]
    found, state = next((each for each in states if each[1] == "open"), states[0])
    return Chosen(found.name, state, "" if found is first else wanted)


def stand_ins(queues: Iterable[Queue], first: Queue) -> Iterator[Queue]:
    """The queue itself, those that are named instead one after the other, and those that can do the same."""
    by_name, seen = {queue.name: queue for queue in queues}, set[str]()
    one: Queue | None = first
    while one is not None and one.name not in seen:
        seen.add(one.name)
        yield one
        one = by_name.get(one.instead or "")
    if first.skills:
        yield from (queue for queue in by_name.values() if set(first.skills) <= set(queue.skills))


def _speaks(queue: Queue, language: str) -> bool:
    return not queue.languages or language in queue.languages


def names_of(queue: Queue) -> tuple[str, ...]:
    """What callers call it."""
    return (queue.name.replace("_", " "), *queue.phrases)
