"""What a call's requests to language models cost."""

import pytest

from recordings.events import Event
from recordings.spending import Price, Spent, as_words, spent, total

pytestmark = pytest.mark.unit


def event(seq: int, kind: str, **tokens: object) -> Event:
    told = {"tokens": tokens} if tokens else {}
    return Event("local", "CA1", seq, seq, "", kind, {"turn": "t1", "call": "k1", **told})


EVENTS = [
    event(1, "model.wants", model="small", prompt=1000, completion=50, cached=200),
    event(2, "model.done", model="small", prompt=1200, completion=30, cached=0),
    event(3, "model.said"),
    event(4, "model.done", model="large", prompt=100, completion=10, cached=0),
]


def test_tokens_are_summed_by_model_over_all_rounds():
    by_model = spent(EVENTS)
    assert by_model["small"] == Spent(2, 0, 2200, 80, 200)
    assert by_model["large"] == Spent(1, 0, 100, 10, 0)
    assert total(by_model.values()) == Spent(3, 0, 2300, 90, 200)


def test_money_is_told_only_where_every_price_is_known():
    prices = {"small": Price(2.0, 10.0)}
    by_model = spent(EVENTS, prices)
    assert by_model["small"].cost == pytest.approx(0.0052)
    assert total(by_model.values()).cost is None
    assert total([by_model["small"]]).cost == pytest.approx(0.0052)


def test_a_server_that_counts_nothing_is_told_of():
    (one,) = spent([event(1, "model.done")]).values()
    assert one == Spent(1, 1)
    assert as_words(one) == "1 request(s) (1 not counted by the server), 0 + 0 tokens"
