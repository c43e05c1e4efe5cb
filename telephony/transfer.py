"""One warm transfer's life: asked for, queued, offered to agents, accepted, bridged, connected, over. A pure core.

    REQUESTED ─→ QUEUED ⇄ OFFERED ─→ ACCEPTED ─→ BRIDGING ─→ CONNECTED ─→ OVER
                   ↑                     │           │
                   └─────────────────────┴───────────┘  whoever accepted is gone, or could not be connected

The caller stays with the assistant until BRIDGING, and comes back to it when that fails: every way that does not end
with a human ends with the assistant still on the line. A transfer is a value: `decide` and `tick` give the next one and
what is to be done, and whoever keeps it writes it with the version that it had (compare-and-set) before doing anything.
After a restart `again` tells what to repeat; every action may be done twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

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
    CallerReached,
    CallerUnreached,
    FallBack,
    FindAgents,
    Finished,
    HandsBack,
    Ignored,
    KeepCaller,
    MoveCaller,
    NobodyComes,
    NoLongerWanted,
    Outcome,
    PacketReady,
    ReleaseAgent,
    Rerouted,
    Ring,
    RingOver,
    StopRinging,
    TakeBack,
    TransferAction,
    TransferEvent,
    Why,
    WrapUp,
)
from telephony.transfer_state import Offer, Standing, State, Transfer

RING_MS: Final = 45_000
"""From ringing agents to giving them up: 20 s of ringing, 5 s that carriers add, and a briefing said once and again."""
JOIN_MS: Final = 10_000
"""From an agent's yes to being where the caller will come."""
BRIDGE_MS: Final = 10_000
"""From beginning to move the caller to hearing that they arrived, with two repetitions of the request."""
CALL_MS: Final = 60_000
"""From an agent's yes to a callback to its caller's answer: 30 s of ringing, and what carriers add."""
MAX_OFFERS: Final = 12
"""Agents who may be asked about one caller."""
MAX_BRIDGES: Final = 2
"""Agents to whom the caller could not be connected, or who were gone by then."""
MOST_CALLS: Final = 10
"""Of a callback, instead: its queue ends it before (callback_attempts)."""

Decision = tuple[Transfer, tuple[TransferAction, ...]]


def decide(transfer: Transfer, event: TransferEvent) -> Decision:
    """Take an event. What does not belong to the state changes nothing and is Ignored, or lets an agent go."""
    row = TRANSITIONS[transfer.state].get(type(event))
    if row is None:
        return transfer, _too_late(transfer, event)
    return _versioned(transfer, row.step(transfer, event))


def tick(transfer: Transfer, now_ms: int) -> Decision:
    """Let time pass: whoever was waited for did not come."""
    if transfer.deadline_ms is None or now_ms < transfer.deadline_ms:
        return transfer, ()
    return _versioned(transfer, _LATE[transfer.state](transfer, now_ms))


def recalled(transfer: Transfer, now_ms: int) -> Transfer:
    """As a process takes it on that found it: whoever is being joined has as long as ever once more.

    That they have come was perhaps told while nobody was there; the carrier is asked before that time is over.
    """
    if transfer.deadline_ms is None or transfer.state not in {State.ACCEPTED, State.BRIDGING}:
        return transfer
    return replace(transfer, deadline_ms=max(transfer.deadline_ms, now_ms + BRIDGE_MS))


def again(transfer: Transfer) -> tuple[TransferAction, ...]:
    """What to repeat when another process takes a transfer over; the reconciler tells the rest."""
    match transfer.state:
        case State.QUEUED:
            return (FindAgents(transfer.asked_already),)
        case State.BRIDGING if transfer.accepted is not None:
            return (MoveCaller(transfer.accepted),)
        case _:
            return ()


def _versioned(before: Transfer, decision: Decision) -> Decision:
    after, actions = decision
    return (replace(after, version=before.version + 1) if after != before else before), actions


def _too_late(transfer: Transfer, event: TransferEvent) -> tuple[TransferAction, ...]:
    """Nobody is left waiting: an agent who answers what is no offer any more is told so."""
    told = Ignored(f"{type(event).__name__} while {transfer.state.value}")
    match event:
        case AgentAccepts(_, offer) if offer != transfer.accepted:
            return (told, StopRinging(offer, _whose_now(transfer)))
        case AgentJoined(_, offer) if transfer.state is State.OVER or offer != transfer.accepted:
            return (told, ReleaseAgent(offer, "not_connected"))
        case CallerJoined() if transfer.state is not State.CONNECTED and transfer.outcome != "completed":
            return (told, TakeBack("nobody is there", transfer.moved))
        case _:
            return (told,)


def _whose_now(transfer: Transfer) -> Literal["taken", "caller_left", "withdrawn", "timeout"]:
    """Why an agent who says yes does not get the caller any more."""
    if transfer.accepted is not None:
        return "taken"
    return _NOBODYS.get(transfer.outcome or "completed", "timeout")


_NOBODYS: Final[Mapping[str, Literal["caller_left", "withdrawn"]]] = {
    "abandoned": "caller_left",
    "withdrawn": "withdrawn",
}


# The steps of the table below


def _queue(transfer: Transfer, event: PacketReady) -> Decision:
    del event
    return _look(transfer)


def _reroute(transfer: Transfer, event: Rerouted) -> Decision:
    return replace(transfer, queue=event.queue), (FindAgents(transfer.asked_already),)


def _ring(transfer: Transfer, event: AgentsFound) -> Decision:
    room = MAX_OFFERS - len(transfer.offers)
    ringing = {transfer.offers[number].agent for number in transfer.ringing}
    agents = [agent for agent in dict.fromkeys(event.agents) if agent not in ringing][:room]
    if not agents:
        return transfer, (Ignored("nobody new to ring"),)
    first = len(transfer.offers)
    offered = replace(
        transfer,
        state=State.OFFERED,
        offers=(*transfer.offers, *map(Offer, agents)),
        deadline_ms=event.at_ms + max(event.ring_ms, RING_MS),
    )
    return offered, tuple(Ring(first + index, agent) for index, agent in enumerate(agents))


def _accept(transfer: Transfer, event: AgentAccepts) -> Decision:
    if event.offer not in transfer.ringing:
        return transfer, (Ignored("no open offer"), StopRinging(event.offer, "timeout"))
    others = tuple(number for number in transfer.ringing if number != event.offer)
    taken = _marked(transfer, (event.offer,), "accepted")
    taken = _marked(taken, others, "withdrawn")
    join_ms = JOIN_MS if transfer.reached else CALL_MS
    taken = replace(taken, state=State.ACCEPTED, accepted=event.offer, deadline_ms=event.at_ms + join_ms)
    return taken, tuple(StopRinging(number, "taken") for number in others)


def _refused(transfer: Transfer, event: AgentDeclines | AgentUnanswered) -> Decision:
    if event.offer not in transfer.ringing:
        return transfer, (Ignored("no open offer"),)
    how: Standing = "declined" if isinstance(event, AgentDeclines) else event.how
    reason = event.reason if isinstance(event, AgentDeclines) else ""
    fewer = _marked(transfer, (event.offer,), how, reason)
    return (fewer, ()) if fewer.ringing else _look(fewer)


def _give_up_ring(transfer: Transfer, event: RingOver) -> Decision:
    """Decided here, in the order of events: whoever has accepted by now keeps the caller. A machine is told nothing."""
    numbers = tuple(number for number in transfer.ringing if transfer.offers[number].agent == event.agent)
    if not numbers:
        return transfer, (Ignored("is not rung any more"),)
    fewer = _marked(transfer, numbers, event.how)
    after, actions = (fewer, ()) if fewer.ringing else _look(fewer)
    stopped = () if event.how == "voicemail" else tuple(StopRinging(number, "timeout") for number in numbers)
    return after, (*stopped, *actions)


def _bridge(transfer: Transfer, event: AgentJoined) -> Decision:
    if event.offer != transfer.accepted or not transfer.reached:
        return transfer, _too_late(transfer, event)
    moving = replace(transfer, state=State.BRIDGING, moved=event.offer, deadline_ms=event.at_ms + BRIDGE_MS)
    return moving, (MoveCaller(event.offer),)


def _reach(transfer: Transfer, event: CallerReached) -> Decision:
    if transfer.reached:
        return transfer, (Ignored("the caller is there"),)
    return replace(transfer, call_id=event.call_id, deadline_ms=event.at_ms + CALL_MS), ()


def _miss(transfer: Transfer, event: CallerUnreached) -> Decision:
    """Whoever answered is no caller, or nobody did: it is tried again later."""
    if not transfer.callback:
        return transfer, (Ignored("the caller is there"),)
    again = replace(transfer, call_id=transfer.id)
    return _unbridged(again, event.why, *_let_go(again, "not_reached"))


def _lose_accepted(transfer: Transfer, event: AgentLeft | AgentDeclines | AgentUnanswered) -> Decision:
    """Whoever accepted is gone before the caller was moved."""
    if event.offer != transfer.accepted:
        return transfer, (Ignored("not the agent who accepted"),)
    return _unbridged(transfer, "the agent left", *_let_go(transfer, "left"), KeepCaller("the agent left"))


def _lose_bridging(transfer: Transfer, event: AgentLeft) -> Decision:
    """The caller may be on the way, or alone where the agent was."""
    if event.offer != transfer.accepted:
        return transfer, (Ignored("not the agent who accepted"),)
    back = TakeBack("the agent left", transfer.moved)
    return _unbridged(transfer, "the agent left", *_let_go(transfer, "left"), back)


def _unmoved(transfer: Transfer, event: BridgeFailed) -> Decision:
    back = TakeBack(event.why, transfer.moved) if event.may_be_done else KeepCaller(event.why)
    return _unbridged(transfer, event.why, *_let_go(transfer), back)


def _connect(transfer: Transfer, event: CallerJoined) -> Decision:
    del event
    return replace(transfer, state=State.CONNECTED, deadline_ms=None), ()


def _give_up(transfer: Transfer, event: NobodyComes) -> Decision:
    return _exhausted(transfer, event.why)


def _withdraw(transfer: Transfer, event: NoLongerWanted) -> Decision:
    actions = (*_stopped(transfer, "withdrawn"), *_let_go(transfer, "withdrawn"))
    return _over(_marked(transfer, transfer.ringing, "withdrawn"), "withdrawn", event.why, actions)


def _abandon(transfer: Transfer, event: CallerLeft) -> Decision:
    del event
    actions = (*_stopped(transfer, "caller_left"), *_let_go(transfer, "caller_left"))
    return _over(_marked(transfer, transfer.ringing, "withdrawn"), "abandoned", "the caller left", actions)


def _end(transfer: Transfer, event: CallerLeft) -> Decision:
    """The caller ended the conversation with the agent."""
    del event
    return _over(transfer, "completed", "the caller left", (*_let_go(transfer, "caller_left"), *_wrap_up(transfer)))


def _agent_ends(transfer: Transfer, event: AgentLeft) -> Decision:
    if event.offer != transfer.accepted:
        return transfer, (Ignored("not the agent who accepted"),)
    back = (TakeBack("the agent left", transfer.moved),) if transfer.after == "assistant" else ()
    return _over(transfer, "completed", "the agent left", (*back, *_wrap_up(transfer)))


def _hand_back(transfer: Transfer, event: HandsBack) -> Decision:
    back, released = TakeBack("handed back", transfer.moved), _let_go(transfer, "handed_back")
    return _over(transfer, "handed_back", event.note, (back, *released, *_wrap_up(transfer)))


# Whoever was waited for did not come


def _packet_late(transfer: Transfer, now_ms: int) -> Decision:
    del now_ms
    return _look(transfer)


def _waited_too_long(transfer: Transfer, now_ms: int) -> Decision:
    del now_ms
    return _exhausted(transfer, "waited_too_long")


def _ring_late(transfer: Transfer, now_ms: int) -> Decision:
    stopped = _stopped(transfer, "timeout")
    quiet = _marked(transfer, transfer.ringing, "timeout")
    if now_ms >= quiet.asked_ms + quiet.patience_ms:
        return _exhausted(quiet, "waited_too_long", stopped)
    after, actions = _look(quiet)
    return after, (*stopped, *actions)


def _join_late(transfer: Transfer, now_ms: int) -> Decision:
    del now_ms
    return _unbridged(transfer, "the agent did not come", *_let_go(transfer), KeepCaller("the agent did not come"))


def _bridge_late(transfer: Transfer, now_ms: int) -> Decision:
    """Where the caller is, nobody has said."""
    del now_ms
    back = TakeBack("not connected", transfer.moved)
    return _unbridged(transfer, "the caller did not arrive", *_let_go(transfer), back)


# What the steps share


def _look(transfer: Transfer) -> Decision:
    """Look for somebody (else)."""
    most_bridges = MOST_CALLS if transfer.callback else MAX_BRIDGES
    if len(transfer.offers) >= MAX_OFFERS or transfer.bridges >= most_bridges:
        return _exhausted(transfer, "too_many_offers")
    queued = replace(transfer, state=State.QUEUED, accepted=None, deadline_ms=transfer.asked_ms + transfer.patience_ms)
    return queued, (FindAgents(queued.asked_already),)


def _unbridged(transfer: Transfer, why: str, *actions: TransferAction) -> Decision:
    lost = transfer if transfer.accepted is None else _marked(transfer, (transfer.accepted,), "lost", why)
    after, more = _look(replace(lost, bridges=lost.bridges + 1))
    return after, (*actions, *more)


def _exhausted(transfer: Transfer, why: Why, actions: tuple[TransferAction, ...] = ()) -> Decision:
    return _over(transfer, "exhausted", why, (*actions, FallBack(why)))


def _over(transfer: Transfer, outcome: Outcome, why: str, actions: tuple[TransferAction, ...]) -> Decision:
    over = replace(transfer, state=State.OVER, outcome=outcome, deadline_ms=None)
    return over, (*actions, Finished(outcome, why))


def _marked(transfer: Transfer, numbers: tuple[int, ...], standing: Standing, reason: str = "") -> Transfer:
    offers = (
        replace(offer, standing=standing, reason=reason) if number in numbers else offer
        for number, offer in enumerate(transfer.offers)
    )
    return replace(transfer, offers=tuple(offers)) if numbers else transfer


def _stopped(
    transfer: Transfer, why: Literal["taken", "caller_left", "withdrawn", "timeout"]
) -> tuple[TransferAction, ...]:
    return tuple(StopRinging(number, why) for number in transfer.ringing)


def _let_go(
    transfer: Transfer,
    why: Literal["caller_left", "withdrawn", "not_connected", "not_reached", "handed_back", "left"] = "not_connected",
) -> tuple[TransferAction, ...]:
    return () if transfer.accepted is None else (ReleaseAgent(transfer.accepted, why),)


def _wrap_up(transfer: Transfer) -> tuple[TransferAction, ...]:
    return () if transfer.accepted is None else (WrapUp(transfer.accepted),)


@dataclass(frozen=True, slots=True)
class Row:
    """What an event does in a state, and every state it may lead to."""

    step: Callable[[Transfer, Any], Decision]
    to: tuple[State, ...]


_ENDS: Final[Mapping[type, Row]] = {
    CallerLeft: Row(_abandon, (State.OVER,)),
    NoLongerWanted: Row(_withdraw, (State.OVER,)),
}
_ELSEWHERE: Final = (State.QUEUED, State.OVER)

# Every transition. What is not here is Ignored, or lets a late agent go.
TRANSITIONS: Final[Mapping[State, Mapping[type, Row]]] = {
    State.REQUESTED: {
        **_ENDS,
        PacketReady: Row(_queue, (State.QUEUED,)),
        NobodyComes: Row(_give_up, (State.OVER,)),
    },
    State.QUEUED: {
        **_ENDS,
        AgentsFound: Row(_ring, (State.OFFERED,)),
        Rerouted: Row(_reroute, (State.QUEUED,)),
        NobodyComes: Row(_give_up, (State.OVER,)),
    },
    State.OFFERED: {
        **_ENDS,
        AgentsFound: Row(_ring, (State.OFFERED,)),
        AgentAccepts: Row(_accept, (State.ACCEPTED,)),
        AgentDeclines: Row(_refused, _ELSEWHERE),
        AgentUnanswered: Row(_refused, _ELSEWHERE),
        RingOver: Row(_give_up_ring, _ELSEWHERE),
    },
    State.ACCEPTED: {
        **_ENDS,
        AgentJoined: Row(_bridge, (State.BRIDGING,)),
        CallerReached: Row(_reach, (State.ACCEPTED,)),
        CallerUnreached: Row(_miss, _ELSEWHERE),
        AgentLeft: Row(_lose_accepted, _ELSEWHERE),
        AgentDeclines: Row(_lose_accepted, _ELSEWHERE),
        AgentUnanswered: Row(_lose_accepted, _ELSEWHERE),
    },
    State.BRIDGING: {
        CallerLeft: Row(_abandon, (State.OVER,)),
        CallerJoined: Row(_connect, (State.CONNECTED,)),
        BridgeFailed: Row(_unmoved, _ELSEWHERE),
        AgentLeft: Row(_lose_bridging, _ELSEWHERE),
    },
    State.CONNECTED: {
        CallerLeft: Row(_end, (State.OVER,)),
        AgentLeft: Row(_agent_ends, (State.OVER,)),
        HandsBack: Row(_hand_back, (State.OVER,)),
    },
    State.OVER: {},
}

_LATE: Final[Mapping[State, Callable[[Transfer, int], Decision]]] = {
    State.REQUESTED: _packet_late,
    State.QUEUED: _waited_too_long,
    State.OFFERED: _ring_late,
    State.ACCEPTED: _join_late,
    State.BRIDGING: _bridge_late,
}
