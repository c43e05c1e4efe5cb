"""How certain is certain enough, for one corpus: in a large one something always resembles the question.

Questions are made of a section's own words and asked as if that section were not there. What is found is then wrong, or
at best as good; so seldom may it be certain. Learned from open documents only, when an index is made anew.
"""

import random
from typing import Final

from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.index import Index
from knowledge.rank import terms
from knowledge.retrieve import certainty_of, rank
from knowledge.schema import KEPT_FROM

_QUESTIONS: Final = 200
_WORDS: Final = 6
"""Of a question, at most; at least half as many."""
_WRONG: Final = 0.05
"""Share of such questions that may be answered with certainty."""
_TELLING: Final = 0.3
_SAME: Final = 0.5
"""Share of their words from which two sections say the same: the other one answers, too."""


def least_certain(index: Index, questions: int = _QUESTIONS) -> float:
    """The certainty that a wrong section hardly ever has, 0 to 1; the same for the same documents."""
    chance = random.Random(0)  # noqa: S311  # a sample, no secret
    places = [place for (place,) in index.connection().execute("SELECT id FROM sections WHERE id < ?", (KEPT_FROM,))]
    found = []
    for place in chance.sample(places, min(questions, len(places))):
        question = _question(index, place, chance)
        asked = terms(question)
        said = index.read([place])[place].names
        others = [one for one in rank(index, question) if _likeness(one.entry.names, said) < _SAME] if asked else []
        if others:
            found.append(certainty_of(index, asked, sorted(others, key=lambda one: (-one.score, one.entry.place))))
    found.sort()
    return found[int(len(found) * (1 - _WRONG))] if found else 0.0


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def _question(index: Index, place: int, chance: random.Random) -> str:
    """A few words of one of the first sentences of a section; empty when it says too little."""
    (text,) = index.connection().execute("SELECT text FROM sections WHERE id = ?", (place,)).fetchone()
    said = words(chance.choice(text.split(". ")[:3]))
    telling = [word for word in dict.fromkeys(said) if word_vectors().weight(word) >= _TELLING]
    if len(telling) < _WORDS // 2:
        return ""
    return " ".join(sorted(chance.sample(telling, min(_WORDS, len(telling))), key=telling.index))
