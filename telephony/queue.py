"""All queues of humans: who is offered which caller, who waits, and who cannot. A pure core.

One core for all queues, so that an agent of several is offered one call at a time. It keeps nothing: at a start it is
told first of queues, hours and agents (and who is OnCall), then of everybody who waits (CallerWaits, again=True).

After every event, nobody waits whom an idle agent fits who was not asked yet. A caller leaves in exactly one way: taken
(OfferOver accepted), GiveUp, or CallerGone. Whoever cannot stay goes to the first queue of the overflow chain that is
open, has room and has somebody who fits; only where there is none are they given up. When the hours end, those who wait
are served as long as somebody who fits is there (at_closing `serve`, the default), or given up as closed (`give_up`).
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from telephony.agents import TARGET
from telephony.queue_entries import (
    TELL_MS,
    Entry,
    Waiting,
    deadlines,
    entered,
    idle,
    in_order,
    standing,
    warning_ms,
    weigh,
)
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
    SlaNear,
    State,
    TellWait,
    Withdraw,
)
from telephony.queue_order import chosen
from telephony.queue_people import AgentState, People
from telephony.queue_rules import Room, onward, served, why_not
from telephony.queue_settings import MOST_AT_ONCE

_REMEMBERED: Final = 4096
"""Transfers that left, by which a late CallerWaits is told from news."""

_Actions = list[QueueAction]


class HumanQueue:
    """Decides for all queues. started_ms: now."""

    def __init__(self, started_ms: int) -> None:
        self._now_ms = started_ms
        self._people = People(started_ms)
        self._room = Room(self._people)
        self._told_ms: dict[tuple[str, str], int] = {}
        """When queues, hours and removed agents were last told of."""
        self._entries = self._room.entries
        self._left: OrderedDict[str, int] = OrderedDict()
        self._deadline_ms: int | None = None

    @property
    def deadline_ms(self) -> int | None:
        """When to call tick."""
        return self._deadline_ms

    def handle(self, event: QueueEvent) -> list[QueueAction]:
        """Take an event. What is late, repeated or of nobody known is Ignored."""
        self._now_ms = max(self._now_ms, event.at_ms)
        actions: _Actions = self._STEPS[type(event)](self, event)
        return actions + self._settled()

    def tick(self, now_ms: int) -> list[QueueAction]:
        """Let time pass."""
        self._now_ms = max(self._now_ms, now_ms)
        if self._deadline_ms is None or self._now_ms < self._deadline_ms:
            return []
        return self._settled()

    def waiting(self) -> tuple[Waiting, ...]:
        """Where everybody stands for whom somebody is looked for, by priority."""
        return tuple(standing(self._entries.values(), self._people, self._room.queues, self._now_ms))

    def agents(self) -> tuple[AgentState, ...]:
        """How all agents are."""
        return tuple(person.state() for person in self._people)

    def state(self, queue: str) -> State:
        """Whether a queue's people work now."""
        return self._room.state(queue)

    # Agents

    def _agent_changed(self, event: AgentChanged) -> _Actions:
        if event.at_ms < self._told_ms.get(("agent", event.agent.id), event.at_ms):
            return [Ignored("older than the agent's removal")]
        return [] if self._people.change(event.agent) else [Ignored("known like this")]

    def _agent_removed(self, event: AgentRemoved) -> _Actions:
        person = self._people.remove(event.agent)
        if person is None:
            return [Ignored("no such agent")]
        self._told_ms["agent", event.agent] = event.at_ms
        return self._unring(event.agent, person.rung_for, "removed")

    def _agent_is(self, event: AgentIs) -> _Actions:
        if event.agent not in self._people:
            return [Ignored("no such agent")]
        person = self._people[event.agent]
        had = self._entries.get(person.call)
        if not self._people.say(event, self._now_ms):
            return [Ignored("late, or known")]
        if had is not None and not person.call:
            return self._callback_over(CallbackOver(event.at_ms, had.transfer_id, reached=True))
        if event.presence != "away" or not person.rung_for:
            return []
        actions = self._unring(event.agent, person.rung_for, "away")
        self._people.rung_over(event.agent, "withdrawn", self._now_ms, 0)
        return actions

    def _unring(self, agent: str, transfer_id: str, why: Any) -> _Actions:
        entry = self._entries.get(transfer_id)
        if entry is None:
            return []
        entry.rung.discard(agent)
        return [Withdraw(transfer_id, agent, why)]

    def _on_call(self, event: OnCall) -> _Actions:
        if event.agent not in self._people:
            return [Ignored("no such agent")]
        if self._people[event.agent].call == event.transfer_id:
            return [Ignored("known")]
        if event.transfer_id in self._entries:
            return self._take(self._entries[event.transfer_id], event.agent)
        return self._engage(event.agent, event.transfer_id, event.queue)

    def _call_over(self, event: CallOver) -> _Actions:
        if event.agent not in self._people or self._people[event.agent].call != event.transfer_id:
            return [Ignored("not in this call")]
        entry = self._entries.get(event.transfer_id)
        if entry is not None and entry.taken_by == event.agent:
            return self._callback_over(CallbackOver(event.at_ms, event.transfer_id, event.wrap_up))
        return self._free(event.agent, wrap_up=event.wrap_up)

    def _free(self, agent: str, *, wrap_up: bool) -> _Actions:
        handling = self._people[agent].handling
        settings = self._room.settings(handling[0]) if handling else None
        wrap_up_s = 0 if settings is None else settings.wrap_up_s
        return [*self._people.end_call(agent, self._now_ms, wrap_up_s if wrap_up else None)]

    # Callers

    def _caller_waits(self, event: CallerWaits) -> _Actions:
        known = self._entries.get(event.transfer_id)
        if known is not None:
            return self._told_again(known, event)
        left_ms = self._left.get(event.transfer_id)
        if left_ms is not None and (event.at_ms < left_ms or (event.at_ms == left_ms and not event.again)):
            return [Ignored("left already")]
        self._disengage(event.transfer_id)
        entry = entered(
            event, self._room.settings(event.queue), admitted=event.again or self._room.state(event.queue) == "open"
        )
        entry.new = not event.again
        self._entries[event.transfer_id] = entry
        for agent in event.rung:
            if agent in self._people and not self._people[agent].rung_for and not self._people[agent].call:
                self._ring(entry, agent)
        actions = self._matched()
        actions += self._left_behind()
        entry.new = False
        return actions

    def _told_again(self, entry: Entry, event: CallerWaits) -> _Actions:
        if event.at_ms < entry.heard_ms or (event.at_ms == entry.heard_ms and event.queue != entry.queue):
            return [Ignored("older than what is known")]
        entry.heard_ms = event.at_ms
        before = (entry.queue, entry.needs, entry.asked.copy())
        if event.queue != entry.queue and not entry.rung and not entry.taken_by:
            self._enter(entry, event.queue)
        entry.needs = event.needs
        entry.leave_out(event.without - entry.rung)
        weigh(entry, self._room.settings(entry.queue))
        return [Ignored("waits already")] if before == (entry.queue, entry.needs, entry.asked) else []

    def _caller_gone(self, event: CallerGone) -> _Actions:
        entry, engaged = self._entries.get(event.transfer_id), self._disengage(event.transfer_id)
        if entry is not None:
            self._remove(entry)
        return [] if entry is not None or engaged else [Ignored("nobody waits")]

    def _disengage(self, transfer_id: str) -> bool:
        """Whoever took them is free, without anything to wrap up. False: nobody had."""
        took = [person.agent.id for person in self._people if person.call == transfer_id]
        for agent in took:
            self._people.end_call(agent, self._now_ms, None)
        return bool(took)

    def _remove(self, entry: Entry) -> None:
        """They leave; whoever is rung for them is released."""
        self._release(entry)
        del self._entries[entry.transfer_id]
        self._left[entry.transfer_id] = self._now_ms
        self._left.move_to_end(entry.transfer_id)
        if len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)

    def _release(self, entry: Entry) -> None:
        for agent in entry.rung:
            self._people.rung_over(agent, "withdrawn", self._now_ms, 0)
        entry.rung.clear()

    # Offers

    def _offer_over(self, event: OfferOver) -> _Actions:
        entry = self._entries.get(event.transfer_id)
        if entry is None or entry.taken_by:
            return [Ignored("nobody waits")]
        if event.how == "accepted":
            return self._take(entry, event.agent)
        if event.agent not in entry.rung:
            return [Ignored("is not rung")]
        entry.rung.discard(event.agent)
        entry.ask_later(event.agent, event.how, self._now_ms)
        settings = self._room.settings(entry.queue)
        always_there = event.agent.startswith(TARGET)
        away_after = 0 if settings is None or always_there else settings.auto_away_after
        return [*self._people.rung_over(event.agent, event.how, self._now_ms, away_after)]

    def _take(self, entry: Entry, agent: str) -> _Actions:
        """Somebody takes them, as the transfer says, even if the queue had given that ring up."""
        entry.rung.discard(agent)
        self._disengage(entry.transfer_id)  # of a callback that somebody else had
        actions = self._engage(agent, entry.transfer_id, entry.queue)
        if entry.callback is None:
            self._remove(entry)
        else:
            self._release(entry)
            entry.taken_by = agent
        return actions

    def _engage(self, agent: str, transfer_id: str, queue: str) -> _Actions:
        if agent not in self._people:
            return []
        rung_for = self._people[agent].rung_for
        actions = self._unring(agent, rung_for, "took_another") if rung_for != transfer_id else []
        self._people.begin_call(agent, transfer_id, queue, self._now_ms)
        return actions

    def _callback_over(self, event: CallbackOver) -> _Actions:
        entry = self._entries.get(event.transfer_id)
        if entry is None or entry.callback is None or not entry.taken_by:
            return [Ignored("nobody calls them")]
        agent, entry.taken_by = entry.taken_by, ""
        actions: _Actions = []
        if agent in self._people and self._people[agent].call == entry.transfer_id:
            actions = self._free(agent, wrap_up=event.reached)
        if event.reached:
            self._remove(entry)
            return actions
        entry.attempts += 1
        entry.next_ms = self._now_ms + entry.callback.spacing_s * 1000
        entry.asked.clear()
        return actions

    # Queues

    def _queue_changed(self, event: QueueChanged) -> _Actions:
        name = event.settings.name
        if self._late("queue", name, event.at_ms) or self._room.queues.get(name) == event.settings:
            return [Ignored("late, or known")]
        self._room.queues[name] = event.settings
        self._room.deleted.pop(name, None)
        for entry in self._entries.values():
            if entry.queue == name:
                weigh(entry, event.settings)
        return []

    def _queue_deleted(self, event: QueueDeleted) -> _Actions:
        if event.queue not in self._room.queues or self._late("queue", event.queue, event.at_ms):
            return [Ignored("late, or no such queue")]
        self._room.deleted[event.queue] = self._room.queues.pop(event.queue)
        return []

    def _hours_changed(self, event: HoursChanged) -> _Actions:
        if self._late("hours", event.queue, event.at_ms) or self._room.states.get(event.queue) == event.state:
            return [Ignored("late, or known")]
        self._room.states[event.queue] = event.state
        return []

    def _late(self, what: str, name: str, at_ms: int) -> bool:
        if at_ms < self._told_ms.get((what, name), at_ms):
            return True
        self._told_ms[what, name] = at_ms
        return False

    # After every event

    def _settled(self) -> _Actions:
        actions: _Actions = [*self._rings_lost(), *self._callbacks_lost(), *self._people.wrapped_up(self._now_ms)]
        actions += self._left_behind()
        actions += self._matched()
        actions += self._warned()
        actions += self._told()
        self._deadline_ms = min((at_ms for at_ms in self._deadlines() if at_ms > self._now_ms), default=None)
        return actions

    def _rings_lost(self) -> Iterator[QueueAction]:
        """Rings of which nobody told how they ended."""
        for person in list(self._people):
            if person.rung_for and person.ring_until_ms <= self._now_ms:
                agent, transfer_id = person.agent.id, person.rung_for
                yield Withdraw(transfer_id, agent, "unanswered")
                yield from self._offer_over(OfferOver(self._now_ms, transfer_id, agent, "unanswered"))

    def _callbacks_lost(self) -> Iterator[QueueAction]:
        """Callbacks whose agent is gone, or has another caller: nobody knows whether they were reached."""
        for entry in list(self._entries.values()):
            agent = entry.taken_by
            if agent and (agent not in self._people or self._people[agent].call != entry.transfer_id):
                yield from self._callback_over(CallbackOver(self._now_ms, entry.transfer_id, reached=False))

    def _left_behind(self) -> _Actions:
        """Who cannot stay goes elsewhere, or is given up. Whoever is rung for is left alone meanwhile."""
        actions: _Actions = []
        for entry in list(self._entries.values()):
            why = None if entry.rung or entry.taken_by else why_not(self._room, entry, self._now_ms)
            if why is None:
                continue
            to = onward(self._room, entry, self._now_ms) if entry.callback is None or why == "queue_deleted" else None
            if to is None:
                self._remove(entry)
                actions.append(GiveUp(entry.transfer_id, why))
            else:
                self._enter(entry, to)
                actions.append(Overflow(entry.transfer_id, to, why))
        return actions

    def _enter(self, entry: Entry, queue: str) -> None:
        entry.queue, entry.entered_ms, entry.heard_ms = queue, self._now_ms, self._now_ms
        entry.been_in.add(queue)
        entry.admitted, entry.new, entry.told = True, False, None
        weigh(entry, self._room.settings(queue))

    def _matched(self) -> _Actions:
        """Offer callers to whoever is idle, the next one first; then ring more agents where several are to be rung."""
        actions: _Actions = []
        now_ms = self._now_ms
        free = sum(person.idle(now_ms) for person in self._people)
        if not free:
            return actions
        everybody = in_order(self._entries.values(), now_ms)
        ordered = [entry for entry in everybody if served(self._room, entry, now_ms)]
        for entry in sorted(ordered, key=lambda entry: bool(entry.rung)):
            if not free:
                break
            settings = self._room.queues[entry.queue]
            most = MOST_AT_ONCE if settings.ring == "simultaneous" else settings.at_once
            if len(entry.rung) >= most:
                continue
            agents = chosen(idle(entry, self._people, now_ms), most - len(entry.rung))
            free -= len(agents)
            for agent in agents:
                self._ring(entry, agent)
            if agents:
                actions.append(OfferTo(entry.transfer_id, agents, settings.ring_s * 1000))
        return actions

    def _ring(self, entry: Entry, agent: str) -> None:
        entry.rung.add(agent)
        self._people.ring(agent, entry.transfer_id, self._now_ms)

    def _warned(self) -> Iterator[QueueAction]:
        for entry in self._entries.values():
            warning = warning_ms(entry, self._room.queues.get(entry.queue))
            if warning is not None and warning[0] <= self._now_ms:
                entry.warned = True
                yield SlaNear(entry.transfer_id, warning[1])

    def _told(self) -> Iterator[QueueAction]:
        hears = {entry.transfer_id for entry in self._entries.values() if self._may_hear(entry)}
        if not hears:  # where everybody stands is looked at for nobody
            return
        for one in self.waiting():
            entry, now = self._entries[one.transfer_id], (one.position, one.expected_ms)
            if one.transfer_id in hears and entry.told != now:
                entry.told, entry.told_ms = now, self._now_ms
                yield TellWait(entry.transfer_id, *now)

    def _may_hear(self, entry: Entry) -> bool:
        """Whether somebody may be told where they stand, if that is news."""
        lately = entry.told is not None and self._now_ms < entry.told_ms + TELL_MS
        return entry.callback is None and not entry.rung and not lately

    def _deadlines(self) -> Iterator[int]:
        """Every instant at which something may be decided; some are past."""
        yield from self._people.deadlines(somebody_waits=bool(self._entries))
        for entry in self._entries.values():
            yield from deadlines(entry, self._room.queues.get(entry.queue))

    _STEPS: ClassVar[Mapping[type, Callable[..., _Actions]]] = {
        AgentChanged: _agent_changed,
        AgentRemoved: _agent_removed,
        AgentIs: _agent_is,
        OnCall: _on_call,
        CallOver: _call_over,
        CallerWaits: _caller_waits,
        CallerGone: _caller_gone,
        OfferOver: _offer_over,
        CallbackOver: _callback_over,
        QueueChanged: _queue_changed,
        QueueDeleted: _queue_deleted,
        HoursChanged: _hours_changed,
    }
