"""What one turn of the caller tells beside what they want, put together for rules and for the record. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Listened:
    """One turn of the caller."""

    words: tuple[str, ...] = ()
    topics: Mapping[str, str] = field(default_factory=dict)
    """Sets of phrases that occur, with the words that say so."""
    entities: Mapping[str, str] = field(default_factory=dict)
    intent: str = ""
    """What they seem to want; empty while a question is open."""
    confidence: float = 1.0
    sure: bool = False


NOTHING: Final = Listened()


def tier_of(facts: Mapping[str, Any]) -> str:
    """The customer's tier, in lower case: a slot of that name, or a field of any result. Empty: not known."""
    given = facts.get("tier") or next(
        (found["tier"] for found in facts.values() if isinstance(found, Mapping) and found.get("tier")), ""
    )
    return str(given).lower()
