"""A question into approved passages: found with their source, or honestly not found."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from knowledge.access import CALLER, Reader
from knowledge.embed import EmbeddingsFailed
from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.fuse import fused
from knowledge.index import Contradiction, Entry, Floats, Index
from knowledge.rank import Signals, Term, certainty, covered, negates, score, terms, unknown_share, weights_for

_SHOWN: Final = 3
_CONSIDERED: Final = 60
"""Sections that are scored in full: the best of all rankings together."""
_RANKED: Final = 100
"""Sections of each ranking that count."""


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
    ranked = sorted(rank(index, question, reader), key=lambda one: (-one.score, one.entry.place))
    if not ranked or ranked[0].signals.covered == 0:
        return Found((), certain=False)
    best = ranked[0]
    second = ranked[1].score if len(ranked) > 1 else 0.0
    known = {name for term in asked for name in term.names if index.frequency(name)}
    if reader != CALLER:
        known |= {name for one in ranked if one.entry.place >= index.open_sections for name in one.entry.names}
    sure = certainty(best.score, second, unknown_share(asked, known), best.signals)
    passages = tuple(_passage(one.entry, sure * max(0.0, one.score / best.score)) for one in ranked[:_SHOWN])
    contradicted = index.contradictions(best.entry.place, reader)
    certain = sure >= weights_for(best.signals).certain and bool(passages[0].spoken) and not contradicted
    return Found(passages, certain=certain, conflicts=contradicted)


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
    concepts = index.concepts(asking.said, kept=bool(kept))
    rankings = [list(full_text)[:_RANKED], *_by_meaning(index, question, asking, kept, concepts)]
    places = list(fused(rankings))[: max(wanted, _CONSIDERED)]
    entries = index.read(places, reader)
    scored = _scored(index, asking, entries, full_text, concepts)
    by_score = sorted(scored, key=lambda place: (-scored[place].score, place))
    order = fused([*[[place for place in ranking if place in scored] for ranking in rankings], by_score, by_score])
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


def _by_meaning(
    index: Index, question: str, asking: _Question, kept: Sequence[int], concepts: Floats
) -> list[list[int]]:
    """Sections by what their words, their headings and their sentences mean."""
    rankings = [_by_concepts(index, concepts, kept)]
    if index.learned is not None and index.pieces is not None:
        vector = index.learned.embed(question)
        most = index.pieces.count(index.open_sections)
        rankings.append([place for place, _ in index.pieces.nearest(vector, most, kept, _RANKED)])
    if asking.sentence is not None:
        for rows in (index.line_sentences, index.piece_sentences):
            if rows is not None:
                most = rows.count(index.open_sections)
                rankings.append([place for place, _ in rows.nearest(asking.sentence, most, kept, _RANKED)])
    else:
        most = index.meaning.count(index.open_sections)
        vector = word_meaning(asking.said)
        rankings.append([place for place, _ in index.meaning.nearest(vector, most, kept, _RANKED)])
    return rankings


def _by_concepts(index: Index, concepts: Floats, kept: Sequence[int]) -> list[int]:
    likeness = index.concept_lines @ concepts
    most = index.meaning.count(index.open_sections)
    likeness[most:][~np.isin(index.line_owners[most:], kept)] = 0
    count = min(len(likeness), 4 * _RANKED)
    rows = np.argpartition(-likeness, count - 1)[:count]
    rows = rows[likeness[rows] > 0]
    best = rows[np.lexsort((rows, -likeness[rows]))]
    return list(dict.fromkeys(index.line_owners[best].tolist()))[:_RANKED]


def _scored(
    index: Index, asking: _Question, entries: dict[int, Entry], full_text: dict[int, float], concepts: Floats
) -> dict[int, Ranked]:
    places = list(entries)
    meaning = index.meaning.of(word_meaning(asking.said), places)
    sentences: Sequence[float | None] = [None] * len(places)
    if asking.sentence is not None and index.line_sentences is not None:
        sentences = index.line_sentences.of(asking.sentence, places)
    found = {}
    for at, place in enumerate(places):
        entry = entries[place]
        first, last = np.searchsorted(index.line_owners, [place, place + 1])
        signals = Signals(
            text=full_text.get(place, 0.0),
            concepts=max(0.0, float((index.concept_lines[first:last] @ concepts).max(initial=0.0))),
            meaning=meaning[at],
            sentence=sentences[at],
            covered=covered(asking.asked, asking.rarity, entry.names),
            negation=negates(entry.heading) != asking.negated,
        )
        found[place] = Ranked(entry, score(signals), signals)
    return found


def word_meaning(said: list[str]) -> Floats:
    """The unit vector of a question's words."""
    return word_vectors().meaning(said)


def _passage(entry: Entry, shown_score: float) -> Passage:
    title = entry.title if entry.heading == entry.title else f"{entry.title}: {entry.heading}"
    text = entry.text or entry.spoken
    return Passage(entry.document, entry.section, title, text, entry.spoken, shown_score, entry.version)
