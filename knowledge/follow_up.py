"""A short question right after an answer: "how long does it take" is about what was just answered.

Alone it finds whatever document says how long something takes, and with the topic before it, anything would find that
topic. So the topic's document answers when both agree: with the topic it is certain, and the question by itself finds
that very section nearly as well as any other.
"""

from typing import Final

from knowledge.access import CALLER, Reader
from knowledge.retrieve import Found, Passage, Retrieval

_SHORT_WORDS: Final = 9
"""A longer question says what it is about."""
_OF_ITS_OWN: Final = 0.15
"""Score that the section must have without the topic: so what the documents do not hold stays unanswered."""
_NEARLY: Final = 0.18
"""By so much another document may be likelier without the topic; by more, the caller has changed the topic."""


async def find_after(
    document: str, topic: str, question: str, retrieval: Retrieval, deadline_ms: int, reader: Reader = CALLER
) -> Found:
    """Look a question up that comes right after an answer from a document. topic: its title. Never raises."""
    alone = await retrieval.find(question, deadline_ms, reader)
    if len(question.split()) > _SHORT_WORDS or _answered_by(alone, document):
        return alone
    if not any(one.document == document and one.score >= _OF_ITS_OWN for one in alone.passages):
        return alone
    joined = await retrieval.find(f"{topic}: {question}", deadline_ms, reader)
    return joined if _answered_by(joined, document) and _agrees(alone, joined.passages[0]) else alone


def _answered_by(found: Found, document: str) -> bool:
    return found.certain and bool(found.passages) and found.passages[0].document == document


def _agrees(alone: Found, best: Passage) -> bool:
    same = (one.score for one in alone.passages if (one.document, one.section) == (best.document, best.section))
    score = next(same, 0.0)
    return score >= _OF_ITS_OWN and (not alone.certain or score >= alone.passages[0].score - _NEARLY)
