import pytest

from telephony.agents import Agent
from telephony.queue import HumanQueue
from telephony.queue_events import (
    AgentChanged,
    AgentIs,
    CallerGone,
    CallerWaits,
    CallOver,
    HoursChanged,
    OfferOver,
    QueueChanged,
    QueueEvent,
)
from telephony.queue_figures import Waited, Waits, figures
from telephony.queue_settings import Callback, QueueSettings

pytestmark = pytest.mark.unit


@pytest.mark.row(89)
def test_answers_in_time_and_those_who_left_are_counted():
    found = figures(
        [
            Waited("a", 0, 20_000, "answered"),
            Waited("a", 0, 60_000, "answered"),
            Waited("a", 0, 60_001, "answered"),
            Waited("a", 0, 4_999, "abandoned"),
            Waited("a", 0, 5_000, "abandoned"),
            Waited("a", 0, 90_000, "given_up"),
            Waited("a", 10_000),
            Waited("a", 30_000),
        ],
        100_000,
        60_000,
    )
    assert (found.waiting, found.longest_waiting_ms) == (2, 90_000)
    assert (found.answered, found.within_sla, found.median_answer_ms) == (3, 2, 60_000)
    assert (found.abandoned, found.brief, found.given_up) == (1, 1, 1)
    assert found.service_level == 2 / 5


def test_nothing_is_made_up_where_nobody_waited():
    found = figures([], 0, 60_000)
    assert (found.service_level, found.median_answer_ms, found.longest_waiting_ms) == (None, None, 0)
    assert figures([Waited("a", 0, 10**9, "answered")], 10**9, 0).service_level == 1


def test_waits_are_folded_from_what_goes_into_the_queue_and_comes_out():
    core, waits = HumanQueue(0), Waits()

    def post(event: QueueEvent) -> None:
        waits.take(event, core.handle(event), event.at_ms)

    post(QueueChanged(0, QueueSettings("a", overflow="b")))
    post(QueueChanged(0, QueueSettings("b")))
    post(HoursChanged(0, "b", "open"))
    post(AgentChanged(0, Agent("ana", "Ana", frozenset({"b"}))))
    post(AgentIs(0, "ana", "available"))
    post(CallerWaits(1_000, "t1", "a", 1_000))  # overflows: a is closed
    post(OfferOver(9_000, "t1", "ana", "accepted"))
    post(OfferOver(9_000, "t1", "ana", "accepted"))
    post(CallerWaits(9_000, "t2", "b", 9_000))
    post(CallerWaits(9_000, "back", "b", 0, callback=Callback("cns", 0, 10**6)))
    post(CallerGone(20_000, "t2"))
    post(CallerGone(20_000, "t2"))
    post(CallerWaits(21_000, "t3", "none", 21_000))
    post(CallerWaits(22_000, "t4", "b", 22_000))
    post(CallOver(23_000, "nobody", "ana"))
    waits.take(None, core.tick(30_000), 30_000)
    assert list(waits) == [
        Waited("b", 1_000, 9_000, "answered"),
        Waited("b", 9_000, 20_000, "abandoned"),
        Waited("none", 21_000, 21_000, "given_up"),
        Waited("b", 22_000),
    ]
