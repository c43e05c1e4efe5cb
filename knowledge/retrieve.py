"""A question into approved passages: found with their source, or honestly not found."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

import numpy as np

from knowledge.access import CALLER, Reader
from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.errors import EmbeddingsFailed
from knowledge.fuse import fused
from knowledge.index import Contradiction, Entry, Floats, Index, Lines
from knowledge.rank import Signals, Term, certainty, covered, negates, score, terms, unknown_share, weights_for
from knowledge.schema import KEPT_FROM

_SHOWN: Final = 3
_CONSIDERED: Final = 60
"""Sections that are scored in full: the best of all rankings together."""
_FEW: Final = 1000
"""Up to so many sections they are also put in order by the words of their headings: of more it tells nothing."""
_RANKED: Final = 100
"""Sections of each ranking that count."""


class Ranking(Enum):
    """A view of which sections have to do with a question."""

    FULL_TEXT = auto()
    CONCEPTS = auto()
    """Of headings, wordings and spoken answers."""
    MEANING = auto()
    """Of their words."""
    LEARNED = auto()
    """Of all that is written, by what the documents themselves teach."""
    HEADINGS = auto()
    """By a sentence model: headings, wordings, spoken answers."""
    SENTENCES = auto()
    """By a sentence model: all that is written."""
    SCORE = auto()
    COVERED = auto()


_WEIGHTS: Final = {
    Ranking.FULL_TEXT: 2.0, Ranking.CONCEPTS: 0.5, Ranking.MEANING: 0.0, Ranking.LEARNED: 2.0, Ranking.HEADINGS: 1.0,
    Ranking.SENTENCES: 2.0, Ranking.SCORE: 0.5, Ranking.COVERED: 1.0,
}  # fmt: skip
"""In the fusion; chosen on the questions marked seen of benchmarks/retrieval_questions.csv."""
_FIRST: Final = dict.fromkeys(Ranking, 1.0)
"""The same, while it is decided which sections are looked at closely."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of a document that may answer the question."""

    document: str
    """Path of the file inside the knowledge folder."""
    section: str
    """Id of the section in it."""
    title: str
    """Title of the document and heading of the section, for people."""
    text: str
    """The whole section, without markup."""
    spoken: str
    """Approved words to say, at most 45; empty when there are none."""
    score: float
    """Probability that it answers the question for the first, falling for the others, 0 to 1."""
    version: str = ""
    """Of the document, as knowledge.versions keeps it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found."""

    passages: tuple[Passage, ...]
    """Best first, at most three; none when nothing has to do with the question."""
    certain: bool
    """Whether the first may be spoken as the answer; when not, say honestly that we don't know."""
    late: bool = False
    """The search took longer than its deadline, so nothing was found."""
    conflicts: tuple[Contradiction, ...] = ()
    """What contradicts the first passage: then it is not certain, and a person should know."""


class Retrieval(Protocol):
    """Whoever can look something up in a line's documents."""

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        """Look up a question, as the recogniser wrote it, in what the reader may have.

        Never raises for what was asked; late is Found(late=True).
        """


class LocalRetrieval:
    """Retrieval from an index file on this machine, a few milliseconds a question."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        """Search in a thread, so that audio is never kept waiting."""
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await asyncio.to_thread(search, self._index, question, reader)
        except TimeoutError:
            return Found((), certain=False, late=True)


class NoKnowledge:
    """Retrieval of a line that has no documents."""

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        """Find nothing."""
        del question, deadline_ms, reader
        return Found((), certain=False)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A section in its order."""

    entry: Entry
    score: float
    """Comparable within one question only."""
    signals: Signals


@dataclass(frozen=True, slots=True)
class _Question:
    """A question, taken apart once."""

    said: list[str]
    asked: tuple[Term, ...]
    rarity: list[float]
    negated: bool
    sentence: Floats | None


def search(index: Index, question: str, reader: Reader = CALLER) -> Found:
    """Look a question up, at once. Safe in any thread."""
    asked = terms(question)
    if not asked or not index.sections:
        return Found((), certain=False)
    ranked = rank(index, question, reader)
    by_score = sorted(ranked, key=lambda one: (-one.score, one.entry.place))
    if not by_score or by_score[0].signals.covered == 0:
        return Found((), certain=False)
    best = by_score[0]
    sure = certainty_of(index, asked, by_score, reader)
    shown = [best, *(one for one in (ranked if index.sections > _FEW else by_score) if one is not best)][:_SHOWN]
    passages = [passage(one.entry, sure * min(1.0, max(0.0, one.score / best.score))) for one in shown]
    contradicted = index.contradictions(best.entry.place, reader)
    certain = (
        sure >= max(index.least_certain, weights_for(best.signals).certain)
        and bool(passages[0].spoken)
        and not contradicted
    )
    passages[1:] = sorted(passages[1:], key=lambda one: -one.score)
    return Found(tuple(passages), certain=certain, conflicts=contradicted)


def certainty_of(index: Index, asked: Sequence[Term], by_score: Sequence[Ranked], reader: Reader = CALLER) -> float:
    """Probability that the first of these sections, best first, answers the question."""
    known = {name for term in asked for name in term.names if index.frequency(name)}
    if reader != CALLER:
        known |= {name for one in by_score if one.entry.place >= KEPT_FROM for name in one.entry.names}
    best, second = by_score[0], by_score[1].score if len(by_score) > 1 else 0.0
    return certainty(best.score, second, unknown_share(asked, known), best.signals)


def rank(index: Index, question: str, reader: Reader = CALLER, wanted: int = _CONSIDERED) -> list[Ranked]:
    """The sections that have most to do with a question, best first by all rankings together."""
    asked = terms(question)
    asking = _Question(
        words(question),
        asked,
        [index.rarity(term.names) for term in asked],
        negates(question),
        _embedded(index, question),
    )
    kept = index.kept_places(reader)
    full_text = index.matches(question, reader)
    concepts = index.concept_lines @ index.concepts(asking.said, kept=bool(kept))
    rankings = _rankings(index, question, asking, kept, concepts)
    rankings[Ranking.FULL_TEXT] = list(full_text)[:_RANKED]
    places = list(fused(list(rankings.values()), [_FIRST[one] for one in rankings]))[: max(wanted, _CONSIDERED)]
    scored = _scored(index, asking, index.read(places, reader), full_text, concepts)
    readable = {one: [place for place in ranking if place in scored] for one, ranking in rankings.items()}
    readable[Ranking.SCORE] = sorted(scored, key=lambda place: (-scored[place].score, place))
    readable[Ranking.COVERED] = sorted(scored, key=lambda place: (-scored[place].signals.covered, place))
    order = fused(list(readable.values()), [_WEIGHTS[one] for one in readable])
    return [scored[place] for place in order][:wanted]


def _embedded(index: Index, question: str) -> Floats | None:
    """The question as the sentence model sees it; None without one, or when it is out of reach."""
    if index.sentences is None or index.line_sentences is None:
        return None
    try:
        vector: Floats = index.sentences.embed([question])[0]
    except EmbeddingsFailed:
        return None
    return vector


def _rankings(
    index: Index, question: str, asking: _Question, kept: Sequence[int], concepts: Floats
) -> dict[Ranking, list[int]]:
    """Sections by what their headings, their words and their sentences mean."""
    rankings = {Ranking.CONCEPTS: _by_concepts(index, concepts, kept)}

    def add(ranking: Ranking, rows: Lines | None, vector: Floats | None) -> None:
        if rows is not None and vector is not None:
            rankings[ranking] = [place for place, _ in rows.nearest(vector, rows.open, kept, _RANKED)]

    add(Ranking.LEARNED, index.pieces, index.learned.embed(question) if index.learned else None)
    add(Ranking.HEADINGS, index.line_sentences, asking.sentence)
    add(Ranking.SENTENCES, index.piece_sentences, asking.sentence)
    if index.sections <= _FEW:
        add(Ranking.MEANING, index.meaning, word_vectors().meaning(asking.said))
    return rankings


def _by_concepts(index: Index, likeness: Floats, kept: Sequence[int]) -> list[int]:
    most = index.meaning.open
    mine = likeness.copy()
    mine[most:][~np.isin(index.line_owners[most:], kept)] = 0
    count = min(len(mine), 4 * _RANKED)
    rows = np.argpartition(-mine, count - 1)[:count]
    rows = rows[mine[rows] > 0]
    best = rows[np.lexsort((rows, -mine[rows]))]
    return list(dict.fromkeys(index.line_owners[best].tolist()))[:_RANKED]


def _scored(
    index: Index, asking: _Question, entries: dict[int, Entry], full_text: dict[int, float], concepts: Floats
) -> dict[int, Ranked]:
    places = list(entries)
    meaning = index.meaning.of(word_vectors().meaning(asking.said), places)
    sentences: Sequence[float | None] = [None] * len(places)
    if asking.sentence is not None and index.line_sentences is not None:
        sentences = index.line_sentences.of(asking.sentence, places)
    first = np.searchsorted(index.line_owners, places).tolist()
    last = np.searchsorted(index.line_owners, places, "right").tolist()
    found = {}
    for at, place in enumerate(places):
        entry = entries[place]
        signals = Signals(
            text=full_text.get(place, 0.0),
            concepts=max(0.0, float(concepts[first[at] : last[at]].max(initial=0.0))),
            meaning=meaning[at],
            sentence=sentences[at],
            covered=covered(asking.asked, asking.rarity, entry.names),
            negation=negates(entry.heading) != asking.negated,
        )
        found[place] = Ranked(entry, score(signals), signals)
    return found


def passage(entry: Entry, shown_score: float) -> Passage:
    """A section as it is shown."""
    title = entry.title if entry.heading == entry.title else f"{entry.title}: {entry.heading}"
    text = entry.text or entry.spoken
    return Passage(entry.document, entry.section, title, text, entry.spoken, shown_score, entry.version)
