"""The queues, counted: the core of telephony.queue with the fold of telephony.queue_figures beside it."""

from collections.abc import Sequence

from telephony.queue import HumanQueue
from telephony.queue_entries import Waiting
from telephony.queue_events import QueueAction, QueueEvent, State
from telephony.queue_figures import Figures, Waits, figures
from telephony.queue_people import AgentState


class CountedQueue:
    """As pipeline.drive.Core; decides what the queue decides, and remembers how long callers waited."""

    def __init__(self, queue: HumanQueue) -> None:
        self._queue = queue
        self._waits = Waits()

    @property
    def deadline_ms(self) -> int | None:
        """When to call tick."""
        return self._queue.deadline_ms

    def handle(self, event: QueueEvent) -> Sequence[QueueAction]:
        """Take an event."""
        actions = self._queue.handle(event)
        self._waits.take(event, actions, event.at_ms)
        return actions

    def tick(self, now_ms: int) -> Sequence[QueueAction]:
        """Let time pass."""
        actions = self._queue.tick(now_ms)
        self._waits.take(None, actions, now_ms)
        return actions

    def waiting(self, queue: str) -> tuple[Waiting, ...]:
        """Who waits there, the next one first."""
        return tuple(one for one in self._queue.waiting() if one.queue == queue)

    def agents(self) -> tuple[AgentState, ...]:
        """How all agents are."""
        return self._queue.agents()

    def state(self, queue: str) -> State:
        """Whether its people work now."""
        return self._queue.state(queue)

    def figures(self, queue: str, now_ms: int, sla_ms: int) -> Figures:
        """How well callers of this queue were served since the start of the process."""
        return figures((one for one in self._waits if one.queue == queue), now_ms, sla_ms)
