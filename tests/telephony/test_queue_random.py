"""Random lives of the queues, and what holds in all of them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.agents import Agent
from telephony.queue import HumanQueue
from telephony.queue_entries import idle
from telephony.queue_events import (
    AgentChanged,
    AgentIs,
    AgentRemoved,
    CallbackOver,
    CallerGone,
    CallerWaits,
    CallOver,
    GiveUp,
    HoursChanged,
    Ignored,
    OfferOver,
    OfferTo,
    OnCall,
    Overflow,
    QueueAction,
    QueueChanged,
    QueueDeleted,
    QueueEvent,
    Withdraw,
)
from telephony.queue_order import head_start_s
from telephony.queue_people import LONGEST_RING_MS
from telephony.queue_rules import served
from telephony.queue_settings import Callback, Needs, QueueSettings

pytestmark = pytest.mark.unit

AGENTS = (
    Agent("ana", "Ana", frozenset({"a"})),
    Agent("ben", "Ben", frozenset({"a", "b"}), frozenset({"x"}), frozenset({"en", "es"})),
    Agent("cleo", "Cleo", frozenset({"b", "c"}), frozenset({"x"}), frozenset({"en"})),
    Agent("dan", "Dan", frozenset({"a", "b", "c"})),
)
QUEUES = tuple(
    replace(QueueSettings(name, max_wait_s=120, sla_s=30, wrap_up_s=5, max_size=3, overflow=overflow), **more)
    for name, overflow, more in (
        ("a", "b", {}),
        ("a", "", {"ring": "simultaneous", "auto_away_after": 1}),
        ("b", "c", {"at_once": 2}),
        ("b", "a", {"wait_for_agents": True, "at_closing": "give_up"}),
        ("c", "a", {"max_size": 1}),
    )
)
NEEDS = (Needs(), Needs("es"), Needs("en", frozenset({"x"})), Needs(tier="vip", urgency="high"))
BEST = Needs(tier="vip", priority="urgent", urgency="high", sentiment="angry")
NAMES = st.sampled_from(("a", "b", "c"))
CALLERS = st.sampled_from([f"t{number}" for number in range(8)])
PEOPLE = st.sampled_from([agent.id for agent in AGENTS])
BACKS = (
    None,
    None,
    None,
    Callback("cns", 0, 300_000, most_attempts=2, spacing_s=20),
    Callback("", 0, 300_000),
    Callback("cns", 40_000, 50_000),
)

WAITS = st.builds(
    CallerWaits,
    st.just(0),
    CALLERS,
    NAMES,
    st.integers(-50_000, 400_000),
    st.sampled_from(NEEDS),
    st.frozensets(PEOPLE, max_size=1),
    st.booleans(),
    callback=st.sampled_from(BACKS),
)
EVENTS = st.one_of(
    WAITS,
    st.builds(CallerGone, st.just(0), CALLERS),
    st.builds(
        AgentIs,
        st.just(0),
        PEOPLE,
        st.sampled_from(("available", "available", "busy", "wrap_up", "away")),
        st.none() | st.integers(0, 300_000),
        st.booleans(),
    ),
    st.builds(OfferOver, st.just(0), CALLERS, PEOPLE, st.sampled_from(("accepted", "declined", "unanswered", "busy"))),
    st.builds(CallOver, st.just(0), CALLERS, PEOPLE, st.booleans()),
    st.builds(OnCall, st.just(0), CALLERS, PEOPLE, NAMES),
    st.builds(CallbackOver, st.just(0), CALLERS, st.booleans()),
    st.builds(QueueChanged, st.just(0), st.sampled_from(QUEUES)),
    st.builds(QueueDeleted, st.just(0), NAMES),
    st.builds(HoursChanged, st.just(0), NAMES, st.sampled_from(("open", "open", "closed", "holiday", "emergency"))),
    st.builds(AgentChanged, st.just(0), st.sampled_from(AGENTS)),
    st.builds(AgentRemoved, st.just(0), PEOPLE),
)
ANSWERS = st.tuples(st.integers(0, 7), st.sampled_from(("accepted", "declined", "unanswered", "busy", "withdrawn")))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("event"), EVENTS),
        st.tuples(st.just("event"), WAITS),
        st.tuples(st.just("gone"), st.integers(0, 7)),
        st.tuples(st.just("answer"), ANSWERS),
        st.tuples(st.just("end"), st.integers(0, 7)),
        st.tuples(st.just("pass"), st.integers(0, 40_000)),
        st.tuples(st.just("back"), st.integers(0, 5_000)),
        st.tuples(st.just("again"), st.integers(0, 20)),
    ),
    min_size=20,
    max_size=60,
)


class Watcher:
    """Keeps its own books, from what went in and came out, and compares."""

    def __init__(self) -> None:
        self.core = HumanQueue(0)
        self.now = 0
        self.past: list[QueueEvent] = []
        self.rung: dict[str, str] = {}
        self.speaking: dict[str, str] = {}
        self.waiting: set[str] = set()
        self.callbacks: set[str] = set()
        self.dialled: dict[str, str] = {}
        """Callbacks that somebody has in hand, with who."""
        for queue in ("a", "b", "c"):
            self.post(QueueChanged(0, next(one for one in QUEUES if one.name == queue)))
            self.post(HoursChanged(0, queue, "open"))
        for agent in AGENTS:
            self.post(AgentChanged(0, agent))
            self.post(AgentIs(0, agent.id, "available"))

    def run(self, kind: str, what: Any) -> None:
        if kind == "pass":
            self.wait(what)
        elif kind == "back":
            self.now -= what  # the clock of whoever posts goes wrong
        elif kind == "event":
            self.post(replace(what, at_ms=self.now))
        elif kind == "again" and what < len(self.past):
            self.post(self.past[-1 - what])
        elif kind == "answer" and self.rung:
            agent, transfer = sorted(self.rung.items())[what[0] % len(self.rung)]
            self.post(OfferOver(self.now, transfer, agent, what[1]))
        elif kind == "gone" and self.waiting:
            self.post(CallerGone(self.now, sorted(self.waiting)[what % len(self.waiting)]))
        elif kind == "end" and self.speaking:
            agent, transfer = sorted(self.speaking.items())[what % len(self.speaking)]
            self.post(CallOver(self.now, transfer, agent))

    def wait(self, ms: int) -> None:
        until, steps = self.now + ms, 0
        while (deadline := self.core.deadline_ms) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.take(None, self.core.tick(self.now))
            after = self.core.deadline_ms
            assert after is None or after > deadline, "time does not go on"
            steps += 1
            assert steps < 10_000
        self.now = until

    def post(self, event: QueueEvent) -> None:
        self.past.append(event)
        self.dialled = {one.transfer_id: one.taken_by for one in self.core._entries.values() if one.taken_by}
        self.take(event, self.core.handle(event))

    def take(self, event: QueueEvent | None, actions: list[QueueAction]) -> None:
        if event is not None and not (actions and isinstance(actions[0], Ignored)):
            self.note(event)
        for action in actions:
            self.note_action(action)
        self.check()

    def note(self, event: QueueEvent) -> None:
        match event:
            case CallerWaits():
                if event.transfer_id not in self.waiting:
                    self.callbacks.discard(event.transfer_id)
                    self.callbacks |= {event.transfer_id} if event.callback else set()
                self.waiting.add(event.transfer_id)
                if event.transfer_id not in self.dialled:
                    self.speaking = {a: t for a, t in self.speaking.items() if t != event.transfer_id}
            case CallerGone():
                self.speaking = {a: t for a, t in self.speaking.items() if t != event.transfer_id}
                if event.transfer_id in self.waiting:
                    self.leaves(event.transfer_id)
            case OfferOver(how="accepted") | OnCall():
                self.taken(event.transfer_id, event.agent)
            case OfferOver():
                del self.rung[event.agent]
            case _:
                self.note_agent(event)

    def note_agent(self, event: QueueEvent) -> None:
        match event:
            case CallOver():
                del self.speaking[event.agent]
                if event.wrap_up:
                    self.reached(event.transfer_id, event.agent)
            case CallbackOver():
                self.speaking.pop(self.dialled[event.transfer_id], None)
                if event.reached:
                    self.waiting.remove(event.transfer_id)
            case AgentIs(presence="wrap_up"):
                self.reached(self.speaking.pop(event.agent, ""), event.agent)
            case AgentRemoved():
                self.speaking.pop(event.agent, None)

    def reached(self, transfer: str, agent: str) -> None:
        if self.dialled.get(transfer) == agent:
            self.waiting.remove(transfer)

    def taken(self, transfer: str, agent: str) -> None:
        self.rung = {a: t for a, t in self.rung.items() if t != transfer}
        if transfer in self.waiting:
            self.speaking = {a: t for a, t in self.speaking.items() if t != transfer}
        if any(one.agent.id == agent for one in self.core.agents()):
            self.speaking[agent] = transfer
        if transfer not in self.callbacks:  # those wait until the caller was reached
            self.waiting.discard(transfer)

    def leaves(self, transfer: str) -> None:
        self.waiting.remove(transfer)
        self.rung = {a: t for a, t in self.rung.items() if t != transfer}

    def note_action(self, action: QueueAction) -> None:
        match action:
            case OfferTo():
                assert action.agents
                for agent in action.agents:
                    assert agent not in self.rung, "rung for two"
                    assert agent not in self.speaking, "rung while speaking"
                    assert action.transfer_id in self.waiting
                    self.rung[agent] = action.transfer_id
            case Withdraw():
                assert self.rung.pop(action.agent) == action.transfer_id
            case GiveUp():
                assert action.transfer_id not in self.rung.values(), "given up while somebody is rung"
                self.leaves(action.transfer_id)
            case Overflow():
                assert action.transfer_id in self.waiting

    def check(self) -> None:
        core = self.core
        assert set(core._entries) == self.waiting
        assert {one.agent.id: one.rung_for for one in core.agents() if one.rung_for} == self.rung
        assert {one.agent.id: one.on_call for one in core.agents() if one.on_call} == self.speaking
        now = core._now_ms
        for entry in core._entries.values():
            room, queue = core._room, core._room.queues.get(entry.queue)
            if entry.rung or not entry.ready(now):
                continue
            assert queue is not None, "waits where there is no queue"
            if served(room, entry, now):
                assert not idle(entry, core._people, now), "waits though somebody is idle"
            if entry.callback is None:
                assert now < entry.entered_ms + queue.max_wait_s * 1000, "waits too long"
            else:
                assert entry.callback.consent_id
                assert now < entry.callback.not_after_ms
        assert core.deadline_ms is None or core.deadline_ms > now


@settings(max_examples=150, deadline=None, derandomize=True)
@given(STEPS)
def test_whatever_happens_nobody_is_offered_two_calls_nobody_waits_beside_an_idle_agent_and_nobody_is_lost(steps):
    watcher = Watcher()
    for kind, what in steps:
        watcher.run(kind, what)
    for agent, transfer in list(watcher.speaking.items()):
        watcher.post(CallOver(watcher.core._now_ms, transfer, agent))
    watcher.now = watcher.core._now_ms
    for _ in range(40):  # everybody's phone rings in vain
        watcher.wait(LONGEST_RING_MS)
    assert watcher.waiting == set()
    assert watcher.rung == {}


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.lists(
        st.tuples(st.integers(0, 1_500) | st.integers(0, 100), st.integers(0, 4)),
        min_size=2,
        max_size=12,
        unique_by=lambda x: x[0],
    )
)
def test_nobody_is_overtaken_by_one_who_came_more_than_the_greatest_head_start_later(callers):
    wanted = (Needs(), Needs(tier="gold"), Needs(tier="vip", priority="urgent"), Needs(urgency="high"), BEST)
    queue = QueueSettings("a", max_wait_s=10_000, sla_s=0, wrap_up_s=0)
    core = HumanQueue(0)
    opened: tuple[QueueEvent, ...] = (QueueChanged(0, queue), HoursChanged(0, "a", "open"), AgentChanged(0, AGENTS[0]))
    for event in (*opened, AgentIs(0, "ana", "busy")):
        core.handle(event)
    callers = [(seconds * 1000, kind) for seconds, kind in callers]
    for since, kind in sorted(callers):
        core.handle(CallerWaits(since, str(since), "a", since, wanted[kind]))
    served_in_order, now = [], 2_000_000
    actions = core.handle(AgentIs(now, "ana", "available"))
    while offered := [one for one in actions if isinstance(one, OfferTo)]:
        served_in_order.append(int(offered[0].transfer_id))
        core.handle(OfferOver(now, offered[0].transfer_id, "ana", "accepted"))
        actions = core.handle(CallOver(now, offered[0].transfer_id, "ana", wrap_up=False))
    assert len(served_in_order) == len(callers)
    head: Callable[[int], int] = lambda since: head_start_s(wanted[dict(callers)[since]], queue.weights)  # noqa: E731
    for place, one in enumerate(served_in_order):
        for before in served_in_order[:place]:
            assert before - one <= queue.weights.most_s * 1000
            assert before < one or head(before) > head(one), "overtaken though they need as much"
