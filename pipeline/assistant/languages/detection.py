"""In which language something was said. Pure.

Two witnesses. Words that speakers of exactly one of the languages use all the time (Language.common) count one each,
however often they are said. Other words are judged by their trigrams of letters, learned from the same lists: less than
half a word each, because a name sounds like its language whoever says it. Words that several languages have tell
nothing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, tanh
from typing import Final

from pipeline.assistant.languages.language import Language, plain

CONFIDENT: Final = 2.0
"""Lead, in words, from which on it is certain enough to ask: neither a name nor "okay" reaches it."""
SHARE: Final = 0.7
"""Of all that was told: a sentence that mixes two languages is none of them for sure."""
_TRIGRAMS_WORTH: Final = 0.4
"""Of a word."""
_SHORTEST: Final = 4
"""Letters; shorter words have too few trigrams."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What an utterance tells of its language."""

    code: str
    """The likeliest language; empty when nothing tells."""
    lead: float
    """In words, over the next."""
    certain: bool


class Detector:
    """Tells some languages apart."""

    def __init__(self, languages: Sequence[Language]) -> None:
        self._common: Final = {one.code: one.common for one in languages}
        self._sounds: Final = {one.code: _trigrams(one.common) for one in languages}

    def detect(self, text: str) -> Detected:
        """The language of one utterance. Under 0.1 ms."""
        told = dict.fromkeys(self._common, 0.0)
        for word in set(plain(text).split()):
            users = [code for code, common in self._common.items() if word in common]
            if len(users) == 1:
                told[users[0]] += 1
            elif not users and len(word) >= _SHORTEST and word.isalpha():
                for code, share in self._by_sound(word).items():
                    told[code] += share
        ranked = sorted(told, key=lambda code: -told[code])
        if not ranked or told[ranked[0]] <= 0:
            return Detected("", 0.0, certain=False)
        lead = told[ranked[0]] - (told[ranked[1]] if len(ranked) > 1 else 0.0)
        certain = lead >= CONFIDENT and told[ranked[0]] >= SHARE * sum(told.values())
        return Detected(ranked[0], lead, certain)

    def _by_sound(self, word: str) -> Mapping[str, float]:
        """How much of a word its letters are worth to the language that they fit best."""
        mean = {code: _fit(word, sounds) for code, sounds in self._sounds.items()}
        ranked = sorted(mean, key=lambda code: -mean[code])
        if len(ranked) < 2:
            return {}
        return {ranked[0]: _TRIGRAMS_WORTH * tanh(mean[ranked[0]] - mean[ranked[1]])}


def _trigrams(words: frozenset[str]) -> Counter[str]:
    return Counter(part for word in words for part in _parts(word))


def _parts(word: str) -> list[str]:
    padded = f"^{word}$"
    return [padded[at : at + 3] for at in range(len(padded) - 2)]


def _fit(word: str, sounds: Counter[str]) -> float:
    """Mean log probability of a word's trigrams, smoothed."""
    total = sounds.total() + 1000
    return sum(log((sounds[part] + 0.1) / total) for part in _parts(word)) / len(_parts(word))
