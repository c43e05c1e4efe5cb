"""What is kept of one warm transfer: where it is, who was asked, how it ended. Plain values for telephony.transfer."""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from telephony.transfer_events import Outcome, Unanswered

PACKET_MS: Final = 250
"""Agents are rung no later than this: a packet without the model's summary is there long before."""


class State(Enum):
    """Where a transfer is."""

    REQUESTED = "requested"
    """The packet is being written."""
    QUEUED = "queued"
    """The queue looks for somebody."""
    OFFERED = "offered"
    """Agents are rung."""
    ACCEPTED = "accepted"
    """One said yes, and is on the way."""
    BRIDGING = "bridging"
    """The caller is being moved."""
    CONNECTED = "connected"
    """They speak."""
    OVER = "over"
    """Ended in one of OUTCOMES (telephony.transfer_events)."""


Standing = Literal["ringing", "accepted", "declined", "timeout", "withdrawn", "lost"] | Unanswered


@dataclass(frozen=True, slots=True)
class Offer:
    """One agent who was asked."""

    agent: str
    standing: Standing = "ringing"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """All that is kept of one. Times in ms on the clock of whoever keeps it."""

    id: str
    call_id: str
    queue: str
    asked_ms: int
    patience_ms: int
    """How long the caller is to wait in the queue, at most."""
    after: Literal["assistant", "end"] = "end"
    """What becomes of the caller when the agent leaves first."""
    state: State = State.REQUESTED
    version: int = 0
    """How often it changed."""
    offers: tuple[Offer, ...] = ()
    accepted: int | None = None
    """The offer that was accepted last."""
    moved: int | None = None
    """The offer to whose agent the caller was moved last, or may have been."""
    bridges: int = 0
    """Agents who accepted and were not reached by the caller."""
    deadline_ms: int | None = None
    outcome: Outcome | None = None
    callback: bool = False
    """The caller has hung up and keeps the place: they are called once an agent has accepted.

    Until they are reached `call_id` is the transfer's own id; then it is that call's.
    """

    @classmethod
    def asked(
        cls,
        id_: str,
        call_id: str,
        queue: str,
        at_ms: int,
        *,
        patience_ms: int,
        after: Literal["assistant", "end"] = "end",
    ) -> "Transfer":
        """Somebody is wanted."""
        return cls(id_, call_id, queue, at_ms, patience_ms, after, deadline_ms=at_ms + PACKET_MS)

    @classmethod
    def later(cls, id_: str, before: "Transfer", at_ms: int, *, patience_ms: int) -> "Transfer":
        """The caller of this one is to be called back. They keep their place; patience_ms counts from at_ms."""
        waited_ms = at_ms - before.asked_ms
        return cls(
            id_, id_, before.queue, before.asked_ms, waited_ms + patience_ms, before.after,
            deadline_ms=at_ms + PACKET_MS, callback=True,
        )  # fmt: skip

    @property
    def reached(self) -> bool:
        """Whether there is a caller: of a callback, whether we have called them."""
        return not self.callback or self.call_id != self.id

    @property
    def ringing(self) -> tuple[int, ...]:
        """The offers that are open."""
        return tuple(number for number, offer in enumerate(self.offers) if offer.standing == "ringing")

    @property
    def declined(self) -> tuple[str, ...]:
        """The agents who said no."""
        return tuple(dict.fromkeys(offer.agent for offer in self.offers if offer.standing == "declined"))

    @property
    def asked_already(self) -> tuple[str, ...]:
        """The agents who need not be asked again: they said no, or did not answer."""
        return tuple(dict.fromkeys(offer.agent for offer in self.offers if offer.standing != "withdrawn"))
