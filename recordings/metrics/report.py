"""The figures of a call or of several, as pages, the API and the command line show them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from statistics import fmean, median
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from recordings.events import Event
from recordings.fold import fold
from recordings.metrics import wishes
from recordings.metrics.ear import ear_timeline
from recordings.metrics.eva import TurnScore, TurnTaking, turn_taking
from recordings.metrics.panel import FINE_TICK_MS, TICK_MS, Figure, Moments, Panel, moments, panel
from recordings.metrics.timeline import Label, Timeline, timeline, with_the_assistant
from recordings.spending import Price, Spent, spent
from recordings.spending import to_json as spent_to_json

JSON_SCHEMA_VERSION: Final = 1
FIGURES: Final = tuple(field.name for field in fields(Panel) if field.name != "unclassified")
"""Names of the panel's eight figures, in order."""
LATENCIES: Final = ("response_latency_s", "yield_latency_s")


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one call by one witness: its events, or its recording."""

    coarse: Moments
    """In ticks of 200 ms."""
    fine: Moments
    """In ticks of 20 ms."""
    turn_taking: TurnTaking

    @property
    def panel(self) -> Panel:
        """The panel as others publish it."""
        return panel([self.coarse])

    @property
    def fine_panel(self) -> Panel:
        """The panel without the rounding of coarse ticks."""
        return panel([self.fine])


@dataclass(frozen=True, slots=True)
class CallMetrics:
    """The figures of one finished call."""

    call_id: str
    events: Measured
    ear: Measured | None
    """None: there is no recording."""
    model: Mapping[str, Spent] = field(default_factory=dict)
    """What its requests to language models cost, by model."""
    intents: tuple[str, ...] = ()
    """What the caller wished for (wishes.labels)."""
    human_after_ms: tuple[int, ...] = ()
    """From each decision to bring in a person to that person's voice."""


def measured(line: Timeline) -> Measured:
    """The figures of a timeline: of what was said while the assistant had the caller."""
    line = with_the_assistant(line)
    return Measured(moments(line, TICK_MS), moments(line, FINE_TICK_MS), turn_taking(line))


def call_metrics(
    call_id: str,
    events: Sequence[Event],
    samples: npt.NDArray[np.int16] | None = None,
    labels: Sequence[Label] = (),
    prices: Mapping[str, Price] | None = None,
) -> CallMetrics:
    """The figures of a call from its events, and from its recording where its samples are given (see ear_timeline).

    prices: of language models, by the names that their servers use.
    """
    told = timeline(events, labels)
    ear = None if samples is None else measured(ear_timeline(samples, told))
    return CallMetrics(call_id, measured(told), ear, spent(events, prices), wishes.labels(events), _waits(events))


def _waits(events: Sequence[Event]) -> tuple[int, ...]:
    return tuple(one.human_after_ms for one in fold(events).transfers if one.human_after_ms is not None)


def disagreements(one: Measured, other: Measured) -> tuple[str, ...]:
    """Where two witnesses differ, in a sentence each: latencies by more than a tick, or events of another number.

    Of a latency with as many events on both sides the events are compared one by one, else their means.
    """
    found = []
    for name in FIGURES:
        mine, yours = getattr(one.fine_panel, name), getattr(other.fine_panel, name)
        if mine.n != yours.n:
            found.append(f"{name}: n is {mine.n} and {yours.n}")
        elif name in LATENCIES:
            pairs = zip(_durations_ms(one.fine, name), _durations_ms(other.fine, name), strict=True)
            found += [f"{name}: {a} ms and {b} ms" for a, b in pairs if abs(a - b) > TICK_MS]
        elif mine.value != yours.value:
            found.append(f"{name}: {mine.value} and {yours.value}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Together:
    """The figures of several calls."""

    calls: int
    pooled: Panel
    """Of all their moments, as others publish it."""
    fine: Panel
    medians: Mapping[str, Figure]
    """Of each figure of the fine panel, the median over the calls that have it, and how many have."""
    turn_taking: Figure
    """Median over calls; n: calls with a score."""
    turn_taking_mean: float | None


def together(calls: Iterable[Measured]) -> Together:
    """The figures of these calls."""
    every = [*calls]
    of_calls = {name: [getattr(call.fine_panel, name).value for call in every] for name in FIGURES}
    scores = [call.turn_taking.score for call in every if call.turn_taking.score is not None]
    return Together(
        calls=len(every),
        pooled=panel([call.coarse for call in every]),
        fine=panel([call.fine for call in every]),
        medians={name: _median(values) for name, values in of_calls.items()},
        turn_taking=_median(scores),
        turn_taking_mean=fmean(scores) if scores else None,
    )


def to_json(metrics: CallMetrics) -> dict[str, Any]:
    """The shape of `cordboard metrics CALL_ID --json` and of the API, stable from version 1 on."""
    ear = metrics.ear
    return {
        "schema": JSON_SCHEMA_VERSION,
        "call_id": metrics.call_id,
        "events": _measured(metrics.events),
        "ear": None if ear is None else _measured(ear),
        "model": {name: spent_to_json(one) for name, one in metrics.model.items()},
        "intents": [*metrics.intents],
        "human_after_ms": [*metrics.human_after_ms],
        "disagreements": None if ear is None else [*disagreements(metrics.events, ear)],
    }


def waits_to_json(waits: Sequence[int]) -> dict[str, Any]:
    """How long callers waited for a person's voice, of several: median and p95 in ms; None: nobody came."""
    if not waits:
        return {"n": 0, "p50_ms": None, "p95_ms": None}
    p50, p95 = (round(float(one)) for one in np.percentile(waits, (50, 95)))
    return {"n": len(waits), "p50_ms": p50, "p95_ms": p95}


def together_to_json(figures: Together) -> dict[str, Any]:
    """The shape of `cordboard metrics --json` over several calls, stable from version 1 on."""
    return {
        "schema": JSON_SCHEMA_VERSION,
        "calls": figures.calls,
        "panel": _panel(figures.pooled),
        "fine_panel": _panel(figures.fine),
        "medians": {name: _figure(figure) for name, figure in figures.medians.items()},
        "turn_taking": {**_figure(figures.turn_taking), "mean": figures.turn_taking_mean},
    }


def _measured(given: Measured) -> dict[str, Any]:
    score = given.turn_taking
    return {
        "panel": _panel(given.panel),
        "fine_panel": _panel(given.fine_panel),
        "turn_taking": {
            "value": score.score,
            "n": score.n,
            "waited_in_vain": score.waited_in_vain,
            "turns": [_turn(turn) for turn in score.turns],
        },
    }


def _panel(given: Panel) -> dict[str, Any]:
    return {name: _figure(getattr(given, name)) for name in FIGURES} | {"unclassified": given.unclassified}


def _figure(given: Figure) -> dict[str, Any]:
    return {"value": given.value, "n": given.n}


def _turn(turn: TurnScore) -> dict[str, Any]:
    return {field.name: getattr(turn, field.name) for field in fields(turn)}


def _durations_ms(given: Moments, name: str) -> tuple[int, ...]:
    return given.responses_ms if name == "response_latency_s" else given.yields_ms


def _median(values: Sequence[float | None]) -> Figure:
    known = [value for value in values if value is not None]
    return Figure(median(known) if known else None, len(known))
