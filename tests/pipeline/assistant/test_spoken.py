from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.assistant.spoken import argument, lookup, render, spoken_digits
from pipeline.assistant.state import State
from pipeline.assistant.waiting import Words

pytestmark = pytest.mark.unit

FACTS = {
    "order_number": "12045",
    "new_date": "2026-12-01",
    "send_request": True,
    "order": {
        "item": "tent",
        "eta": "2026-11-03",
        "price": "12.50",
        "round": 40,
        "reference": "D4-01",
        "carrier": None,
    },
}


@pytest.fixture
def state():
    return State(facts=dict(FACTS), local_time=datetime(2026, 11, 23, 20, 0, tzinfo=ZoneInfo("America/Los_Angeles")))


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("order {order_number}", "order one two zero four five"),
        ("on {new_date}", "on Tuesday, December 1st"),
        ("on {order.eta|date}", "on Tuesday, November 3rd"),
        ("your {order.item}, {order.price|money}, {order.round|money}", "your tent, $12.50, $40"),
        ("it is {order.reference|spelled}", "it is D, four, zero, one"),
        ("said {send_request}", "said yes"),
        ("this is {line.name}", "this is Northfield Outdoor"),
        ("{hours.status}", "We're closed right now, and open again tomorrow at 9 AM."),
        ("nothing to fill", "nothing to fill"),
        ("{order.carrier}", None),
        ("{order.colour}", None),
        ("{nobody}", None),
    ],
)
def test_places_are_filled_as_people_say_them(example_line, state, text, spoken):
    assert render(text, example_line, state) == spoken


def test_a_given_value_comes_before_what_is_known(example_line, state):
    assert render("{order_number}?", example_line, state, {"order_number": "99"}) == "nine nine?"


def test_hours_speak_of_the_day_that_was_asked_about(example_line, state):
    state.opening = Words("are you open on saturday")
    assert render("{hours.answer}", example_line, state) == "On Saturday we're open from 10 AM to 6 PM."
    state.opening = Words("are you open on christmas")
    assert render("{hours.answer}", example_line, state) == "On Friday, December 25th, Christmas Day, we're closed."
    state.opening = Words("and on Christmas Eve?")
    assert (render("{hours.answer}", example_line, state) or "").endswith(
        "Christmas Eve, we're open from 9 AM to 2 PM."
    )
    state.opening = Words("when are you open")
    assert "Monday to Friday" in (render("{hours.answer}", example_line, state) or "")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{order_number}", "12045"),
        ("{send_request}", True),
        ("{order.round}", 40),
        ("no {order_number}", "no 12045"),
        ("plain", "plain"),
        (7, 7),
        ("{order.carrier}", None),
        ("x {order.carrier}", None),
    ],
)
def test_arguments_are_values_not_speech(written, value):
    assert argument(written, FACTS) == value


def test_values_are_looked_up_one_level_deep():
    assert lookup("order.item", FACTS) == "tent"
    assert lookup("order_number.item", FACTS) is None
    assert spoken_digits("1a2") == "one a two"
