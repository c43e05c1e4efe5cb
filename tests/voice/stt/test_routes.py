"""Which of several recognisers is asked."""

import pytest

from voice.stt.routes import Routes

pytestmark = pytest.mark.unit


def test_the_preferred_route_comes_first_while_it_is_well():
    routes = Routes(["a", "b", "c"])
    assert routes.order("c1", 0) == [0, 1, 2]
    assert routes.trouble(0) == ""


def test_a_route_that_failed_is_left_alone_twice_as_long_each_time_up_to_five_minutes():
    routes = Routes(["a", "b"])
    now_ms, pauses = 0, []
    for _ in range(7):
        routes.failed(0, "broken", now_ms)
        since_ms = now_ms
        while routes.order("c1", now_ms)[0] != 0:
            now_ms += 1000
        pauses.append((now_ms - since_ms) // 1000)
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_what_only_a_person_can_put_right_is_left_alone_for_five_minutes():
    routes = Routes(["a", "b"])
    routes.failed(0, "the key is not accepted", 0, for_good=True)
    assert routes.order("c1", 299_999)[0] == 1
    assert routes.order("c1", 300_000)[0] == 0
    assert routes.trouble(1000) == "a: the key is not accepted, left alone for 299 s"


def test_one_call_at_a_time_tries_a_route_again():
    routes = Routes(["a", "b"])
    routes.failed(0, "broken", 0)
    assert routes.order("c1", 30_000)[0] == 0
    routes.taken(0, "c1")
    assert routes.order("c1", 30_000)[0] == 0
    assert routes.order("c2", 30_000)[0] == 1
    routes.released("c1")
    assert routes.order("c2", 30_000)[0] == 0


def test_a_route_that_hears_again_is_as_good_as_new():
    routes = Routes(["a", "b"])
    for _ in range(3):
        routes.failed(0, "broken", 0)
    routes.heard(0)
    assert routes.order("c2", 0) == [0, 1]
    routes.failed(0, "broken", 0)
    assert routes.order("c2", 30_000)[0] == 0


def test_when_none_is_well_the_soonest_is_tried_first():
    routes = Routes(["a", "b"])
    routes.failed(0, "broken", 1000)
    routes.failed(1, "broken", 0)
    assert routes.order("c1", 2000) == [1, 0]
    assert not routes.has_other(1, "c1", 2000)
    assert routes.has_other(1, "c1", 31_000)


def test_a_silence_that_was_none_is_forgiven():
    routes = Routes(["a", "b"])
    routes.failed(0, "silent", 5000)
    routes.acquitted(0)
    assert routes.order("c1", 5000)[0] == 0
    assert routes.trouble(5000) == ""
