"""The queues' core and the transfers' core together.

Agents accept, decline, are silent, or answer too late; messages come twice; callers leave; calls are not connected.
"""

import heapq
from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest

from telephony.agents import Agent
from telephony.queue import HumanQueue
from telephony.queue_events import (
    AgentChanged,
    AgentIs,
    CallerGone,
    CallerWaits,
    CallOver,
    GiveUp,
    HoursChanged,
    How,
    OfferOver,
    OfferTo,
    Overflow,
    QueueAction,
    QueueChanged,
    QueueEvent,
    Withdraw,
)
from telephony.queue_settings import QueueSettings
from telephony.transfer import decide, tick
from telephony.transfer_events import (
    AgentAccepts,
    AgentDeclines,
    AgentJoined,
    AgentLeft,
    AgentsFound,
    AgentUnanswered,
    BridgeFailed,
    CallerJoined,
    CallerLeft,
    FindAgents,
    Finished,
    HandsBack,
    MoveCaller,
    NobodyComes,
    PacketReady,
    ReleaseAgent,
    Rerouted,
    Ring,
    TransferAction,
    TransferEvent,
    WrapUp,
)
from telephony.transfer_state import State, Transfer

pytestmark = pytest.mark.unit

QUEUES = (
    QueueSettings("a", max_wait_s=120, overflow="b", wrap_up_s=10, sla_s=0),
    QueueSettings("b", ring="simultaneous", max_wait_s=120, wrap_up_s=0, sla_s=0),
)
HOW: Mapping[str, How] = {"accepted": "accepted", "declined": "declined", "busy": "busy", "withdrawn": "withdrawn"}
AGENTS = ("ana", "ben", "cleo")


class Office:
    """Carries actions of one core to the other, and plays agents, callers and the carrier by a random script."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.queue = HumanQueue(0)
        self.transfers: dict[str, Transfer] = {}
        self.ended: dict[str, list[str]] = {}
        self.connected: dict[str, str] = {}
        self.now = 0
        self.number = 0
        self.to_come: list[tuple[int, int, str, TransferEvent]] = []
        for settings in QUEUES:
            self.to_queue(QueueChanged(0, settings))
            self.to_queue(HoursChanged(0, settings.name, "open"))
        for agent in AGENTS:
            self.to_queue(AgentChanged(0, Agent(agent, agent, frozenset({"a", "b"}))))
            self.to_queue(AgentIs(0, agent, "available"))

    def asks(self, transfer: str) -> None:
        wanted = Transfer.asked(transfer, transfer, "a", self.now, patience_ms=240_000)
        self.transfers[transfer] = wanted
        self.later(transfer, 100, PacketReady(0))
        if self.random.random() < 0.3:
            self.later(transfer, self.random.randrange(200_000), CallerLeft(0))

    def later(self, transfer: str, ms: int, event: TransferEvent) -> None:
        for _ in range(1 + (self.random.random() < 0.15)):  # some come twice, and apart
            self.number += 1
            heapq.heappush(self.to_come, (self.now + ms, self.number, transfer, event))
            ms += self.random.randrange(30_000)

    def run(self, until: int) -> None:
        while True:
            due = [one.deadline_ms for one in self.transfers.values() if one.deadline_ms is not None]
            queue = self.queue.deadline_ms
            ahead = [*due, *([queue] if queue is not None else []), *[one[0] for one in self.to_come[:1]]]
            if not ahead or min(ahead) > until:
                self.now = until
                return
            self.now = max(self.now, min(ahead))
            if self.to_come and self.to_come[0][0] <= self.now:
                _, _, transfer, event = heapq.heappop(self.to_come)
                self.to_transfer(transfer, replace(event, at_ms=self.now))
            for name in list(self.transfers):
                self.becomes(name, *tick(self.transfers[name], self.now))
            self.from_queue(self.queue.tick(self.now))

    # From one to the other: what whoever runs both has to do

    def to_transfer(self, name: str, event: TransferEvent) -> None:
        state = self.transfers[name].state
        self.becomes(name, *decide(self.transfers[name], event))
        if isinstance(event, CallerJoined) and state is State.BRIDGING:
            self.joined(name)

    def becomes(self, name: str, after: Transfer, actions: tuple[TransferAction, ...]) -> None:
        """The queue hears of every offer that rings no more, and only of those: late answers are to earlier offers."""
        before, self.transfers[name] = self.transfers[name], after
        for number in before.ringing:
            standing = after.offers[number].standing
            if standing != "ringing":
                self.to_queue(OfferOver(self.now, name, after.offers[number].agent, HOW.get(standing, "unanswered")))
        self.carry_out(name, actions)

    def carry_out(self, name: str, actions: tuple[TransferAction, ...]) -> None:
        # An agent who wraps up is not free at once, though they are released too.
        wraps_up = any(isinstance(action, WrapUp) for action in actions)
        for action in actions:
            offers = self.transfers[name].offers
            match action:
                case FindAgents(without):
                    now = self.transfers[name]
                    again = bool(now.offers) or now.queue != "a"
                    self.to_queue(
                        CallerWaits(
                            self.now,
                            name,
                            now.queue,
                            now.asked_ms,
                            without=frozenset(without),
                            again=again,
                            entered_ms=self.now if now.queue != "a" else None,
                        )
                    )
                case Ring(offer):
                    self.react(name, offer)
                case MoveCaller():
                    moved = self.random.random() < 0.8
                    self.later(name, 300, CallerJoined(0) if moved else BridgeFailed(0, "the carrier said no"))
                case ReleaseAgent(offer) if not wraps_up:
                    self.to_queue(CallOver(self.now, name, offers[offer].agent, wrap_up=False))
                case WrapUp(offer):
                    self.to_queue(CallOver(self.now, name, offers[offer].agent))
                case Finished(outcome):
                    self.ended.setdefault(name, []).append(outcome)
                    self.connected.pop(name, None)
                    self.to_queue(CallerGone(self.now, name))

    def to_queue(self, event: QueueEvent) -> None:
        self.from_queue(self.queue.handle(event))
        if self.random.random() < 0.1:
            self.from_queue(self.queue.handle(event))

    def from_queue(self, actions: list[QueueAction]) -> None:
        for action in actions:
            match action:
                case OfferTo(name, agents):
                    self.to_transfer(name, AgentsFound(self.now, agents))
                    now = self.transfers[name]
                    rings = {now.offers[number].agent for number in now.ringing}
                    for agent in set(agents) - rings:
                        if now.accepted is None or now.offers[now.accepted].agent != agent:
                            self.to_queue(OfferOver(self.now, name, agent, "withdrawn"))
                case Withdraw(name, agent):
                    now = self.transfers[name]
                    for number in now.ringing:
                        if now.offers[number].agent == agent:
                            self.to_transfer(name, AgentUnanswered(self.now, number, "no_answer"))
                case GiveUp(name, why):
                    self.to_transfer(name, NobodyComes(self.now, why))
                case Overflow(name, to_queue):
                    self.to_transfer(name, Rerouted(self.now, to_queue))

    # People

    def react(self, name: str, offer: int) -> None:
        ms = self.random.randrange(1_000, 20_000)
        match self.random.randrange(8):
            case 0:
                self.later(name, ms, AgentDeclines(0, offer, "no"))
            case 1:
                self.later(name, ms, AgentUnanswered(0, offer, "no_answer"))
            case 2:
                self.later(name, 500, AgentUnanswered(0, offer, "busy"))
            case 3:
                self.later(name, 70_000, AgentAccepts(0, offer))  # far too late
            case 4:
                pass
            case _:
                self.later(name, ms, AgentAccepts(0, offer))
                self.later(name, ms + 800, AgentJoined(0, offer))
                if self.random.random() < 0.1:
                    self.later(name, ms + 900, AgentLeft(0, offer))
                self.later(name, ms + self.random.randrange(2_000, 90_000), self.random.choice(
                    (AgentLeft(0, offer), CallerLeft(0), HandsBack(0))
                ))  # fmt: skip

    def joined(self, name: str) -> None:
        now = self.transfers[name]
        assert now.accepted is not None
        agent = now.offers[now.accepted].agent
        assert agent not in self.connected.values(), "an agent speaks with two"
        self.connected[name] = agent
        states = {one.agent.id: one for one in self.queue.agents()}
        assert states[agent].on_call == name


@pytest.mark.parametrize("first", range(0, 240, 60))
def test_every_transfer_ends_once_and_every_agent_is_free_again(first):
    outcomes = set()
    for seed in range(first, first + 60):
        office = Office(seed)
        for number in range(12):
            office.asks(f"t{number}")
            office.run(office.now + office.random.randrange(20_000))
        office.run(office.now + 900_000)
        office.run(office.now + 900_000)
        assert {name: len(ends) for name, ends in office.ended.items()} == dict.fromkeys(office.transfers, 1)
        outcomes |= {ends[0] for ends in office.ended.values()}
        for one in office.queue.agents():
            assert (one.rung_for, one.on_call) == ("", ""), one
            assert one.presence in ("available", "away")
        assert office.queue.waiting() == ()
    assert outcomes == {"completed", "handed_back", "abandoned", "exhausted"}
