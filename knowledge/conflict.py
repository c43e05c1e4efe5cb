"""Sections that say different numbers about the same thing: prices, periods, times, counts. Pure."""

import itertools
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.english.vectors import word_vectors
from knowledge.english.words import stem, words
from knowledge.quantities import quantities, without_quantities
from knowledge.rank import names, terms

SAME_SUBJECT: Final = 0.4
"""Likeness from which two clauses are about the same thing; from tests/fixtures/knowledge_conflicts.csv."""
_NEARLY: Final = 0.3
_SAME_MEANING: Final = 0.8
"""Or so much likeness, and such likeness of what all words of the two mean together; from the same file."""
_OF_HEADING: Final = 0.7
"""Weight of a heading's words, against 1 for those of the clause."""
_CONTRAST: Final = 0.5
"""Words so much alike that stand on one side each name two things of a kind: tents and boots, Denver and Seattle."""
_OF_POLICIES: Final = frozenset({"§want", "§receive", "§arrive", "§how_long", "§every", "§wrong"})
_MOST_FACTS: Final = 40
"""Of one section: a table of prices is no place to look for conflicts in."""
_COMMON: Final = 200
"""Words in more facts than this join none: with so many sections they name a topic, not a thing."""

_CLAUSE: Final = re.compile(r"(?<=[.!?;])\s+|,\s+(?:and|but|or|otherwise|while|y|pero)\s+|\n+|\s+but\s+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A number that a clause gives, and the words that say what it is about."""

    kind: str
    """period, money, percent, time, date, or count of what."""
    value: float
    """Days, units of money, percent, minutes after midnight, month and day as 1231, or how many."""
    about: Mapping[str, float]
    """Terms and their weights."""
    words: frozenset[str]
    """Plain words of clause and heading that may tell two things apart."""
    says: str
    """The clause."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two sections that contradict one another."""

    one: int
    other: int
    kind: str
    one_says: str
    other_says: str


def facts(heading: str, text: str) -> tuple[Fact, ...]:
    """The numbers of a section."""
    found: list[Fact] = []
    for clause in _CLAUSE.split(text):
        values = quantities(clause)
        if not values or len(clause) > 400:
            continue
        about, said = _about(heading, clause), _telling(heading, clause)
        found += [Fact(kind, value, about, said, clause.strip()) for kind, value in dict.fromkeys(values)]
        if len(found) > _MOST_FACTS:
            return ()
    return tuple(found)


def conflicts(sections: Sequence[tuple[int, Sequence[Fact]]], only: Collection[int] | None = None) -> list[Conflict]:
    """Pairs of sections of which one says about the same thing what the other does not. Each pair and kind once.

    sections: id and facts; those of one section never contradict one another: they are told apart by its words.
    only: sections of which one must be in each pair.
    """
    found: dict[tuple[int, int, str], Conflict] = {}
    for one, mine, other, theirs in _same_subject(sections, only):
        key = (min(one, other), max(one, other), mine.kind)
        if key not in found:
            found[key] = Conflict(one, other, mine.kind, mine.says, theirs.says)
    by_section = dict(sections)
    return [
        conflict
        for conflict in found.values()
        if not _agree(by_section[conflict.one], by_section[conflict.other], conflict.kind)
    ]


def to_json(found: Sequence[Fact]) -> str:
    """Facts as text, to be stored."""
    return json.dumps(
        [[fact.kind, fact.value, fact.about, sorted(fact.words), fact.says] for fact in found], ensure_ascii=False
    )


def from_json(text: str) -> tuple[Fact, ...]:
    """What to_json wrote."""
    return tuple(Fact(kind, value, about, frozenset(said), says) for kind, value, about, said, says in json.loads(text))


def _same_subject(
    sections: Sequence[tuple[int, Sequence[Fact]]], only: Collection[int] | None
) -> list[tuple[int, Fact, int, Fact]]:
    """Facts of two sections about the same thing that differ, the likest first."""
    wanted = None if only is None else {
        (fact.kind, term) for section, held in sections if section in only for fact in held for term in fact.about
    }  # fmt: skip
    holders: dict[tuple[str, str], list[tuple[int, Fact]]] = {}
    for section, held in sections:
        for fact in held:
            for term in fact.about:
                if wanted is None or (fact.kind, term) in wanted:
                    holders.setdefault((fact.kind, term), []).append((section, fact))
    pairs: dict[tuple[int, int], tuple[float, int, Fact, int, Fact]] = {}
    for one, mine, other, theirs in _paired(holders.values()):
        if (only is None or one in only or other in only) and (id(mine), id(theirs)) not in pairs:
            pairs[id(mine), id(theirs)] = (likeness(mine, theirs), one, mine, other, theirs)
    alike = sorted((pair for pair in pairs.values() if _same(pair[0], pair[2], pair[4])), key=lambda pair: -pair[0])
    alike = [pair for pair in alike if not _apart(pair[2], pair[4])]
    return [(one, mine, other, theirs) for _, one, mine, other, theirs in alike]


def _paired(held: Iterable[Sequence[tuple[int, Fact]]]) -> Iterator[tuple[int, Fact, int, Fact]]:
    """Different facts of two sections that share a term."""
    for sharing in held:
        if len(sharing) <= _COMMON:
            for (one, mine), (other, theirs) in itertools.combinations(sharing, 2):
                if one != other and mine.value != theirs.value:
                    yield one, mine, other, theirs


def _same(alike: float, one: Fact, other: Fact) -> bool:
    if alike >= SAME_SUBJECT or alike < _NEARLY:
        return alike >= SAME_SUBJECT
    return float(_meaning(one.words) @ _meaning(other.words)) >= _SAME_MEANING


@lru_cache(maxsize=20_000)
def _meaning(said: frozenset[str]) -> npt.NDArray[np.float32]:
    return word_vectors().meaning(sorted(said))


def likeness(one: Fact, other: Fact) -> float:
    """How much two facts are about the same thing, 0 to 1."""
    both = sum(min(weight, other.about[term]) for term, weight in one.about.items() if term in other.about)
    every = sum(max(one.about.get(term, 0.0), other.about.get(term, 0.0)) for term in {*one.about, *other.about})
    return both / every if every else 0.0


def _apart(one: Fact, other: Fact) -> bool:
    """Whether words on one side only tell two cases or two things apart."""
    mine, theirs = _only(one, other), _only(other, one)
    if any(stem(word) in _policy_words("qualifier") for word in mine | theirs):
        return True
    vectors = word_vectors()
    return any(
        vectors.likeness(word, against) >= _CONTRAST and not _one_family(word, against)
        for word in mine
        for against in theirs
    )


def _only(one: Fact, other: Fact) -> set[str]:
    stems = {stem(word) for word in other.words}
    return {word for word in one.words if stem(word) not in stems}


def _one_family(word: str, other: str) -> bool:
    """Whether two words mean one thing, or are forms of one."""
    return word[:4] == other[:4] or bool(names(word) & names(other))


def _agree(mine: Sequence[Fact], theirs: Sequence[Fact], kind: str) -> bool:
    """Whether some number of that kind is in both: then they differ in what else they tell."""
    return bool(
        {fact.value for fact in mine if fact.kind == kind} & {fact.value for fact in theirs if fact.kind == kind}
    )


def _about(heading: str, clause: str) -> dict[str, float]:
    about: dict[str, float] = {}
    for text, share in ((without_quantities(clause), 1.0), (heading, _OF_HEADING)):
        for term in terms(text):
            for name in term.names:
                if name not in _policy_words("generic") and name not in _OF_POLICIES:
                    about[name] = max(about.get(name, 0.0), term.weight * share)
    return about


def _telling(heading: str, clause: str) -> frozenset[str]:
    generic = _policy_words("generic")
    return frozenset(word for word in words(f"{heading}. {without_quantities(clause)}") if stem(word) not in generic)


@lru_cache(maxsize=2)
def _policy_words(name: str) -> frozenset[str]:
    """Stems of policy_words.txt."""
    lines = files("knowledge").joinpath("policy_words.txt").read_text(encoding="utf-8").splitlines()
    told = (line.partition(":") for line in lines if not line.startswith("#"))
    return frozenset(stem(word) for key, _, said in told if key == name for word in said.split())
