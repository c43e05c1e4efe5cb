"""What can happen to queues of humans, and what is then to be done: the events and actions of telephony.queue.

Every event names when it happened (`at_ms`, on a clock that does not go back). The transfer is the truth about who took
whom: whoever keeps it posts OfferOver for every agent of an OfferTo, once that agent's ring is over, however it ended.
"""

from dataclasses import dataclass, field
from typing import Literal

from telephony.agents import Agent
from telephony.queue_settings import Callback, Needs, QueueSettings

Presence = Literal["available", "busy", "wrap_up", "away"]
"""What an agent is to the queues, beside being rung or speaking with a caller of ours."""

State = Literal["emergency", "holiday", "closed", "open"]
"""Whether a queue's people work now; the first of these that holds. Until it is told, a queue is closed."""

How = Literal["accepted", "declined", "unanswered", "busy", "failed", "withdrawn"]
"""How an agent's ring ended. busy: the phone was engaged. failed: it could not be reached. withdrawn: taken back by us.
"""

Why = Literal[
    "emergency", "closed", "full", "waited_too_long", "no_agents", "queue_deleted", "no_consent", "window_over",
    "too_many_attempts",
]  # fmt: skip
"""Why a caller cannot stay in a queue.

emergency          its people cannot be reached at all
closed             outside its hours (also on holidays)
full               max_size callers wait already
waited_too_long    max_wait_s is over
no_agents          nobody is there who fits and was not asked about this caller yet
queue_deleted      there is no such queue (any more)
no_consent         a callback without a recorded consent
window_over        a callback's window is over, or holds no time at all
too_many_attempts  a callback that reached nobody so often
"""


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """The directory has this agent, new or changed."""

    at_ms: int
    agent: Agent


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """The directory does not have this agent any more."""

    at_ms: int
    agent: str


@dataclass(frozen=True, slots=True)
class AgentIs:
    """What an agent, or their desk, says of them. While they speak with a caller of ours it holds for afterwards."""

    at_ms: int
    agent: str
    presence: Presence
    until_ms: int | None = None
    """When a wrap-up is over by itself."""
    lost: bool = False
    """Away because the desk's connection broke: it may be back in a moment, and callers wait for that."""


@dataclass(frozen=True, slots=True)
class OnCall:
    """An agent speaks with a caller of ours, though the queue knows of no offer: after a restart, or by other ways."""

    at_ms: int
    transfer_id: str
    agent: str
    queue: str


@dataclass(frozen=True, slots=True)
class CallOver:
    """The agent's part of a call is over; the wrap-up of the queue's length begins."""

    at_ms: int
    transfer_id: str
    agent: str
    wrap_up: bool = True
    """False: they did not speak, and are free at once."""


@dataclass(frozen=True, slots=True)
class CallerWaits:
    """A caller, or a callback, wants somebody of a queue. Told again of one who waits, it only changes what is told."""

    at_ms: int
    transfer_id: str
    queue: str
    since_ms: int
    """Since when they have waited, over all queues, calls and restarts: their place."""
    needs: Needs = field(default_factory=Needs)
    without: frozenset[str] = frozenset()
    """Agents who were asked about this caller already."""
    again: bool = False
    """They waited here before (a connection failed, a restart): hours and room are not held against them."""
    entered_ms: int | None = None
    """When they came into this queue, if it is not `since_ms`: max_wait_s counts from it."""
    rung: frozenset[str] = frozenset()
    """Agents who are rung for them at this moment, of an earlier process."""
    callback: Callback | None = None
    """Set: nobody is on the phone; they are called once an agent has accepted."""


@dataclass(frozen=True, slots=True)
class CallerGone:
    """The caller hung up or does not want it any more, or their transfer is over: who still has them is free."""

    at_ms: int
    transfer_id: str


@dataclass(frozen=True, slots=True)
class OfferOver:
    """An agent's ring is over. `accepted` only where the transfer has it so."""

    at_ms: int
    transfer_id: str
    agent: str
    how: How


@dataclass(frozen=True, slots=True)
class CallbackOver:
    """The agent who accepted a callback is done with it, or it did not reach the caller: then it waits again."""

    at_ms: int
    transfer_id: str
    reached: bool


@dataclass(frozen=True, slots=True)
class QueueChanged:
    """There is such a queue, new or changed."""

    at_ms: int
    settings: QueueSettings


@dataclass(frozen=True, slots=True)
class QueueDeleted:
    """There is no such queue any more."""

    at_ms: int
    queue: str


@dataclass(frozen=True, slots=True)
class HoursChanged:
    """A queue opened or closed."""

    at_ms: int
    queue: str
    state: State


QueueEvent = (
    AgentChanged
    | AgentRemoved
    | AgentIs
    | OnCall
    | CallOver
    | CallerWaits
    | CallerGone
    | OfferOver
    | CallbackOver
    | QueueChanged
    | QueueDeleted
    | HoursChanged
)


@dataclass(frozen=True, slots=True)
class OfferTo:
    """Ring these agents for this caller; others may be ringing for them already."""

    transfer_id: str
    agents: tuple[str, ...]
    ring_ms: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """This agent is not to be rung for this caller any more."""

    transfer_id: str
    agent: str
    why: Literal["away", "removed", "unanswered", "took_another"]


@dataclass(frozen=True, slots=True)
class TellWait:
    """Where a caller stands. Not more often than every TELL_MS, and only when it is another than before."""

    transfer_id: str
    position: int
    """1: next."""
    expected_ms: int | None
    """None: too little is known to tell."""


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nobody is to be expected. The caller is out of the queue."""

    transfer_id: str
    why: Why


@dataclass(frozen=True, slots=True)
class Overflow:
    """The caller waits in this queue from now on, and keeps `since_ms`."""

    transfer_id: str
    to_queue: str
    why: Why


@dataclass(frozen=True, slots=True)
class SlaNear:
    """A caller was promised an answer by then."""

    transfer_id: str
    due_ms: int


@dataclass(frozen=True, slots=True)
class AgentNow:
    """What the queues made of an agent by themselves; the desk shows it."""

    agent: str
    presence: Presence
    why: Literal["wrapping_up", "wrapped_up", "missed_offers"]
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """Late, repeated, or of nobody known."""

    reason: str


QueueAction = OfferTo | Withdraw | TellWait | GiveUp | Overflow | SlaNear | AgentNow | Ignored
