"""Which ids a phone call has given: by its results, the caller's own words and keys, their verified profile. Pure.

A language model makes ids up that look right. An argument that is an id counts only when it came from one of these.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from pipeline.assistant.slots import find_digit_strings

_SIGNS: Final = re.compile(r"[^0-9a-z]+")
_MOST_VALUES: Final = 20_000
"""Of results: a call that sees more is no phone call."""


class Known:
    """What one call has given so far."""

    def __init__(self, constants: Iterable[Any] = ()) -> None:
        """constants: values that the line itself writes into its steps."""
        self._values = {_plain(value) for value in constants}
        self._said: list[str] = []
        self._runs: list[str] = []

    def said(self, text: str) -> None:
        """The caller said or keyed this; a number may come in parts, over several turns."""
        self._said.append(f" {_words(text)} ")
        self._runs += find_digit_strings(text)

    def gave(self, value: Any) -> None:
        """A result, a verified profile, or a slot that the caller confirmed."""
        for one in _scalars(value):
            if len(self._values) < _MOST_VALUES:
                self._values.add(_plain(one))

    def has(self, value: Any) -> bool:
        """Whether this id came from somewhere."""
        plain = _plain(value)
        if not plain:
            return False
        return plain in self._values or any(f" {plain} " in said for said in self._said) or self._keyed(plain)

    def _keyed(self, plain: str) -> bool:
        """Whether digits said one after another are it: whole runs only, so that no part of a longer number counts."""
        if not plain.isdecimal():
            return self._spelled(plain)
        for start in range(len(self._runs)):
            joined = ""
            for run in self._runs[start:]:
                joined += run
                if joined == plain:
                    return True
                if not plain.startswith(joined):
                    break
        return False

    def _spelled(self, plain: str) -> bool:
        """Whether one turn spells it: "A B 1 2 3", "AB-123"."""
        for said in self._said:
            words = said.split()
            for start in range(len(words)):
                joined = ""
                for word in words[start:]:
                    joined += _DIGIT.get(word, word)
                    if joined == plain:
                        return True
                    if not plain.startswith(joined):
                        break
        return False


_DIGIT: Final = {
    "zero": "0", "oh": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9",
}  # fmt: skip


def _plain(value: Any) -> str:
    return _SIGNS.sub("", str(value).lower())


def _words(text: str) -> str:
    return " ".join(_SIGNS.sub(" ", text.lower()).split())


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _scalars(inner)
    elif value is not None and not isinstance(value, bool):
        yield value
