"""Puts callers of this process through to people: the queues, the live transfers, and the agents who take part."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import structlog

from pipeline.assistant.actions import AgentAction, BringAgent, CallBack, CallerReady, StopTransfer
from pipeline.drive import Driver
from pipeline.joining import Joining
from pipeline.line.model import Line
from pipeline.line.queues import state_of
from pipeline.office_clock import OfficeClock
from pipeline.transfers import rings
from pipeline.transfers.acting import Acting
from pipeline.transfers.beginning import begin
from pipeline.transfers.called_later import call_later
from pipeline.transfers.counted import CountedQueue
from pipeline.transfers.desk import Desk, Seat
from pipeline.transfers.dispositions import Dispositions, dispositions_of
from pipeline.transfers.left_away import fetch_back
from pipeline.transfers.left_desks import Left, LeftDesks, Return
from pipeline.transfers.lost_desks import await_desk
from pipeline.transfers.ports import Packets, Phones
from pipeline.transfers.promised import Promised
from pipeline.transfers.running import Running
from pipeline.transfers.targets import PhoneTarget, is_target, targets_of
from telephony.agents import Agent
from telephony.queue import HumanQueue
from telephony.queue_events import (
    AgentChanged,
    AgentIs,
    AgentNow,
    AgentRemoved,
    GiveUp,
    HoursChanged,
    OfferTo,
    OnCall,
    Overflow,
    Presence,
    QueueAction,
    QueueChanged,
    QueueDeleted,
    SlaNear,
    TellWait,
    Withdraw,
)
from telephony.queue_settings import QueueSettings
from telephony.transfer import again, decide, recalled
from telephony.transfer_events import (
    AgentAccepts,
    AgentDeclines,
    AgentsFound,
    CallerLeft,
    HandsBack,
    NobodyComes,
    NoLongerWanted,
    Rerouted,
    RingOver,
    TransferEvent,
)
from telephony.transfer_state import State
from telephony.transfer_store import Disposition, Kept, TransferStore

HOURS_EVERY_S: Final = 15.0
_log = structlog.get_logger(__name__)
SettingsOf = Callable[[Line], Mapping[str, QueueSettings]]


class Transfers:
    """One per process; all methods belong to its event loop. As pipeline.joining.Puts."""

    def __init__(
        self,
        store: TransferStore,
        clock: OfficeClock,
        packets: Packets,
        lines: Callable[[], Iterable[Line]],
        settings_of: SettingsOf,
        phones: Phones | None = None,
    ) -> None:
        """lines: those that take calls. settings_of: their queues. phones: None: agents are at the desk only."""
        self.desk = Desk()
        self.store = store
        self.promised = Promised(self.spawn)
        """Where it is left that a person has to call somebody back."""
        self._clock = clock
        self._lines = lines
        self.settings_of = settings_of
        """A line's queues."""
        self._agents: dict[str, Agent] = {}
        self._said: Mapping[str, tuple[Presence, str]] = {}
        self._targets: Mapping[str, PhoneTarget] = {}
        """Telephones of queues; none where nobody can be called."""
        self._phones = phones
        self._named: frozenset[str] = frozenset()
        """The queues that there were when the lines were last looked at."""
        self._calls: dict[str, Joining] = {}
        self._running: dict[str, Running] = {}
        self._left_desks = LeftDesks()
        self.wrapping: dict[str, str] = {}
        """By agent: the transfer that they wrapped up last, or do."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.counted = CountedQueue(HumanQueue(clock.now_ms()))
        self.queue = Driver(self.counted, clock, self._queued)
        self.acting = Acting(self, self.desk, clock, store, packets, phones)

    # The process

    async def open(self, agents: Sequence[Agent]) -> None:
        """Begin with these people and the queues of the lines."""
        self.use_agents(agents)
        self.use_lines()
        self.spawn(self._watch_hours())

    async def recall(self) -> None:
        """Go on with the transfers that an earlier process left behind, once its calls are known again."""
        for kept in await self.store.live():
            packet = await self.store.packet(kept.transfer.id)
            if packet is not None:
                self.acting.told.use_packet(kept.transfer.id, json.loads(packet.text))
            self._recall(kept)

    async def close(self) -> None:
        """End everything that runs; what is live is taken on by the next process."""
        self.queue.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run this beside; what it raises is logged."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def use_agents(self, agents: Sequence[Agent]) -> None:
        """The directory has these people now."""
        now_ms = self._clock.now_ms()
        for gone in set(self._agents) - {agent.id for agent in agents}:
            del self._agents[gone]
            self.queue.post(AgentRemoved(now_ms, gone))
        for agent in agents:
            if self._agents.get(agent.id) != agent:
                self._agents[agent.id] = agent
                self.queue.post(AgentChanged(now_ms, agent))

    def use_said(self, said: Mapping[str, tuple[Presence, str]]) -> None:
        """What was said of agents who are reached by telephone, and when: news is taken, once."""
        for agent_id, now in said.items():
            agent = self._agents.get(agent_id)
            if agent is not None and agent.phone and self._said.get(agent_id) != now:
                self.presence(agent_id, now[0])
        self._said = dict(said)

    def use_lines(self) -> None:
        """The lines may have changed: their queues and hours."""
        now_ms, now = self._clock.now_ms(), self._clock.now()
        phones = self._phones
        self._use_targets(targets_of(self._lines(), tasks=phones.takes_tasks) if phones is not None else {})
        before, self._named = self._named, frozenset(self.queues())
        for gone in sorted(before - self._named):
            self.queue.post(QueueDeleted(now_ms, gone))
        for line in self._lines():
            for name, settings in self.settings_of(line).items():
                self.queue.post(QueueChanged(now_ms, settings))
                queue = line.settings.queue(name)
                if queue is not None:
                    self.queue.post(HoursChanged(now_ms, name, state_of(queue, line.settings.hours, now)))

    def queues(self) -> Mapping[str, QueueSettings]:
        """The queues of the lines that take calls."""
        return {name: settings for line in self._lines() for name, settings in self.settings_of(line).items()}

    def dispositions(self, line: str, queue: str) -> Dispositions:
        """What an agent may say came of a call of this queue."""
        return dispositions_of(self._lines(), line, queue)

    def now_ms(self) -> int:
        """This instant, on the clock of queues and transfers."""
        return self._clock.now_ms()

    def now(self) -> datetime:
        """This instant; aware."""
        return self._clock.now()

    def _use_targets(self, targets: Mapping[str, PhoneTarget]) -> None:
        now_ms = self._clock.now_ms()
        before, self._targets = self._targets, targets
        for gone in before.keys() - targets.keys():
            self.queue.post(AgentRemoved(now_ms, gone))
        for agent_id, target in targets.items():
            if target.workflow:  # its queue is not ours
                continue
            if agent_id not in before or before[agent_id].agent != target.agent:
                self.queue.post(AgentChanged(now_ms, target.agent))
                self.presence(agent_id, "available")

    async def _watch_hours(self) -> None:
        while True:
            await asyncio.sleep(HOURS_EVERY_S)
            self.use_lines()

    def _recall(self, kept: Kept) -> None:
        """Go on with a transfer of an earlier process."""
        transfer = recalled(kept.transfer, self._clock.now_ms())
        running = self.run(replace(kept, transfer=transfer))
        accepted = transfer.accepted
        self.acting.take_on(running)
        if accepted is not None and transfer.state in {State.ACCEPTED, State.BRIDGING, State.CONNECTED}:
            agent = transfer.offers[accepted].agent
            self.queue.post(OnCall(self._clock.now_ms(), transfer.id, agent, transfer.queue))
            await_desk(self, running, accepted)
        for offer in transfer.ringing:
            settings = self.queues().get(transfer.queue, QueueSettings(transfer.queue))
            ring_ms, agent = settings.ring_s * 1000, transfer.offers[offer].agent
            self.spawn(rings.ring_out(running, self.acting, offer, agent, ring_ms, self._clock.now_ms()))
        for action in again(transfer):
            self.acting.act(running, action)

    # The call's side (pipeline.joining.Puts)

    def known(self, call: Joining) -> None:
        """A call of an earlier process is here again."""
        self._calls[call.call_id] = call
        self.spawn(self.acting.told.outcomes_left(call))
        if call.is_away():
            self.spawn(fetch_back(self, self._phones, call))

    def reach(self, line: Line) -> tuple[str, ...]:
        """The line's queues whose people can be put through to."""
        people = [*self._agents.values(), *(target.agent for target in self._targets.values())]
        staffed = {queue for agent in people for queue in agent.queues}
        return tuple(queue.name for queue in line.settings.queues if queue.name in staffed)

    def wanted(self, call: Joining, action: AgentAction) -> None:
        """The dialogue wants a person, or not any more."""
        self._calls[call.call_id] = call
        transfer_id = f"{call.call_id}-{action.transfer}"
        running = self._running.get(transfer_id) or self._called_back(call, action.transfer)
        match action:
            case BringAgent() if running is None:
                self.spawn(begin(self, call, action, transfer_id))
            case BringAgent() if running is not None:
                self.acting.tell_again(running, call)
            case StopTransfer(why=why) if running is not None:
                running.post(NoLongerWanted(self._clock.now_ms(), why))
            case CallBack():
                self.spawn(call_later(self, running, call, action, transfer_id))
            case CallerReady() if running is not None and not running.over:
                self.acting.together.caller_ready(running)
            case CallerReady():
                call.tell(action.transfer, "back")
            case _:
                pass

    def _called_back(self, call: Joining, name: str) -> Running | None:
        """The transfer of another call, whose caller this call has reached."""
        live = self._running.values()
        return next((one for one in live if one.transfer.call_id == call.call_id and one.id.endswith(f"-{name}")), None)

    def call_over(self, call: Joining) -> None:
        """The call has ended."""
        self._calls.pop(call.call_id, None)
        for running in list(self._running.values()):
            if running.transfer.call_id == call.call_id and not running.over:
                left = CallerLeft(self._clock.now_ms())
                self.acting.note_end(running, call, decide(running.transfer, left)[1])
                running.post(left)

    def call(self, call_id: str) -> Joining | None:
        """A live call's side."""
        return self._calls.get(call_id)

    # Agents

    def staff_of(self, queue: str) -> tuple[str, ...]:
        """Whoever takes the callers of a queue."""
        return tuple(agent.id for agent in self._agents.values() if queue in agent.queues)

    def is_skill(self, name: str) -> bool:
        """Whether somebody of the directory has it."""
        return any(name in agent.skills for agent in self._agents.values())

    def agent(self, agent_id: str) -> Agent | None:
        """Who that is: somebody of the directory, or a queue's telephone."""
        target = self._targets.get(agent_id)
        return target.agent if target is not None else self._agents.get(agent_id)

    @property
    def dials(self) -> bool:
        """Whether anybody can be called."""
        return self._phones is not None

    def workflow(self, agent_id: str) -> str:
        """The workflow of TaskRouter that stands for a queue's agents; empty: none."""
        target = self._targets.get(agent_id)
        return target.workflow if target is not None else ""

    def headers(self, agent_id: str) -> Mapping[str, str]:
        """What a line sends along to a queue's SIP address."""
        target = self._targets.get(agent_id)
        return target.headers if target is not None else {}

    def returns(self, agent_id: str, wraps_up_in: str = "") -> Return | None:
        """How an agent is who opens a desk now; None: as the queues take them to be.

        wraps_up_in: the queue of the call that they have to wrap up; empty: none.
        """
        settings = self.queues().get(wraps_up_in)
        wraps_up_ms = None if settings is None else settings.wrap_up_s * 1000
        return self._left_desks.back(agent_id, self._clock.now_ms(), wraps_up_ms)

    def sit(self, agent_id: str, tell: Callable[[Mapping[str, Any]], None], wraps_up_in: str = "") -> Seat:
        """An agent opened a desk, and is as `returns` says. Whoever speaks with a caller goes on."""
        seat, _ = self.desk.sit(agent_id, tell)
        as_before = self.returns(agent_id, wraps_up_in)
        if as_before is not None:
            seat.by_phone = as_before.by_phone
            self.presence(agent_id, as_before.presence, as_before.until_ms)
        for offer in seat.offers.values():
            tell(offer)
        for running in self._running.values():
            self.acting.ringing.offer_again(running, seat)
        return seat

    def leave(self, seat: Seat) -> None:
        """A desk's connection is gone: nothing is offered there, and who speaks has a moment to come back."""
        if not self.desk.leave(seat):
            return
        now_ms = self._clock.now_ms()
        was = next((one for one in self.counted.agents() if one.agent.id == seat.agent), None)
        if was is not None:
            self._left_desks.left(
                seat.agent, Left(was.presence, was.until_ms, seat.by_phone, bool(was.on_call), now_ms)
            )
        self.queue.post(AgentIs(now_ms, seat.agent, "away", lost=True))
        rings.desk_gone(self, seat.agent, now_ms)

    def presence(self, agent_id: str, presence: Presence, until_ms: int | None = None) -> None:
        """What an agent says of themselves."""
        self._left_desks.said(agent_id)
        self.queue.post(AgentIs(self._clock.now_ms(), agent_id, presence, until_ms))

    def accept(self, transfer_id: str, offer: int, agent_id: str) -> bool:
        """An agent takes it; False: it is not offered to them. Whether they were first the desk hears."""
        running = self._offered(transfer_id, offer, agent_id)
        if running is not None:
            running.post(AgentAccepts(self._clock.now_ms(), offer))
        return running is not None

    def decline(self, transfer_id: str, offer: int, agent_id: str, reason: str) -> bool:
        """An agent does not take it; said at the desk, their telephone stops ringing."""
        running = self._offered(transfer_id, offer, agent_id)
        if running is not None:
            rings.declined(self, running, offer, AgentDeclines(self._clock.now_ms(), offer, reason))
        return running is not None

    def hand_back(self, transfer_id: str, agent_id: str, note: str) -> bool:
        """The agent who speaks with the caller gives them back to the assistant."""
        running = self._speaking(transfer_id, agent_id)
        if running is not None:
            running.post(HandsBack(self._clock.now_ms(), note))
        return running is not None

    def hang_up(self, transfer_id: str, agent_id: str) -> bool:
        """The agent who accepted, or speaks with the caller, is done."""
        running = self._speaking(transfer_id, agent_id)
        if running is not None:
            rings.hung_up(self, running, self._clock.now_ms())
        return running is not None

    async def wrap_up(self, transfer_id: str, agent_id: str, disposition: str, note: str) -> bool:
        """What came of it; an agent who was to say so is free again. False: not theirs. Raises StoreUnavailable."""
        kept = await self.kept(transfer_id)
        if kept is None or agent_id not in {offer.agent for offer in kept.transfer.offers}:
            return False
        told = Disposition(transfer_id, agent_id, disposition, note)
        await self.store.wrap_up(told, kept.transfer.call_id, self._clock.now().isoformat())
        await self.acting.wrapped_up(kept.transfer, told)
        corrects = self.wrapping.get(agent_id, transfer_id) != transfer_id  # an earlier one: they wrap up another
        wraps_up = any(one.agent.id == agent_id and one.presence == "wrap_up" for one in self.counted.agents())
        if wraps_up and not corrects:
            agent = self._agents.get(agent_id)
            reached = self.desk.seat(agent_id) is not None or (agent is not None and bool(agent.phone))
            self.presence(agent_id, "available" if reached else "away")
        return True

    def _offered(self, transfer_id: str, offer: int, agent_id: str) -> Running | None:
        running = self._running.get(transfer_id)
        offers = running.transfer.offers if running is not None else ()
        return running if 0 <= offer < len(offers) and offers[offer].agent == agent_id else None

    def _speaking(self, transfer_id: str, agent_id: str) -> Running | None:
        running = self._running.get(transfer_id)
        if running is None or running.transfer.accepted is None:
            return None
        return running if running.transfer.offers[running.transfer.accepted].agent == agent_id else None

    # Transfers

    def post(self, transfer_id: str, event: TransferEvent) -> bool:
        """Something happened to a transfer. False: none of that id is live here."""
        running = self._running.get(transfer_id)
        if running is not None:
            running.post(event)
        return running is not None

    def live(self) -> tuple[Running, ...]:
        """Every transfer that runs, also those that were over a moment ago."""
        return tuple(self._running.values())

    def running(self, transfer_id: str) -> Running | None:
        """One of them."""
        return self._running.get(transfer_id)

    async def kept(self, transfer_id: str) -> Kept | None:
        """A transfer, live or over, with what was wanted. Raises StoreUnavailable."""
        running = self._running.get(transfer_id)
        return Kept(running.transfer, running.wanted) if running is not None else await self.store.get(transfer_id)

    def run(self, kept: Kept) -> Running:
        """Let a transfer run."""
        running = Running(kept, self.store, self._clock, self.acting.act, self.acting.changed)
        self._running[running.id] = running
        self.spawn(self._carry(running))
        return running

    async def _carry(self, running: Running) -> None:
        try:
            await running.run()
        finally:
            self._running.pop(running.id, None)
            self.acting.forget(running.id)

    # What the queues decide

    def _queued(self, action: QueueAction) -> None:
        now_ms = self._clock.now_ms()
        match action:
            case OfferTo(transfer_id=transfer_id, agents=agents, ring_ms=ring_ms):
                self._offer(transfer_id, agents, ring_ms)
            case Withdraw(transfer_id=transfer_id, agent=agent, why=why):
                self.post(transfer_id, RingOver(now_ms, agent, rings.how(why)))
            case TellWait(transfer_id=transfer_id, position=position, expected_ms=expected_ms):
                self.acting.told.tell_wait(transfer_id, position, expected_ms)
            case GiveUp(transfer_id=transfer_id, why=why):
                self.post(transfer_id, NobodyComes(now_ms, why))
            case Overflow(transfer_id=transfer_id, to_queue=queue):
                self.post(transfer_id, Rerouted(now_ms, queue))
            case SlaNear(transfer_id=transfer_id, due_ms=due_ms):
                self.acting.told.tell_promise(transfer_id, due_ms - now_ms)
            case AgentNow(agent=agent) if is_target(agent):
                self.presence(agent, "available")
            case AgentNow(agent=agent, presence=presence, why=why, until_ms=until_ms):
                seat = self.desk.seat(agent)
                if seat is not None:
                    seat.tell({"type": "presence", "presence": presence, "why": why, "until_ms": until_ms})
            case _:
                pass

    def _offer(self, transfer_id: str, agents: tuple[str, ...], ring_ms: int) -> None:
        running = self._running.get(transfer_id)
        if running is None:
            return
        next_offer = len(running.transfer.offers)
        running.post(AgentsFound(self._clock.now_ms(), agents))
        for agent in agents:
            self.spawn(rings.ring_out(running, self.acting, next_offer, agent, ring_ms, self._clock.now_ms()))

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("work of a transfer broke", pii_error=repr(error))
