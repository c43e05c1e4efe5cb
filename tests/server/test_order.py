import pytest

from server.order import Latest

pytestmark = pytest.mark.unit


def test_what_comes_late_or_twice_is_no_news():
    latest = Latest()
    assert [latest.is_news("leg CA1", number) for number in ("0", "2", "1", "2", "3")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    assert latest.is_news("leg CA2", "0")


def test_a_report_without_a_number_is_always_news():
    latest = Latest()
    assert [latest.is_news("a", number) for number in ("5", "", "x", "²")] == [True] * 4
    assert not latest.is_news("a", "5")


def test_what_was_not_acted_on_is_news_again():
    latest = Latest()
    assert latest.is_news("a", "1")
    latest.forget("a", "1")
    assert latest.is_news("a", "1")
    assert latest.is_news("a", "2")
    latest.forget("a", "1")
    assert not latest.is_news("a", "2")


def test_it_forgets_the_oldest_and_grows_no_further():
    latest = Latest(kept=2)
    for about in ("a", "b", "c"):
        assert latest.is_news(about, "1")
    assert not latest.is_news("c", "1")
    assert latest.is_news("a", "1")
