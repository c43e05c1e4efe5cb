import pytest

from benchmarks.endpoint_curve import Point, cut_ins_at, dominated, interval

pytestmark = pytest.mark.unit


def point(cut, delay_ms, turns=10):
    made = Point("policy", 0.0)
    for turn in range(turns):
        made.pauses += 10
        made.cut += cut
        made.delays_ms.append(delay_ms)
        made.by_turn.append((f"turn {turn}", 10, cut, delay_ms))
    return made


def test_cut_ins_at_a_delay_lie_between_the_nearest_points():
    curve = [point(8, 100), point(4, 200), point(2, 400)]
    assert cut_ins_at(curve, 300) == pytest.approx(30)
    assert cut_ins_at(curve, 50) == pytest.approx(80)
    assert cut_ins_at(curve, 900) == pytest.approx(20)


def test_a_point_is_beaten_by_fewer_cut_ins_at_no_more_delay():
    ours = [point(4, 200)]
    assert dominated(ours, [point(5, 200), point(4, 300), point(5, 100)]) == (1, 3)


def test_the_interval_holds_the_figure_and_is_none_when_all_turns_are_alike():
    assert interval([point(8, 100), point(4, 200), point(2, 400)], 300) == (30.0, 30.0)
    mixed = [point(8, 100), point(2, 400)]
    mixed[1].by_turn = [
        (name, pauses, 4 * (index % 2), ms) for index, (name, pauses, _, ms) in enumerate(mixed[1].by_turn)
    ]
    low, high = interval(mixed, 300)
    assert low < cut_ins_at(mixed, 300) < high
