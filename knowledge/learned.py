"""Vectors learned from the documents themselves: TF-IDF of words and SVD (latent semantic analysis), and letters.

Words that occur in the same sections lie close. A word that no document has (misspelt, misheard, another form) is
placed by the groups of letters that it shares with words that they have. Pure, but for the time that learning takes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from knowledge.english.words import stem, words

Floats = npt.NDArray[np.float32]

DIMENSIONS: Final = 128
_FEWEST: Final = 12
"""Of fewer texts nothing is learned: full text finds all there is."""
_LARGE: Final = 2000
"""From so many texts on, words that occur in one only are left to their letters."""
_LETTERS: Final = (3, 5)
_MANY_WORDS: Final = 5000
_STRANGE: Final = 0.5
"""Weight of a word placed by its letters, against one that is known and as rare."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned from the texts of a corpus."""

    words: Mapping[str, int]
    """Row of each stem."""
    rarity: Floats
    """Inverse document frequency, by row."""
    vectors: Floats
    """One row a stem."""
    letters: Mapping[str, int]
    letter_vectors: Floats
    """One row a group of letters: the mean of the words that have it."""
    most: float = 1.0
    """The greatest rarity there is."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def embed(self, text: str) -> Floats:
        """The unit vector of a text; all zeros when nothing of it is known."""
        return self._unit(stems(text))

    def embed_all(self, texts: Sequence[str]) -> Floats:
        """One unit row a text."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        for at, text in enumerate(texts):
            rows[at] = self._unit(stems(text))
        return rows

    def _unit(self, counts: Mapping[str, int]) -> Floats:
        known = [(row, times) for word, times in counts.items() if (row := self.words.get(word)) is not None]
        at = [row for row, _ in known]
        weights = self.rarity[at] * np.array([1 + log(times) for _, times in known], np.float32)
        total: Floats = weights @ self.vectors[at]
        for word in counts:
            if word not in self.words and (rows := [self.letters[one] for one in groups(word) if one in self.letters]):
                total = total + self.letter_vectors[rows].mean(0) * np.float32(_STRANGE * self.most)
        length = float(np.linalg.norm(total))
        return total / np.float32(length) if length else total

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """All of it, to be stored."""
        return {
            "learned_rarity": self.rarity,
            "learned_vectors": self.vectors.astype(np.float16),
            "learned_letters": self.letter_vectors.astype(np.float16),
        }


def restored(arrays: Mapping[str, npt.NDArray[Any]], names: Sequence[str], letters: Sequence[str]) -> Learned:
    """What `arrays` gave, with the names of its rows."""
    return Learned(
        {name: row for row, name in enumerate(names)},
        arrays["learned_rarity"],
        arrays["learned_vectors"].astype(np.float32),
        {name: row for row, name in enumerate(letters)},
        arrays["learned_letters"].astype(np.float32),
        float(arrays["learned_rarity"].max(initial=1.0)),
    )


def learn(texts: Sequence[str]) -> Learned | None:
    """Learn from a corpus; None when it is too small. Deterministic."""
    counts = [stems(text) for text in texts]
    documents: Counter[str] = Counter()
    for one in counts:
        documents.update(one.keys())
    least = 1 if len(texts) < _LARGE else 2
    from sklearn.utils.extmath import randomized_svd  # noqa: PLC0415 a second to import, and looking things up needs none

    names = sorted(word for word, times in documents.items() if times >= least)
    dimensions = min(DIMENSIONS, len(texts) // 3, len(names) - 1)
    if len(texts) < _FEWEST or dimensions < 2:
        return None
    rows = {name: row for row, name in enumerate(names)}
    rarity = np.array([log((len(texts) + 1) / (documents[name] + 0.5)) for name in names], np.float32)
    matrix = _weighed(counts, rows, rarity)
    _, _, across = randomized_svd(matrix, dimensions, n_iter=4, random_state=0)
    vectors = np.ascontiguousarray(across.T, np.float32)
    letters, letter_vectors = _by_letters(names, vectors)
    return Learned(rows, rarity, vectors, letters, letter_vectors, float(rarity.max(initial=1.0)))


def stems(text: str) -> Counter[str]:
    """How often each stem occurs."""
    return Counter(map(stem, words(text)))


@lru_cache(maxsize=20_000)
def groups(word: str) -> tuple[str, ...]:
    """Groups of three to five letters of a word and its edges."""
    edged = f"<{word[:40]}>"
    sizes = range(_LETTERS[0], min(_LETTERS[1], len(edged)) + 1)
    return tuple(edged[at : at + size] for size in sizes for at in range(len(edged) - size + 1))


def _weighed(counts: Sequence[Counter[str]], rows: Mapping[str, int], rarity: Floats) -> sp.csr_matrix:
    pointers, columns, values = [0], list[int](), list[float]()
    for one in counts:
        known = [(rows[word], times) for word, times in one.items() if word in rows]
        weights = [(1 + log(times)) * float(rarity[column]) for column, times in known]
        length = sum(weight * weight for weight in weights) ** 0.5 or 1.0
        columns += [column for column, _ in known]
        values += [weight / length for weight in weights]
        pointers.append(len(columns))
    shape = (len(counts), len(rows))
    return sp.csr_matrix((np.array(values, np.float32), np.array(columns, np.int32), pointers), shape=shape)


def _by_letters(names: Sequence[str], vectors: Floats) -> tuple[dict[str, int], Floats]:
    """Vectors of the groups of letters; of very many words, of those that two share."""
    times: Counter[str] = Counter()
    for name in names:
        times.update(set(groups(name)))
    least = 1 if len(names) < _MANY_WORDS else 2
    letters = {group: row for row, group in enumerate(sorted(one for one, count in times.items() if count >= least))}
    pairs = [(letters[group], at) for at, name in enumerate(names) for group in set(groups(name)) if group in letters]
    rows, columns = ([one for one, _ in pairs], [other for _, other in pairs])
    shape = (len(letters), len(names))
    sums = sp.csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)
    shares = np.asarray(sums.sum(1), np.float32).reshape(-1, 1)
    means = np.asarray(sums @ vectors / np.maximum(shares, 1), np.float32)
    return letters, means
