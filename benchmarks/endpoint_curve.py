"""Cut-ins against delay: what one policy did at one setting, and how curves of such points compare."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median
from typing import Final

import numpy as np

DRAWS: Final = 1000


@dataclass(slots=True)
class Point:
    """How one policy did."""

    policy: str
    knob: float
    pauses: int = 0
    cut: int = 0
    """Of these pauses, and of the gaps inside clauses."""
    torn: int = 0
    """Of these, gaps inside clauses."""
    delays_ms: list[int] = field(default_factory=list)
    by_turn: list[tuple[str, int, int, int]] = field(default_factory=list)
    """Name, pauses, cut-ins and delay of each turn."""

    @property
    def row(self) -> dict[str, object]:
        """Figures for the table and for JSON."""
        return {
            "policy": self.policy,
            "knob": self.knob,
            "cut_ins_percent": round(100 * self.cut / max(1, self.pauses), 1),
            "pauses": self.pauses,
            "cut_inside_clauses": self.torn,
            "mean_ms": round(mean(self.delays_ms)) if self.delays_ms else None,
            "median_ms": round(median(self.delays_ms)) if self.delays_ms else None,
            "ends": len(self.delays_ms),
        }


def cut_ins_at(points: Sequence[Point], delay_ms: float) -> float:
    """Cut-ins in percent at a mean delay, between the nearest points of a curve; the slowest allowed is its last."""
    return _between(
        sorted((mean(point.delays_ms), 100 * point.cut / max(1, point.pauses)) for point in points), delay_ms
    )


def _between(found: Sequence[tuple[float, float]], delay_ms: float) -> float:
    before = [point for point in found if point[0] <= delay_ms]
    after = [point for point in found if point[0] > delay_ms]
    if not before or not after:
        return (before or after)[-1 if before else 0][1]
    (x0, y0), (x1, y1) = before[-1], after[0]
    return y0 + (y1 - y0) * (delay_ms - x0) / (x1 - x0)


def dominated(ours_points: Sequence[Point], others: Sequence[Point]) -> tuple[int, int]:
    """At how many of the others' points ours cuts in less at no more delay, and how many there are."""
    wins = [
        any(mean(one.delays_ms) <= mean(other.delays_ms) and one.cut < other.cut for one in ours_points)
        for other in others
    ]
    return sum(wins), len(wins)


def interval(points: Sequence[Point], delay_ms: float) -> tuple[float, float]:
    """95 % confidence interval of cut_ins_at, by drawing recordings anew; turns of one recording stay together."""
    names = sorted({name for name, *_ in points[0].by_turn})
    sums = np.zeros((len(points), len(names), 4))
    for index, point in enumerate(points):
        for name, pauses, cut, delayed_ms in point.by_turn:
            sums[index, names.index(name)] += (pauses, cut, delayed_ms, 1)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(DRAWS):
        pauses, cut, delays, ends = sums[:, rng.integers(0, len(names), len(names))].sum(axis=1).T
        found.append(_between(sorted(zip(delays / ends, 100 * cut / np.maximum(1, pauses), strict=True)), delay_ms))
    low, high = np.percentile(found, (2.5, 97.5))
    return round(float(low), 1), round(float(high), 1)
