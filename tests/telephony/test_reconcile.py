import pytest

from telephony.ports import Leg, Participant
from telephony.reconcile import Known, Seen, missed, strays
from telephony.transfer import decide
from telephony.transfer_events import (
    AgentAccepts,
    AgentJoined,
    AgentLeft,
    AgentsFound,
    AgentUnanswered,
    CallerJoined,
    CallerLeft,
    NobodyComes,
    PacketReady,
)
from telephony.transfer_state import State, Transfer

pytestmark = pytest.mark.unit

ROOM, CALLER, ANA, BO = "xfer-CA1-1", "CA1", "CA2", "CA3"
AT = 9_000
ACCEPTS = AgentAccepts(0, 0)
UP = {CALLER: Leg(CALLER, "in_progress"), ANA: Leg(ANA, "in_progress")}
AGENT_INSIDE = Participant(ANA, "agent-0")
CALLER_INSIDE = Participant(CALLER, "customer")


def after(*events, legs=None) -> Known:
    transfer = Transfer.asked("trf_1", "call", "sales", 0, patience_ms=600_000)
    for event in (PacketReady(0), AgentsFound(0, ("ana", "bo")), *events):
        transfer, _ = decide(transfer, event)
    return Known(transfer, CALLER, ROOM if transfer.accepted is not None else "", legs or {0: ANA, 1: BO})


@pytest.mark.parametrize(
    ("leg", "how"),
    [
        (Leg(ANA, "busy"), "busy"),
        (Leg(ANA, "no_answer"), "no_answer"),
        (Leg(ANA, "failed"), "failed"),
        (Leg(ANA, "canceled"), "failed"),
        (Leg(ANA, "completed"), "hung_up"),
        (Leg(ANA, "completed", "machine"), "voicemail"),
        (Leg(ANA, "in_progress", "machine"), "voicemail"),
        (None, "failed"),
    ],
)
def test_an_agents_leg_that_ended_unheard_is_told_as_its_callback_would_have(leg, how):
    offered = after()
    assert missed(offered, Seen({ANA: leg, BO: Leg(BO, "ringing")}), AT) == (AgentUnanswered(AT, 0, how),)


def test_legs_that_ring_or_speak_or_could_not_be_asked_for_are_no_news():
    assert missed(after(), Seen({ANA: Leg(ANA, "ringing"), BO: Leg(BO, "in_progress", "human")}), AT) == ()
    assert missed(after(), Seen(), AT) == ()
    assert missed(after(legs={}), Seen(UP), AT) == ()


def test_an_agent_who_is_there_is_told_to_have_come():
    accepted = after(ACCEPTS)
    assert missed(accepted, Seen(UP, ()), AT) == ()
    assert missed(accepted, Seen(UP, (Participant(BO, "agent-1"),)), AT) == ()
    assert missed(accepted, Seen(UP, (AGENT_INSIDE,)), AT) == (AgentJoined(AT, 0),)


def test_a_caller_who_is_there_is_told_to_have_come():
    bridging = after(ACCEPTS, AgentJoined(0, 0))
    assert missed(bridging, Seen(UP, (AGENT_INSIDE,)), AT) == ()
    assert missed(bridging, Seen(UP, (AGENT_INSIDE, CALLER_INSIDE)), AT) == (CallerJoined(AT),)


@pytest.mark.parametrize("events", [(), (AgentJoined(0, 0),), (AgentJoined(0, 0), CallerJoined(0))])
def test_whoever_hung_up_after_the_yes_is_told_to_have_left(events):
    known = after(ACCEPTS, *events)
    inside = (AGENT_INSIDE, CALLER_INSIDE)
    gone = {**UP, ANA: Leg(ANA, "completed")}
    assert missed(known, Seen(gone, inside), AT) == (AgentLeft(AT, 0),)
    assert missed(known, Seen({**UP, CALLER: None}, inside), AT) == (CallerLeft(AT),)


def test_an_agent_out_of_the_conference_whose_leg_goes_on_has_left_when_that_was_seen_twice():
    connected = after(ACCEPTS, AgentJoined(0, 0), CallerJoined(0))
    both, alone = Seen(UP, (AGENT_INSIDE, CALLER_INSIDE)), Seen(UP, (CALLER_INSIDE,))
    assert missed(connected, alone, AT) == ()
    assert missed(connected, alone, AT, both) == ()
    assert missed(connected, alone, AT, Seen(UP, None)) == ()
    assert missed(connected, alone, AT, alone) == (AgentLeft(AT, 0),)


@pytest.mark.edge("caller does not arrive")
def test_a_caller_who_is_alone_in_a_conference_after_all_is_told_so_that_they_are_taken_back():
    over = after(ACCEPTS, AgentLeft(0, 0), NobodyComes(0, "no_agents"))
    assert over.transfer.state is State.OVER
    over = Known(over.transfer, CALLER, ROOM, over.legs)
    alone = Seen({}, (CALLER_INSIDE,))
    assert missed(over, alone, AT) == ()
    assert missed(over, alone, AT, alone) == (CallerJoined(AT),)
    together = Seen({}, (CALLER_INSIDE, AGENT_INSIDE))
    assert missed(over, together, AT, together) == ()


@pytest.mark.edge("caller does not arrive")
def test_a_caller_who_is_alone_while_others_are_rung_is_taken_back_too():
    offered = after(ACCEPTS, AgentLeft(0, 0), AgentsFound(0, ("cy",)), legs={0: ANA, 2: BO})
    assert offered.transfer.state is State.OFFERED
    known = Known(offered.transfer, CALLER, ROOM, offered.legs)
    assert known.asks_for_room
    alone = Seen({BO: Leg(BO, "ringing")}, (CALLER_INSIDE,))
    assert missed(known, alone, AT) == ()
    assert missed(known, alone, AT, alone) == (CallerJoined(AT),)
    busy = Seen({BO: Leg(BO, "busy")}, (CALLER_INSIDE,))
    assert missed(known, busy, AT, alone) == (CallerJoined(AT), AgentUnanswered(AT, 2, "busy"))
    assert missed(known, Seen(alone.legs, ()), AT, alone) == ()


def test_legs_that_nobody_waits_for_are_ended_once_they_have_heard_why():
    accepted, seen = after(ACCEPTS), Seen({ANA: Leg(ANA, "in_progress"), BO: Leg(BO, "ringing")})
    assert strays(accepted, seen, None) == ()
    assert strays(accepted, seen, seen) == (BO,)
    assert strays(accepted, Seen({BO: Leg(BO, "completed")}), seen) == ()
    over = after(CallerLeft(0))
    assert strays(over, seen, seen) == (ANA, BO)
    assert strays(after(), seen, seen) == ()


def test_no_more_is_asked_than_is_worth_it():
    assert after().asks_for == {ANA, BO}
    assert not after().asks_for_room
    assert after(ACCEPTS).asks_for == {CALLER, ANA, BO}
    assert after(ACCEPTS).asks_for_room
