"""Views of an utterance: its concepts, its words, its letters, its meaning by words and, where installed, as a whole.

Each sees what the others miss: concepts join phrases that mean the same ("get my money back" = "refund"), words and
their pairs keep the exact wording, letters forgive misspelling, word vectors generalise to words never seen, and the
vector of the whole sentence (knowledge.english.sentences) knows what words mean together.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import log, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from knowledge.english.concepts import MARK, concepts
from knowledge.english.sentences import SentenceVectors
from knowledge.english.vectors import word_vectors
from knowledge.english.words import stem, words

Counts = dict[str, float]

VIEWS: Final[dict[str, float]] = {"concepts": 1.0, "words": 0.5, "letters": 0.3, "meaning": 1.0, "sentence": 2.0}
"""Length of each view's vector in the joined one: how much of the likeness of two utterances it makes up."""

_PAIR: Final = 0.5
_SKIP: Final = 0.3
"""Weights of two neighbouring concepts, and of two with one between, against 1 for a single one."""
_FUNCTION_WORD: Final = 0.25
"""Words lighter than this ("the", "i", "to") stand in no pair of concepts."""
_LETTERS: Final = (2, 5)
_LONGEST: Final = 40
"""Letters of a word that are looked at; nobody says a longer one."""
_LARGE: Final = 2000
"""From this many texts on, features that occur in one text only are left out: they are mostly misspellings."""


EXACT: Final[Mapping[str, float]] = VIEWS | {"words": 1.0, "letters": 0.8}
"""The same for large sets in which the exact wording tells more."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The features of one view that training saw."""

    places: dict[str, int]
    weights: npt.NDArray[np.float32]
    """Inverse document frequency, by place."""


_FILLERS: Final = frozenset({"um", "umm", "uh", "uhm", "er", "erm", "hmm", "hm", "ah"})
_GREETINGS: Final = frozenset(
    {"hi", "hello", "hey", "yes", "yeah", "ok", "okay", "so", "well", "please", "sorry", "there"}
)
_ENOUGH: Final = 2
"""Fillers and greetings are dropped only when at least this many words remain."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, taken apart once: everything that features are made of."""

    said: list[str]
    counts: Mapping[str, Counts]
    """Features and their values, by view."""
    sentence: npt.NDArray[np.float32] | None
    """Its unit vector as a whole, if there is a model for that."""


def read(text: str, sentences: SentenceVectors | None = None) -> Reading:
    """Take a text apart."""
    return read_all([text], sentences)[0]


def read_all(texts: Sequence[str], sentences: SentenceVectors | None = None) -> list[Reading]:
    """Take texts apart; whole sentences together, which is faster."""
    vectors = sentences.embed(texts) if sentences is not None and texts else None
    readings: list[Reading] = []
    for at, text in enumerate(texts):
        said = _without_preamble(words(text))
        counts = {view: counted(said) for view, counted in _COUNTED.items()}
        readings.append(Reading(said, counts, None if vectors is None else vectors[at]))
    return readings


@dataclass(frozen=True, slots=True)
class Features:
    """Readings into rows of numbers; learned once from the training texts."""

    vocabularies: dict[str, Vocabulary]
    sentence_dimensions: int = 0
    """Length of the vectors of whole sentences; 0 when learned without."""
    views: Mapping[str, float] = field(default_factory=lambda: VIEWS)
    """Length of each view's vector in the joined one."""

    @property
    def width(self) -> int:
        """Columns of a row: the sparse views, then the dense one."""
        return self.sparse_width + word_vectors().dimensions + self.sentence_dimensions

    @property
    def sparse_width(self) -> int:
        """Columns of the sparse views together."""
        return sum(len(vocabulary.places) for vocabulary in self.vocabularies.values())

    def row(self, reading: Reading) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """One text: columns and values of its sparse part, then its dense part (all float32)."""
        columns: list[int] = []
        values: list[float] = []
        start = 0
        for view, vocabulary in self.vocabularies.items():
            places = vocabulary.places
            found = [
                (place, value)
                for feature, value in reading.counts[view].items()
                if (place := places.get(feature)) is not None
            ]
            at = [place for place, _ in found]
            weighted = [
                value * weight for (_, value), weight in zip(found, vocabulary.weights[at].tolist(), strict=True)
            ]
            length = sqrt(sum(value * value for value in weighted)) or 1.0
            columns.extend(start + place for place in at)
            values.extend(self.views[view] * value / length for value in weighted)
            start += len(places)
        dense = word_vectors().meaning(reading.said) * np.float32(self.views["meaning"])
        if self.sentence_dimensions:
            assert reading.sentence is not None  # noqa: S101  # learned with sentences, so it is asked with them
            dense = np.concatenate([dense, reading.sentence * np.float32(self.views["sentence"])])
        return np.array(columns, np.int64), np.array(values, np.float32), dense

    def rows(self, readings: Iterable[Reading]) -> sp.csr_matrix:
        """Many texts as one sparse float32 matrix of `width` columns."""
        pointers = [0]
        columns: list[npt.NDArray[np.int64]] = []
        values: list[npt.NDArray[np.float32]] = []
        first_dense = self.sparse_width
        for reading in readings:
            places, weights, dense = self.row(reading)
            columns.extend((places, np.arange(first_dense, first_dense + len(dense))))
            values.extend((weights, dense))
            pointers.append(pointers[-1] + len(places) + len(dense))
        shape = (len(pointers) - 1, self.width)
        return sp.csr_matrix((np.concatenate(values), np.concatenate(columns), pointers), shape=shape)

    def reweighed(self, views: Mapping[str, float], rows: sp.csr_matrix) -> "tuple[Features, sp.csr_matrix]":
        """The same features with other lengths of their views, and the rows that were made of them."""
        widths = {view: len(vocabulary.places) for view, vocabulary in self.vocabularies.items()}
        widths |= {"meaning": word_vectors().dimensions, "sentence": self.sentence_dimensions}
        scales = [np.full(width, views[view] / self.views[view], np.float32) for view, width in widths.items()]
        return replace(self, views=views), (rows @ sp.diags(np.concatenate(scales))).tocsr()

    def known_share(self, reading: Reading) -> float:
        """How much of what the text says, by weight of its words, training has seen: 0 to 1."""
        seen = self.vocabularies["concepts"].places
        known = total = 0.0
        for piece in concepts().read(reading.said):
            weight = 1.0 if piece[0].startswith(MARK) else word_vectors().weight(piece[0])
            total += weight
            if any((part if part.startswith(MARK) else stem(part)) in seen for part in piece):
                known += weight
        return known / total if total else 0.0


def _without_preamble(said: list[str]) -> list[str]:
    """Drop fillers anywhere and greetings at the start, unless that is all there is."""
    kept = [word for word in said if word not in _FILLERS]
    start = next((at for at, word in enumerate(kept) if word not in _GREETINGS), len(kept))
    return kept[start:] if len(kept) - start >= _ENOUGH else said


def learn_features(readings: Sequence[Reading]) -> Features:
    """Choose the features: all that occur, or in a large set those that occur twice."""
    rare = 1 if len(readings) < _LARGE else 2
    return Features(
        {
            view: learn_vocabulary([reading.counts[view] for reading in readings], rare, weighed=view != "words")
            for view in _COUNTED
        },
        0 if readings[0].sentence is None else len(readings[0].sentence),
    )


def learn_vocabulary(counts: Sequence[Counts], rare: int = 1, *, weighed: bool = True) -> Vocabulary:
    """Choose the features of one view that occur in at least `rare` texts; unweighed ones all weigh 1."""
    documents = Counter(feature for one in counts for feature in one)
    kept = sorted(feature for feature, times in documents.items() if times >= rare)
    weights = [log((len(counts) + 1) / (documents[feature] + 1)) + 1 if weighed else 1.0 for feature in kept]
    return Vocabulary({feature: at for at, feature in enumerate(kept)}, np.array(weights, np.float32))


def count_concepts(said: list[str]) -> Counts:
    """Concepts and stems, pairs of them, and pairs with one between."""
    vectors = word_vectors()
    counts: Counts = {}
    chain: list[str] = []
    for piece in concepts().read(said):
        if piece[0].startswith(MARK):
            for concept in piece:
                counts[concept] = 1.0
            chain.append(piece[0])
            continue
        weight, stemmed = vectors.weight(piece[0]), stem(piece[0])
        counts[stemmed] = max(counts.get(stemmed, 0.0), weight)
        if weight > _FUNCTION_WORD:
            chain.append(stemmed)
    for at, one in enumerate(chain[:-1]):
        counts[f"{one} {chain[at + 1]}"] = _PAIR
        if at + 2 < len(chain):
            counts[f"{one} _ {chain[at + 2]}"] = _SKIP
    return counts


def count_words(said: list[str]) -> Counts:
    """Stems by weight, and pairs of neighbours."""
    vectors = word_vectors()
    weights = [vectors.weight(word) for word in said]
    stems = [stem(word) for word in said]
    counts: Counts = {}
    for stemmed, weight in zip(stems, weights, strict=True):
        counts[stemmed] = max(counts.get(stemmed, 0.0), weight)
    for at in range(len(stems) - 1):
        counts[f"{stems[at]} {stems[at + 1]}"] = 0.7 * (weights[at] * weights[at + 1]) ** 0.25
    return counts


def count_letters(said: list[str]) -> Counts:
    """Groups of two to five letters within words and at their edges, by the logarithm of how often they occur."""
    groups: Counter[str] = Counter()
    for word in said:
        groups.update(_letters(word))
    return {group: 1 + log(times) for group, times in groups.items()}


@lru_cache(maxsize=50_000)
def _letters(word: str) -> tuple[str, ...]:
    edged = f" {word[:_LONGEST]} "
    sizes = range(_LETTERS[0], min(_LETTERS[1], len(edged)) + 1)
    return tuple(edged[at : at + size] for size in sizes for at in range(len(edged) - size + 1))


_COUNTED: Final[Mapping[str, Callable[[list[str]], Counts]]] = {
    "concepts": count_concepts,
    "words": count_words,
    "letters": count_letters,
}
