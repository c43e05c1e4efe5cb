"""What the carrier asks and tells of agents by telephone, and of callers who are called back.

As TransferDesk and CallbackDesk (pipeline.transfer_desk), and TaskOffice (pipeline.transfers.by_task). A transfer of
another process, or one that is over for long, is Unknown: its legs are hung up.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from pipeline.assistant.events import CalledBack
from pipeline.phone_legs import ASK_MS
from pipeline.switchboard import HangUp
from pipeline.transfer_desk import (
    Accepted,
    AgentAnswer,
    Briefing,
    Declined,
    Goodbye,
    Over,
    Reached,
    Taken,
    Unknown,
)
from pipeline.transfer_desk import CallerLeft as CallerGone
from pipeline.transfers.phone_memory import AFTER_S, PhoneMemory, abandoned, was_accepted
from pipeline.transfers.running import Running
from pipeline.transfers.targets import is_target
from telephony.agent_words import introduction, words_of
from telephony.agents import TARGET
from telephony.ports import LegStatus
from telephony.rooms import ASSISTANT, CALLER, is_supervisor, offer_of
from telephony.transfer_events import (
    AgentAccepts,
    AgentDeclines,
    AgentLeft,
    AgentUnanswered,
    CallerJoined,
    CallerLeft,
    CallerReached,
    CallerUnreached,
    HandsBack,
    RingOver,
    Unanswered,
)
from telephony.transfer_state import State, Transfer
from telephony.transfer_store import Kept

TOLD_S: Final = ASK_MS / 1000 + AFTER_S
"""Why the conference ended is told within so much of the question, or is lost: of an agent who gives the caller back,
the carrier is asked first whether the caller is there."""
_HOWS: Final[Mapping[LegStatus, Unanswered]] = {"busy": "busy", "no_answer": "no_answer", "completed": "hung_up"}


class CarrierDesk:
    """One per process."""

    def __init__(self, memory: PhoneMemory) -> None:
        self.memory = memory

    # What agents hear, as TransferDesk

    async def answered(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """Somebody, or something, has answered."""
        running = await self.memory.of(transfer, offer, leg_sid, answered=True)
        return self._standing(running, offer) if running is not None else Unknown()

    async def chose(self, transfer: str, offer: int, digit: str, leg_sid: str) -> AgentAnswer:
        """A key."""
        running = await self.memory.of(transfer, offer, leg_sid, answered=True)
        if running is None:
            return Unknown()
        if offer in running.transfer.ringing and digit == "2":
            running.post(AgentDeclines(self.memory.clock.now_ms(), offer))
            return Declined(self.memory.language(running))
        if offer in running.transfer.ringing and digit == "1":
            running.post(AgentAccepts(self.memory.clock.now_ms(), offer))
            await running.until(lambda now: offer not in now.ringing)
        return self._standing(running, offer)

    async def agent_after(self, transfer: str, offer: int, leg_sid: str) -> AgentAnswer:
        """An agent is out of the conference and still there: the star key gave the caller back, or the caller left."""
        running = await self.memory.of(transfer, offer, leg_sid)
        if running is None:
            return Unknown()
        now = running.transfer
        speaking = now.state is State.CONNECTED and now.accepted == offer
        if speaking and await self.memory.legs.is_over(now.call_id):
            running.post(CallerLeft(self.memory.clock.now_ms()))
        elif speaking:  # as far as is known they are there: somebody who is must not be hung up on
            running.post(HandsBack(self.memory.clock.now_ms(), "by the star key"))
        else:
            running.post(AgentLeft(self.memory.clock.now_ms(), offer))
        return (
            CallerGone(self.memory.language(running)) if abandoned(running) else Goodbye(self.memory.language(running))
        )

    async def announcement(self, transfer: str, what: str) -> Briefing | Unknown:
        """The introduction names the agent to the caller."""
        running = self.memory.running(transfer)
        accepted = running.transfer.accepted if running is not None else None
        if running is None or self.memory.office is None or accepted is None or what != "introduction":
            return Unknown()
        agent = self.memory.office.agent(running.transfer.offers[accepted].agent)
        if agent is None:
            return Unknown()
        language = self.memory.language(running)
        return Briefing(introduction(language, agent.name), language)

    async def caller_after(self, transfer: str, dial_status: str) -> HangUp | Unknown:
        """The conference ended and the caller is still there: the agent has left it, or could not be reached."""
        del dial_status
        running = self.memory.running(transfer)
        if running is None:
            return Unknown()
        self.memory.after.setdefault(transfer, asyncio.Event()).set()
        if running.transfer.accepted is None:
            return Unknown()
        if not await running.until(_is_not_connected, TOLD_S):  # what tells why it ended is lost
            running.post(AgentLeft(self.memory.clock.now_ms(), running.transfer.accepted))
            await running.until(_is_not_connected)
        agent_ended = running.transfer.outcome == "completed" and running.transfer.after == "end"
        return HangUp() if agent_ended else Unknown()

    def _standing(self, running: Running, offer: int) -> AgentAnswer:
        transfer, language = running.transfer, self.memory.language(running)
        if offer in transfer.ringing:
            return self._briefing(running, language)
        if transfer.state is not State.OVER and offer == transfer.accepted:
            self.memory.agent_comes(transfer)
            return Accepted(self.memory.room(transfer), language)
        if abandoned(running):
            return CallerGone(language)
        if offer == transfer.accepted:
            return Over(language) if transfer.outcome == "withdrawn" else Goodbye(language)
        return Taken(language) if was_accepted(transfer) else Over(language)

    def _briefing(self, running: Running, language: str) -> Briefing:
        packet = self.memory.packet(running.id)
        text, spoken_in = packet.get("briefing"), packet.get("agent_language")
        if isinstance(spoken_in, str) and spoken_in:
            language = spoken_in
        words = words_of(language)
        told = text if isinstance(text, str) and text else words.caller_waits
        return Briefing(told if running.transfer.reached else f"{words.calls_back} {told}", language)

    # What they are told, as TransferDesk

    async def ringing(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """The leg of this offer is this one."""
        return await self.memory.of(transfer, offer, leg_sid) is not None

    async def heard_machine(self, transfer: str, offer: int, leg_sid: str) -> bool:
        """A machine has answered: it is hung up on, unless a key was pressed."""
        running = await self.memory.of(transfer, offer, leg_sid)
        if running is None:
            return False
        offers = running.transfer.offers
        running.post(RingOver(self.memory.clock.now_ms(), offers[offer].agent, "voicemail"))
        await running.until(lambda now: offer not in now.ringing)
        if running.transfer.offers[offer].standing == "voicemail":
            await self.memory.legs.hang_up(transfer, offer)
        return True

    async def leg_over(self, transfer: str, offer: int, status: LegStatus, answered_by: str, leg_sid: str) -> bool:
        """An agent's leg has ended."""
        running = await self.memory.of(transfer, offer, leg_sid)
        if running is None:
            return False
        now_ms = self.memory.clock.now_ms()
        machine = answered_by in ("machine", "fax")
        how: Unanswered = "voicemail" if machine else _HOWS.get(status, "failed")
        if offer in running.transfer.ringing:
            running.post(AgentUnanswered(now_ms, offer, how))
        else:
            running.post(AgentLeft(now_ms, offer))
        return True

    async def joined(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference."""
        running, offer = self.memory.running(transfer), offer_of(label)
        if running is None or self.memory.office is None:
            return False
        if offer is not None and leg_sid == self.memory.legs.legs(transfer).get(offer):
            self.memory.office.acting.agent_there(running, offer)
        elif label == CALLER and leg_sid == running.transfer.call_id:
            running.post(CallerJoined(self.memory.clock.now_ms()))
        elif offer is None and label not in (CALLER, ASSISTANT) and not is_supervisor(label):
            await self._worker_joined(running, leg_sid)
        return True

    async def left(self, transfer: str, label: str, leg_sid: str) -> bool:
        """Somebody is in the conference no longer. Why, tells their own leg: it has ended, or asks what now.

        A worker's tells nothing; once caller and worker speak, the caller's leg asks.
        """
        del label
        running = self.memory.running(transfer)
        if running is None:
            return False
        offer = next((number for number, sid in self.memory.legs.legs(transfer).items() if sid == leg_sid), None)
        is_task = offer is not None and self.memory.tasks is not None and self.memory.tasks.has(running.transfer, offer)
        if offer is not None and is_task and running.transfer.state is not State.CONNECTED:
            running.post(AgentLeft(self.memory.clock.now_ms(), offer))
        return True

    def of_call(self, call_id: str) -> str:
        """The latest transfer of this call; empty: it has none that is live."""
        live = self.memory.office.live() if self.memory.office is not None else ()
        return next((one.id for one in reversed(tuple(live)) if one.transfer.call_id == call_id), "")

    async def _worker_joined(self, running: Running, leg_sid: str) -> None:
        offer = self.memory.tasks.came(running.transfer, leg_sid) if self.memory.tasks is not None else None
        if self.memory.tasks is not None and offer is not None:
            self.memory.tasks.arrived(running, offer, leg_sid)
            await self.worker_came(running, offer)

    # Callers who are called back, as CallbackDesk

    async def caller_answered(self, transfer: str, attempt: int, leg_sid: str) -> Reached | Unknown:
        """A caller has answered: the agent who accepted waits for them."""
        running = await self.memory.called(transfer, attempt, leg_sid)
        if running is None or running.transfer.accepted is None or self.memory.office is None:
            return Unknown()
        running.post(CallerReached(self.memory.clock.now_ms(), leg_sid))
        await running.until(lambda now: now.call_id == leg_sid or now.state is not State.ACCEPTED)
        now, wanted = running.transfer, running.wanted
        if now.call_id != leg_sid or now.accepted is None:
            return Unknown()
        agent = self.memory.office.agent(now.offers[now.accepted].agent)
        name = agent.name if agent is not None and not is_target(agent.id) else ""
        back = CalledBack(transfer.rpartition("-")[2], now.queue, name)
        return Reached(wanted.caller_number, wanted.line_number, back)

    async def caller_unreached(self, transfer: str, attempt: int, why: str, leg_sid: str) -> bool:
        """Nobody answered, or a machine did; once caller and agent speak it is no news."""
        running = await self.memory.called(transfer, attempt, leg_sid)
        if running is None:
            return False
        if running.transfer.bridges == attempt and (why == "machine" or not running.transfer.reached):
            running.post(CallerUnreached(self.memory.clock.now_ms(), why))
        return True

    # For workers of TaskRouter, as TaskOffice

    def running(self, transfer_id: str) -> Running | None:
        """A live transfer, or one that was over a moment ago."""
        return self.memory.running(transfer_id)

    def workflow(self, agent_id: str) -> str:
        """The workflow that stands for a queue's agents; empty: none."""
        return self.memory.office.workflow(agent_id) if self.memory.office is not None else ""

    def any_workflow(self) -> str:
        """One of the lines' workflows; empty: there is none."""
        queues = self.memory.office.queues() if self.memory.office is not None else ()
        return next(filter(None, (self.workflow(f"{TARGET}{name}") for name in queues)), "")

    def packet(self, transfer_id: str) -> Mapping[str, Any]:
        """What agents are told."""
        return self.memory.packet(transfer_id)

    async def kept(self, transfer_id: str) -> Kept | None:
        """A transfer as it is stored. Raises StoreUnavailable."""
        return await self.memory.office.store.get(transfer_id) if self.memory.office is not None else None

    async def worker_came(self, running: Running, offer: int) -> None:
        """A worker is in the conference: they have accepted."""
        if offer in running.transfer.ringing:
            running.post(AgentAccepts(self.memory.clock.now_ms(), offer))
            await running.until(lambda now: offer not in now.ringing)
        if self.memory.office is not None:
            self.memory.office.acting.agent_there(running, offer)


def _is_not_connected(transfer: Transfer) -> bool:
    return transfer.state is not State.CONNECTED
