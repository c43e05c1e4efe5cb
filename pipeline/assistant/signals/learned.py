"""Topics and moods by what was learned from wordings, where no phrase is found: callers have words of their own. Pure.

One logistic regression for each name, over hashed words, neighbouring words and letters, and the mean of the English
word vectors; all languages in one. A name counts only where one word at least is typical of it: "what should I take
for that" is as good as any question of a doctor's but for the pills. Learned, and calibrated on wordings that took no
part in it, by benchmarks/learn_topics.py, which writes learned.npz. A sentence costs about 0.2 ms.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from math import exp, sqrt
from typing import Final, Self
from zlib import crc32

import numpy as np
import numpy.typing as npt

from knowledge.english.vectors import word_vectors
from pipeline.assistant.signals.phrases import words_of

Floats = npt.NDArray[np.float32]

PLACES: Final = 1 << 15
"""Places that features are hashed to."""
_LETTERS: Final = (3, 4, 5)
_LETTER: Final = 0.3
_PAIR: Final = 0.8
_SKIP: Final = 0.4
_THREE: Final = 0.3
"""Weights of letters, of two neighbours, of two with one between, and of three, against 1 for a word."""
_LONGEST_WORD: Final = 30
_STEM: Final = 6
"""Letters by which words are one another's forms: "infected", "infection"."""
MOST_WORDS: Final = 60
"""Words looked at; of a longer turn the last ones."""
FEWEST_WORDS: Final = 3
"""Of fewer nothing is heard: what so few words say for sure is a phrase."""
_EVIDENCE: Final = 8
"""Words given as evidence, at most."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A topic or mood that an utterance seems to tell."""

    probability: float
    """That a person would say so, 0 to 1; calibrated."""
    words: str
    """Those that tell it."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned. Immutable."""

    names: tuple[str, ...]
    hashed: npt.NDArray[np.int8]
    """PLACES rows, one column a name; times `scales`."""
    scales: Floats
    vectors: Floats
    """One row for each dimension of the word vectors."""
    biases: Floats
    thresholds: Floats
    """Lowest probability with which each is heard."""
    typical: tuple[frozenset[str], ...]
    """Of each, the stems of which one must be said."""

    @classmethod
    def read(cls, packed: bytes) -> Self:
        """What write gave. Raises ValueError and KeyError."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as kept:
            names = tuple(_lines(kept["names"]))
            typical = tuple(frozenset(line.split()) for line in _lines(kept["typical"]))
            weights = {name: kept[name] for name in ("hashed", "scales", "vectors", "biases", "thresholds")}
            return cls(names, **weights, typical=typical)

    def scores(self, words: Sequence[str]) -> Floats:
        """The log odds of each name."""
        places, values, _ = features(words)
        if not places:
            return self.biases
        hashed = np.asarray(values, np.float32) @ self.hashed[places]
        return hashed * self.scales + word_vectors().meaning(list(words)) @ self.vectors + self.biases

    def heard(self, text: str) -> Mapping[str, Heard]:
        """The names that are probable enough, and of which a typical word is said."""
        words = words_of(text)[-MOST_WORDS:]
        if len(words) < FEWEST_WORDS:
            return {}
        scores, said = self.scores(words), stems(words)
        found = {}
        for at, name in enumerate(self.names):
            probability = 1 / (1 + exp(-float(scores[at])))
            if probability >= self.thresholds[at] and said & self.typical[at]:
                found[name] = Heard(round(probability, 3), " ".join(self._telling(words, at)))
        return found

    def _telling(self, words: list[str], column: int) -> list[str]:
        """The run of words that weighs most."""
        places, values, covered = features(words)
        weights = self.hashed[places, column] * np.asarray(values, np.float32)
        of_word = [0.0] * len(words)
        for weight, (first, last) in zip(weights.tolist(), covered, strict=True):
            for at in range(max(0, first), min(last, len(words))):
                of_word[at] += weight / (last - first)
        runs = [(first, last) for first in range(len(words)) for last in range(first + 1, first + _EVIDENCE + 1)]
        first, last = max(runs, key=lambda run: sum(of_word[run[0] : run[1]]) - 0.001 * run[1], default=(0, 0))
        return words[first:last]


def features(words: Sequence[str]) -> tuple[list[int], list[float], list[tuple[int, int]]]:
    """Places and values, which together have length 1, and the words from which to which each is made of."""
    found: list[tuple[int, float, tuple[int, int]]] = []
    ends = ["^", *words, "$"]
    for at, word in enumerate(words):
        found += [(place, value, (at, at + 1)) for place, value in _of_word(word)]
    for name, width, value in (("b", 2, _PAIR), ("s", 3, _SKIP), ("t", 3, _THREE)):
        for at in range(len(ends) - width + 1):
            said = (ends[at], ends[at + 2]) if name == "s" else ends[at : at + width]
            found.append((_place(f"{name}{' '.join(said)}"), value, (at - 1, at - 1 + width)))
    length = sqrt(sum(value * value for _, value, _ in found)) or 1.0
    return [place for place, _, _ in found], [value / length for _, value, _ in found], [span for _, _, span in found]


def stems(words: Sequence[str]) -> frozenset[str]:
    """By which a word counts as typical."""
    return frozenset(word[:_STEM] for word in words)


@cache
def learned() -> Learned:
    """What the package brings."""
    return Learned.read(files("pipeline.assistant.signals").joinpath("learned.npz").read_bytes())


@lru_cache(maxsize=4)
def heard(text: str) -> Mapping[str, Heard]:
    """The topics and moods that an utterance seems to tell. Asked for both, each turn."""
    return learned().heard(text)


@lru_cache(maxsize=8192)
def _of_word(word: str) -> tuple[tuple[int, float], ...]:
    marked = f"<{word[:_LONGEST_WORD]}>"
    letters = [marked[at : at + count] for count in _LETTERS for at in range(len(marked) - count + 1)]
    return ((_place(f"w{word}"), 1.0), *((_place(f"c{part}"), _LETTER) for part in letters))


def _lines(kept: npt.NDArray[np.uint8]) -> list[str]:
    return kept.tobytes().decode().split("\n")


def _place(feature: str) -> int:
    return crc32(feature.encode()) % PLACES
