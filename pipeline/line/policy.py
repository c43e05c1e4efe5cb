"""What a line leaves to the assistant, what it declines, and how long it may speak."""

from typing import Final, Literal

from pydantic import Field

from pipeline.line.written import Name, Phrase, Text, Written

Autonomy = Literal["off", "shadow", "assist", "supervised", "auto"]
LEVELS: Final[tuple[Autonomy, ...]] = ("off", "shadow", "assist", "supervised", "auto")
"""How much the assistant does by itself, least first."""
HELD: Final = frozenset({"off", "shadow"})
"""Levels at which a person takes over at once."""
CHARACTERS_A_SECOND: Final = 14.0
"""Of English at about 150 words a minute."""


class Boundary(Written):
    """A topic that the assistant declines to speak about, whatever the caller says."""

    topic: Name = Field(description="its name, for the record")
    phrases: tuple[Phrase, ...] = Field(min_length=1, max_length=50, description="words that mean it, wherever said")
    say: Text = Field(description="how it is declined, and what can be done instead")


class Budgets(Written):
    """How much the assistant may take of a caller's time."""

    spoken_s: float = Field(
        default=25.0, ge=2, le=120, description="longest text in seconds of speech; longer ones are errors"
    )


def spoken_s(text: str) -> float:
    """About how long a text takes to say, in seconds."""
    return len(text) / CHARACTERS_A_SECOND
