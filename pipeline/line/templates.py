"""Places in a text that are filled in when it is spoken: `{slot}`, `{result.field}`, `{result.field|date}`. Pure."""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

HowToSay = Literal["", "digits", "date", "spelled", "money", "email", "phone", "as_in"]
WAYS: Final[frozenset[str]] = frozenset(get_args(HowToSay))

PLACE: Final = re.compile(r"\{([^{}]*)\}")
_INSIDE: Final = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)(?:\|([a-z]+))?\Z")

BUILT_IN: Final = frozenset({"line.name", "hours.answer", "hours.status", "hours.week"})
"""What is always there: hours.answer speaks of the day the caller named, else of now and the week."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place to fill in."""

    path: str
    """A slot's name, or a result's name and a field."""
    way: str
    """How to say it; empty: as its type suggests."""

    @property
    def root(self) -> str:
        """The slot or result."""
        return self.path.partition(".")[0]


def places(text: str) -> list[Place]:
    """The places of a text, in order; malformed ones have an empty path."""
    found = []
    for match in PLACE.finditer(text):
        inside = _INSIDE.match(match[1])
        found.append(Place(inside[1], inside[2] or "") if inside else Place("", match[1]))
    return found
