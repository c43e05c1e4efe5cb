"""Several rankings into one: reciprocal rank fusion (Cormack, Clarke and Büttcher 2009). Pure."""

from collections.abc import Sequence
from typing import Final

DAMPING: Final = 60
"""The k of the paper, with which it was best there, too."""


def fused(rankings: Sequence[Sequence[int]], weights: Sequence[float] | None = None) -> dict[int, float]:
    """By what is ranked, the sum over the rankings of weight / (k + rank), best first; 0 for a ranking it is not in.

    Of equals the one that came earlier in the earlier ranking is first.
    """
    weights = weights or [1.0] * len(rankings)
    total: dict[int, float] = {}
    for weight, ranking in zip(weights, rankings, strict=True):
        for rank, one in enumerate(ranking, start=1):
            total[one] = total.get(one, 0.0) + weight / (DAMPING + rank)
    return dict(sorted(total.items(), key=lambda item: -item[1]))
