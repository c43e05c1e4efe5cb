"""How well queues answer: a fold over those who waited. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from telephony.queue_events import (
    CallerGone,
    CallerWaits,
    GiveUp,
    Ignored,
    OfferOver,
    OnCall,
    Overflow,
    QueueAction,
    QueueEvent,
)

Ending = Literal["waiting", "answered", "abandoned", "given_up"]
"""given_up: the queue had nobody for them, and the assistant went on."""

BRIEF_MS: Final = 5_000
"""Who leaves before has hardly waited: not counted as abandoned (usual in the field; also called short abandons)."""


@dataclass(frozen=True, slots=True)
class Waited:
    """One caller's wait. Callbacks are not counted."""

    queue: str
    since_ms: int
    until_ms: int | None = None
    ending: Ending = "waiting"


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one queue, or several."""

    waiting: int
    longest_waiting_ms: int
    """Of those who wait now."""
    answered: int
    within_sla: int
    """Of the answered."""
    abandoned: int
    brief: int
    """Left within BRIEF_MS."""
    given_up: int
    median_answer_ms: int | None
    """From since_ms to an agent's yes. None: nobody was answered."""

    @property
    def service_level(self) -> float | None:
        """Answered in time, of all whose wait is over and who waited at all. None: nobody's is."""
        all_of_them = self.answered + self.abandoned + self.given_up
        return self.within_sla / all_of_them if all_of_them else None


def figures(waits: Iterable[Waited], now_ms: int, sla_ms: int) -> Figures:
    """What these come to. sla_ms 0: there is no promise, and every answer is in time."""
    each = list(waits)
    took = {
        ending: [one.until_ms - one.since_ms for one in each if one.ending == ending and one.until_ms is not None]
        for ending in ("answered", "abandoned", "given_up")
    }
    still = [now_ms - one.since_ms for one in each if one.ending == "waiting"]
    brief = sum(ms < BRIEF_MS for ms in took["abandoned"])
    return Figures(
        waiting=len(still),
        longest_waiting_ms=max(still, default=0),
        answered=len(took["answered"]),
        within_sla=sum(not sla_ms or ms <= sla_ms for ms in took["answered"]),
        abandoned=len(took["abandoned"]) - brief,
        brief=brief,
        given_up=len(took["given_up"]),
        median_answer_ms=round(median(took["answered"])) if took["answered"] else None,
    )


class Waits:
    """Folds what went into a HumanQueue and came out of it into waits; who overflows counts where the wait ends."""

    def __init__(self, most: int = 10_000) -> None:
        """Most: waits that are over and remembered, the latest ones."""
        self._now: dict[str, Waited] = {}
        self._over: deque[Waited] = deque(maxlen=most)

    def __iter__(self) -> Iterator[Waited]:
        yield from self._over
        yield from self._now.values()

    def take(self, event: QueueEvent | None, actions: Iterable[QueueAction], at_ms: int) -> None:
        """An event, or None for the passing of time, and what the queue made of it."""
        done = list(actions)
        if event is not None and not any(isinstance(action, Ignored) for action in done):
            self._take(event, at_ms)
        for action in done:
            match action:
                case GiveUp(transfer_id):
                    self._end(transfer_id, at_ms, "given_up")
                case Overflow(transfer_id, to_queue) if transfer_id in self._now:
                    self._now[transfer_id] = Waited(to_queue, self._now[transfer_id].since_ms)

    def _take(self, event: QueueEvent, at_ms: int) -> None:
        match event:
            case CallerWaits() if event.callback is None:
                self._now[event.transfer_id] = Waited(event.queue, event.since_ms)
            case CallerGone():
                self._end(event.transfer_id, at_ms, "abandoned")
            case OfferOver(how="accepted") | OnCall():
                self._end(event.transfer_id, at_ms, "answered")

    def _end(self, transfer_id: str, at_ms: int, ending: Ending) -> None:
        if (one := self._now.pop(transfer_id, None)) is not None:
            self._over.append(Waited(one.queue, one.since_ms, at_ms, ending))
