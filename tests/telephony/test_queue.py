from dataclasses import replace

import pytest

from telephony.agents import Agent
from telephony.queue import HumanQueue
from telephony.queue_entries import ASK_AGAIN_MS, TELL_MS
from telephony.queue_events import (
    AgentChanged,
    AgentIs,
    AgentNow,
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
    TellWait,
    Withdraw,
)
from telephony.queue_people import ENGAGED_MS, GRACE_MS, LONGEST_RING_MS
from telephony.queue_settings import Callback, Needs, QueueSettings

pytestmark = pytest.mark.unit

BILLING = QueueSettings("billing", max_wait_s=300, sla_s=60, sla_warning_s=20, wrap_up_s=10)
ANA = Agent("ana", "Ana", frozenset({"billing"}))
BEN = Agent("ben", "Ben", frozenset({"billing", "sales"}), languages=frozenset({"en", "es"}))
CLEO = Agent("cleo", "Cleo", frozenset({"billing"}), frozenset({"refunds"}), frozenset({"en"}))


class Office:
    """A HumanQueue with queues that are open and agents who are there."""

    def __init__(self, *agents: Agent, settings: QueueSettings = BILLING, others: tuple[QueueSettings, ...] = ()):
        self.core = HumanQueue(0)
        self.now = GRACE_MS
        for queue in (settings, *others):
            self.core.handle(QueueChanged(self.now, queue))
            self.core.handle(HoursChanged(self.now, queue.name, "open"))
        for agent in agents:
            self.core.handle(AgentChanged(self.now, agent))
            self.at(1)
            self.core.handle(AgentIs(self.now, agent.id, "available"))

    def at(self, ms: int) -> list[QueueAction]:
        """So much later: what came of it on the way."""
        until, actions = self.now + ms, list[QueueAction]()
        while self.core.deadline_ms is not None and self.core.deadline_ms <= until:
            self.now = self.core.deadline_ms
            actions += self.core.tick(self.now)
        self.now = until
        return actions

    def do(self, event: QueueEvent) -> list[QueueAction]:
        return self.core.handle(replace(event, at_ms=self.now))

    def waits(self, transfer_id: str = "t1", **given: object) -> list[QueueAction]:
        fields = {"queue": "billing", "since_ms": self.now, **given}
        return self.do(CallerWaits(0, transfer_id, **fields))  # type: ignore[arg-type]

    def over(self, transfer_id: str, agent: str, how: str) -> list[QueueAction]:
        return self.do(OfferOver(0, transfer_id, agent, how))  # type: ignore[arg-type]

    def presence(self, agent: str) -> str:
        return next(one.presence for one in self.core.agents() if one.agent.id == agent)


def offers(actions: list[QueueAction]) -> dict[str, tuple[str, ...]]:
    return {action.transfer_id: action.agents for action in actions if isinstance(action, OfferTo)}


def given_up(actions: list[QueueAction]) -> dict[str, str]:
    return {action.transfer_id: action.why for action in actions if isinstance(action, GiveUp)}


# Offers


def test_a_caller_is_offered_to_an_agent_who_is_idle_taken_and_wrapped_up():
    office = Office(ANA)
    assert office.waits() == [OfferTo("t1", ("ana",), 20_000)]
    office.at(4_000)
    assert office.over("t1", "ana", "accepted") == []
    office.at(60_000)
    until_ms = office.now + 10_000
    assert office.do(CallOver(0, "t1", "ana")) == [AgentNow("ana", "wrap_up", "wrapping_up", until_ms)]
    assert offers(office.waits("t2")) == {}
    assert office.at(10_000)[:2] == [
        AgentNow("ana", "available", "wrapped_up"),
        OfferTo("t2", ("ana",), 20_000),
    ]


def test_who_is_idle_for_longest_is_rung_first_and_the_next_after_a_no():
    office = Office(BEN, ANA, CLEO)
    assert offers(office.waits()) == {"t1": ("ben",)}
    assert offers(office.over("t1", "ben", "declined")) == {"t1": ("ana",)}
    assert offers(office.over("t1", "ana", "unanswered")) == {"t1": ("cleo",)}


def test_several_at_once_are_rung_and_replaced_one_by_one():
    office = Office(ANA, BEN, CLEO, settings=replace(BILLING, at_once=2))
    assert offers(office.waits()) == {"t1": ("ana", "ben")}
    assert offers(office.over("t1", "ana", "declined")) == {"t1": ("cleo",)}
    assert office.over("t1", "ben", "accepted") == []
    assert office.core.agents()[2].rung_for == ""


def test_simultaneous_rings_all_who_fit_and_whoever_becomes_free_meanwhile():
    office = Office(ANA, BEN, settings=replace(BILLING, ring="simultaneous"))
    office.do(AgentChanged(0, CLEO))
    assert offers(office.waits()) == {"t1": ("ana", "ben")}
    assert offers(office.do(AgentIs(0, "cleo", "available"))) == {"t1": ("cleo",)}


def test_those_who_rang_in_vain_are_offered_the_next_caller_once_their_phones_are_quiet():
    office = Office(ANA, BEN, settings=replace(BILLING, ring="simultaneous"))
    office.waits()
    assert offers(office.waits("t2")) == {}
    assert offers(office.over("t1", "ana", "accepted")) == {}
    assert offers(office.at(2_000)) == {"t2": ("ben",)}


@pytest.mark.parametrize("presence", ["busy", "wrap_up", "away"])
def test_who_is_not_available_is_not_rung(presence):
    office = Office(ANA, BEN)
    office.do(AgentIs(0, "ana", presence))
    assert offers(office.waits()) == {"t1": ("ben",)}
    assert offers(office.waits("t2")) == {}


def test_an_agent_of_two_queues_is_offered_one_call():
    office = Office(BEN, others=(QueueSettings("sales"),))
    assert offers(office.waits()) == {"t1": ("ben",)}
    assert offers(office.waits("t2", queue="sales")) == {}
    office.over("t1", "ben", "accepted")
    assert office.do(AgentIs(0, "ben", "available")) == [Ignored("late, or known")]
    assert office.do(AgentIs(0, "ben", "busy")) == []
    assert office.do(AgentIs(0, "ben", "available")) == []  # what their desk says; they speak
    assert offers(office.do(CallOver(0, "t1", "ben", wrap_up=False))) == {"t2": ("ben",)}


@pytest.mark.row(87)
def test_skills_and_language_decide_who_fits():
    office = Office(ANA, BEN, CLEO)
    assert offers(office.waits(needs=Needs("en", frozenset({"refunds"})))) == {"t1": ("cleo",)}
    assert given_up(office.waits("t2", needs=Needs("es", frozenset({"refunds"})))) == {"t2": "no_agents"}
    office.do(AgentIs(0, "ana", "busy"))
    assert offers(office.waits("t3", needs=Needs("es"))) == {"t3": ("ben",)}


def test_who_leaves_too_many_offers_unanswered_counts_as_away_until_they_say_otherwise():
    office = Office(ANA, settings=replace(BILLING, wait_for_agents=True))
    office.waits()
    assert office.over("t1", "ana", "unanswered") == [TellWait("t1", 1, None)]
    assert offers(office.at(ASK_AGAIN_MS)) == {"t1": ("ana",)}
    assert office.over("t1", "ana", "unanswered") == [AgentNow("ana", "away", "missed_offers")]
    assert offers(office.at(2 * ASK_AGAIN_MS)) == {}
    assert offers(office.do(AgentIs(0, "ana", "available"))) == {"t1": ("ana",)}


def test_a_caller_whose_only_agent_does_not_answer_twice_is_not_kept_waiting():
    office = Office(ANA)
    office.waits()
    office.over("t1", "ana", "unanswered")
    office.at(ASK_AGAIN_MS)
    assert given_up(office.over("t1", "ana", "unanswered")) == {"t1": "no_agents"}


def test_a_phone_that_is_engaged_is_left_alone_for_a_while_and_is_no_miss():
    office = Office(ANA)
    office.waits()
    office.over("t1", "ana", "busy")
    office.do(CallerGone(0, "t1"))
    assert offers(office.waits("t2")) == {}
    assert offers(office.at(ENGAGED_MS)) == {"t2": ("ana",)}
    assert office.presence("ana") == "available"


def test_a_ring_of_which_nobody_tells_the_end_is_over_some_time():
    office = Office(ANA, BEN)
    office.waits()
    actions = office.at(LONGEST_RING_MS)
    assert Withdraw("t1", "ana", "unanswered") in actions
    assert offers(actions) == {"t1": ("ben",)}


def test_an_agent_who_goes_away_or_is_removed_while_rung_is_replaced():
    office = Office(ANA, BEN, CLEO)
    office.waits()
    assert office.do(AgentIs(0, "ana", "away")) == [Withdraw("t1", "ana", "away"), OfferTo("t1", ("ben",), 20_000)]
    assert office.do(AgentRemoved(0, "ben")) == [Withdraw("t1", "ben", "removed"), OfferTo("t1", ("cleo",), 20_000)]


def test_an_accepted_offer_that_the_queue_had_given_up_counts_all_the_same():
    office = Office(ANA, BEN)
    office.waits()
    office.at(LONGEST_RING_MS)
    assert office.over("t1", "ana", "accepted") == []
    assert [one.on_call for one in office.core.agents()] == ["t1", ""]
    assert office.over("t1", "ben", "accepted")[0] == Ignored("nobody waits")


def test_who_takes_another_caller_is_not_rung_any_more():
    office = Office(ANA)
    office.waits("t1")
    office.at(LONGEST_RING_MS)
    office.at(ASK_AGAIN_MS)
    office.do(CallerGone(0, "t1"))
    office.at(2_000)
    office.waits("t2")
    assert office.do(OnCall(0, "t9", "ana", "billing"))[0] == Withdraw("t2", "ana", "took_another")


def test_a_caller_who_could_not_be_connected_keeps_the_place_and_the_agent_is_free_again():
    office = Office(ANA, BEN)
    since_ms = office.now
    office.waits()
    office.over("t1", "ana", "accepted")
    office.waits("t2")
    office.waits("t3")
    office.at(5_000)
    assert offers(office.waits(since_ms=since_ms, without=frozenset({"ana"}), again=True)) == {"t3": ("ana",)}
    assert [one.transfer_id for one in office.core.waiting()] == ["t1", "t2", "t3"]
    assert office.over("t2", "ben", "declined") == [OfferTo("t1", ("ben",), 20_000), TellWait("t2", 2, None)]


def test_an_agent_whose_call_came_to_nothing_is_free_when_the_transfer_is_over():
    office = Office(ANA)
    office.waits()
    office.over("t1", "ana", "accepted")
    office.waits("t2")
    assert offers(office.do(CallerGone(0, "t1"))) == {"t2": ("ana",)}


# Order


@pytest.mark.row(89)
def test_a_good_customer_goes_before_those_who_came_shortly_before_but_not_for_ever():
    office = Office(ANA, settings=replace(BILLING, max_wait_s=3600))
    office.do(AgentIs(0, "ana", "busy"))
    best = Needs(tier="vip", urgency="high", sentiment="angry", priority="urgent")
    office.waits("plain")
    office.at(298_000)
    office.waits("vip", needs=Needs(tier="VIP"))
    office.at(300_000)
    office.waits("best", needs=best)
    office.at(2_000)
    office.waits("later", needs=best)
    assert [(one.transfer_id, one.priority_s) for one in office.core.waiting()] == [
        ("vip", 602.0), ("best", 602.0), ("plain", 600.0), ("later", 600.0),
    ]  # fmt: skip
    assert offers(office.do(AgentIs(0, "ana", "available"))) == {"vip": ("ana",)}


def test_everybody_is_told_where_they_stand_and_again_only_when_it_changed_and_not_too_often():
    office = Office(ANA, settings=replace(BILLING, max_wait_s=3600, sla_s=0))
    office.do(AgentIs(0, "ana", "busy"))
    assert office.waits("t1") == [TellWait("t1", 1, None)]
    office.at(1_000)
    assert office.waits("t2") == [TellWait("t2", 2, None)]
    office.at(1_000)
    assert office.do(CallerGone(0, "t1")) == []
    assert office.at(TELL_MS) == [TellWait("t2", 1, None)]
    assert office.at(10 * TELL_MS) == []


def test_the_expected_wait_is_told_once_enough_calls_were_handled():
    office = Office(ANA, settings=replace(BILLING, sla_s=0))
    for number in range(5):
        assert given_up(office.waits(f"c{number}")) == {}
        office.over(f"c{number}", "ana", "accepted")
        office.at(110_000)
        office.do(CallOver(0, f"c{number}", "ana"))
        office.at(10_000)
    office.waits("speaks")
    office.over("speaks", "ana", "accepted")
    assert office.waits("t1") == [TellWait("t1", 1, 120_000)]
    assert office.waits("t2") == [TellWait("t2", 2, 240_000)]


# Who cannot stay


@pytest.mark.parametrize("state", ["closed", "holiday", "emergency"])
def test_nobody_waits_in_a_queue_that_is_not_open(state):
    office = Office(ANA)
    office.do(HoursChanged(0, "billing", state))
    assert given_up(office.waits()) == {"t1": "emergency" if state == "emergency" else "closed"}


def test_a_queue_of_which_the_hours_are_not_known_is_closed():
    core = HumanQueue(0)
    core.handle(QueueChanged(0, BILLING))
    core.handle(AgentChanged(0, ANA))
    core.handle(AgentIs(0, "ana", "available"))
    assert core.handle(CallerWaits(1, "t1", "billing", 1)) == [GiveUp("t1", "closed")]


def test_who_waits_when_the_hours_end_is_served_while_somebody_is_there():
    office = Office(ANA)
    office.waits("t1")
    office.over("t1", "ana", "accepted")
    office.waits("t2")
    assert office.do(HoursChanged(0, "billing", "closed")) == []
    assert given_up(office.waits("t3")) == {"t3": "closed"}
    office.do(CallOver(0, "t1", "ana"))
    assert offers(office.at(10_000)) == {"t2": ("ana",)}
    office.over("t2", "ana", "accepted")
    office.waits("t4", again=True)
    assert office.do(AgentIs(0, "ana", "away")) == []
    assert given_up(office.do(CallOver(0, "t2", "ana"))) == {"t4": "closed"}


def test_or_is_given_up_at_once_where_the_queue_says_so():
    office = Office(ANA, settings=replace(BILLING, at_closing="give_up"))
    office.waits("t1")
    office.waits("t2")
    assert given_up(office.do(HoursChanged(0, "billing", "closed"))) == {"t2": "closed"}
    assert given_up(office.over("t1", "ana", "declined")) == {"t1": "closed"}


def test_an_emergency_ends_every_wait():
    office = Office(ANA)
    office.waits("t1")
    office.waits("t2")
    assert given_up(office.do(HoursChanged(0, "billing", "emergency"))) == {"t2": "emergency"}


def test_a_full_queue_takes_nobody_unless_an_agent_is_idle():
    office = Office(ANA, BEN, settings=replace(BILLING, max_size=0))
    assert given_up(office.waits("t1")) == {}
    assert given_up(office.waits("t2")) == {}
    assert given_up(office.waits("t3")) == {"t3": "full"}
    assert given_up(office.waits("t4", again=True)) == {}


def test_nobody_waits_longer_than_the_queue_allows_but_a_ring_is_waited_for():
    office = Office(ANA, settings=replace(BILLING, max_wait_s=30, sla_s=0))
    office.waits("t1")
    office.waits("t2")
    assert given_up(office.at(30_000)) == {"t2": "waited_too_long"}
    assert given_up(office.over("t1", "ana", "busy")) == {"t1": "waited_too_long"}


def test_who_comes_back_after_too_long_is_still_offered_to_whoever_is_idle():
    office = Office(ANA)
    assert offers(office.waits(since_ms=office.now - 400_000, again=True)) == {"t1": ("ana",)}


def test_where_no_agent_is_there_a_caller_is_not_kept_waiting():
    office = Office()
    assert given_up(office.waits()) == {"t1": "no_agents"}
    office = Office(settings=replace(BILLING, wait_for_agents=True))
    assert given_up(office.waits()) == {}
    assert given_up(office.at(300_000)) == {"t1": "waited_too_long"}


def test_a_desk_that_lost_its_connection_is_waited_for_a_moment():
    office = Office(ANA)
    office.do(AgentIs(0, "ana", "busy"))
    office.waits()
    assert office.do(AgentIs(0, "ana", "away", lost=True)) == []
    assert given_up(office.at(GRACE_MS - 1)) == {}
    assert given_up(office.at(1)) == {"t1": "no_agents"}
    office.do(AgentIs(0, "ana", "available"))
    office.waits("t2")
    office.over("t2", "ana", "busy")
    assert given_up(office.do(AgentIs(0, "ana", "away"))) == {"t2": "no_agents"}


def test_right_after_a_start_callers_wait_for_desks_to_come_back():
    core = HumanQueue(1_000)
    for event in (QueueChanged(1_000, BILLING), HoursChanged(1_000, "billing", "open"), AgentChanged(1_000, ANA)):
        core.handle(event)
    assert core.handle(CallerWaits(1_100, "t1", "billing", -60_000, again=True))[-1] == TellWait("t1", 1, None)
    assert offers(core.handle(AgentIs(3_000, "ana", "available"))) == {"t1": ("ana",)}


def test_rings_and_calls_of_an_earlier_process_go_on():
    office = Office(ANA, BEN)
    office.do(OnCall(0, "t0", "ana", "billing"))
    assert office.waits("t1", rung=frozenset({"ben"}), again=True) == []
    assert office.over("t1", "ben", "accepted") == []
    assert [one.on_call for one in office.core.agents()] == ["t0", "t1"]
    assert office.do(OnCall(0, "t0", "ana", "billing"))[0] == Ignored("known")


def test_nobody_has_waited_since_a_time_that_is_still_to_come():
    office = Office(ANA)
    office.do(AgentIs(0, "ana", "busy"))
    office.waits(since_ms=office.now + 10**9, entered_ms=office.now + 10**9)
    assert office.core.waiting()[0].waited_ms == 0
    assert given_up(office.at(300_000)) == {"t1": "waited_too_long"}


def test_overflow_keeps_the_waiting_time_and_looks_for_a_queue_that_can():
    chain = (
        QueueSettings("closed_one", overflow="full_one"),
        QueueSettings("full_one", overflow="sales", max_size=0),
        QueueSettings("sales", overflow="billing", max_wait_s=100, sla_s=0),
    )
    office = Office(ANA, BEN, settings=replace(BILLING, overflow="closed_one", max_wait_s=30, sla_s=0), others=chain)
    office.do(HoursChanged(0, "closed_one", "closed"))
    office.waits("t0")
    office.over("t0", "ana", "accepted")
    office.do(AgentIs(0, "ben", "busy"))
    since_ms = office.now
    office.waits("t1")
    actions = office.at(30_000)
    assert [one for one in actions if not isinstance(one, TellWait)] == [Overflow("t1", "sales", "waited_too_long")]
    (moved,) = office.core.waiting()[-1:]
    assert (moved.queue, moved.waited_ms) == ("sales", office.now - since_ms)
    assert given_up(office.at(100_000)) == {"t1": "waited_too_long"}


def test_a_repeated_request_does_not_bring_a_caller_back_to_the_queue_they_overflowed_from():
    office = Office(BEN, settings=replace(BILLING, overflow="sales"), others=(QueueSettings("sales"),))
    office.do(AgentIs(0, "ben", "busy"))
    office.do(HoursChanged(0, "billing", "closed"))
    since_ms = office.now
    assert office.waits()[0] == Overflow("t1", "sales", "closed")
    assert office.waits(since_ms=since_ms)[0] == Ignored("older than what is known")
    assert office.core.waiting()[0].queue == "sales"


def test_a_deleted_queue_gives_its_callers_on_or_up_but_lets_a_ring_end():
    office = Office(ANA, BEN, settings=replace(BILLING, overflow="sales"), others=(QueueSettings("sales"),))
    office.do(AgentIs(0, "ben", "busy"))
    office.waits("t1")
    office.waits("t2")
    assert office.do(QueueDeleted(0, "billing"))[0] == Overflow("t2", "sales", "queue_deleted")
    assert office.over("t1", "ana", "accepted") == []
    office.do(QueueDeleted(0, "sales"))
    assert office.core.waiting() == ()
    assert given_up(office.waits("t3")) == {"t3": "queue_deleted"}


@pytest.mark.row(89)
def test_a_warning_comes_once_before_the_promised_time_is_over():
    office = Office(ANA)
    office.do(AgentIs(0, "ana", "busy"))
    due_ms = office.now + 60_000
    office.waits()
    assert SlaNear("t1", due_ms) not in office.at(39_999)
    assert SlaNear("t1", due_ms) in office.at(1)
    assert not [one for one in office.at(100_000) if isinstance(one, SlaNear)]


# Callbacks


def callback(office: Office, **given: object) -> Callback:
    fields = {"consent_id": "cns_1", "not_before_ms": office.now, "not_after_ms": office.now + 3_600_000, **given}
    return Callback(**fields)  # type: ignore[arg-type]


def test_a_callback_without_a_recorded_consent_is_refused():
    office = Office(ANA)
    assert office.waits(callback=callback(office, consent_id="")) == [GiveUp("t1", "no_consent")]


def test_a_callback_keeps_the_place_and_is_offered_in_its_window_only():
    office = Office(ANA)
    office.do(AgentIs(0, "ana", "busy"))
    office.waits("back", since_ms=office.now - 60_000, callback=callback(office, not_before_ms=office.now + 5_000))
    assert office.waits("t1") == [TellWait("t1", 1, None)]
    assert office.at(5_000) == []
    assert [one.transfer_id for one in office.core.waiting()] == ["back", "t1"]
    assert offers(office.do(AgentIs(0, "ana", "available"))) == {"back": ("ana",)}


def test_a_callback_that_does_not_reach_the_caller_is_tried_again_later_and_not_for_ever():
    office = Office(ANA)
    office.waits("back", callback=callback(office, most_attempts=2, spacing_s=600))
    office.over("back", "ana", "accepted")
    assert offers(office.do(CallbackOver(0, "back", reached=False))) == {}
    assert offers(office.at(599_999)) == {}
    assert offers(office.at(1)) == {"back": ("ana",)}
    office.over("back", "ana", "accepted")
    assert given_up(office.do(CallbackOver(0, "back", reached=False))) == {"back": "too_many_attempts"}
    assert offers(office.waits("t1")) == {"t1": ("ana",)}


def test_a_callback_that_reached_the_caller_is_over_and_wrapped_up():
    office = Office(ANA)
    office.waits("back", callback=callback(office))
    office.over("back", "ana", "accepted")
    assert [type(one) for one in office.do(CallbackOver(0, "back", reached=True))] == [AgentNow]
    assert office.do(CallbackOver(0, "back", reached=True))[0] == Ignored("nobody calls them")
    assert office.presence("ana") == "wrap_up"


@pytest.mark.parametrize("gone", [AgentRemoved(0, "ana"), OnCall(0, "t9", "ana", "billing")])
def test_a_callback_whose_agent_is_lost_is_not_forgotten(gone):
    office = Office(ANA, BEN)
    office.waits("back", callback=callback(office, spacing_s=60))
    office.over("back", "ana", "accepted")
    office.do(gone)
    assert offers(office.at(60_000)) == {"back": ("ben",)}


def test_a_callback_waits_for_opening_hours_and_ends_with_its_window():
    office = Office(ANA)
    office.do(HoursChanged(0, "billing", "closed"))
    assert office.waits("back", callback=callback(office)) == []
    assert given_up(office.at(3_600_000)) == {"back": "window_over"}
    assert given_up(office.waits("b2", callback=callback(office, not_after_ms=office.now))) == {"b2": "window_over"}


# Late, twice, in any order


def test_what_is_late_repeated_or_of_nobody_known_is_ignored():
    office = Office(ANA)
    office.at(10)
    office.waits()
    for event in (
        AgentChanged(0, ANA),
        AgentIs(0, "ana", "available"),
        AgentIs(0, "nobody", "available"),
        AgentRemoved(0, "nobody"),
        CallerGone(0, "nobody"),
        OfferOver(0, "t1", "ben", "declined"),
        OfferOver(0, "nobody", "ana", "accepted"),
        CallOver(0, "t1", "ana"),
        OnCall(0, "t1", "nobody", "billing"),
        CallbackOver(0, "t1", reached=True),
        QueueChanged(0, BILLING),
        QueueDeleted(0, "nobody"),
        HoursChanged(0, "billing", "open"),
        CallerWaits(0, "t1", "billing", office.now),
    ):
        assert isinstance(office.do(event)[0], Ignored), event
    early = GRACE_MS - 1
    assert isinstance(office.core.handle(AgentIs(early, "ana", "away"))[0], Ignored)
    assert isinstance(office.core.handle(HoursChanged(early, "billing", "closed"))[0], Ignored)
    assert isinstance(office.core.handle(QueueDeleted(early, "billing"))[0], Ignored)
    office.over("t1", "ana", "accepted")
    assert isinstance(office.core.handle(CallerWaits(early, "t1", "billing", early))[0], Ignored)
    office.do(AgentRemoved(0, "ana"))
    assert isinstance(office.core.handle(AgentChanged(early, ANA))[0], Ignored)


def test_a_clock_that_jumps_back_changes_no_deadline_and_one_that_jumps_ahead_ends_what_is_over():
    office = Office(ANA, BEN)
    office.do(AgentIs(0, "ana", "busy"))
    office.do(AgentIs(0, "ben", "busy"))
    office.waits()
    deadline = office.core.deadline_ms
    assert office.core.tick(-(10**9)) == []
    assert office.core.deadline_ms == deadline
    assert given_up(office.core.tick(10**12)) == {"t1": "waited_too_long"}
    assert office.core.deadline_ms is None


def target(number: int = 1) -> Agent:
    """The queue's own telephone, for one of its calls at once."""
    return Agent(
        "to:billing" + (f".{number}" if number > 1 else ""), "Billing", frozenset({"billing"}), phone="+14155550121"
    )


def test_a_queue_s_own_telephone_takes_as_many_callers_at_once_as_it_may():
    office = Office(target(), target(2), settings=replace(BILLING, ring="simultaneous"))
    assert office.waits("t1") == [OfferTo("t1", ("to:billing",), 20_000)]  # once, though both are free
    assert OfferTo("t2", ("to:billing.2",), 20_000) in office.waits("t2")
    assert not [one for one in office.waits("t3") if isinstance(one, OfferTo)]


def test_a_queue_s_own_telephone_that_is_not_answered_is_asked_again_like_agents_until_the_caller_has_waited_too_long():
    office = Office(target(), target(2), settings=replace(BILLING, max_wait_s=300, auto_away_after=2))
    rung = [one for one in office.waits("t1") if isinstance(one, OfferTo)]
    while rung[-1:] and len(rung) < 5:
        (agent,) = rung[-1].agents
        office.at(20_000)
        office.do(OfferOver(0, "t1", agent, "unanswered"))
        assert not [one for one in office.at(ASK_AGAIN_MS - 1) if isinstance(one, OfferTo | GiveUp)]
        rung += [one for one in office.at(1) if isinstance(one, OfferTo)]
    assert len(rung) == 5
    office.do(OfferOver(0, "t1", rung[-1].agents[0], "declined"))
    assert not [one for one in office.at(ASK_AGAIN_MS) if isinstance(one, OfferTo)]
