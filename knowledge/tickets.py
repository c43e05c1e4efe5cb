"""What resolved tickets teach: the topics that people ask about, and how many of them the documents answer. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.access import CALLER
from knowledge.gaps import Redact, Unanswered, gap_of, grouped
from knowledge.index import Index
from knowledge.retrieve import search


@dataclass(frozen=True, slots=True)
class Ticket:
    """One section of a document of kind ticket_history."""

    document: str
    question: str
    resolution: str


@dataclass(frozen=True, slots=True)
class Topic:
    """Tickets that ask the same."""

    question: str
    """The one that is nearest to all."""
    count: int
    answered: int
    """Of so many a caller would be answered from the other documents."""
    wordings: tuple[str, ...]
    """Examples for an intent, or questions for an evaluation; redacted like all that is shown."""
    tickets: tuple[str, ...]
    """Documents, at most five."""


def tickets_of(index: Index) -> tuple[Ticket, ...]:
    """Those of an index, in order."""
    rows = index.connection().execute(
        "SELECT path, heading, sections.text FROM sections JOIN documents ON documents.id = sections.document "
        "WHERE kind = 'ticket_history' ORDER BY sections.id"
    )
    return tuple(Ticket(*row) for row in rows)


def topics(index: Index, tickets: Sequence[Ticket], redact: Redact) -> tuple[Topic, ...]:
    """Group tickets by what they ask, the most frequent first; none of them answers any."""
    answered = {one.question: search(index, one.question, CALLER).certain for one in tickets}
    found = []
    for group in grouped([one.question for one in tickets]):
        mine = [tickets[at] for at in group]
        gap = gap_of([Unanswered(one.document, one.question) for one in mine], redact)
        told = sum(answered[one.question] for one in mine)
        found.append(Topic(gap.question, gap.count, told, gap.wordings, gap.calls))
    return tuple(sorted(found, key=lambda topic: (-topic.count, topic.question)))
