"""Timelines of calls that never were, for figures computed from them."""

from hypothesis import strategies as st

from recordings.metrics.spoken import Kind
from recordings.metrics.timeline import Stretch, Timeline, joined


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Any timeline of 20 seconds."""

    def edges() -> list[int]:
        return sorted(draw(st.sets(st.integers(0, 20_000), max_size=12)))

    caller, assistant = edges(), edges()
    kinds: st.SearchStrategy[Kind | None] = st.sampled_from(
        ["turn", "turn", "backchannel", "vocal_tic", "non_directed", None]
    )
    return Timeline(
        tuple(Stretch(a, b, draw(kinds)) for a, b in zip(caller[::2], caller[1::2], strict=False)),
        joined(zip(assistant[::2], assistant[1::2], strict=False)),
        20_000,
    )
