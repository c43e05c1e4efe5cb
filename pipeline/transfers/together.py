"""Joins callers and agents, at the desk or in the carrier's conference, and parts them."""

from typing import TYPE_CHECKING, Final

import structlog

from pipeline.drive import Clock
from pipeline.joining import Away, Joining
from pipeline.transfers.desk import Desk
from pipeline.transfers.ports import Phones, ReleaseWhy
from pipeline.transfers.ringing import Ringing
from pipeline.transfers.running import Running
from pipeline.transfers.told import Told, short_of
from recordings.errors import StoreUnavailable
from telephony.errors import CarrierError, LegGone
from telephony.queue_events import CallOver
from telephony.transfer_events import (
    AgentJoined,
    BridgeFailed,
    CallerJoined,
    CallerLeft,
)
from telephony.transfer_state import State, Transfer

if TYPE_CHECKING:
    from pipeline.transfers.office import Transfers

LATE_MS: Final = 1_000
"""A caller who knows who comes hears nothing no longer than this; then music, until they are moved."""
ANNOUNCED_MS: Final = 3_000
"""An agent who is in the conference waits no longer than this for the caller to have heard who comes."""
_log = structlog.get_logger(__name__)


class Together:
    """Of all transfers of a process. Methods return at once unless they are coroutines."""

    def __init__(
        self, office: "Transfers", desk: Desk, clock: Clock, phones: Phones | None, told: Told, ringing: Ringing
    ) -> None:
        self._office, self._desk, self._clock = office, desk, clock
        self._phones, self._told, self._ringing = phones, told, ringing
        self.there: dict[str, set[str]] = {}
        """Of transfers that are accepted: "caller" has heard who comes, "agent" is where the caller will come."""

    def caller_ready(self, running: Running) -> None:
        """The caller knows who comes, and can be joined."""
        transfer = running.transfer
        if transfer.accepted is None:  # an earlier process lost that agent and was killed before it told
            self._told.news(running, "lost")
            return
        if transfer.state is State.CONNECTED:  # their connection had been lost
            if self._ringing.by(transfer, transfer.accepted) == "desk":
                self._join(running, transfer.accepted)
            return
        there = self.there.setdefault(running.id, set())
        there.add("caller")
        if self._ringing.by(transfer, transfer.accepted) == "desk":
            there.add("agent")
        if (
            transfer.state is State.BRIDGING and self._ringing.by(transfer, transfer.accepted) == "desk"
        ):  # had no stream then
            self._join_at_desk(running, transfer.accepted)
            return
        self._late_in_a_moment(running, transfer.accepted)
        self._together(running, transfer.accepted)

    def agent_there(self, running: Running, offer: int) -> None:
        """The agent is in the conference."""
        if offer != running.transfer.accepted:
            running.post(AgentJoined(self._clock.now_ms(), offer))  # it lets them go
            return
        self.there.setdefault(running.id, set()).add("agent")
        self._together(running, offer)
        if not running.transfer.reached:
            return
        self._wait(running, offer)

    def move(self, running: Running, offer: int) -> None:
        """Bring caller and agent together."""
        by = self._ringing.by(running.transfer, offer)
        told = {"transfer": short_of(running), "offer": offer, "agent": running.transfer.offers[offer].agent, "by": by}
        self._told.record(running, "transfer.bridging", **told)
        if by == "phone":
            self._office.spawn(self._bridge(running, offer))
        else:
            self._join_at_desk(running, offer)

    def connected(self, running: Running) -> None:
        """They speak with each other."""
        offer = running.transfer.accepted or 0
        agent = running.transfer.offers[offer].agent
        by = self._ringing.by(running.transfer, offer)
        self._told.record(running, "transfer.connected", transfer=short_of(running), offer=offer, agent=agent, by=by)
        introduces = self._told.introduces(running, agent)
        self._told.news(running, "connected", agent=agent, introduces=introduces if by == "desk" else "")
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.with_agent(True)
        if by == "phone" and introduces:
            self._office.spawn(self._introduce(running.transfer))
        seat = self._desk.seat(agent)
        if by == "phone" and seat is not None:  # a desk was told when its sound was joined
            told = {"transfer": running.id, "offer": offer, "call": running.transfer.call_id, "by": by}
            seat.tell({"type": "connected", **told})

    def release(self, running: Running, offer: int, why: ReleaseWhy) -> None:
        """Part with the agent of an offer."""
        agent = running.transfer.offers[offer].agent
        if self._ringing.by(running.transfer, offer) == "desk":
            self._desk.hung_up(agent)
        elif why != "left":
            self._office.spawn(self._ringing.let_go(running.id, offer, why))
        seat = self._desk.seat(agent)
        if seat is not None:
            seat.tell({"type": "released", "transfer": running.id, "offer": offer, "why": why})
        if offer != running.transfer.accepted:  # whoever comes late parts nobody: others may be speaking
            return
        self.part(running)
        if running.transfer.outcome not in {"completed", "handed_back"}:  # else WrapUp follows
            self._office.queue.post(CallOver(self._clock.now_ms(), running.id, agent, wrap_up=False))

    def keep(self, running: Running, why: str) -> None:
        """The caller was not moved."""
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.come_back()
        self._told.news(running, "lost", why=why)

    def take_back(self, running: Running, offer: int | None) -> None:
        """The caller was moved to the agent of this offer, or may have been."""
        self.part(running)
        call = self._office.call(running.transfer.call_id)
        if call is None:
            return
        call.with_agent(False)
        if offer is not None and self._ringing.by(running.transfer, offer) == "phone":
            self._office.spawn(self._bring_back(running, offer, call))
        else:
            call.others_hear(False)
        self._told.news(running, "back" if running.over else "lost")

    def part(self, running: Running) -> None:
        """End the sound between caller and desk."""
        call = self._office.call(running.transfer.call_id)
        if call is not None:
            call.part()

    def away(self, running: Running, offer: int) -> Away:
        """Who a caller is with whose stream is gone."""
        agent = running.transfer.offers[offer].agent
        return Away(agent, self._spoken(running, agent))

    def _late_in_a_moment(self, running: Running, offer: int) -> None:
        def late() -> None:
            """The caller knows who comes, and is still here."""
            now = running.transfer
            waits = now.accepted == offer and now.state in {State.ACCEPTED, State.BRIDGING}
            if waits and self._ringing.by(now, offer) == "phone":
                self._told.news(running, "late")
                self._late_in_a_moment(running, offer)

        self._clock.call_at(self._clock.now_ms() + LATE_MS, late)

    def _wait(self, running: Running, offer: int) -> None:
        self._clock.call_at(self._clock.now_ms() + ANNOUNCED_MS, lambda: self._waited(running, offer))

    def _waited(self, running: Running, offer: int) -> None:
        """The agent in the conference has waited long enough, if they still wait and there is a caller to be moved.

        Who was called back and hears who calls is none yet, nor is one whose stream comes back after a restart.
        """
        if running.transfer.state is not State.ACCEPTED or running.transfer.accepted != offer:
            return
        if self._office.call(running.transfer.call_id) is None:
            self._wait(running, offer)
            return
        running.post(AgentJoined(self._clock.now_ms(), offer))

    def _together(self, running: Running, offer: int) -> None:
        if self.there.get(running.id) == {"caller", "agent"}:
            running.post(AgentJoined(self._clock.now_ms(), offer))

    def _join_at_desk(self, running: Running, offer: int) -> None:
        """Join them, or wait for the caller's next stream: the process may be new, or the caller's connection lost."""
        if self._join(running, offer):
            running.post(CallerJoined(self._clock.now_ms()))

    def _join(self, running: Running, offer: int) -> bool:
        """Join desk and caller on the caller's own stream."""
        transfer = running.transfer
        agent_id, call = transfer.offers[offer].agent, self._office.call(transfer.call_id)
        if call is None:
            return False
        person = self._desk.speaking(agent_id) or self._desk.person(agent_id, f"{short_of(running)}-{offer}")
        bridge = call.join(person, agent_id, self._spoken(running, agent_id))
        if bridge is None:
            self._desk.hung_up(agent_id)
            return False
        person.said = bridge.said
        call.with_agent(True)
        seat = self._desk.seat(agent_id)
        if seat is not None:
            told = {"transfer": running.id, "offer": offer, "call": transfer.call_id, "by": "desk"}
            seat.tell({"type": "connected", **told})
        return True

    def _spoken(self, running: Running, agent_id: str) -> str:
        """The language that this agent speaks with this caller."""
        agent, wanted = self._office.agent(agent_id), running.wanted.language
        return wanted if agent is None or not agent.languages or wanted in agent.languages else min(agent.languages)

    async def _bridge(self, running: Running, offer: int) -> None:
        call = self._office.call(running.transfer.call_id)
        if self._phones is None or call is None:
            return
        call.moving_away(self.away(running, offer))
        try:
            await self._phones.bridge(running.transfer, offer)
        except LegGone:
            running.post(CallerLeft(self._clock.now_ms()))
        except (CarrierError, StoreUnavailable) as error:
            if offer == running.transfer.accepted:  # else another may be on the way by now
                may_be_done = not isinstance(error, CarrierError) or error.may_be_done
                running.post(BridgeFailed(self._clock.now_ms(), type(error).__name__, may_be_done))

    async def _introduce(self, transfer: Transfer) -> None:
        try:
            if self._phones is not None:
                await self._phones.introduce(transfer)
        except CarrierError as error:  # they speak all the same
            _log.warning("caller and agent not introduced", transfer=transfer.id, reason=str(error))

    async def _bring_back(self, running: Running, offer: int, call: Joining) -> None:
        """Until the carrier has been asked they count as away: it may be moving them, or has them back already."""
        if self._phones is None:
            return
        try:
            if not await self._phones.take_back(running.transfer, offer, lambda: call.is_open):
                return
        except LegGone:
            running.post(CallerLeft(self._clock.now_ms()))
        except (CarrierError, StoreUnavailable) as error:  # their TwiML brings them back when the conference ends
            _log.warning("caller not brought back", transfer=running.id, reason=str(error))
        call.come_back()
