import pytest

from telephony.double.gathering import Gathered, Gathering

pytestmark = pytest.mark.unit


def gathering(num_digits: int | None = None, finish_on: str = "#") -> Gathering:
    return Gathering(num_digits=num_digits, finish_on=finish_on, timeout_ms=5000)


def test_the_finishing_key_ends_it_and_is_not_a_digit():
    keys = gathering()
    assert keys.press(0, "1") is None
    assert keys.press(100, "2") is None
    assert keys.press(200, "#") == Gathered("12", "#")


def test_a_number_of_digits_ends_it():
    keys = gathering(num_digits=2)
    assert keys.press(0, "1") is None
    assert keys.press(100, "2") == Gathered("12", "")


def test_without_a_finishing_key_it_is_a_digit():
    keys = gathering(num_digits=2, finish_on="")
    keys.press(0, "#")
    assert keys.press(0, "*") == Gathered("#*", "")


def test_time_runs_from_the_end_of_the_prompts_and_again_from_each_key():
    keys = gathering()
    assert keys.deadline_ms is None
    assert keys.tick(60_000) is None
    keys.prompted(60_000)
    assert keys.tick(64_999) is None
    keys.press(64_999, "7")
    keys.prompted(65_000)
    assert keys.tick(69_998) is None
    assert keys.tick(69_999) == Gathered("7", "")


def test_nothing_pressed_in_time_is_empty():
    keys = gathering()
    keys.prompted(0)
    assert keys.tick(5000) == Gathered("", "")
