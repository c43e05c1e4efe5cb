"""Which queue gets a caller, and whether its people are there."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.line.human_queues import Queue
from pipeline.line.opening_hours import Hours
from pipeline.line.queues import choose, state_of
from tests.fakes.small_line import found_in

pytestmark = pytest.mark.unit

LINE = Hours.model_validate({"time_zone": "America/Los_Angeles", "weekly": {"monday": ["09:00-17:00"]}})
NEW_YORK = {
    "time_zone": "America/New_York",
    "weekly": {"monday": ["09:00-17:00"], "tuesday": ["09:00-17:00"]},
    "holidays": [{"date": "2027-05-31", "name": "Memorial Day"}],
}
MONDAY = datetime(2027, 3, 8, 18, 0, tzinfo=UTC)
"""Ten o'clock in Los Angeles, one in New York."""


INSTANTS = st.integers(946684800, 4102444800).map(lambda at_s: datetime.fromtimestamp(at_s, UTC))
"""Of this century."""


def queue(name, **more):
    return Queue.model_validate({"name": name, **more})


def at(*queues, language="en", now=MONDAY):
    return choose(queues, queues[0].name, LINE, language, now)


@pytest.mark.row(21)
@pytest.mark.parametrize(
    ("instant", "state"),
    [
        ("2027-03-08T13:30", "closed"),  # half past eight in New York, the week before daylight saving time
        ("2027-03-15T13:30", "open"),  # half past nine, the week after
        ("2027-03-15T20:59", "open"),
        ("2027-03-15T21:00", "closed"),
        ("2027-05-31T15:00", "holiday"),
        ("2027-03-13T15:00", "closed"),  # a Saturday
    ],
)
def test_hours_are_those_of_the_queues_own_time_zone(instant, state):
    there = queue("billing", hours=NEW_YORK)
    assert state_of(there, LINE, datetime.fromisoformat(f"{instant}+00:00")) == state


def test_an_emergency_goes_before_hours_and_an_unknown_hour_is_closed():
    away = queue("billing", emergency="Our office had to be left.", hours=NEW_YORK)
    assert state_of(away, LINE, MONDAY) == "emergency"
    assert state_of(queue("billing"), LINE, None) == "closed"
    assert state_of(queue("billing"), LINE, MONDAY) == "open"


def test_a_closed_queue_gives_its_callers_to_the_one_named_instead_and_on_from_there():
    shut = {"hours": {"time_zone": "UTC", "weekly": {}}}
    first, second, third = queue("a", instead="b", **shut), queue("b", instead="c", **shut), queue("c")
    found = at(first, second, third)
    assert (found.queue, found.state, found.instead_of) == ("c", "open", "a")
    assert at(third).instead_of == ""


def test_who_can_do_the_same_gets_them_too_but_nobody_who_cannot():
    shut = {"hours": {"time_zone": "UTC", "weekly": {}}}
    first = queue("a", skills=["refunds"], **shut)
    assert at(first, queue("b", skills=["repairs"]), queue("c", skills=["repairs", "refunds"])).queue == "c"
    assert at(first, queue("b", skills=["repairs"])).queue == "a"


def test_a_caller_is_given_to_people_who_speak_the_language():
    english, spanish = queue("a", languages=["en"], instead="b"), queue("b", languages=["es"])
    assert at(english, spanish).queue == "a"
    assert at(english, spanish, language="es").queue == "b"
    closed = queue("b", languages=["es"], hours={"time_zone": "UTC", "weekly": {}})
    assert (at(english, closed, language="es").queue, at(english, closed, language="es").state) == ("b", "closed")


@given(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=3, max_size=3), INSTANTS)
def test_there_is_always_one_and_never_an_endless_round(instead, now):
    queues = [queue(name, instead=other, hours=NEW_YORK) for name, other in zip("abc", instead, strict=True)]
    assert choose(queues, "a", LINE, "en", now).queue in "abc"


def test_a_queue_that_is_not_there_is_told_with_its_line():
    (found,) = found_in("a: {about: a, steps: [{say: A.}]}", "queues: [support, {name: urgent, instead: suport}]")[:1]
    assert (found.path, found.remedy) == (
        ("queues", 1, "instead"),
        "did you mean 'support'? known here: support",
    )
    zone = "queues: [support, {name: urgent, hours: {time_zone: Mars/North, weekly: {}}}]"
    assert ("queues", 1, "hours", "time_zone") in [
        one.path for one in found_in("a: {about: a, steps: [{say: A.}]}", zone)
    ]
