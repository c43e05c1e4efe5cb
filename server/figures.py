"""How a call's figures read, on pages and terminals alike. Pure. What they mean: docs/metrics.md."""

from dataclasses import dataclass
from typing import Final

from recordings.metrics.panel import Figure, Panel
from recordings.metrics.report import FIGURES, LATENCIES

NAMES: Final = {
    "response_latency_s": ("L_R", "response latency"),
    "yield_latency_s": ("L_Y", "yield latency"),
    "response_rate": ("R_R", "turns answered"),
    "yield_rate": ("R_Y", "interruptions yielded to"),
    "interruption_rate": ("I_A", "interruptions by the assistant, per turn"),
    "selectivity_backchannel": ("S_BC", "backchannels talked through"),
    "selectivity_vocal_tic": ("S_VT", "vocal tics ignored"),
    "selectivity_non_directed": ("S_ND", "speech to others ignored"),
}
"""Of each figure of the panel: its symbol, and what it is."""
NONE: Final = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure as text."""

    symbol: str
    name: str
    exact: str
    """In ticks of 20 ms."""
    in_ticks: str
    """In ticks of 200 ms, as others publish it."""
    n: int


def rows(fine: Panel, panel: Panel) -> tuple[Row, ...]:
    """The eight figures. Both panels are of the same calls; n is the fine one's."""
    return tuple(
        Row(*NAMES[name], value(name, getattr(fine, name)), value(name, getattr(panel, name)), getattr(fine, name).n)
        for name in FIGURES
    )


def value(name: str, figure: Figure) -> str:
    """One figure: 0.82 s, 95 %, 0.20."""
    if figure.value is None:
        return NONE
    if name in LATENCIES:
        return f"{figure.value:.2f} s"
    return f"{figure.value:.2f}" if name == "interruption_rate" else f"{figure.value:.0%}".replace("%", " %")


def score(figure: float | None) -> str:
    """EVA's score: 0.00 to 1.00."""
    return NONE if figure is None else f"{figure:.2f}"
