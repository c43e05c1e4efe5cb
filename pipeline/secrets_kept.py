"""What a caller keyed in that nobody may see: kept in memory for one call, named elsewhere by a reference. Pure.

Card numbers, pins and codes reach one place only: the tool that reads them. Events, the dialogue, the language model
and logs hold a reference such as `[pin: 4 digits, c7]`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_REFERENCE: Final = re.compile(r"\[(card|pin|code): (\d{1,2}) digits, c\d+\]")


class SecretGone(Exception):
    """It was used already, or the connection on which it was keyed in is lost: it has to be asked for again."""


@dataclass(frozen=True, slots=True)
class Referred:
    """What a reference tells."""

    kind: str
    length: int


def referred(text: str) -> Referred | None:
    """What is known of a secret by its reference; None: this is no reference."""
    found = _REFERENCE.fullmatch(text)
    return Referred(found[1], int(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Revealed:
    """A tool's arguments with what they refer to."""

    arguments: Mapping[str, Any] = field(repr=False)
    digits: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By reference."""

    def masked(self, value: Any) -> Any:
        """What the tool gave, without the secret where it repeats it."""
        match value:
            case str():
                for reference, digits in self.digits.items():
                    value = value.replace(digits, reference)
                return value
            case Mapping():
                return {name: self.masked(inner) for name, inner in value.items()}
            case list() | tuple():
                return [self.masked(inner) for inner in value]
            case _:
                return value if str(value) not in self.digits.values() else self.masked(str(value))


class Secrets:
    """One stream's. What was revealed is forgotten: each is used once."""

    def __init__(self) -> None:
        self._digits: dict[str, str] = {}
        self._in_use: frozenset[str] = frozenset()

    def keep(self, kind: str, digits: str, utterance: str) -> str:
        """Keep it; gives its reference. utterance is the caller's, such as c7."""
        reference = f"[{kind}: {len(digits)} digits, {utterance}]"
        self._digits[reference] = digits
        return reference

    def reveal(self, arguments: Mapping[str, Any]) -> Revealed:
        """A tool's arguments with what they refer to. Raises SecretGone."""
        wanted = [value for value in arguments.values() if isinstance(value, str) and referred(value)]
        if any(reference not in self._digits for reference in wanted):
            raise SecretGone
        digits = {reference: self._digits.pop(reference) for reference in dict.fromkeys(wanted)}
        self._in_use = frozenset(digits.values())
        shown = {
            name: digits.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()
        }
        return Revealed(shown, digits)

    def in_use(self, value: Any) -> bool:
        """Whether this was revealed to the tool that was asked last: the caller keyed it in."""
        return str(value) in self._in_use

    @staticmethod
    def among(arguments: Mapping[str, Any]) -> bool:
        """Whether any of a tool's arguments refers to a secret."""
        return any(isinstance(value, str) and referred(value) for value in arguments.values())

    def forget(self) -> None:
        """The stream is over."""
        self._digits.clear()
        self._in_use = frozenset()
