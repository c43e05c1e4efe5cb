import pytest

from voice.cooldown import COOL_DOWN_MS, LONGEST_COOL_DOWN_MS, CoolDown

pytestmark = pytest.mark.unit


def test_each_further_failure_doubles_the_cool_down_up_to_a_limit():
    route, now_ms, cools = CoolDown(), 0, []
    for _ in range(6):
        cools.append(route.failed("late", now_ms))
        assert route.cools(now_ms + cools[-1] - 1)
        now_ms += cools[-1]
        assert not route.cools(now_ms)
    assert cools == [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]


def test_what_fails_together_is_one_failure():
    route = CoolDown()
    assert route.failed("late", 0) == COOL_DOWN_MS
    assert route.failed("late", 10) == COOL_DOWN_MS - 10
    assert route.failures == 1


def test_what_only_a_person_can_put_right_cools_longest_even_while_it_cools_already():
    route = CoolDown()
    route.failed("late", 0)
    assert route.failed("the key is wrong", 10, for_good=True) == LONGEST_COOL_DOWN_MS
    assert route.why == "the key is wrong"


def test_one_that_worked_is_as_good_as_new():
    route = CoolDown()
    route.failed("late", 0)
    route.worked()
    assert not route.cools(1)
    assert route.why == ""
    assert route.failed("late", 2) == COOL_DOWN_MS


def test_a_failure_that_was_none_leaves_those_before_it():
    route = CoolDown()
    route.failed("broken", 0)
    route.failed("silent", COOL_DOWN_MS)
    route.acquitted()
    assert not route.cools(COOL_DOWN_MS)
    assert route.failed("broken", COOL_DOWN_MS) == 2 * COOL_DOWN_MS
