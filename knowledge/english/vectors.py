"""What words mean, roughly: vectors in which words that stand in the same places lie close. Read-only after load."""

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.english.concepts import concepts

Vectors = npt.NDArray[np.float32]

_COMMON: Final = 1e-3
"""A word of this probability weighs half (Arora et al. 2017, smooth inverse frequency); the best of
1e-2 to 3e-5 on the sets in tests/fixtures."""
_PULL: Final = 1.5
"""How strongly a word is drawn to the middle of its family of meaning, against 1 for where it was."""


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Unit vectors and weights of 20,000 words."""

    places: dict[str, int]
    vectors: Vectors
    """float32, one unit row a word."""
    weights: npt.NDArray[np.float32]
    """0 to 1: how much a word says by being there; rare words weigh more."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def weight(self, word: str) -> float:
        """Weight of a word; words not known here are rare, so they weigh 1."""
        place = self.places.get(word)
        return 1.0 if place is None else float(self.weights[place])

    def meaning(self, said: list[str]) -> Vectors:
        """The unit vector of a text: its words by weight; all zeros when none is known."""
        known = [place for place in map(self.places.get, said) if place is not None]
        if not known:
            return np.zeros(self.vectors.shape[1], np.float32)
        total: Vectors = self.weights[known] @ self.vectors[known]
        length = float(np.linalg.norm(total))
        return total / np.float32(length) if length else total

    def likeness(self, one: str, other: str) -> float:
        """How much two words stand in the same places, -1 to 1; 0 when one is not known."""
        places = self.places.get(one), self.places.get(other)
        return 0.0 if None in places else float(self.vectors[places[0]] @ self.vectors[places[1]])


@lru_cache(maxsize=1)
def word_vectors() -> WordVectors:
    """Read vectors.npz and draw words of one family of synonyms.txt together (Faruqui et al. 2015, one step)."""
    packed = np.load(io.BytesIO(files("knowledge.english").joinpath("vectors.npz").read_bytes()), allow_pickle=False)
    names = packed["words"].tobytes().decode().split("\n")
    vectors = packed["vectors"].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-9
    places = {name: place for place, name in enumerate(names)}
    weights = _COMMON / (_COMMON + 10.0 ** packed["log10_probabilities"].astype(np.float64))
    return WordVectors(places, _drawn_together(vectors, places), weights.astype(np.float32))


def _drawn_together(vectors: Vectors, places: dict[str, int]) -> Vectors:
    pull = np.zeros_like(vectors)
    families = np.zeros(len(vectors), np.float32)
    for family in concepts().families:
        known = [places[word] for word in family if word in places]
        if known:
            pull[known] += vectors[known].mean(0)
            families[known] += 1
    drawn = families > 0
    moved = vectors.copy()
    moved[drawn] += _PULL * pull[drawn] / families[drawn][:, None]
    normal: Vectors = moved / (np.linalg.norm(moved, axis=1, keepdims=True) + 1e-9)
    return normal
