"""What a transfer has missed: callbacks get lost, so that every few seconds the carrier is asked what is. Pure.

Legs that are over are over at once. That somebody is not in a conference is believed when it was seen twice: a list can
be older than the callback that has just been taken.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from telephony.ports import Leg, Participant
from telephony.rooms import CALLER, offer_of
from telephony.transfer_events import (
    AgentJoined,
    AgentLeft,
    AgentUnanswered,
    CallerJoined,
    CallerLeft,
    TransferEvent,
    Unanswered,
)
from telephony.transfer_state import State, Transfer

EVERY_MS: Final = 5_000
_BRIDGED: Final = frozenset({State.ACCEPTED, State.BRIDGING, State.CONNECTED})


@dataclass(frozen=True, slots=True)
class Known:
    """What we believe of a transfer whose agents are reached by telephone."""

    transfer: Transfer
    caller: str
    """The sid of the caller's leg."""
    room: str = ""
    """The conference of the accepted offer; empty: none yet."""
    legs: Mapping[int, str] = field(default_factory=dict)
    """The sids of agents' legs, as far as they are known, by offer."""

    @property
    def asks_for(self) -> frozenset[str]:
        """The legs worth asking for. While the assistant has the caller, its own socket tells more."""
        caller = {self.caller} if self.transfer.state in _BRIDGED else set()
        return frozenset(caller | set(self.legs.values()))

    @property
    def asks_for_room(self) -> bool:
        """Whether the conference is worth asking for; while others are rung the caller may be alone in the last."""
        return bool(self.room)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the carrier said."""

    legs: Mapping[str, Leg | None] = field(default_factory=dict)
    """By sid; None: it knows of no such leg. One that could not be asked for is not there."""
    inside: tuple[Participant, ...] | None = None
    """Who is in the conference; None: it could not be asked."""

    def is_over(self, sid: str) -> bool:
        """Whether this leg has certainly ended."""
        if sid not in self.legs:
            return False
        leg = self.legs[sid]
        return leg is None or leg.is_over

    def holds(self, sid: str) -> bool:
        """Whether this leg is certainly in the conference."""
        return any(one.sid == sid for one in self.inside or ())

    def lacks(self, sid: str) -> bool:
        """Whether this leg is certainly not in the conference."""
        return self.inside is not None and not self.holds(sid)


def missed(known: Known, seen: Seen, at_ms: int, before: Seen | None = None) -> tuple[TransferEvent, ...]:
    """Events that should have come. before: what was seen the last time, if the transfer has not changed since."""
    transfer = known.transfer
    if transfer.state in _BRIDGED and seen.is_over(known.caller):
        return (CallerLeft(at_ms),)
    match transfer.state:
        case State.OFFERED:
            unanswered = (
                AgentUnanswered(at_ms, offer, how)
                for offer in transfer.ringing
                if (how := _unanswered(known.legs.get(offer, ""), seen)) is not None
            )
            return (*_stranded(known, seen, at_ms, before), *unanswered)
        case State.ACCEPTED | State.BRIDGING | State.CONNECTED if transfer.accepted is not None:
            return _bridged(known, seen, at_ms, before, transfer.accepted)
        case State.OVER | State.QUEUED:
            return _stranded(known, seen, at_ms, before)
        case _:
            return ()


def strays(known: Known, seen: Seen, before: Seen | None) -> tuple[str, ...]:
    """Agents' legs that nobody waits for, and that were there the last time, too: they have heard why by now."""
    transfer = known.transfer
    wanted = set(transfer.ringing)
    if transfer.state in _BRIDGED and transfer.accepted is not None:
        wanted.add(transfer.accepted)
    return tuple(
        sid
        for offer, sid in sorted(known.legs.items())
        if offer not in wanted and before is not None and _is_live(sid, seen) and _is_live(sid, before)
    )


def _bridged(known: Known, seen: Seen, at_ms: int, before: Seen | None, offer: int) -> tuple[TransferEvent, ...]:
    agent = known.legs.get(offer, "")
    if agent and seen.is_over(agent):
        return (AgentLeft(at_ms, offer),)
    inside = {one.label: one for one in seen.inside or ()}
    match known.transfer.state:
        case State.ACCEPTED:
            there = seen.holds(agent) if agent else any(offer_of(label) == offer for label in inside)
            return (AgentJoined(at_ms, offer),) if there else ()
        case State.BRIDGING:
            return (CallerJoined(at_ms),) if CALLER in inside or seen.holds(known.caller) else ()
        case _:
            twice = agent and before is not None and seen.lacks(agent) and before.lacks(agent)
            return (AgentLeft(at_ms, offer),) if twice else ()


def _stranded(known: Known, seen: Seen, at_ms: int, before: Seen | None) -> tuple[TransferEvent, ...]:
    """Who is in a conference with nobody coming has arrived there: they are taken back."""
    twice = before is not None and _alone(known, seen) and _alone(known, before)
    return (CallerJoined(at_ms),) if twice else ()


def _alone(known: Known, seen: Seen) -> bool:
    """Whether the caller is in a conference with nobody coming."""
    return seen.holds(known.caller) and len(seen.inside or ()) == 1


def _is_live(sid: str, seen: Seen) -> bool:
    leg = seen.legs.get(sid)
    return leg is not None and not leg.is_over


def _unanswered(sid: str, seen: Seen) -> Unanswered | None:
    if not sid or sid not in seen.legs:
        return None
    leg = seen.legs[sid]
    if leg is None:
        return "failed"
    if leg.answered_by in ("machine", "fax"):
        return "voicemail"
    match leg.status:
        case "completed":
            return "hung_up"
        case "busy" | "no_answer" | "failed" as how:
            return how
        case "canceled":
            return "failed"
        case _:
            return None
