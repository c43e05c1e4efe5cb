"""Supervisors in the conference of a caller and an agent who was reached by telephone: their own telephone is rung.

Only telephones of the operator's directory are rung, and whoever answers there has to press a key before they hear
anything: an answering machine presses none. The supervisor's leg ends with the conference.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

import structlog

from pipeline.bridge import Coaching
from pipeline.joining import Joining
from pipeline.phone_legs import ASK_MS
from pipeline.supervision.errors import NotNow
from pipeline.transfers.running import Running
from telephony.agents import Agent
from telephony.errors import CarrierError, LegGone
from telephony.intended import IntendedControl
from telephony.numbers import NotANumber, parse_number
from telephony.ports import CallControl, Dialling
from telephony.reconcile import EVERY_MS
from telephony.rooms import is_supervisor, supervisor_label
from telephony.transfer_state import State, Transfer
from telephony.twilio.addresses import TransferAddresses

DEADLINE_MS: Final = 5_000


class Live(Protocol):
    """Live transfers (pipeline.transfers.office)."""

    def live(self) -> tuple[Running, ...]:
        """Every transfer that runs."""

    def agent(self, agent_id: str) -> Agent | None:
        """Who that is."""

    def call(self, call_id: str) -> Joining | None:
        """A live call's side."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside."""


class Legs(Protocol):
    """Agents' legs (pipeline.phone_legs)."""

    @property
    def addresses(self) -> TransferAddresses:
        """Where the carrier asks."""

    @property
    def control(self) -> IntendedControl:
        """Which makes legs once, over restarts too."""

    def legs(self, transfer: str) -> Mapping[int, str]:
        """The sids of a transfer's legs, by offer."""

    def room_with(self, transfer: Transfer, offer: int | None, bridge: int) -> str:
        """The conference with the agent of this offer."""


@dataclass(slots=True)
class SupervisorLeg:
    """A supervisor's telephone that rings, or takes part."""

    call_id: str
    room: str
    label: str
    language: str
    over: Callable[[], None]
    sid: str = ""
    """Empty: not known yet."""
    joins: bool = False
    """A key was pressed."""


@dataclass(frozen=True, slots=True)
class Conferences:
    """All of a process. One supervisor at a time takes part in each."""

    transfers: Live
    legs: Legs
    control: CallControl
    _rung: dict[tuple[str, str], SupervisorLeg] = field(default_factory=dict)
    """By transfer and name."""

    async def coach(self, call_id: str, by: str, mode: Coaching, over: Callable[[], None]) -> Coaching:
        """Have somebody of the directory take part: heard by nobody, by the agent alone, by both. Gives what is so now.

        by: whose telephone rings, if they do not take part yet. Whoever answers there presses a key, then hears and is
        not heard, until asked again. over: that telephone is hung up. Raises NotNow, NotDiallable and CarrierError.
        """
        running, agent_leg = self._connected(call_id)
        room, label = self._room(running), supervisor_label(by)
        there = await self.control.participants(room, DEADLINE_MS)
        for other in there:
            if is_supervisor(other.label) and other.label != label:
                await self.control.remove(room, other.sid, DEADLINE_MS)
        if any(one.label == label for one in there):
            if not any(one.sid == agent_leg for one in there):  # only who is there can be coached (16028)
                raise NotNow("the agent is not in the conference")
            await self._changed(room, label, agent_leg, mode)
            return mode
        if not any((one.room, one.label) == (room, label) for one in self._rung.values()):  # else it rings
            await self._ring(running, room, by, over)
        return "listen"

    async def leave(self, call_id: str, by: str) -> None:
        """Have this one take part no longer. Raises CarrierError."""
        label = supervisor_label(by)
        legs = [(key, leg) for key, leg in self._rung.items() if (leg.call_id, leg.label) == (call_id, label)]
        for key, _ in legs:
            del self._rung[key]
        for _, leg in legs:
            if leg.sid:  # else it is hung up on when it answers, or when its request does
                await self.control.end(leg.sid, DEADLINE_MS)
        if legs:
            return
        try:  # of an earlier process
            running, _ = self._connected(call_id)
        except NotNow:
            return
        await self.control.remove(self._room(running), label, DEADLINE_MS)

    def let_go(self, call_id: str, by: str) -> None:
        """Have this one take part no longer, in a moment."""
        self.transfers.spawn(self._let_go(call_id, by))

    # After a restart, and when callbacks are lost

    async def recover(self) -> None:
        """Know the telephones again with which supervisors took part in an earlier process. Raises StoreUnavailable."""
        legs = await self.legs.control.legs()
        for running in self.transfers.live():
            call = self.transfers.call(running.transfer.call_id)
            there = call.supervised.by_phone if call is not None else None
            if call is None or there is None:
                continue
            who, agent = there
            over, hang_up = partial(call.supervised.telephone_over, who), partial(self.let_go, call.call_id, agent)
            call.supervised.telephone_known(hang_up)
            await self._recover(running, agent, legs, over)

    async def _recover(self, running: Running, agent: str, legs: Mapping[str, str], over: Callable[[], None]) -> None:
        room, label = self._room(running), supervisor_label(agent)
        found = False
        for sid, key in legs.items():
            transfer, step, name = key.rsplit(":", 2)
            if (transfer, step) != (running.id, label) or await self._is_over(sid):
                continue
            language = self._language(running, self.transfers.agent(agent))
            leg = SupervisorLeg(running.transfer.call_id, room, label, language, over, sid, joins=True)
            self._rung[running.id, name] = leg
            found = True
        if not found:
            over()

    async def run(self) -> None:
        """Ask every few seconds how supervisors' legs are, until cancelled: that one has ended may not be told."""
        while True:
            await asyncio.sleep(EVERY_MS / 1000)
            await self.look()

    async def look(self) -> None:
        """One round."""
        for (transfer, name), leg in list(self._rung.items()):
            try:
                if leg.sid and await self._is_over(leg.sid) and self.leg_over(transfer, name, leg.sid):
                    structlog.get_logger().warning("callback missed", transfer=transfer, missed="SupervisorLeft")
            except Exception as error:  # noqa: BLE001 one that breaks must not keep us from asking about the others
                told = {"reason": type(error).__name__, "pii_error": repr(error)}
                structlog.get_logger().error("supervisor's leg not asked about", transfer=transfer, **told)

    async def _is_over(self, sid: str) -> bool:
        """Whether nobody is on this leg for certain."""
        try:
            return (await self.control.leg(sid, ASK_MS)).is_over
        except LegGone:
            return True
        except CarrierError as error:
            structlog.get_logger().info("carrier not asked", leg=sid, reason=str(error))
            return False

    # What the carrier asks and tells (server.supervisor_webhooks)

    def leg(self, transfer: str, name: str, sid: str) -> SupervisorLeg | None:
        """The leg of which a webhook speaks; None: nobody asked for it, or waits for it any more."""
        leg = self._rung.get((transfer, name))
        if leg is not None and not leg.sid:
            leg.sid = sid
        return leg if leg is not None and leg.sid == sid else None

    async def heard_machine(self, transfer: str, name: str, sid: str) -> bool:
        """A machine has answered: it is hung up on, unless a key was pressed. False: nobody asked for this leg."""
        leg = self.leg(transfer, name, sid)
        if leg is not None and not leg.joins:
            await self._end(sid)
        return leg is not None

    def joins(self, leg: SupervisorLeg) -> bool:
        """A key was pressed. Whether agent and caller are still where this supervisor is to come."""
        leg.joins = True
        try:
            running, _ = self._connected(leg.call_id)
        except NotNow:
            return False
        return self._room(running) == leg.room

    def leg_over(self, transfer: str, name: str, sid: str) -> bool:
        """A supervisor's leg has ended. False: nobody asked for it."""
        leg = self.leg(transfer, name, sid)
        if leg is not None:
            del self._rung[transfer, name]
            if not any((one.room, one.label) == (leg.room, leg.label) for one in self._rung.values()):
                leg.over()
        return leg is not None

    async def _ring(self, running: Running, room: str, by: str, over: Callable[[], None]) -> None:
        whose = self.transfers.agent(by)
        if whose is None or not whose.phone:
            raise NotNow(f"{by or 'nobody'} has no telephone in the directory")
        try:
            ours = parse_number(running.wanted.line_number)
        except NotANumber:
            raise NotNow("there is no number of ours to call from") from None
        language = self._language(running, whose)
        name, at = secrets.token_hex(8), self.legs.addresses
        leg = SupervisorLeg(running.transfer.call_id, room, supervisor_label(by), language, over)
        self._rung[running.id, name] = leg
        wanted = Dialling(
            whose.phone,
            ours,
            at.supervisor(running.id, name),
            at.supervisor(running.id, name, "/status"),
            at.supervisor(running.id, name, "/amd"),
        )
        try:
            made = await self.legs.control.dial(f"{running.id}:{leg.label}:{name}", wanted, DEADLINE_MS)
        except BaseException:
            self._rung.pop((running.id, name), None)
            raise
        leg.sid = made.sid
        if (running.id, name) not in self._rung:  # it is over, or was not wanted any more
            await self.control.end(made.sid, DEADLINE_MS)

    def _language(self, running: Running, whose: Agent | None) -> str:
        wanted = running.wanted.language
        return wanted if whose is None or not whose.languages or wanted in whose.languages else min(whose.languages)

    async def _end(self, sid: str) -> None:
        try:
            await self.control.end(sid, DEADLINE_MS)
        except CarrierError as error:  # whoever presses no key is hung up on all the same
            structlog.get_logger().warning("supervisor's leg not ended", reason=str(error))

    async def _let_go(self, call_id: str, by: str) -> None:
        try:
            await self.leave(call_id, by)
        except CarrierError as error:
            structlog.get_logger().warning("supervisor's leg not ended", call_id=call_id, reason=str(error))

    async def _changed(self, room: str, label: str, agent_leg: str, mode: Coaching) -> None:
        if mode == "listen":
            await self.control.mute(room, label, True, DEADLINE_MS)
        else:
            await self.control.coach(room, label, agent_leg if mode == "whisper" else "", DEADLINE_MS)

    def _room(self, running: Running) -> str:
        """Where they are: a task of TaskRouter has a conference of its own."""
        now = running.transfer
        return self.legs.room_with(now, now.accepted, now.bridges)

    def _connected(self, call_id: str) -> tuple[Running, str]:
        """The transfer that is in a conference now, and the agent's leg there."""
        for running in self.transfers.live():
            transfer = running.transfer
            if transfer.call_id == call_id and transfer.state is State.CONNECTED and transfer.accepted is not None:
                leg = self.legs.legs(running.id).get(transfer.accepted)
                if leg is not None:
                    return running, leg
        raise NotNow("agent and caller are not in a conference")
