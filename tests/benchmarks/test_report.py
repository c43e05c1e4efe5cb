"""From rounds to figures, and two files of them beside each other."""

from typing import Any

import pytest

from benchmarks.compare import compared
from benchmarks.density import is_borne, memory_per_call, most, summarised
from benchmarks.report import printed
from benchmarks.report import summarised as bench_summary

pytestmark = pytest.mark.unit


def turn(gap: float | None, added: float | None, requests: int = 1) -> dict[str, Any]:
    return {"gap_ms": gap, "first_ms": gap, "added_ms": added, "literal_ms": added, "requests": requests}


def one(part: str, system: str, *turns: dict[str, Any], overlaps: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "part": part, "system": system, "turns": turns, "overlaps": overlaps, "truth_errors": [], "late_frames_ms": [],
        "frames": 100, "idle_ms": 1.0, "loop_p999_ms": 9.0, "loop_max_ms": 12.0, "sender_worst_ms": 2.0, "problems": [],
    }  # fmt: skip


def test_turns_of_all_rounds_count_and_lost_ones_are_told():
    rounds = [
        one("latency", "cordboard", turn(600, 20), turn(None, None)),
        one("latency", "cordboard", turn(620, 40, 2)),
    ]
    figures = bench_summary(rounds)["latency"]["cordboard"]
    assert (figures["turns"], figures["lost"]) == (3, 1)
    assert figures["added_ms"]["p50"] == 20
    assert figures["wasted_requests"] == 0.333
    assert figures["stall_p999_beyond_idle_ms"] == 8.0


def test_ratios_compare_medians_and_are_printed_last():
    rounds = [one("latency", "cordboard", turn(600, 20)), one("latency", "pipecat smart-turn", turn(800, 200))]
    summary = bench_summary(rounds)
    assert summary["ratios"]["added latency p50, ours to smart-turn"] == 0.1
    curve = {"ends of turns": {"all": {"ours": 49.4}, "ratio": 0.5}}
    text = printed({"machine": {}, "discarded": [], "summary": curve | summary})
    assert "  all\n    ours: 49.4\n  ratio: 0.5\n" in text
    assert text.splitlines()[-6].startswith("  added latency p50, ours to smart-turn: 0.1")


def test_interruptions_and_false_stops_are_told_apart():
    overlaps = tuple(
        {"kind": kind, "name": kind, "stop_ms": stop_ms, "stopped": stopped}
        for kind, stop_ms, stopped in [
            ("command", 140, True), ("command", 900, False), ("cough", 150, True), ("noise", 800, False),
            ("backchannel", None, False),
        ]
    )  # fmt: skip
    figures = bench_summary([one("overlap", "cordboard", overlaps=overlaps)])["overlap"]["cordboard"]
    assert figures["barge_in_ms"]["n"] == 1
    assert figures["barge_in_missed"] == 1
    assert (figures["false_stops"], figures["false_stops_of"]) == (1, 2)


def step(calls: int, memory_mb: float, *, carried: bool, p50: float = 20, whole: bool = True) -> dict[str, Any]:
    found = {"calls": calls, "memory_mb": memory_mb, "carried": carried, "whole": whole, "added_ms": {"p50": p50}}
    return found | {"borne": whole and p50 <= 120}


def test_calls_per_core_and_memory_are_those_that_were_carried_and_borne():
    ours = [step(4, 400, carried=True), step(12, 440, carried=True), step(20, 900, carried=False, p50=300)]
    theirs = [step(4, 200, carried=True), step(6, 300, carried=False), step(8, 400, carried=False, whole=False)]
    assert (most(ours, "carried"), most(theirs, "borne")) == (12, 6)
    assert memory_per_call(ours) == 5.0
    assert memory_per_call(theirs) == 50.0
    assert summarised({"cordboard": ours, "pipecat timer": theirs})["ratios"] == {
        "calls per core carried, ours to pipecat timer": 3.0,
        "calls per core borne, ours to pipecat timer": 2.0,
    }


def test_no_ratio_is_made_to_a_system_that_carried_nothing():
    theirs = [step(4, 200, carried=False, whole=False)]
    assert summarised({"cordboard": [step(4, 400, carried=True)], "pipecat timer": theirs})["ratios"] == {}


@pytest.mark.parametrize(("p50", "whole", "borne"), [(120, True, True), (121, True, False), (20, False, False)])
def test_calls_are_borne_while_the_median_stays_and_nothing_is_lost(p50: float, whole: bool, borne: bool):
    assert is_borne([step(4, 1, carried=True), step(8, 1, carried=False, p50=p50, whole=whole)]) is borne


def test_two_results_are_compared_number_by_number():
    old, new = ({"summary": {"a": {"p50": value, "n": None}, "carried": True}} for value in (40, 20))
    assert compared(old, new) == ["a · p50: 40 → 20  0.50 ×"]
    assert compared({"summary": {}}, new) == ["a · p50: – → 20"]
