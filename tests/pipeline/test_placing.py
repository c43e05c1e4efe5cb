import pytest

from pipeline.placing import EARLY_MS, LATE_MS, Placing

pytestmark = pytest.mark.unit
FRAME_MS = 20


def placed(*came_ms: int) -> list[int]:
    """Where frames lie that came at these instants."""
    placing = Placing()
    return [placing.at(now_ms, FRAME_MS) for now_ms in came_ms]


def test_the_first_frame_lies_where_it_came():
    assert placed(0) == [0]
    assert placed(5_000) == [5_000]


def test_frames_that_come_unevenly_lie_behind_one_another():
    assert placed(1_000, 1_023, 1_037, 1_075, 1_076, 1_080, 1_121) == [1_000, 1_020, 1_040, 1_060, 1_080, 1_100, 1_120]


def test_a_pause_stays_one():
    assert placed(1_000, 1_020 + LATE_MS + 1, 1_500) == [1_000, 1_121, 1_500]


def test_a_clock_that_is_too_fast_does_not_run_away():
    after = placed(*range(0, 19 * 2_000, 19))
    assert max(abs(at - came) for at, came in zip(after, range(0, 19 * 2_000, 19), strict=True)) <= EARLY_MS + FRAME_MS
