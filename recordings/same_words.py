"""Where a text says the same words as another: however it is written, its numbers in words or figures. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from recordings.spoken_digits import digit_runs

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words to look for."""

    words: tuple[str, ...]
    """In small letters."""
    figures: tuple[str, ...]
    """The same with its numbers in figures."""


def wanted(text: str) -> Wanted:
    """What to look for: the words of a text."""
    return Wanted(tuple(word for word, *_ in _words(text)), tuple(word for word, *_ in _figures(text)))


def places(text: str, sought: Wanted) -> tuple[tuple[int, int], ...]:
    """Where the text says these words, [start, end) each, from the first to the last, apart from one another."""
    found = sorted({*_runs(_words(text), sought.words), *_runs(_figures(text), sought.figures)})
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return tuple(apart)


def parts(text: str, sought: Wanted, shortest: int) -> tuple[tuple[int, int], ...]:
    """Where the text says some of these words, one after another as they stand there; apart, from first to last.

    shortest: letters and digits that are enough, of two words at least or of one number.
    """
    found: list[tuple[int, int]] = []
    for words, wanted_words in ((_words(text), sought.words), (_figures(text), sought.figures)):
        at = 0
        while at < len(words):
            size = max((_same(words, at, wanted_words, one) for one in range(len(wanted_words))), default=0)
            said = "".join(word for word, *_ in words[at : at + size])
            enough = len(said) >= shortest and (size > 1 or said.isdecimal())
            if enough:
                found.append((words[at][1], words[at + size - 1][2]))
            at += size if enough else 1
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not apart or start >= apart[-1][1]:
            apart.append((start, end))
    return tuple(apart)


def _same(words: "_Words", at: int, sought: tuple[str, ...], place: int) -> int:
    """How many words from here on are those of the answer from that place on."""
    size = 0
    while at + size < len(words) and place + size < len(sought) and words[at + size][0] == sought[place + size]:
        size += 1
    return size


def begun(text: str, sought: Wanted, shortest: int) -> int | None:
    """Where the text begins to say these words and ends in the middle of them; None: it does not.

    shortest: characters of that beginning that are enough.
    """
    words = _words(text)
    whole = " ".join(sought.words)
    for at in range(max(0, len(words) - len(sought.words)), len(words)):
        end = " ".join(word for word, *_ in words[at:])
        if shortest <= len(end) < len(whole) and whole.startswith(end):
            return words[at][1]
    return None


_Words = list[tuple[str, int, int]]


def _runs(words: _Words, sought: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    size = len(sought)
    for at in range(len(words) - size + 1 if size else 0):
        if all(words[at + one][0] == sought[one] for one in range(size)):
            yield words[at][1], words[at + size - 1][2]


def _words(text: str) -> _Words:
    return [(match.group().casefold(), match.start(), match.end()) for match in _WORD.finditer(text)]


def _figures(text: str) -> _Words:
    runs = list(digit_runs(text))
    rest = [word for word in _words(text) if not any(run.start <= word[1] < run.end for run in runs)]
    return sorted([*rest, *((run.digits, run.start, run.end) for run in runs)], key=lambda word: word[1])
