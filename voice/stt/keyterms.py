"""The words of a line that a general recogniser does not expect: names of products, places, things. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from voice.stt.port import Vocabulary

MOST: Final = 50
"""Deepgram recommends 20 to 50 and takes no more than 500 tokens (developers.deepgram.com/docs/keyterm)."""
_SHORTEST: Final = 4
_WORD: Final = re.compile(r"[a-z][a-z'’-]*")


def keyterms(vocabularies: Sequence[Vocabulary]) -> tuple[str, ...]:
    """Words of the phrases that are not said every day, the most frequent first; ties in the order of the alphabet.

    States that ask for yes, digits or letters have none.
    """
    found = Counter(_rare(phrase for one in vocabularies if one.kind in {"open", "menu"} for phrase in one.phrases))
    return tuple(word for word, _ in sorted(found.items(), key=lambda item: (-item[1], item[0])))[:MOST]


def _rare(phrases: Iterable[str]) -> Iterable[str]:
    for phrase in set(phrases):
        for word in _WORD.findall(re.sub(r"<\w+>", " ", phrase.lower())):
            if len(word) >= _SHORTEST and word not in _everyday():
                yield word


@cache
def _everyday() -> frozenset[str]:
    text = files("voice.stt").joinpath("everyday.txt").read_text("utf-8")
    return frozenset(_WORD.findall(text.lower()))
