"""How tokens are pronounced: the wheel's CMU dictionary, and a guess for words it lacks. Pure."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

Pronunciations = Mapping[str, tuple[str, ...]]

_MOST_VARIANTS: Final = 6
_SUFFIXES: Final = (
    ("s", "Z"), ("es", "IH Z"), ("ed", "D"), ("ing", "IH NG"), ("er", "ER"), ("'s", "Z"), ("ly", "L IY"),
)  # fmt: skip
_PREFIXES: Final = (("un", "AH N"), ("re", "R IY"), ("pre", "P R IY"), ("non", "N AA N"), ("mis", "M IH S"))
_SPELLINGS: Final = (
    ("tch", "CH"), ("sch", "SH"), ("igh", "AY"), ("ck", "K"), ("ch", "CH"), ("sh", "SH"), ("th", "TH"), ("ph", "F"),
    ("wh", "W"), ("ng", "NG"), ("qu", "K W"), ("kn", "N"), ("wr", "R"), ("ee", "IY"), ("ea", "IY"), ("oo", "UW"),
    ("ou", "AW"), ("ow", "OW"), ("oa", "OW"), ("oi", "OY"), ("oy", "OY"), ("ai", "EY"), ("ay", "EY"), ("au", "AO"),
    ("aw", "AO"), ("ar", "AA R"), ("er", "ER"), ("ir", "ER"), ("or", "AO R"), ("ur", "ER"), ("ey", "IY"),
    ("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G"), ("h", "HH"), ("i", "IH"),
    ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"), ("o", "AA"), ("p", "P"), ("q", "K"), ("r", "R"),
    ("s", "S"), ("t", "T"), ("u", "AH"), ("v", "V"), ("w", "W"), ("x", "K S"), ("y", "IY"), ("z", "Z"),
)  # fmt: skip
"""Longest first; enough for a brand name to be heard at all. Operators can spell a phrase as it sounds."""


def parse_dictionary(text: str) -> dict[str, tuple[str, ...]]:
    """Read CMU dictionary lines (`word(2) W ER D`) into all pronunciations of each word."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        word, _, phones = line.partition(" ")
        found.setdefault(re.sub(r"\(\d+\)$", "", word), []).append(phones.strip())
    return {word: tuple(phones) for word, phones in found.items()}


def guessed(word: str, known: Pronunciations) -> tuple[str, ...]:
    """Pronunciations for a word that the dictionary lacks: from its parts if those are known, else letter by letter."""
    for suffix, phones in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) > 2:
            for spelling in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
                if spelling in known:
                    return tuple(f"{said} {phones}" for said in known[spelling])
    for prefix, phones in _PREFIXES:
        if word.startswith(prefix) and word.removeprefix(prefix) in known:
            return tuple(f"{phones} {said}" for said in known[word.removeprefix(prefix)])
    for cut in range(len(word) - 3, 2, -1):
        if word[:cut] in known and word[cut:] in known:
            return (f"{known[word[:cut]][0]} {known[word[cut:]][0]}",)
    return (" ".join(_letter_by_letter(word)),)


def entries(tokens: Iterable[str], known: Pronunciations) -> Iterator[str]:
    """Dictionary lines for these tokens, in which words are joined by `_` and anything after `~` is not spoken."""
    for token in tokens:
        words = token.partition("~")[0].split("_")
        each = [known.get(word) or guessed(word, known) for word in words]
        for number, phones in enumerate(itertools.islice(itertools.product(*each), _MOST_VARIANTS), 1):
            yield f"{token}{f'({number})' if number > 1 else ''} {' '.join(phones)}"


def _letter_by_letter(word: str) -> Iterator[str]:
    rest = re.sub(r"[^a-z]", "", word) or "a"
    if len(rest) > 3 and rest.endswith("e"):
        rest = rest[:-1]
    while rest:
        spelling, phones = next(one for one in _SPELLINGS if rest.startswith(one[0]))
        yield phones
        rest = rest[len(spelling) :]
        if rest[:1] == spelling and len(spelling) == 1:
            rest = rest[1:]
