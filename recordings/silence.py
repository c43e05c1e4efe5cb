"""Where a call was silent, and who held the floor then. Pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from recordings.record import Silence

SHORTEST_SILENCE_MS: Final = 500

Span = tuple[int, int]
"""From, to in at_ms."""


def silences(spoken: Iterable[Span], floors: Sequence[tuple[int, str]], end_ms: int) -> tuple[Silence, ...]:
    """Spans of at least 500 ms between 0 and end_ms in which nothing was spoken, cut where the floor changed.

    `floors`: at_ms with the floor from then on, in any order; nobody has it before the first.
    """
    kept = _floor_changes(floors)
    found = []
    for start_ms, stop_ms in _gaps(spoken, end_ms):
        cuts = [at_ms for at_ms, _ in kept if start_ms < at_ms < stop_ms]
        for piece_start_ms, piece_end_ms in pairwise([start_ms, *cuts, stop_ms]):
            if piece_end_ms - piece_start_ms >= SHORTEST_SILENCE_MS:
                floor = next((floor for at_ms, floor in reversed(kept) if at_ms <= piece_start_ms), "nobody")
                found.append(Silence(piece_start_ms, piece_end_ms, floor))
    return tuple(found)


def _floor_changes(floors: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    changes: list[tuple[int, str]] = []
    for at_ms, floor in sorted(floors, key=lambda change: change[0]):
        if floor != (changes[-1][1] if changes else "nobody"):
            changes.append((at_ms, floor))
    return changes


def _gaps(spoken: Iterable[Span], end_ms: int) -> Iterable[Span]:
    silent_since_ms = 0
    for start_ms, stop_ms in sorted(spoken):
        if start_ms >= end_ms:
            break
        if start_ms > silent_since_ms:
            yield silent_since_ms, start_ms
        silent_since_ms = max(silent_since_ms, stop_ms)
    if silent_since_ms < end_ms:
        yield silent_since_ms, end_ms
