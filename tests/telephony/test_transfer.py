from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from telephony.transfer import BRIDGE_MS, JOIN_MS, RING_MS, again, decide, tick
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
    PacketReady,
    ReleaseAgent,
    Rerouted,
    Ring,
    RingOver,
    StopRinging,
    TakeBack,
    TransferAction,
    TransferEvent,
    WrapUp,
)
from telephony.transfer_state import PACKET_MS, State, Transfer
from tests.telephony.transfer_world import World

pytestmark = pytest.mark.unit

PATIENCE_MS = 120_000


def asked(**named: Any) -> Transfer:
    return Transfer.asked("t1", "CA1", "support", 0, patience_ms=PATIENCE_MS, **named)


def after(transfer: Transfer, *events: TransferEvent) -> tuple[Transfer, list[TransferAction]]:
    """The transfer after these events, and what the last one asked for."""
    actions: tuple[TransferAction, ...] = ()
    for one in events:
        transfer, actions = decide(transfer, one)
    return transfer, list(actions)


OFFERED = (PacketReady(100), AgentsFound(200, ("ann", "bob")))
ACCEPTED = (*OFFERED, AgentAccepts(5000, 1))
BRIDGING = (*ACCEPTED, AgentJoined(6000, 1))
CONNECTED = (*BRIDGING, CallerJoined(7000))


@pytest.mark.edge("two agents accept at once")
def test_two_are_rung_the_first_to_accept_gets_the_caller_and_the_other_is_told():
    transfer, actions = after(asked(), *OFFERED)
    assert actions == [Ring(0, "ann"), Ring(1, "bob")]
    transfer, actions = after(transfer, AgentAccepts(5000, 1))
    assert actions == [StopRinging(0, "taken")]
    transfer, actions = after(transfer, AgentJoined(6000, 1))
    assert actions == [MoveCaller(1)]
    transfer, actions = after(transfer, CallerJoined(7000))
    assert (transfer.state, transfer.deadline_ms) == (State.CONNECTED, None)


@pytest.mark.edge("two agents accept at once")
def test_who_accepts_second_is_told_that_it_is_taken():
    _, actions = after(asked(), *ACCEPTED, AgentAccepts(5010, 0))
    assert actions == [Ignored("AgentAccepts while accepted"), StopRinging(0, "taken")]


@pytest.mark.edge("agent accepts twice")
def test_accepting_twice_changes_nothing():
    transfer, _ = after(asked(), *ACCEPTED)
    again_, actions = decide(transfer, AgentAccepts(5010, 1))
    assert again_ is transfer
    assert actions == (Ignored("AgentAccepts while accepted"),)


@pytest.mark.edge("agent is busy", "voicemail answers", "agent does not answer")
@pytest.mark.parametrize(
    "no",
    [AgentDeclines(300, 0, "at lunch"), *(AgentUnanswered(300, 0, how) for how in ("busy", "voicemail", "failed"))],
)
def test_one_no_leaves_the_other_ringing_and_the_last_no_looks_further(no: TransferEvent):
    transfer, actions = after(asked(), *OFFERED, no)
    assert (transfer.state, actions) == (State.OFFERED, [])
    transfer, actions = after(transfer, AgentUnanswered(400, 1, "no_answer"))
    assert (transfer.state, actions) == (State.QUEUED, [FindAgents(("ann", "bob"))])


@pytest.mark.edge("agent does not answer")
def test_nobody_who_answers_is_rung_no_longer_than_that_and_others_are_looked_for():
    transfer, _ = after(asked(), *OFFERED)
    assert tick(transfer, 200 + RING_MS - 1) == (transfer, ())
    transfer, actions = tick(transfer, 200 + RING_MS)
    assert actions == (StopRinging(0, "timeout"), StopRinging(1, "timeout"), FindAgents(("ann", "bob")))
    _, late = decide(transfer, AgentAccepts(60_000, 0))
    assert StopRinging(0, "timeout") in late


@pytest.mark.edge("summary slower than the agent")
def test_a_packet_that_is_late_holds_nobody_up():
    transfer, actions = tick(asked(), PACKET_MS)
    assert (transfer.state, actions) == (State.QUEUED, (FindAgents(()),))


@pytest.mark.parametrize("why", ["closed", "full", "no_agents"])
def test_where_nobody_comes_the_assistant_goes_on(why: Any):
    transfer, actions = after(asked(), PacketReady(100), NobodyComes(200, why))
    assert actions == [FallBack(why), Finished("exhausted", why)]
    assert transfer.outcome == "exhausted"


def test_a_caller_who_waits_in_another_queue_is_offered_to_its_people_and_waits_no_longer_for_it():
    transfer, actions = after(asked(), PacketReady(100), Rerouted(30_000, "billing"))
    assert (transfer.queue, actions) == ("billing", [FindAgents(())])
    assert transfer.deadline_ms == PATIENCE_MS


@pytest.mark.edge("caller waits longer than the queue allows")
def test_waiting_ends_when_patience_does():
    transfer, _ = after(asked(), PacketReady(100))
    transfer, actions = tick(transfer, PATIENCE_MS)
    assert actions == (FallBack("waited_too_long"), Finished("exhausted", "waited_too_long"))


@pytest.mark.edge("agent leaves after accepting")
@pytest.mark.parametrize("gone", [AgentLeft(6000, 1), AgentUnanswered(6000, 1, "hung_up"), AgentDeclines(6000, 1)])
def test_who_accepted_and_is_gone_is_replaced_while_the_assistant_keeps_the_caller_company(gone: TransferEvent):
    transfer, actions = after(asked(), *ACCEPTED, gone)
    assert actions == [ReleaseAgent(1, "left"), KeepCaller("the agent left"), FindAgents(("bob",))]
    assert transfer.state is State.QUEUED


def test_who_accepted_and_does_not_come_is_let_go():
    transfer, _ = after(asked(), *ACCEPTED)
    transfer, actions = tick(transfer, 5000 + JOIN_MS)
    assert actions[0] == ReleaseAgent(1, "not_connected")
    assert transfer.state is State.QUEUED


@pytest.mark.edge("caller cannot be moved")
def test_a_caller_who_cannot_be_moved_stays_with_the_assistant_and_the_agent_is_told():
    transfer, actions = after(asked(), *BRIDGING, BridgeFailed(7000, "21220"))
    assert actions == [ReleaseAgent(1, "not_connected"), KeepCaller("21220"), FindAgents(("bob",))]
    transfer, _ = after(asked(), *BRIDGING)
    transfer, actions_late = tick(transfer, 6000 + BRIDGE_MS)
    assert actions_late[:2] == (ReleaseAgent(1, "not_connected"), TakeBack("not connected", 1))


@pytest.mark.edge("caller does not arrive")
def test_a_caller_who_arrives_where_nobody_is_any_more_is_taken_back():
    transfer, actions = after(asked(), *BRIDGING, AgentLeft(6500, 1))
    assert actions[:2] == [ReleaseAgent(1, "left"), TakeBack("the agent left", 1)]
    _, actions = after(transfer, CallerJoined(6600))
    assert TakeBack("nobody is there", 1) in actions


def test_a_caller_of_whom_nobody_knows_whether_they_were_moved_is_taken_back():
    transfer, actions = after(asked(), *BRIDGING, BridgeFailed(7000, "late", may_be_done=True))
    assert actions == [ReleaseAgent(1, "not_connected"), TakeBack("late", 1), FindAgents(("bob",))]
    assert (transfer.accepted, transfer.moved) == (None, 1)
    assert after(asked(), *CONNECTED, BridgeFailed(7000, "late", may_be_done=True))[0].state is State.CONNECTED


def test_after_two_failed_bridges_nobody_else_is_tried():
    _, actions = after(
        asked(), *BRIDGING, BridgeFailed(7000, "x"), AgentsFound(8000, ("cy",)), AgentAccepts(9000, 2),
        AgentJoined(9500, 2), BridgeFailed(9900, "x"),
    )  # fmt: skip
    assert actions[-2:] == [FallBack("too_many_offers"), Finished("exhausted", "too_many_offers")]


@pytest.mark.edge("caller hangs up while an agent is rung")
@pytest.mark.parametrize(
    ("before", "told"),
    [
        (OFFERED, [StopRinging(0, "caller_left"), StopRinging(1, "caller_left")]),
        (ACCEPTED, [ReleaseAgent(1, "caller_left")]),
        (BRIDGING, [ReleaseAgent(1, "caller_left")]),
    ],
)
def test_when_the_caller_leaves_every_agent_is_told(before: tuple[TransferEvent, ...], told: list[TransferAction]):
    _, actions = after(asked(), *before, CallerLeft(9000))
    assert actions == [*told, Finished("abandoned", "the caller left")]


def test_never_mind_is_taken_until_the_caller_is_being_moved():
    _, actions = after(asked(), *ACCEPTED, NoLongerWanted(5500, "never mind"))
    assert actions == [ReleaseAgent(1, "withdrawn"), Finished("withdrawn", "never mind")]
    _, actions = after(asked(), *BRIDGING, NoLongerWanted(6500, "never mind"))
    assert actions == [Ignored("NoLongerWanted while bridging")]


def test_after_the_conversation_the_caller_is_let_go_or_comes_back_as_the_line_says():
    _, actions = after(asked(), *CONNECTED, AgentLeft(60_000, 1))
    assert actions == [WrapUp(1), Finished("completed", "the agent left")]
    _, actions = after(asked(after="assistant"), *CONNECTED, AgentLeft(60_000, 1))
    assert actions == [TakeBack("the agent left", 1), WrapUp(1), Finished("completed", "the agent left")]
    _, actions = after(asked(), *CONNECTED, HandsBack(60_000, "order changed"))
    assert actions[0] == TakeBack("handed back", 1)
    assert actions[-1] == Finished("handed_back", "order changed")


@pytest.mark.edge("agent accepts after the caller left", "second transfer after a failed one")
def test_a_second_transfer_may_follow_a_first_that_failed_and_late_news_of_the_first_let_agents_go():
    first, _ = after(asked(), *OFFERED, CallerLeft(400))
    _, actions = decide(first, AgentAccepts(500, 0))
    assert StopRinging(0, "caller_left") in actions
    _, actions = decide(first, AgentJoined(600, 0))
    assert ReleaseAgent(0, "not_connected") in actions


def test_what_another_process_repeats():
    assert again(after(asked(), PacketReady(1))[0]) == (FindAgents(()),)
    assert again(after(asked(), *BRIDGING)[0]) == (MoveCaller(1),)
    assert again(after(asked(), *CONNECTED)[0]) == ()


def test_a_version_counts_changes_only():
    transfer, _ = after(asked(), *ACCEPTED)
    assert transfer.version == 3
    assert decide(transfer, AgentAccepts(5000, 0))[0].version == 3


# Any order of things


FATES = ("told", "told", "told", "told", "twice", "late", "lost")


@pytest.mark.edge(
    "news late, repeated or out of order", "exactly one outcome", "process killed in every state of a transfer"
)
@settings(max_examples=300)
@given(st.data())
def test_whatever_is_lost_late_or_repeated_nobody_is_stranded_and_no_two_agents_meet_one_caller(data: st.DataObject):
    world = World(asked(after=data.draw(st.sampled_from(("assistant", "end")))))
    for _ in range(data.draw(st.integers(5, 40))):
        world.now_ms += data.draw(st.sampled_from((10, 500, 2_000, 12_000)))
        enabled = world.possible()
        if enabled:
            enabled[data.draw(st.integers(0, len(enabled) - 1))]()
        world.carry_news(lambda: data.draw(st.sampled_from(FATES)))
        if data.draw(st.booleans()):
            world.tick(world.now_ms)
        if data.draw(st.integers(0, 4)) == 0:
            world.restart()
    world.settle()
    event(f"{world.transfer.state.name} {world.transfer.outcome}, moved {world.moved}")
    world.check()


# Callbacks


def callback() -> Transfer:
    """Somebody who keeps the place of an hour ago, and for whom an agent has accepted."""
    before = Transfer.asked("CA1-h1", "CA1", "sales", 1_000, patience_ms=600_000)
    transfer = Transfer.later("CA1-b1", before, 3_600_000, patience_ms=7_200_000)
    return after(transfer, PacketReady(3_600_100), AgentsFound(4_000_000, ("ana",)), AgentAccepts(4_001_000, 0))[0]


def test_a_callback_keeps_the_place_and_waits_to_the_end_of_its_window():
    transfer = callback()
    assert transfer.asked_ms == 1_000
    assert transfer.asked_ms + transfer.patience_ms == 3_600_000 + 7_200_000
    assert not transfer.reached


def test_an_agent_who_is_there_before_the_caller_waits_for_them_and_is_joined_once_they_are_reached():
    waiting, actions = decide(callback(), AgentJoined(4_002_000, 0))
    assert waiting.state is State.ACCEPTED
    assert [type(one) for one in actions] == [Ignored]
    reached, _ = decide(waiting, CallerReached(4_020_000, "CA2"))
    assert (reached.call_id, reached.reached) == ("CA2", True)
    assert decide(reached, CallerReached(4_020_100, "CA3"))[0] == reached
    moving, actions = decide(reached, AgentJoined(4_024_000, 0))
    assert actions == (MoveCaller(0),)
    assert moving.state is State.BRIDGING


@pytest.mark.parametrize("first", [(), (CallerReached(4_010_000, "CA2"),)])
def test_a_caller_who_is_not_reached_or_is_a_machine_waits_again_and_the_agent_hears_so(first):
    transfer, actions = after(callback(), *first, CallerUnreached(4_030_000, "machine"))
    assert (transfer.state, transfer.call_id, transfer.bridges) == (State.QUEUED, "CA1-b1", 1)
    assert ReleaseAgent(0, "not_reached") in actions
    assert transfer.outcome is None


def test_nobody_who_is_on_the_phone_is_unreached():
    on_phone, _ = after(Transfer.asked("CA1-h1", "CA1", "sales", 0, patience_ms=600_000), *ACCEPTED)
    same, actions = decide(on_phone, CallerUnreached(9_000, "machine"))
    assert same == on_phone
    assert [type(one) for one in actions] == [Ignored]


def test_whoever_has_a_queue_of_their_own_may_be_rung_as_long_as_the_caller_waits():
    offered, _ = after(asked(), PacketReady(100), AgentsFound(200, ("to:sales",), ring_ms=110_000))
    assert tick(offered, 110_199) == (offered, ())
    late, actions = tick(offered, 110_200)
    assert actions[0] == StopRinging(0, "timeout")
    assert late.state is State.QUEUED


@pytest.mark.parametrize("how", ["no_answer", "hung_up", "voicemail"])
def test_a_ring_that_is_given_up_ends_and_whoever_had_accepted_by_then_keeps_the_caller(how):
    transfer, actions = after(asked(), *OFFERED, RingOver(300, "ann", how))
    assert transfer.offers[0].standing == how
    assert actions == ([] if how == "voicemail" else [StopRinging(0, "timeout")])
    transfer, actions = after(transfer, RingOver(400, "bob", how))
    assert (transfer.state, actions[-1]) == (State.QUEUED, FindAgents(("ann", "bob")))
    assert after(asked(), *OFFERED, AgentAccepts(300, 1), RingOver(300, "bob", how))[0].state is State.ACCEPTED
    _, actions = after(transfer, AgentAccepts(400, 1))
    assert StopRinging(1, "timeout") in actions


def test_who_accepts_what_the_caller_did_not_want_any_more_is_told_that():
    _, actions = after(asked(), *OFFERED, NoLongerWanted(400, "never_mind"), AgentAccepts(400, 0))
    assert StopRinging(0, "withdrawn") in actions
    _, actions = after(asked(), *ACCEPTED, NoLongerWanted(5000, "never_mind"))
    assert ReleaseAgent(1, "withdrawn") in actions
