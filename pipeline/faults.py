"""What was wrong with a stream, counted: a flood of bad messages must not become a flood of events. Pure."""

from telephony.ports import Faulty

EVERY_MS = 1000
"""At most one event for each kind of fault in so long; what comes in between is counted into the next."""


class FaultTally:
    """Counts one stream's faults."""

    def __init__(self) -> None:
        self._told_ms: dict[str, int] = {}
        self._waiting: dict[str, Faulty] = {}

    def add(self, faulty: Faulty, now_ms: int) -> Faulty | None:
        """Count it; what is to be recorded now, if anything: the first of its kind is told at once."""
        waiting = self._waiting.pop(faulty.fault, None)
        counted = faulty.count + (waiting.count if waiting is not None else 0)
        total = Faulty(faulty.fault, faulty.detail, counted)
        told_ms = self._told_ms.get(faulty.fault)
        if told_ms is not None and now_ms - told_ms < EVERY_MS:
            self._waiting[faulty.fault] = total
            return None
        self._told_ms[faulty.fault] = now_ms
        return total

    def rest(self) -> list[Faulty]:
        """What was counted and not recorded yet: the stream is over."""
        rest, self._waiting = list(self._waiting.values()), {}
        return rest
