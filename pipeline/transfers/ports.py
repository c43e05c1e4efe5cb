"""What transfers need of others: who writes packets, and agents who are reached by telephone."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from pipeline.joining import Joining
from pipeline.transfers.running import Running
from telephony.transfer_state import Transfer

By = Literal["desk", "phone"]
ReleaseWhy = Literal[
    "taken", "caller_left", "withdrawn", "timeout", "not_connected", "not_reached", "handed_back", "left"
]


class Packets(Protocol):
    """Who writes what agents are told."""

    async def make(self, call: Joining, transfer: Transfer, reason: str) -> Mapping[str, Any]:
        """The packet of a call as it is now, at once."""

    def improved(
        self, call: Joining, transfer: Transfer, reason: str, tell: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """A better one may come in a moment, and then replaces it."""


class Phones(Protocol):
    """Agents who are reached by telephone (pipeline.phone_legs behind pipeline.transfers.by_phone)."""

    async def ring(self, running: Running, offer: int, agent_id: str) -> bool:
        """Ring their telephone; False: they have none."""

    async def let_go(self, transfer: str, offer: int, why: ReleaseWhy) -> None:
        """End an offer's leg, with a word if somebody is on it."""

    async def bridge(self, transfer: Transfer, offer: int) -> None:
        """Move the caller to where the agent is. Raises LegGone, CarrierError."""

    async def take_back(self, transfer: Transfer, offer: int, is_here: Callable[[], bool]) -> bool:
        """Bring the caller back to the assistant from this offer's agent. False: the next agent gets them already.

        is_here: whether their stream is open. Raises LegGone, CarrierError.
        """

    async def call(self, running: Running) -> None:
        """Call a caller back. Raises CarrierError, StoreUnavailable, ValueError."""

    async def settle(self, transfer: str) -> None:
        """It has ended. Raises CarrierError."""

    @property
    def takes_tasks(self) -> bool:
        """Whether a queue can be a workflow of TaskRouter."""

    async def introduce(self, transfer: Transfer) -> None:
        """Let caller and agent hear who the other is. Raises CarrierError."""

    async def stop_calling(self, transfer: Transfer) -> None:
        """The last attempt to reach a caller is over. Raises CarrierError, StoreUnavailable."""

    def rings(self, transfer: str, offer: int) -> bool:
        """Whether this offer went to a telephone."""

    def forget(self, transfer: str) -> None:
        """It is over."""
