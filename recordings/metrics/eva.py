"""EVA's turn-taking score: each turn of the caller's gets 0 to 1 for what characterises it, the call their mean. Pure.

Curves and routes are those of ServiceNow/eva, src/eva/metrics/experience/turn_taking.py (version 0.2, without a judge);
docs/metrics.md says what differs here and why. Times are exact, not in ticks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, Literal

from recordings.metrics.timeline import Stretch, Timeline, joined, overlap_ms
from recordings.silence import Span

EARLIEST_MS: Final = -500
SWEET_FROM_MS: Final = 500
SWEET_UNTIL_MS: Final = 2000
LATEST_MS: Final = 3500
SWEET_UNTIL_WITH_TOOL_MS: Final = 3000
LATEST_WITH_TOOL_MS: Final = 5000
INTERRUPTION_AT_BEST: Final = 0.5
LONGEST_OVERLAP_MS: Final = 2000
MOST_INCURSIONS: Final = 3
LONGEST_YIELD_MS: Final = 2000
PASSES_FROM: Final = 0.8

Route = Literal["latency", "assistant_interrupted", "caller_interrupted", "both_interrupted"]


@dataclass(frozen=True, slots=True)
class TurnScore:
    """One turn of the caller's."""

    start_ms: int
    end_ms: int
    score: float
    route: Route
    """What the score was taken from."""
    used_tool: bool
    latency_ms: int | None = None
    """From the turn's end to the answer; after an interruption by the assistant, to its settled answer."""
    overlap_ms: int | None = None
    """How long the assistant spoke over the turn that it interrupted."""
    incursions: int | None = None
    yield_ms: int | None = None
    """How long the assistant went on when the caller interrupted it."""


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """The score of a call."""

    score: float | None
    """None: there was no turn to score. 0 when the call ended with the caller waiting in vain."""
    waited_in_vain: bool
    turns: tuple[TurnScore, ...]

    @property
    def n(self) -> int:
        """How many turns were scored."""
        return len(self.turns)


def turn_taking(timeline: Timeline) -> TurnTaking:
    """The call's score."""
    turns = _turns(timeline)
    scored = tuple(score for turn in turns if (score := _scored(turn)) is not None)
    in_vain = bool(turns) and _waited_in_vain(turns[-1], timeline.end_ms)
    if not scored and not in_vain:
        return TurnTaking(None, False, ())
    return TurnTaking(0.0 if in_vain else fmean(turn.score for turn in scored), in_vain, scored)


def latency_score(latency_ms: float, *, used_tool: bool) -> float:
    """1 from 0.5 to 2 s (3 s with a tool), falling to 0 at −0.5 and 3.5 s (5 s)."""
    sweet_until = SWEET_UNTIL_WITH_TOOL_MS if used_tool else SWEET_UNTIL_MS
    latest = LATEST_WITH_TOOL_MS if used_tool else LATEST_MS
    early = (latency_ms - EARLIEST_MS) / (SWEET_FROM_MS - EARLIEST_MS)
    late = (latest - latency_ms) / (latest - sweet_until)
    return max(0.0, min(1.0, early, late))


def overlap_score(overlapped_ms: float) -> float:
    """0.5 for no overlap, 0 from 2 s on."""
    return max(0.0, INTERRUPTION_AT_BEST * (1 - overlapped_ms / LONGEST_OVERLAP_MS))


def count_score(incursions: int) -> float:
    """0.5 for one interruption of a turn, 0.25 for two, 0 from three on."""
    return max(0.0, INTERRUPTION_AT_BEST * (1 - (incursions - 1) / (MOST_INCURSIONS - 1)))


def yield_score(yielded_ms: float) -> float:
    """1 for stopping at once, 0 from 2 s on."""
    return max(0.0, 1 - yielded_ms / LONGEST_YIELD_MS)


@dataclass(frozen=True, slots=True)
class _Turn:
    """What the caller said until an answer began, and what the assistant said until the caller's next turn."""

    caller: tuple[Stretch, ...]
    assistant: tuple[Span, ...]
    """Begun during this turn or after it."""
    under: Span | None
    """What the assistant was saying when the turn began."""

    @property
    def end_ms(self) -> int:
        return self.caller[-1].end_ms

    @property
    def used_tool(self) -> bool:
        return any(stretch.used_tool for stretch in self.caller)


def _turns(timeline: Timeline) -> list[_Turn]:
    """Speech of the caller between which the assistant did not begin to speak is one turn."""
    voice = joined(timeline.assistant)
    groups: list[list[Stretch]] = []
    for stretch in (each for each in timeline.caller if each.kind == "turn"):
        if groups and not any(groups[-1][0].start_ms < start <= stretch.start_ms for start, _ in voice):
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    found = []
    for index, group in enumerate(groups):
        start_ms = group[0].start_ms
        until_ms = groups[index + 1][0].start_ms if index + 1 < len(groups) else timeline.end_ms
        begun = tuple(span for span in voice if start_ms < span[0] < until_ms)
        under = next((span for span in voice if span[0] <= start_ms < span[1]), None)
        found.append(_Turn(tuple(group), begun, under))
    return found


def _scored(turn: _Turn) -> TurnScore | None:
    """None: the assistant said nothing to it, and there is nothing to score."""
    over = [span for span in turn.assistant if any(_over(span, stretch) for stretch in turn.caller)]
    interrupted = [span for span in over if any(each.start_ms < span[0] < each.end_ms for each in turn.caller)]
    latency_ms = _latency_ms(turn)
    candidates: list[float] = []
    overlapped_ms = yielded_ms = None
    if interrupted:
        overlapped_ms = sum(_over(span, stretch) for span in over for stretch in turn.caller)
        candidates += [overlap_score(overlapped_ms), count_score(len(over))]
        if latency_ms is not None:
            candidates.append(latency_score(latency_ms, used_tool=turn.used_tool))
    if turn.under is not None:
        yielded_ms = turn.under[1] - turn.caller[0].start_ms
        candidates.append(yield_score(yielded_ms))
    if not candidates:
        if latency_ms is None:
            return None
        candidates.append(latency_score(latency_ms, used_tool=turn.used_tool))
    route = _route(interrupted, turn.under)
    incursions = len(over) if interrupted else None
    return TurnScore(
        start_ms=turn.caller[0].start_ms,
        end_ms=turn.end_ms,
        score=min(candidates),
        route=route,
        used_tool=turn.used_tool,
        latency_ms=None if route == "caller_interrupted" else latency_ms,
        overlap_ms=overlapped_ms,
        incursions=incursions,
        yield_ms=yielded_ms,
    )


def _route(interrupted: Sequence[Span], under: Span | None) -> Route:
    if interrupted:
        return "assistant_interrupted" if under is None else "both_interrupted"
    return "latency" if under is None else "caller_interrupted"


def _over(span: Span, stretch: Stretch) -> int:
    return overlap_ms(span, (stretch.start_ms, stretch.end_ms))


def _latency_ms(turn: _Turn) -> int | None:
    """From the turn's end to the voice that begins after it; None where the assistant spoke at its end, or never."""
    voice = turn.assistant if turn.under is None else (turn.under, *turn.assistant)
    if any(start <= turn.end_ms < end and start != turn.end_ms for start, end in voice):
        return None
    return min((start - turn.end_ms for start, _ in turn.assistant if start >= turn.end_ms), default=None)


def _waited_in_vain(turn: _Turn, end_ms: int) -> bool:
    """Whether the caller spoke last and the call went on silent until no answer would have scored."""
    silent_from_ms = max([turn.end_ms, *(end for _, end in turn.assistant), *([turn.under[1]] if turn.under else ())])
    latest_ms = LATEST_WITH_TOOL_MS if turn.used_tool else LATEST_MS
    return silent_from_ms == turn.end_ms and end_ms - turn.end_ms >= latest_ms
