import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony import call_state as call
from telephony.call import CallFlow
from telephony.call_events import (
    OUTCOMES,
    BeginConversation,
    CallAction,
    CallEvent,
    CarrierStatus,
    CloseMedia,
    ComeBack,
    ContinueConversation,
    Finish,
    HangUp,
    HangUpWanted,
    Ignored,
    LastWordsHeard,
    MessageLeft,
    MovingAway,
    OfferStream,
    Rang,
    ResumeAsked,
    StreamBroken,
    StreamStarted,
    StreamStopped,
    TakeMessage,
    WithAgent,
)
from telephony.call_state import State
from telephony.twilio import twiml

pytestmark = pytest.mark.unit


def after(*events: CallEvent) -> CallFlow:
    flow = CallFlow()
    for event in events:
        flow.handle(event)
    return flow


def state(flow: CallFlow) -> State:
    return flow.state


RANG = Rang(-900)
FIRST = StreamStarted(-100, "MZ1", 1)
GOODBYE = HangUpWanted(60_000, "completed", "goodbye was said")


def test_a_call_is_answered_held_and_said_goodbye_to():
    flow = CallFlow()
    assert flow.handle(RANG) == [OfferStream(1)]
    assert state(flow) is State.CONNECTING
    assert flow.handle(FIRST) == [BeginConversation(1)]
    assert state(flow) is State.TALKING
    assert flow.deadline_ms is None
    assert flow.handle(GOODBYE) == []
    assert flow.handle(LastWordsHeard(61_000)) == [
        HangUp(),
        CloseMedia(1, 1000),
        Finish("completed", "goodbye was said", 61_000),
    ]
    assert state(flow) is State.ENDED
    assert flow.deadline_ms is None


def test_a_lost_stream_is_continued_by_the_next_one():
    flow = after(RANG, FIRST)
    assert flow.handle(StreamBroken(5_000, 1, "reset")) == [CloseMedia(1, 1001)]
    assert state(flow) is State.LOST
    assert flow.handle(ResumeAsked(5_400)) == [OfferStream(2)]
    assert flow.handle(StreamStarted(6_100, "MZ2", 2)) == [ContinueConversation(2, 1_100)]
    assert state(flow) is State.TALKING
    assert flow.deadline_ms is None


def test_a_loss_that_the_carrier_notices_first_is_one_loss():
    flow = after(RANG, FIRST)
    assert flow.handle(ResumeAsked(5_000)) == [CloseMedia(1, 1001), OfferStream(2)]
    assert isinstance(flow.handle(StreamBroken(5_010, 1, "closed"))[0], Ignored)
    assert flow.handle(StreamStarted(6_000, "MZ2", 2)) == [ContinueConversation(2, 1_000)]


def test_a_stream_that_replaces_one_not_yet_missed_continues_at_once():
    flow = after(RANG, FIRST)
    assert flow.handle(StreamStarted(6_000, "MZ2", 2)) == [CloseMedia(1, 1001), ContinueConversation(2, 0)]
    assert isinstance(flow.handle(StreamBroken(21_000, 1, "silent"))[0], Ignored)
    assert state(flow) is State.TALKING


def test_a_call_whose_media_does_not_come_back_is_lost_after_thirty_seconds():
    flow = after(RANG, FIRST, StreamBroken(5_000, 1, "reset"), ResumeAsked(20_000))
    assert flow.deadline_ms == 35_000
    assert flow.tick(34_999) == []
    assert flow.tick(35_000) == [HangUp(), Finish("media_lost", "no stream for 30000 ms", 35_000)]


def test_a_stopped_stream_is_a_caller_who_hung_up_when_it_stopped():
    flow = after(RANG, FIRST)
    assert flow.handle(StreamStopped(9_000, 1)) == [CloseMedia(1, 1000)]
    assert flow.tick(10_000) == [HangUp(), Finish("caller_hung_up", "the carrier stopped the stream", 9_000)]


def test_the_carriers_status_ends_a_stopped_call_at_once():
    flow = after(RANG, FIRST, StreamStopped(9_000, 1))
    assert flow.handle(CarrierStatus(9_050, "completed"))[-1] == Finish(
        "caller_hung_up", "the carrier's status is completed", 9_050
    )


def test_a_stopped_stream_of_a_call_that_goes_on_is_continued():
    flow = after(RANG, FIRST, StreamStopped(9_000, 1))
    assert flow.handle(ResumeAsked(9_200)) == [OfferStream(2)]
    assert flow.deadline_ms == 39_000
    assert flow.handle(StreamStarted(9_900, "MZ2", 2)) == [ContinueConversation(2, 900)]


def test_a_stream_that_never_starts_fails_the_call():
    flow = after(RANG)
    assert flow.deadline_ms == -900 + call.START_DEADLINE_MS
    assert flow.tick(19_099) == []
    assert flow.tick(19_100) == [HangUp(), Finish("failed", "no stream started in time", 19_100)]


def test_a_stream_that_could_not_be_opened_is_offered_again_within_the_same_deadline():
    flow = after(RANG)
    deadline_ms = flow.deadline_ms
    assert flow.handle(ResumeAsked(1_000)) == [OfferStream(2)]
    assert flow.deadline_ms == deadline_ms
    assert flow.handle(StreamStarted(2_000, "MZ2", 2)) == [BeginConversation(2)]


def test_a_call_that_loses_every_stream_takes_a_message_with_the_carriers_means():
    flow = after(RANG, FIRST)
    for number in range(1, call.MAX_STREAMS):
        flow.handle(StreamBroken(number * 1_000, number, "reset"))
        assert flow.handle(ResumeAsked(number * 1_000 + 100)) == [OfferStream(number + 1)]
        flow.handle(StreamStarted(number * 1_000 + 200, "MZ", number + 1))
    flow.handle(StreamBroken(9_000, call.MAX_STREAMS, "reset"))
    assert flow.handle(ResumeAsked(9_100)) == [TakeMessage()]
    assert state(flow) is State.MESSAGE
    assert flow.handle(ResumeAsked(9_200)) == [TakeMessage()], "asked twice"
    assert flow.tick(9_200 + call.MESSAGE_MAX_MS) == [
        HangUp(),
        Finish("media_lost", "5 streams were lost, and no message was left", 9_200 + call.MESSAGE_MAX_MS),
    ]


def failed_twice() -> CallFlow:
    flow = after(RANG, FIRST, StreamBroken(1_000, 1, "failed"))
    assert flow.handle(ResumeAsked(1_100)) == [OfferStream(2)]
    flow.handle(StreamStarted(1_200, "MZ2", 2))
    flow.handle(StreamBroken(2_000, 2, "failed"))
    assert flow.handle(ResumeAsked(2_100)) == [TakeMessage()]
    return flow


def test_a_call_that_errors_of_ours_ended_twice_takes_a_message_with_the_carriers_means():
    flow = failed_twice()
    assert flow.handle(MessageLeft(60_000)) == [Finish("message_taken", "recorded by the carrier", 60_000)]


def test_streams_that_others_ended_do_not_count_as_errors_of_ours():
    flow = after(RANG, FIRST, StreamBroken(1_000, 1, "failed"), ResumeAsked(1_100), StreamStarted(1_200, "MZ2", 2))
    flow.handle(StreamBroken(2_000, 2, "reset"))
    assert flow.handle(ResumeAsked(2_100)) == [OfferStream(3)]


def test_a_caller_who_leaves_no_message_ends_the_call_as_it_failed():
    flow = failed_twice()
    assert flow.deadline_ms == 2_100 + call.MESSAGE_MAX_MS
    assert flow.handle(CarrierStatus(9_000, "completed")) == []
    assert flow.tick(9_000 + call.RECORDED_GRACE_MS)[-1] == Finish(
        "failed", "2 streams failed, and no message was left", 9_000 + call.RECORDED_GRACE_MS
    )


def test_a_message_whose_caller_is_gone_already_is_a_message():
    flow = failed_twice()
    flow.handle(CarrierStatus(9_000, "completed"))
    assert flow.handle(MessageLeft(20_000)) == [Finish("message_taken", "recorded by the carrier", 20_000)]


def test_the_news_that_a_call_is_over_never_makes_waiting_for_its_message_longer():
    flow = failed_twice()
    last_ms = 2_100 + call.MESSAGE_MAX_MS
    flow.handle(CarrierStatus(last_ms - 10, "completed"))
    assert flow.deadline_ms == last_ms
    assert isinstance(flow.handle(CarrierStatus(last_ms - 5, "in-progress"))[0], Ignored)


def test_a_stream_that_comes_while_a_message_is_taken_is_not_carried():
    flow = failed_twice()
    for event in (StreamStarted(3_000, "MZ3", 3), StreamBroken(3_000, 2, "reset"), StreamStopped(3_000, 2)):
        assert [type(action) for action in flow.handle(event)] == [Ignored]


def test_the_longest_message_that_the_carrier_takes_is_waited_for():
    assert (twiml.MAX_MESSAGE_S + twiml.MESSAGE_SILENCE_S) * 1000 + 60_000 <= call.MESSAGE_MAX_MS


def test_a_message_that_the_carrier_was_not_asked_for_ends_the_call_as_one():
    lost = after(RANG, FIRST, StreamBroken(1_000, 1, "reset"))
    assert lost.handle(MessageLeft(5_000)) == [Finish("message_taken", "recorded by the carrier", 5_000)]
    assert after(RANG, FIRST).handle(MessageLeft(5_000))[0] == CloseMedia(1, 1000)
    assert isinstance(after(RANG).handle(MessageLeft(0))[-1], Finish)


def test_a_call_of_a_lost_process_that_was_leaving_a_message_goes_on_leaving_it():
    flow = CallFlow.leaving_message(40_000, 2)
    assert flow.handle(ResumeAsked(41_000)) == [TakeMessage()]
    assert flow.handle(MessageLeft(60_000))[-1] == Finish("message_taken", "recorded by the carrier", 60_000)


def test_a_call_of_a_lost_process_that_had_no_stream_yet_is_connected_or_fails():
    flow = CallFlow.unconnected(-500)
    assert flow.handle(ResumeAsked(-400)) == [OfferStream(1)]
    assert flow.handle(FIRST) == [BeginConversation(1)]
    flow = CallFlow.unconnected(-500)
    assert flow.tick(19_500) == [HangUp(), Finish("failed", "no stream started in time", 19_500)]


def test_a_call_of_a_lost_process_is_resumed():
    flow = CallFlow.lost(40_000, 1)
    assert flow.deadline_ms == 70_000
    assert flow.handle(ResumeAsked(43_000)) == [OfferStream(2)]
    assert flow.handle(StreamStarted(44_000, "MZ2", 2)) == [ContinueConversation(2, 4_000)]


def test_a_stream_reaches_a_process_that_did_not_answer_the_webhook():
    assert CallFlow().handle(FIRST) == [BeginConversation(1)]
    assert CallFlow().handle(ResumeAsked(0)) == [OfferStream(1)]


def test_the_next_stream_is_numbered_after_one_that_another_process_offered():
    flow = after(StreamStarted(0, "MZ3", 3), StreamBroken(1_000, 3, "reset"))
    assert flow.handle(ResumeAsked(1_500)) == [OfferStream(4)]


def test_a_gap_is_never_negative_even_when_instants_are():
    flow = after(RANG, FIRST, StreamBroken(5_000, 1, "reset"))
    assert flow.handle(StreamStarted(4_999, "MZ2", 2)) == [ContinueConversation(2, 0)]


def test_a_refused_call_is_not_hung_up_before_it_heard_why():
    assert CallFlow().handle(HangUpWanted(-5, "refused", "unknown number")) == [Finish("refused", "unknown number", -5)]


def test_last_words_that_are_never_heard_do_not_hold_the_call():
    flow = after(RANG, FIRST, GOODBYE)
    assert flow.deadline_ms == 60_000 + call.LAST_WORDS_MS
    assert flow.tick(75_000) == [HangUp(), CloseMedia(1, 1000), Finish("completed", "goodbye was said", 75_000)]


@pytest.mark.parametrize(
    ("event", "hangs_up"),
    [
        (StreamStopped(60_500, 1), False),
        (StreamBroken(60_500, 1, "reset"), True),
        (ResumeAsked(60_500), True),  # by whichever leg
        (CarrierStatus(60_500, "completed"), False),
    ],
)
def test_a_call_that_ends_during_its_last_words_ended_as_we_wanted(event, hangs_up):
    actions = after(RANG, FIRST, GOODBYE).handle(event)
    assert actions[-1] == Finish("completed", "goodbye was said", 60_500)
    assert (HangUp() in actions) is hangs_up


@pytest.mark.parametrize(("status", "outcome"), [("completed", "caller_hung_up"), ("canceled", "caller_hung_up")])
def test_a_caller_may_hang_up_before_anything_began(status, outcome):
    for flow in (CallFlow(), after(RANG), after(RANG, FIRST), CallFlow.lost(0, 1)):
        assert isinstance(finish := flow.handle(CarrierStatus(0, status))[-1], Finish)
        assert finish.outcome == outcome


def test_late_and_doubled_events_change_nothing():
    flow = after(RANG, FIRST)
    for event in (
        RANG,
        FIRST,
        StreamStopped(1, 7),
        StreamBroken(1, 0, "reset"),
        LastWordsHeard(1),
        CarrierStatus(1, "ringing"),
        CarrierStatus(1, "in-progress"),
        CarrierStatus(1, "no such status"),
    ):
        assert [type(action) for action in flow.handle(event)] == [Ignored], event
        assert state(flow) is State.TALKING


def test_an_outcome_that_does_not_exist_is_our_mistake_and_changes_nothing():
    flow = after(RANG, FIRST)
    with pytest.raises(ValueError, match="no way for a call to end"):
        flow.handle(HangUpWanted(1, "bored", ""))  # type: ignore[arg-type]
    assert state(flow) is State.TALKING


def test_hang_up_is_legal_in_every_state():
    states = {
        State.RINGING: (),
        State.CONNECTING: (RANG,),
        State.TALKING: (RANG, FIRST),
        State.LOST: (RANG, FIRST, StreamBroken(1, 1, "reset")),
        State.MESSAGE: (*[ResumeAsked(number) for number in range(call.MAX_STREAMS + 1)],),
        State.ENDING: (RANG, FIRST, GOODBYE),
        State.AWAY: (RANG, FIRST, MovingAway(1)),
        State.ENDED: (CarrierStatus(1, "completed"),),
    }
    assert set(states) == set(State)
    for expected, events in states.items():
        flow = after(*events)
        assert state(flow) is expected
        flow.handle(HangUpWanted(2, "failed", "shutting down"))
        flow.tick(10**6)
        assert state(flow) is State.ENDED


AT = st.integers(0, 4_000)
NUMBERS = st.integers(0, 7)
EVENTS = st.one_of(
    st.builds(Rang, AT),
    st.builds(StreamStarted, AT, st.just("MZ"), NUMBERS),
    st.builds(StreamStopped, AT, NUMBERS),
    st.builds(StreamBroken, AT, NUMBERS, st.sampled_from(["closed", "reset", "silent", "failed"])),
    st.builds(ResumeAsked, AT),
    st.builds(HangUpWanted, AT, st.sampled_from(OUTCOMES), st.just("because")),
    st.builds(LastWordsHeard, AT),
    st.builds(MessageLeft, AT),
    st.builds(MovingAway, AT),
    st.builds(ComeBack, AT),
    st.builds(WithAgent, AT, st.booleans()),
    st.builds(CarrierStatus, AT, st.sampled_from(["ringing", "in-progress", "completed", "busy", "?"])),
)
SILENT = (MovingAway, ComeBack, WithAgent)
"""Events that ask for nothing."""
ROWS = {event for rows in CallFlow.TRANSITIONS.values() for event in rows}


@settings(max_examples=500)
@given(st.lists(EVENTS, max_size=40), st.lists(st.booleans(), min_size=40, max_size=40), st.booleans())
def test_whatever_happens_a_call_ends_exactly_once_and_nothing_follows(events, ticks, resumed):
    flow = CallFlow.lost(0, 1) if resumed else CallFlow()
    now_ms, done, open_streams = 0, False, set[int]()
    told: list[CallAction] = []
    for event, tick in zip(events, ticks, strict=False):
        # Instants are as late as the event says after the last one; deadlines in between are kept, or are not.
        now_ms += event.at_ms
        event = type(event)(now_ms, *[getattr(event, name) for name in event.__slots__[1:]])  # noqa: PLW2901 - same event
        actions = flow.tick(now_ms) if tick else []
        before = flow.state
        row = CallFlow.TRANSITIONS[before].get(type(event))
        actions = actions + (answer := flow.handle(event))
        assert flow.state is before or (row is not None and flow.state in row.to)
        assert answer or flow.state in (State.ENDING, State.MESSAGE) or isinstance(event, SILENT)
        assert not done or all(isinstance(action, Ignored) for action in actions)
        for action in actions:
            if isinstance(action, BeginConversation | ContinueConversation):
                assert not open_streams
                open_streams.add(action.stream_number)
            if isinstance(action, CloseMedia):
                open_streams.discard(action.stream_number)
        done = done or any(isinstance(action, Finish) for action in actions)
        assert done is (flow.state is State.ENDED)
        assert (flow.deadline_ms is None) is (flow.state in (State.RINGING, State.TALKING, State.AWAY, State.ENDED))
        assert len(open_streams) <= 1
        told += actions
    now_ms += 1
    told += flow.handle(CarrierStatus(now_ms, "completed"))
    told += flow.tick(now_ms + call.RECORDED_GRACE_MS)
    begun = [action for action in told if isinstance(action, BeginConversation)]
    assert len(begun) <= 1
    finishes = [action for action in told if isinstance(action, Finish)]
    assert len(finishes) == 1
    assert finishes[0].outcome in OUTCOMES
    assert state(flow) is State.ENDED


def test_every_event_has_a_place_in_the_table():
    assert {
        Rang,
        StreamStarted,
        StreamStopped,
        StreamBroken,
        ResumeAsked,
        HangUpWanted,
        LastWordsHeard,
        CarrierStatus,
        MessageLeft,
        MovingAway,
        ComeBack,
        WithAgent,
    } == ROWS


# With an agent

AWAY = (RANG, FIRST, MovingAway(60_000), StreamStopped(60_800, 1), WithAgent(61_000, True))


def test_a_stream_that_ends_because_the_caller_was_put_through_is_not_missed():
    flow = after(RANG, FIRST, MovingAway(60_000))
    assert flow.handle(StreamStopped(60_800, 1)) == [CloseMedia(1, 1000)]
    assert (state(flow), flow.deadline_ms) == (State.AWAY, None)
    assert isinstance(flow.handle(StreamBroken(60_900, 1, "closed"))[0], Ignored)


def test_a_caller_who_hangs_up_while_with_an_agent_was_transferred():
    flow = after(*AWAY)
    assert flow.handle(CarrierStatus(90_000, "completed"))[-1] == Finish(
        "transferred", "the carrier's status is completed", 90_000
    )
    desk = after(RANG, FIRST, WithAgent(61_000, True), StreamStopped(90_000, 1))
    assert desk.tick(91_000)[-1] == Finish("transferred", "the carrier stopped the stream", 90_000)


def test_a_caller_who_hangs_up_while_being_moved_hung_up():
    flow = after(*AWAY[:4])
    assert flow.handle(CarrierStatus(90_000, "completed"))[-1].outcome == "caller_hung_up"  # type: ignore[union-attr]


def test_a_caller_who_could_not_be_put_through_goes_on_talking_on_the_same_stream():
    flow = after(RANG, FIRST, MovingAway(60_000))
    assert flow.handle(ComeBack(64_000)) == []
    assert state(flow) is State.TALKING


def test_a_caller_who_is_handed_back_gets_another_stream_and_is_not_counted_as_lost():
    flow = after(*AWAY)
    assert flow.handle(ResumeAsked(120_000)) == [OfferStream(2)]
    assert flow.handle(StreamStarted(121_000, "MZ2", 2)) == [ContinueConversation(2, 1_000)]
    for number in range(2, 12):  # as often as agents like
        flow.handle(MovingAway(200_000))
        flow.handle(StreamStopped(200_100, number))
        flow.handle(ComeBack(200_200))
        assert flow.handle(ResumeAsked(200_300)) == [OfferStream(number + 1)]
        assert flow.handle(StreamStarted(200_400, "MZ", number + 1))[-1] == ContinueConversation(number + 1, 200)


def test_a_caller_whom_the_carrier_gives_back_before_their_stream_was_missed_is_offered_another():
    flow = after(RANG, FIRST, MovingAway(60_000))
    assert flow.handle(ResumeAsked(60_500)) == [CloseMedia(1, 1001), OfferStream(2)]


def test_a_caller_who_is_moved_although_their_stream_was_lost_is_waited_for_no_longer():
    flow = CallFlow.lost(60_000, 1)
    assert flow.handle(MovingAway(61_000)) == []
    assert (state(flow), flow.deadline_ms) == (State.AWAY, None)
    assert flow.handle(ComeBack(62_000)) == []
    assert state(flow) is State.LOST
    assert flow.handle(ResumeAsked(62_100)) == [OfferStream(2)]


def test_a_call_that_another_process_put_through_ends_as_transferred_or_comes_back():
    flow = CallFlow.away(60_000, 3)
    assert flow.handle(ResumeAsked(70_000)) == [OfferStream(4)]
    flow = CallFlow.away(60_000, 3)  # its stream has ended with that process
    assert flow.handle(ComeBack(70_000)) == []
    assert state(flow) is State.LOST
    assert CallFlow.away(60_000, 3).handle(CarrierStatus(70_000, "completed"))[-1].outcome == "transferred"  # type: ignore[union-attr]
