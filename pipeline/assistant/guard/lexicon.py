"""Words by what they mean, as far as tables go: words.txt says which stand for one another, light.txt which say nothing. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Final

from knowledge.stemming import stemming

Stemmed = str
LEAST_INFLECTED: Final = 5
"""Letters of a word that may be a Spanish form of a known one; shorter ones are mistaken for others."""
_spanish_stem: Final = stemming("spanish")
_ENDS_SPANISH: Final = re.compile(r"(?:[aeo]s?|[aei]r|[áéíóúñ]\w*|i[oó]n|n|mos)$")


@lru_cache(maxsize=1)
def _meanings() -> dict[str, tuple[str, bool]]:
    """Words of words.txt with the stem that they count as, and whether they say its opposite."""
    found: dict[str, tuple[str, bool]] = {}
    for line in _lines("words.txt"):
        stem, colon, words = line.partition(":")
        if not colon:
            continue
        same, _, opposite = words.partition("|")
        for word in (stem.strip(), *same.split()):
            found.setdefault(word, (stem.strip(), False))
        for word in opposite.split():
            found.setdefault(word, (stem.strip(), True))
    return found


@lru_cache(maxsize=1)
def _by_spanish_stem() -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    for word, meaning in _meanings().items():
        found.setdefault(_spanish_stem(word), meaning)
    return found


@lru_cache(maxsize=1)
def light() -> frozenset[Stemmed]:
    """Words that state nothing by themselves, by their stems; of those in words.txt only the ones behind "="."""
    stems = frozenset(word for line in _lines("light.txt") if line.startswith("=") for word in line[1:].split())
    words = [word for line in _lines("light.txt") if not line.startswith("=") for word in line.split()]
    return stems | (frozenset(stem(word)[0] for word in words) - frozenset(meant for meant, _ in _meanings().values()))


def _lines(name: str) -> list[str]:
    text = files("pipeline.assistant.guard").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@lru_cache(maxsize=8192)
def stem(word: str) -> tuple[Stemmed, bool]:
    """A word's stem, and whether the word denies it: "closed" is "open", denied."""
    meanings = _meanings()
    for form in _forms(word):
        if form in meanings:
            return meanings[form]
    if (
        len(word) >= LEAST_INFLECTED
        and _ENDS_SPANISH.search(word)
        and (found := _by_spanish_stem().get(_spanish_stem(word)))
    ):
        return found
    return _short(word), False


def _forms(word: str) -> Iterator[str]:
    yield word
    yield _short(word)
    for ending, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("es", ""),
        ("es", "e"),
        ("ing", ""),
        ("ing", "e"),
        ("ed", ""),
        ("ed", "e"),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            yield word[: -len(ending)] + instead


def _short(word: str) -> str:
    if word.endswith("ss"):
        return word
    for ending in (
        "'s",
        "ments",
        "ment",
        "ations",
        "ation",
        "ings",
        "ing",
        "ables",
        "able",
        "ies",
        "ied",
        "es",
        "ed",
        "s",
        "e",
        "y",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            cut = word[: -len(ending)]
            return cut[:-1] if len(cut) > 3 and cut[-1] == cut[-2] and cut[-1] not in "ls" else cut
    return word
