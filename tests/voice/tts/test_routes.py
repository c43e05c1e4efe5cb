import pytest

from voice.cooldown import COOL_DOWN_MS as REST_MS
from voice.cooldown import LONGEST_COOL_DOWN_MS as LONGEST_REST_MS
from voice.tts.routes import Routes

pytestmark = pytest.mark.unit


def test_voices_are_taken_as_they_are_wanted():
    assert Routes(3).order(0) == [0, 1, 2]


def test_one_that_failed_comes_last_until_it_has_rested():
    routes = Routes(3)
    assert routes.failed(0, 1000, "late", retryable=True) == REST_MS
    assert routes.order(1000) == [1, 2, 0]
    assert routes.order(999 + REST_MS) == [1, 2, 0]
    assert routes.order(1000 + REST_MS) == [0, 1, 2]


def test_when_all_rest_the_soonest_back_is_asked_first():
    routes = Routes(2)
    routes.failed(1, 0, "late", retryable=True)
    routes.failed(0, 5000, "late", retryable=True)
    assert routes.order(6000) == [1, 0]


def test_each_further_failure_doubles_the_rest_up_to_a_limit():
    routes, now_ms, rests = Routes(1), 0, []
    for _ in range(6):
        rests.append(routes.failed(0, now_ms, "late", retryable=True))
        now_ms += rests[-1]
    assert rests == [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]
    routes.spoke(0, None)
    assert routes.failed(0, now_ms, "late", retryable=True) == REST_MS


def test_texts_that_fail_together_are_one_failure():
    routes = Routes(2)
    assert routes.failed(0, 0, "late", retryable=True) == REST_MS
    assert routes.failed(0, 10, "late", retryable=True) == REST_MS - 10
    assert routes.failed(0, REST_MS, "late", retryable=True) == 2 * REST_MS


def test_a_refusal_rests_longest_at_once():
    assert Routes(2).failed(0, 0, "the key is wrong", retryable=False) == LONGEST_REST_MS


def test_speaking_ends_rest_and_trouble():
    routes = Routes(2)
    routes.failed(0, 0, "late", retryable=True)
    assert routes.resting(0, 1)
    assert routes.trouble(0) == "late"
    routes.spoke(0, None)
    assert not routes.resting(0, 1)
    assert routes.trouble(0) == ""


def test_a_voices_speed_is_learned_and_follows_it_slowly():
    routes = Routes(1)
    assert routes.slowness(0) is None
    routes.spoke(0, 1.2)
    routes.spoke(0, None)
    assert routes.slowness(0) == 1.2
    routes.spoke(0, 1.0)
    assert routes.slowness(0) == pytest.approx(1.14)
