"""Where the time of a turn went, from the caller's last sound to the answer's first. Pure.

Every figure is an instant in ms after the end of the caller's speech; a stage that began before the turn was over (an
eager one) may have an instant before the stage ahead of it. What did not happen in a turn is left out.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

Stage = Literal["endpoint", "transcript", "retrieval", "first_token", "first_clause", "first_audio", "playout"]
STAGES: Final[tuple[Stage, ...]] = (
    "endpoint",
    "transcript",
    "retrieval",
    "first_token",
    "first_clause",
    "first_audio",
    "playout",
)
"""endpoint: the pause was long enough · transcript: the turn's words were there · retrieval: passages were found ·
first_token: of the language model · first_clause: something to say was decided · first_audio: the voice gave sound ·
playout: it was handed to the carrier."""


@dataclass(slots=True)
class Waterfall:
    """One turn's. The first time counts."""

    turn: str
    caller_end_ms: int
    """Instant at which the caller's speech ended."""
    stages: dict[Stage, int] = field(default_factory=dict)
    fill_gap_ms: int | None = None

    def reached(self, stage: Stage, at_ms: int) -> None:
        """A stage was reached at this instant."""
        self.stages.setdefault(stage, at_ms - self.caller_end_ms)

    def filled(self, at_ms: int) -> None:
        """The caller heard a fill at this instant, before the answer."""
        if self.fill_gap_ms is None:
            self.fill_gap_ms = at_ms - self.caller_end_ms

    def over(self, at_ms: int) -> dict[str, object]:
        """The caller hears the answer: the data of turn.timed."""
        stages = {stage: self.stages[stage] for stage in STAGES if stage in self.stages}
        return {
            "turn": self.turn,
            "reply_gap_ms": at_ms - self.caller_end_ms,
            "fill_gap_ms": self.fill_gap_ms,
            "stages": stages,
        }
