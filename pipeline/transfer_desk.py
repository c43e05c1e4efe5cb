"""What a carrier asks about transfers, and what can be answered: between the routes and whoever runs transfers.

A carrier asks late, twice and out of order, and about transfers that nobody knows any more. The same question about the
same leg gets the same answer; what is no news changes nothing.
"""

from dataclasses import dataclass
from typing import Protocol

from pipeline.assistant.events import CalledBack
from pipeline.switchboard import Answer
from telephony.ports import LegStatus


@dataclass(frozen=True, slots=True)
class Briefing:
    """Say this to the agent, and wait for a key."""

    text: str
    """At most 15 s of speech."""
    language: str = "en"
    """BCP 47."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is theirs: into this conference with them."""

    room: str
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Declined:
    """They do not want it; somebody else is asked."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody else was faster."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller has hung up."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class Over:
    """The offer is over for another reason: withdrawn, or too late."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class Goodbye:
    """They have spoken with the caller, and the call is over."""

    language: str = "en"


@dataclass(frozen=True, slots=True)
class Unknown:
    """No such transfer, or no such offer."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Of a callback: the caller has answered, and somebody is there for them."""

    caller_number: str
    line_number: str
    calls_back: CalledBack


AgentAnswer = Briefing | Accepted | Declined | Taken | CallerLeft | Over | Goodbye | Unknown


class TransferDesk(Protocol):
    """Whoever runs the transfers. Methods raise StoreUnavailable, and the carrier asks again a moment later.

    leg_sid is the carrier's id of the leg that is spoken of. Those that answer a bool: False, it is Unknown.
    """

    async def ringing(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """The leg of this offer was made, and is this one: even if the answer to the request was lost."""

    async def answered(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """Somebody, or something, has answered."""

    async def chose(self, transfer: str, offer: int, digit: str, leg_sid: str) -> AgentAnswer:
        """A key, or none. 1 accepts: the first of all offers wins, and gets Accepted again if asked again. 2 declines.

        3, and any other, gets the Briefing again.
        """

    async def agent_after(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """The conference is over for an agent who is still there: Goodbye, CallerLeft, Over. The agent has left it."""

    async def heard_machine(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """A machine has answered. It may be wrong about a person: a key that was pressed counts for more."""

    async def leg_over(self, transfer: str, offer: int, status: LegStatus, answered_by: str, leg_sid: str) -> bool:
        """The leg of this offer has ended, wherever it was."""

    async def joined(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference; telephony.rooms reads labels. A worker of TaskRouter's has its."""

    async def left(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference no longer."""

    async def announcement(self, transfer: str, what: str) -> Briefing | Unknown:
        """The words of an announcement into the conference."""

    async def caller_after(self, transfer: str, dial_status: str) -> Answer | Unknown:
        """The caller is out of the conference and still there: what now? Unknown: the assistant takes the call on."""


class CallbackDesk(Protocol):
    """Whoever calls callers back. As TransferDesk; the same question about the same leg gets the same answer."""

    async def caller_answered(self, transfer: str, attempt: int, leg_sid: str) -> Reached | Unknown:
        """Somebody, or something, has answered. Unknown: nobody waits for them any more."""

    async def caller_unreached(self, transfer: str, attempt: int, why: str, leg_sid: str) -> bool:
        """A machine has answered, or that leg has ended: it is no news if the caller had been reached."""


class TaskDesk(Protocol):
    """Whoever runs transfers to workers of another system's queues. As TransferDesk."""

    async def reserved(self, transfer: str, task_sid: str, reservation_sid: str, worker: str) -> AgentAnswer:
        """A worker is reserved for a task of ours: Accepted (room: the task's sid), or why not."""

    async def reservation_over(self, transfer: str, reservation_sid: str, how: str) -> bool:
        """A reservation was rejected, timed out, canceled, rescinded, accepted or completed."""

    async def task_over(self, transfer: str, task_sid: str, how: str) -> bool:
        """A task was canceled, deleted or completed: nobody comes through it any more."""
