"""Supervisors in the conference of a caller and an agent who was reached by telephone: their own telephone is rung.

Only telephones of the operator's directory are rung. The supervisor's leg ends with the conference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from pipeline.bridge import Coaching
from pipeline.supervision.errors import NotNow
from pipeline.transfers.running import Running
from telephony.agents import Agent
from telephony.numbers import NotANumber, parse_number
from telephony.ports import CallControl, Joining
from telephony.rooms import SUPERVISOR, room_of
from telephony.transfer_state import State

DEADLINE_MS: Final = 5_000


class Live(Protocol):
    """Live transfers (pipeline.transfers.office)."""

    def live(self) -> tuple[Running, ...]:
        """Every transfer that runs."""

    def agent(self, agent_id: str) -> Agent | None:
        """Who that is."""


class Legs(Protocol):
    """Agents' legs (pipeline.phone_legs)."""

    def legs(self, transfer: str) -> Mapping[int, str]:
        """The sids of a transfer's legs, by offer."""


@dataclass(frozen=True, slots=True)
class Conferences:
    """All of a process. One supervisor at a time takes part in each."""

    transfers: Live
    legs: Legs
    control: CallControl

    async def coach(self, call_id: str, by: str, mode: Coaching) -> Coaching:
        """Have somebody of the directory take part: heard by nobody, by the agent alone, by both. Gives what is so now.

        by: whose telephone rings, if they do not take part yet. Whoever answers there hears and is not heard, until
        asked again: it may be a machine. Raises NotNow, NotDiallable and CarrierError.
        """
        running, agent_leg = self._connected(call_id)
        room = room_of(running.id, running.transfer.bridges)
        there = await self.control.participants(room, DEADLINE_MS)
        if any(one.label == SUPERVISOR for one in there):
            await self._changed(room, agent_leg, mode)
            return mode
        whose = self.transfers.agent(by)
        if whose is None or not whose.phone:
            raise NotNow(f"{by or 'nobody'} has no telephone in the directory")
        try:
            ours = parse_number(running.wanted.line_number)
        except NotANumber:
            raise NotNow("there is no number of ours to call from") from None
        await self.control.join(room, SUPERVISOR, Joining(whose.phone, ours, muted=True), DEADLINE_MS)
        return "listen"

    async def leave(self, call_id: str) -> None:
        """Have the supervisor take part no longer. Raises NotNow and CarrierError."""
        running, _ = self._connected(call_id)
        await self.control.remove(room_of(running.id, running.transfer.bridges), SUPERVISOR, DEADLINE_MS)

    async def _changed(self, room: str, agent_leg: str, mode: Coaching) -> None:
        if mode == "listen":
            await self.control.mute(room, SUPERVISOR, True, DEADLINE_MS)
        else:
            await self.control.coach(room, SUPERVISOR, agent_leg if mode == "whisper" else "", DEADLINE_MS)

    def _connected(self, call_id: str) -> tuple[Running, str]:
        """The transfer that is in a conference now, and the agent's leg there."""
        for running in self.transfers.live():
            transfer = running.transfer
            if transfer.call_id == call_id and transfer.state is State.CONNECTED and transfer.accepted is not None:
                leg = self.legs.legs(running.id).get(transfer.accepted)
                if leg is not None:
                    return running, leg
        raise NotNow("agent and caller are not in a conference")
