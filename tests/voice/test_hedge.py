import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.hedge import FLOOR_MS, LEAST, SAVED, SHARE, Hedge

pytestmark = pytest.mark.unit


def after(*times_ms: float) -> Hedge:
    hedge = Hedge()
    for ms in times_ms:
        hedge.took(ms)
    return hedge


def asked_again(hedge: Hedge) -> bool:
    may = hedge.may
    if may:
        hedge.asked_again()
    return may


def test_nothing_is_asked_twice_before_anything_is_usual():
    assert after(*[100] * (LEAST - 1)).wait_ms is None
    assert after(*[100] * LEAST).wait_ms == 150


def test_the_wait_is_one_and_a_half_times_the_median_whatever_the_slowest_took():
    assert after(90, 100, 110, 4000, 5000).wait_ms == 165


def test_a_fast_service_is_not_asked_twice_at_once():
    assert after(*[10] * 9).wait_ms == FLOOR_MS


def test_the_wait_follows_a_service_that_slows_down():
    assert after(*[100] * 64, *[300] * 64).wait_ms == 450


def test_a_fixed_wait_needs_no_history_and_none_is_none():
    assert Hedge(200).wait_ms == 200
    assert Hedge(0).wait_ms is None


def test_an_overloaded_service_is_asked_a_quarter_more_at_most():
    hedge = Hedge()
    again = 0
    for _ in range(1000):
        hedge.asked()
        again += asked_again(hedge)
    assert again == pytest.approx(1000 * SHARE, abs=2)


@given(st.lists(st.booleans(), max_size=400))
def test_second_requests_never_exceed_their_share_of_first_ones(wanted):
    hedge, second = Hedge(), 0
    for first, want in enumerate(wanted, start=1):
        hedge.asked()
        second += want and asked_again(hedge)
        assert second <= first * SHARE + SAVED


def test_of_a_service_with_a_heavy_tail_a_quarter_is_asked_twice_and_the_tail_is_cut():
    """95th percentile three times the median, as providers publish."""
    draw = random.Random(1)
    sigma = math.log(3) / 1.6449

    def service_ms() -> float:
        return 100 * math.exp(draw.gauss(0, sigma))

    hedge, once, twice = Hedge(), [], []
    for _ in range(4000):
        first_ms = ended_ms = service_ms()
        hedge.asked()
        wait_ms = hedge.wait_ms
        if wait_ms is not None and first_ms > wait_ms and asked_again(hedge):
            ended_ms = min(first_ms, wait_ms + service_ms())
        hedge.took(ended_ms)
        once.append(first_ms)
        twice.append(ended_ms)
    p95 = sorted(twice)[3800] / sorted(once)[3800]
    assert p95 < 0.9
