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
    """How much the assistant may take of a caller's time, and of what its language model costs."""

    spoken_s: float = Field(
        default=25.0, ge=2, le=120, description="longest text in seconds of speech; longer ones are errors"
    )
    call_min: float | None = Field(
        default=None,
        ge=1,
        le=240,
        description="minutes of a call after which a person takes over instead of anything new being begun; what is "
        "being asked may take 2 more; unset: as long as it takes",
    )
    model_replies: int | None = Field(
        default=None,
        ge=0,
        description="replies of the language model in one call; then flows and knowledge answer alone; unset: no limit",
    )
    model_tokens: int | None = Field(
        default=None,
        ge=0,
        description="the same in tokens of prompts, replies and translations, as its servers count them; a reply that "
        "was begun is finished",
    )


def spoken_s(text: str) -> float:
    """About how long a text takes to say, in seconds."""
    return len(text) / CHARACTERS_A_SECOND
