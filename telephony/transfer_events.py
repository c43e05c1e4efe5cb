"""What can happen to a warm transfer, and what is then to be done: the events and actions of telephony.transfer.

Every event names when it happened (`at_ms`, on the clock of who keeps the transfer). Those of an agent name the offer
they belong to, so that a late or repeated one is told from news.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Unanswered = Literal["no_answer", "busy", "failed", "voicemail", "hung_up"]
"""Why an agent did not take an offer without saying so: the carrier's final status, or a machine that answered."""

Outcome = Literal["completed", "handed_back", "abandoned", "withdrawn", "exhausted"]

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""How a transfer can end; every transfer ends in exactly one.

completed    caller and agent spoke, and one of them ended the call
handed_back  they spoke, and the agent gave the caller back to the assistant
abandoned    the caller left before they spoke
withdrawn    the caller, or a supervisor, no longer wanted it; the assistant is still on the line
exhausted    nobody took it: the queue is closed or full, the wait too long, or too many offers failed
"""

Why = Literal[
    "emergency", "closed", "full", "waited_too_long", "too_many_offers", "no_agents", "queue_deleted", "no_consent",
    "window_over", "too_many_attempts",
]  # fmt: skip
"""Why nobody is to be expected."""


@dataclass(frozen=True, slots=True)
class PacketReady:
    """The handoff packet is written, or its budget is over and the template's is."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class AgentsFound:
    """The queue chose whom to ask; several are rung at once."""

    at_ms: int
    agents: tuple[str, ...]
    ring_ms: int = 0
    """How long they may be rung, where it is long: somebody else has a queue of their own. 0: as ever."""


@dataclass(frozen=True, slots=True)
class Rerouted:
    """The caller waits in another queue from now on, and keeps their place by how long they have waited."""

    at_ms: int
    queue: str


@dataclass(frozen=True, slots=True)
class NobodyComes:
    """The queue gives up on this caller."""

    at_ms: int
    why: Why


@dataclass(frozen=True, slots=True)
class AgentAccepts:
    """Key 1 on the phone, or a click on the desk."""

    at_ms: int
    offer: int


@dataclass(frozen=True, slots=True)
class AgentDeclines:
    """Key 2, a click, or no key after the briefing."""

    at_ms: int
    offer: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AgentUnanswered:
    """The agent's leg ended without a word."""

    at_ms: int
    offer: int
    how: Unanswered


@dataclass(frozen=True, slots=True)
class RingOver:
    """Whoever rings an agent gives up, if they have not accepted by now: their leg, or desk, is still there."""

    at_ms: int
    agent: str
    how: Unanswered


@dataclass(frozen=True, slots=True)
class AgentJoined:
    """The agent who accepted is where the caller will come."""

    at_ms: int
    offer: int


@dataclass(frozen=True, slots=True)
class AgentLeft:
    """The agent's leg is over, or has left that place."""

    at_ms: int
    offer: int


@dataclass(frozen=True, slots=True)
class CallerJoined:
    """The caller is with the agent."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class CallerReached:
    """Of a callback: the caller has answered, and this is the call."""

    at_ms: int
    call_id: str


@dataclass(frozen=True, slots=True)
class CallerUnreached:
    """Of a callback: nobody answered, or a machine did."""

    at_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class BridgeFailed:
    """The caller could not be moved; they are still with the assistant, or nobody knows where."""

    at_ms: int
    why: str
    may_be_done: bool = False
    """Whether they may have been moved all the same."""


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hung up, wherever they were."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class NoLongerWanted:
    """The caller says never mind or chose another way, or a supervisor did."""

    at_ms: int
    why: str


@dataclass(frozen=True, slots=True)
class HandsBack:
    """The agent gives the caller back to the assistant."""

    at_ms: int
    note: str = ""


TransferEvent = (
    PacketReady
    | AgentsFound
    | Rerouted
    | NobodyComes
    | AgentAccepts
    | AgentDeclines
    | AgentUnanswered
    | RingOver
    | AgentJoined
    | AgentLeft
    | CallerJoined
    | CallerReached
    | CallerUnreached
    | BridgeFailed
    | CallerLeft
    | NoLongerWanted
    | HandsBack
)


@dataclass(frozen=True, slots=True)
class FindAgents:
    """Ask the queue whom to offer the call, leaving these out."""

    without: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ring:
    """Offer the call to this agent, with the packet."""

    offer: int
    agent: str


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Take an offer back; whoever answered it hears why."""

    offer: int
    why: Literal["taken", "caller_left", "withdrawn", "timeout"]


@dataclass(frozen=True, slots=True)
class MoveCaller:
    """Tell the caller who is coming, then connect them with the agent of this offer."""

    offer: int


@dataclass(frozen=True, slots=True)
class ReleaseAgent:
    """Let the agent who accepted go, with a word of why."""

    offer: int
    why: Literal["caller_left", "withdrawn", "not_connected", "not_reached", "handed_back", "left"]
    """left: they are gone already."""


@dataclass(frozen=True, slots=True)
class KeepCaller:
    """The assistant goes on keeping the caller company: an agent who accepted is gone, somebody else is looked for."""

    why: str


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The caller comes back to the assistant, from the agent."""

    why: str
    offer: int | None
    """Whose agent they were moved to; None: nobody's that is known."""


@dataclass(frozen=True, slots=True)
class FallBack:
    """Nobody is to be expected: the assistant offers a callback, a message, or goes on itself."""

    why: Why


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The agent of this offer has work to finish, and is not rung meanwhile."""

    offer: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The transfer is over; nothing more comes."""

    outcome: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Late, repeated or not for this state."""

    why: str


TransferAction = (
    FindAgents
    | Ring
    | StopRinging
    | MoveCaller
    | ReleaseAgent
    | KeepCaller
    | TakeBack
    | FallBack
    | WrapUp
    | Finished
    | Ignored
)
