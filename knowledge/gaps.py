"""Questions that could not be answered, put together by what they ask; and drafts of articles that would. Pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from knowledge.english.vectors import word_vectors
from knowledge.english.words import words
from knowledge.rank import terms

Redact = Callable[[str], str]
"""Takes out what tells who somebody is: recordings.redact.redacted."""

SAME: Final = 0.5
"""Likeness from which two questions ask the same."""
_EXAMPLES: Final = 5


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question of a call that nothing answered with certainty."""

    call_id: str
    question: str
    answer: str = ""
    """What the caller was told all the same, by a person or a model, in a call that came to its end."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask the same."""

    question: str
    """The one that is nearest to all."""
    count: int
    wordings: tuple[str, ...]
    calls: tuple[str, ...]
    """Examples, at most five."""
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """A new article, for somebody to read, mend and approve."""

    name: str
    """Of its file, without ending."""
    markdown: str


def gaps(asked: Sequence[Unanswered], redact: Redact) -> tuple[Gap, ...]:
    """Group questions, the most frequent group first. What is shown of them is redacted."""
    groups = grouped([one.question for one in asked])
    found = [gap_of([asked[at] for at in group], redact) for group in groups]
    return tuple(sorted(found, key=lambda gap: (-gap.count, gap.question)))


def grouped(questions: Sequence[str]) -> list[list[int]]:
    """Places of questions that ask the same, together."""
    groups: list[list[int]] = []
    told = [_told(question) for question in questions]
    for at in range(len(questions)):
        likeness = [(max(_likeness(told[at], told[other]) for other in group), group) for group in groups]
        best = max(likeness, key=lambda pair: pair[0], default=None)
        if best is not None and best[0] >= SAME:
            best[1].append(at)
        else:
            groups.append([at])
    return groups


def draft(gap: Gap, redact: Redact) -> Draft:
    """An article that answers a gap, from what callers were told. It says of itself that it is internal."""
    heading = gap.question[:1].upper() + gap.question[1:].rstrip("?. ")
    answers = list(dict.fromkeys(redact(answer) for answer in gap.answers))
    asked = "; ".join(wording for wording in gap.wordings if wording != gap.question)
    lines = [
        "---", "group: internal", f"calls: [{', '.join(gap.calls)}]", "---", f"# {heading}", "", f"## {heading}",
        *([f"> Asked: {asked}"] if asked else []), "",
    ]  # fmt: skip
    lines += [part for answer in answers for part in (answer, "")] or ["Write what callers should be told.", ""]
    return Draft(re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")[:60] or "draft", "\n".join(lines))


def approved(markdown: str) -> str:
    """A draft without what made it one."""
    return re.sub(r"\A---\n.*?\n---\n", "", markdown, count=1, flags=re.DOTALL)


_Told = tuple[frozenset[str], npt.NDArray[np.float32]]


def _told(question: str) -> _Told:
    return frozenset(name for term in terms(question) for name in term.names), word_vectors().meaning(words(question))


def _likeness(one: _Told, other: _Told) -> float:
    """Half by the terms that both have, half by what the words mean."""
    shared = len(one[0] & other[0]) / (len(one[0] | other[0]) or 1)
    return shared / 2 + max(0.0, float(one[1] @ other[1])) / 2


def gap_of(asked: Sequence[Unanswered], redact: Redact) -> Gap:
    """Questions that ask the same, as one."""
    told = [_told(one.question) for one in asked]
    nearness = [sum(_likeness(one, other) for other in told) for one in told]
    central = asked[nearness.index(max(nearness))].question
    return Gap(
        redact(central),
        len(asked),
        tuple(dict.fromkeys(redact(one.question) for one in asked)),
        tuple(dict.fromkeys(one.call_id for one in asked))[:_EXAMPLES],
        tuple(one.answer for one in asked if one.answer),
    )
