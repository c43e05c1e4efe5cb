"""A question into approved passages: found with their source, or honestly not found."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.index import Index, Likeness
from knowledge.rank import Signals, certainty, covered, negates, score, terms, unknown_share, weights_for

_SHOWN: Final = 3
_CONSIDERED: Final = 60
"""Sections that are scored in full: the best by full text, and as many by likeness of meaning."""


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
    """Approved words to say, at most 45."""
    score: float
    """Probability that it answers the question for the first, falling for the others, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found."""

    passages: tuple[Passage, ...]
    """Best first, at most three; none when nothing has to do with the question."""
    certain: bool
    """Whether the first may be spoken as the answer; when not, say honestly that we don't know."""
    late: bool = False
    """The search took longer than its deadline, so nothing was found."""


class Retrieval(Protocol):
    """Whoever can look something up in a line's documents."""

    async def find(self, question: str, deadline_ms: int) -> Found:
        """Look up a question, as the recogniser wrote it. Never raises for what was asked; late is Found(late=True)."""


class LocalRetrieval:
    """Retrieval from an index file on this machine, a few milliseconds a question."""

    def __init__(self, index: Index) -> None:
        self._index = index

    async def find(self, question: str, deadline_ms: int) -> Found:
        """Search in a thread, so that audio is never kept waiting."""
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await asyncio.to_thread(search, self._index, question)
        except TimeoutError:
            return Found((), certain=False, late=True)


class NoKnowledge:
    """Retrieval of a line that has no documents."""

    async def find(self, question: str, deadline_ms: int) -> Found:
        """Find nothing."""
        del question, deadline_ms
        return Found((), certain=False)


def search(index: Index, question: str) -> Found:
    """Look a question up, at once. Safe in any thread."""
    asked = terms(question)
    if not asked or not index.entries:
        return Found((), certain=False)
    full_text = index.matches(question)
    likeness = index.lines.likeness(question, len(index.entries), index.sentences)
    likest = _together(likeness).argsort()[::-1][:_CONSIDERED]
    considered = {*sorted(full_text, key=full_text.__getitem__, reverse=True)[:_CONSIDERED], *map(int, likest)}
    rarity = [index.rarity(term.names) for term in asked]
    negated = negates(question)
    scored: list[tuple[float, int, Signals]] = []
    for place in considered:
        signals = Signals(
            text=full_text.get(place, 0.0),
            concepts=float(likeness.concepts[place]),
            meaning=float(likeness.meaning[place]),
            sentence=None if likeness.sentences is None else float(likeness.sentences[place]),
            covered=covered(asked, rarity, index.names[place]),
            negation=negates(index.entries[place].heading) != negated,
        )
        scored.append((score(signals), place, signals))
    scored.sort(key=lambda one: (-one[0], one[1]))
    best, _, signals = scored[0]
    if signals.covered == 0:
        return Found((), certain=False)
    second = scored[1][0] if len(scored) > 1 else 0.0
    sure = certainty(best, second, unknown_share(asked, index.frequency), signals)
    passages = tuple(_passage(index, place, sure * max(0.0, value / best)) for value, place, _ in scored[:_SHOWN])
    return Found(passages, certain=sure >= weights_for(signals).certain and bool(passages[0].spoken))


def _together(likeness: Likeness) -> npt.NDArray[np.float32]:
    """A first impression of each section, to choose which are scored in full."""
    if likeness.sentences is not None:
        return likeness.concepts + likeness.sentences
    return likeness.concepts + likeness.meaning


def _passage(index: Index, place: int, shown_score: float) -> Passage:
    entry = index.entries[place]
    title = entry.title if entry.heading == entry.title else f"{entry.title}: {entry.heading}"
    return Passage(entry.document, entry.section, title, entry.text or entry.spoken, entry.spoken, shown_score)
