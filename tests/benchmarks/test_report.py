"""From rounds to figures, and two files of them beside each other."""

from typing import Any

import pytest

from benchmarks.compare import compared
from benchmarks.density import memory_per_call, most, summarised
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
    text = printed({"machine": {}, "discarded": [], "summary": summary})
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


def step(calls: int, memory_mb: float, *, carried: bool) -> dict[str, Any]:
    return {"calls": calls, "memory_mb": memory_mb, "carried": carried}


def test_calls_per_core_and_memory_are_those_that_were_carried():
    ours = [step(4, 400, carried=True), step(12, 440, carried=True), step(20, 900, carried=False)]
    theirs = [step(4, 200, carried=True), step(8, 400, carried=False)]
    assert most(ours) == 12
    assert memory_per_call(ours) == 5.0
    figures = summarised({"cordboard": ours, "pipecat timer": theirs})
    assert figures["ratios"] == {"calls per core, ours to pipecat timer": 3.0}


def test_two_results_are_compared_number_by_number():
    old, new = ({"summary": {"a": {"p50": value, "n": None}, "carried": True}} for value in (40, 20))
    assert compared(old, new) == ["a · p50: 40 → 20  0.50 ×"]
    assert compared({"summary": {}}, new) == ["a · p50: – → 20"]
