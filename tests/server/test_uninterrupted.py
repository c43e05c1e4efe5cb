"""What would keep every call waiting at once."""

import gc
import sys

import pytest

from server.uninterrupted import SWITCH_S, THRESHOLDS, uninterrupted

pytestmark = pytest.mark.unit


def test_what_was_there_before_calls_is_not_looked_through_again() -> None:
    before = [[number] for number in range(1000)]
    with uninterrupted():
        assert not {id(each) for each in before} & {id(each) for each in gc.get_objects()}
        after: list[object] = []
        assert id(after) in {id(each) for each in gc.get_objects()}


def test_what_calls_leave_in_circles_is_still_collected() -> None:
    class Circle:
        def __init__(self) -> None:
            self.self = self

    with uninterrupted():
        Circle()
        gc.collect()
        assert [each for each in gc.get_objects() if isinstance(each, Circle)] == []


def test_busy_threads_give_way_sooner_and_objects_are_looked_through_more_rarely() -> None:
    with uninterrupted():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S, abs=1e-4)
        assert gc.get_threshold() == THRESHOLDS


def test_all_is_put_back() -> None:
    before = (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count())
    with uninterrupted():
        pass
    assert (gc.get_threshold(), sys.getswitchinterval()) == before[:2]
    assert gc.get_freeze_count() == 0
