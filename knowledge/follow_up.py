"""A short question right after an answer: "how long does it take" is about what was just answered.

Alone it finds whatever document says how long something takes, and with the topic before it, anything would find that
topic. So the topic's document answers when both agree: with the topic it is certain, and the question by itself finds
that very section nearly as well as any other. A question that says itself that it goes on ("and how much", "and is
it cheaper if we pay yearly") needs less: the section has the words that it adds, or a figure of the kind it asks for.
"""

import re
from typing import Final

from knowledge.access import CALLER, Reader
from knowledge.english.words import stem, words
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
    goes_on = _GOES_ON.search(question.lower()) is not None
    if not goes_on and not any(one.document == document and one.score >= _OF_ITS_OWN for one in alone.passages):
        return alone
    joined = await retrieval.find(f"{topic}: {question}", deadline_ms, reader)
    if not _answered_by(joined, document):
        return alone
    best = joined.passages[0]
    return joined if _agrees(alone, best) or (goes_on and _adds(alone, question, best)) else alone


def _answered_by(found: Found, document: str) -> bool:
    return found.certain and bool(found.passages) and found.passages[0].document == document


def _agrees(alone: Found, best: Passage) -> bool:
    same = (one.score for one in alone.passages if (one.document, one.section) == (best.document, best.section))
    score = next(same, 0.0)
    return score >= _OF_ITS_OWN and (not alone.certain or score >= alone.passages[0].score - _NEARLY)


_GOES_ON: Final = re.compile(r"^(?:and|or|but|so|then|what about|how about)\b|\b(?:it|that|those|they|them)\b")
"""A question that leans on what was said before it."""
_SAYS_ITSELF: Final = 0.75
"""Score from which on a question with words of its own is answered from where those lead."""
_MOST_OF: Final = 0.5
"""Share of a question's own words that the section must have."""
_FOREMOST: Final = 2
"""It is among so many that these words find by themselves: a section may name another thing in passing."""
_FIGURES: Final = (
    (re.compile(r"\bhow much\b|\bcosts?\b|\bprices?\b|\bfees?\b"), re.compile(r"\$|\b(?:dollars?|cents?|free)\b")),
    (re.compile(r"\bhow long\b|\bwhen\b"), re.compile(r"\b(?:minutes?|hours?|days?|weeks?|months?|years?)\b")),
)
"""What asks for a figure, and what stands beside one."""
_EMPTY: Final = frozenset(
    {
        "a", "about", "also", "an", "and", "any", "are", "as", "at", "be", "but", "by", "can", "cost", "costs",
        "could", "did", "do", "does", "fee", "fees", "for", "from", "get", "go", "goes", "going", "had", "has",
        "have", "how", "i", "if", "in", "is", "it", "long", "many", "me", "much", "my", "need", "no", "not", "of",
        "often", "on", "or", "our", "please", "price", "prices", "so", "some", "that", "the", "their", "them", "then",
        "there", "these", "they", "this", "those", "to", "too", "us", "was", "we", "what", "when", "where", "which",
        "who", "will", "with", "would", "you", "your",
    }
)  # fmt: skip
"""Words that add nothing to a topic."""


def _adds(alone: Found, question: str, best: Passage) -> bool:
    """Whether the topic's section holds what the question adds."""
    own = [stem(word) for word in words(question) if word not in _EMPTY]
    if own and alone.certain and alone.passages[0].score >= _SAYS_ITSELF:
        return False
    text = f"{best.title} {best.text} {best.spoken}".lower()
    if own:
        foremost = [(one.document, one.section) for one in alone.passages[:_FOREMOST]]
        there = {stem(word) for word in words(text)}
        return (best.document, best.section) in foremost and sum(word in there for word in own) >= _MOST_OF * len(own)
    return any(asks.search(question.lower()) and tells.search(text) for asks, tells in _FIGURES)
