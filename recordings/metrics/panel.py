"""The interaction panel of tau-voice: eight figures of one call or of many. Pure.

Definitions are those of sierra-research/tau2-bench (docs/interaction-metrics.md and
src/tau2/metrics/voice_interaction_metrics.py, version 1.1); docs/metrics.md says what differs here and why. Time is cut
into ticks; whoever makes any sound in one speaks in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import fmean
from typing import Final

from recordings.metrics.spoken import Kind
from recordings.metrics.timeline import Timeline, joined
from recordings.silence import Span

TICK_MS: Final = 200
"""Their tick. Latencies come in its steps."""
FINE_TICK_MS: Final = 20
"""One frame of audio: the same definitions, for figures that a person can hear."""
YIELD_WINDOW_MS: Final = 2000
"""To stop later than this after an interruption is not to yield."""
SELECTIVITY_YIELD_WINDOW_MS: Final = 1000
"""To stop within this after what was no interruption is an error."""
SELECTIVITY_RESPONSE_WINDOW_MS: Final = 2000
"""To speak within this after what was said to nobody is an error."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure and the number of events behind it."""

    value: float | None
    """None when n is 0."""
    n: int


@dataclass(frozen=True, slots=True)
class Moments:
    """What happened in one call, countable: the figures of many calls are made of all their moments."""

    responses_ms: tuple[int, ...]
    """Of each turn that was answered, from its end to the assistant's voice."""
    unanswered: int
    """Turns after which the caller had to speak again."""
    yields_ms: tuple[int, ...]
    """Of each interruption that was yielded to, until the assistant was quiet."""
    talked_over: int
    """Interruptions that were not yielded to."""
    incursions: int
    """How often the assistant began to speak while the caller spoke."""
    backchannels: tuple[bool, ...]
    """Of each: was it rightly talked through?"""
    vocal_tics: tuple[bool, ...]
    """Of each: was it rightly ignored?"""
    non_directed: tuple[bool, ...]
    unclassified: int
    """Stretches of the caller's sound of which it is not known what they were; in no figure."""


@dataclass(frozen=True, slots=True)
class Panel:
    """The eight figures. Latencies in seconds; rates from 0 to 1, except interruptions, which may exceed it."""

    response_latency_s: Figure
    """L_R, mean; n: turns that were answered."""
    yield_latency_s: Figure
    """L_Y, mean; n: interruptions that were yielded to."""
    response_rate: Figure
    """R_R; n: turns that wanted an answer."""
    yield_rate: Figure
    """R_Y; n: the caller's interruptions."""
    interruption_rate: Figure
    """I_A: the assistant's interruptions for each turn that wanted an answer, the n."""
    selectivity_backchannel: Figure
    """S_BC."""
    selectivity_vocal_tic: Figure
    """S_VT."""
    selectivity_non_directed: Figure
    """S_ND."""
    unclassified: int


@dataclass(frozen=True, slots=True)
class _Segment:
    """Ticks from start to before end."""

    start: int
    end: int
    kind: Kind | None


def panel(moments: Sequence[Moments]) -> Panel:
    """The figures of these calls together."""
    responses = [*chain.from_iterable(call.responses_ms for call in moments)]
    yields = [*chain.from_iterable(call.yields_ms for call in moments)]
    turns = len(responses) + sum(call.unanswered for call in moments)
    interrupted = len(yields) + sum(call.talked_over for call in moments)
    return Panel(
        response_latency_s=_mean_s(responses),
        yield_latency_s=_mean_s(yields),
        response_rate=_rate(len(responses), turns),
        yield_rate=_rate(len(yields), interrupted),
        interruption_rate=_rate(sum(call.incursions for call in moments), turns),
        selectivity_backchannel=_right([*chain.from_iterable(call.backchannels for call in moments)]),
        selectivity_vocal_tic=_right([*chain.from_iterable(call.vocal_tics for call in moments)]),
        selectivity_non_directed=_right([*chain.from_iterable(call.non_directed for call in moments)]),
        unclassified=sum(call.unclassified for call in moments),
    )


def moments(timeline: Timeline, tick_ms: int = TICK_MS) -> Moments:
    """What happened in this call, seen in ticks of this length."""
    ticked = _Ticked(timeline, tick_ms)
    responses, unanswered = ticked.responses()
    yields, talked_over = ticked.yields()
    return Moments(
        responses_ms=tuple(ticks * tick_ms for ticks in responses),
        unanswered=unanswered,
        yields_ms=tuple(ticks * tick_ms for ticks in yields),
        talked_over=talked_over,
        incursions=ticked.incursions(),
        backchannels=ticked.selectivity("backchannel"),
        vocal_tics=ticked.selectivity("vocal_tic"),
        non_directed=ticked.selectivity("non_directed"),
        unclassified=sum(stretch.kind is None for stretch in timeline.caller),
    )


class _Ticked:
    """A timeline cut into ticks."""

    def __init__(self, timeline: Timeline, tick_ms: int) -> None:
        self._tick_ms = tick_ms
        self._caller = _segments(timeline, tick_ms)
        self._assistant = joined(_ticks(span, tick_ms) for span in timeline.assistant)
        self._length = _ticks((0, timeline.end_ms), tick_ms)[1]

    def responses(self) -> tuple[list[int], int]:
        """Ticks from each answered turn to its answer, and the number of the unanswered.

        The last turn of a call that nobody follows is neither. The assistant speaking when a turn ends answers nothing.
        """
        turns = [each for each in self._caller if each.kind == "turn" and not self._voice(each.end)]
        answered, unanswered = [], 0
        for turn in turns:
            answer = min((start for start, _ in self._assistant if start >= turn.end), default=None)
            again = min((each.start for each in turns if each.start >= turn.end), default=None)
            if answer is not None and (again is None or answer <= again):
                answered.append(answer - turn.end)
            elif again is not None:
                unanswered += 1
        return answered, unanswered

    def yields(self) -> tuple[list[int], int]:
        """Ticks from each interruption to the assistant's silence, and the number of those it talked over."""
        found = [
            self._quiet_after(each.start, YIELD_WINDOW_MS)
            for each in self._caller
            if each.kind == "turn" and self._voice(each.start)
        ]
        yielded = [ticks for ticks in found if ticks is not None]
        return yielded, len(found) - len(yielded)

    def incursions(self) -> int:
        """How many stretches of the assistant's voice begin while the caller speaks."""
        known = [each for each in self._caller if each.kind is not None]
        return sum(any(each.start <= start < each.end for each in known) for start, _ in self._assistant)

    def selectivity(self, kind: Kind) -> tuple[bool, ...]:
        """Of each such stretch, whether the assistant did as if it had not been."""
        return tuple(self._undisturbed(each) for each in self._caller if each.kind == kind)

    def _undisturbed(self, segment: _Segment) -> bool:
        if self._voice(segment.start):
            return self._quiet_after(segment.start, SELECTIVITY_YIELD_WINDOW_MS) is None
        last = segment.end + SELECTIVITY_RESPONSE_WINDOW_MS // self._tick_ms
        return not any(segment.start <= start <= last for start, _ in self._assistant)

    def _voice(self, tick: int) -> bool:
        return any(start <= tick < end for start, end in self._assistant)

    def _quiet_after(self, tick: int, window_ms: int) -> int | None:
        """After how many ticks the assistant was quiet; None: not within the window, or not before the call ended."""
        end = next(end for start, end in self._assistant if start <= tick < end)
        return end - tick if end < min(tick + window_ms // self._tick_ms, self._length) else None


def _segments(timeline: Timeline, tick_ms: int) -> list[_Segment]:
    """The caller's stretches in ticks; neighbours of the same kind with no silent tick between are one."""
    found: list[_Segment] = []
    for stretch in timeline.caller:
        start, end = _ticks((stretch.start_ms, stretch.end_ms), tick_ms)
        if found and found[-1].kind == stretch.kind and start <= found[-1].end:
            found[-1] = _Segment(found[-1].start, max(end, found[-1].end), stretch.kind)
        else:
            found.append(_Segment(start, end, stretch.kind))
    return found


def _ticks(span: Span, tick_ms: int) -> Span:
    return span[0] // tick_ms, -(-span[1] // tick_ms)


def _mean_s(durations_ms: Sequence[int]) -> Figure:
    return Figure(fmean(durations_ms) / 1000 if durations_ms else None, len(durations_ms))


def _rate(events: int, of: int) -> Figure:
    return Figure(events / of if of else None, of)


def _right(judged: Sequence[bool]) -> Figure:
    return _rate(sum(judged), len(judged))
