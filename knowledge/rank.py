"""Which section answers a question, and whether that is certain. Pure.

Up to six signals a section. Their weights were learned (listwise logistic regression) on the example line by asking
every heading and every `Asked:` wording after taking it out of the documents, and so were those of certainty, with talk
about other things as the questions that nothing answers; tests/knowledge/test_retrieve.py measures both on others.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import exp, log1p
from typing import Final

from knowledge.english.concepts import MARK, concepts
from knowledge.english.vectors import word_vectors
from knowledge.english.words import stem, words


@dataclass(frozen=True, slots=True)
class Weights:
    """What the signals weigh, and what makes certain."""

    text: float
    concepts: float
    meaning: float
    sentence: float
    covered: float
    negation: float
    of_score: float
    of_lead: float
    of_unknown: float
    of_covered: float
    bias: float
    certain: float
    """Least certainty to answer at. Raising it answers fewer questions, and fewer of them wrongly."""


PLAIN: Final = Weights(
    text=0.55, concepts=6.0, meaning=5.5, sentence=0.0, covered=4.6, negation=1.1,
    of_score=0.35, of_lead=0.20, of_unknown=-1.15, of_covered=1.1, bias=-4.91, certain=0.45,
)  # fmt: skip
WITH_SENTENCES: Final = Weights(
    text=0.0, concepts=3.8, meaning=0.0, sentence=12.6, covered=4.3, negation=1.35,
    of_score=0.33, of_lead=0.49, of_unknown=-1.2, of_covered=0.0, bias=-4.6, certain=0.55,
)  # fmt: skip
_LIGHT: Final = 0.15
"""Words lighter than this ("the", "is") need no counterpart in an answer."""
_UNKNOWN: Final = 0.3
"""Words at least this heavy make a question strange when no document has them."""
_NEGATIONS: Final = frozenset({"not", "no", "never", "without"})


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a question: the concepts of a phrase, or one stem."""

    names: tuple[str, ...]
    weight: float
    """0 to 1: how much it says by being there."""


@dataclass(frozen=True, slots=True)
class Signals:
    """How one section fits one question."""

    text: float
    """BM25 over title, heading, wordings and text; 0 and up."""
    concepts: float
    """Likeness of the question's concepts to the nearest heading or wording, 0 to 1."""
    meaning: float
    """Likeness of the sum of word vectors to that of the nearest, -1 to 1."""
    sentence: float | None
    """Likeness of the whole question to the nearest, -1 to 1; None without a sentence model."""
    covered: float
    """Share of the question's weight that occurs in the section, 0 to 1."""
    negation: bool
    """One of question and heading says not, and the other does not."""


def terms(question: str) -> tuple[Term, ...]:
    """The pieces of a question that count, in order."""
    vectors = word_vectors()
    found: list[Term] = []
    for piece in concepts().read(words(question)):
        if piece[0].startswith(MARK):
            found.append(Term(piece, 1.0))
        elif (weight := vectors.weight(piece[0])) > _LIGHT:
            found.append(Term((stem(piece[0]),), weight))
    return tuple(found)


def names(text: str) -> frozenset[str]:
    """Every concept and stem of a text."""
    return frozenset(
        part if part.startswith(MARK) else stem(part) for piece in concepts().read(words(text)) for part in piece
    )


def covered(asked: Sequence[Term], rarity: Sequence[float], section: frozenset[str]) -> float:
    """Share of the question, by weight and rarity of its terms, that the section has; 0 when nothing counts."""
    weights = [term.weight * rare for term, rare in zip(asked, rarity, strict=True)]
    total = sum(weights)
    had = sum(weight for term, weight in zip(asked, weights, strict=True) if section.intersection(term.names))
    return had / total if total else 0.0


def negates(text: str) -> bool:
    """Whether it says not."""
    return not _NEGATIONS.isdisjoint(words(text))


def weights_for(signals: Signals) -> Weights:
    """The weights that were learned with the signals that there are."""
    return PLAIN if signals.sentence is None else WITH_SENTENCES


def score(signals: Signals) -> float:
    """One number by which sections are put in order; comparable within one question only."""
    weights = weights_for(signals)
    return (
        weights.text * log1p(max(0.0, signals.text))
        + weights.concepts * signals.concepts
        + weights.meaning * signals.meaning
        + weights.sentence * (signals.sentence or 0.0)
        + weights.covered * signals.covered
        - weights.negation * signals.negation
    )


def certainty(best: float, second: float, unknown: float, signals: Signals) -> float:
    """Probability that the best section answers the question, 0 to 1.

    best, second: scores of the first two. unknown: share of the question, by weight, that no document has. signals: of
    the best.
    """
    weights = weights_for(signals)
    total = (
        weights.of_score * best
        + weights.of_lead * (best - second)
        + weights.of_unknown * unknown
        + weights.of_covered * signals.covered
        + weights.bias
    )
    return 1 / (1 + exp(-max(-50.0, min(50.0, total))))


def unknown_share(asked: Sequence[Term], known: Collection[str]) -> float:
    """Share of the question, by weight, that no document has; 1 when it holds nothing that counts."""
    heavy = [term for term in asked if term.weight >= _UNKNOWN]
    total = sum(term.weight for term in heavy)
    strange = sum(term.weight for term in heavy if not any(name in known for name in term.names))
    return strange / total if total else 1.0
