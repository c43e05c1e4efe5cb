"""Knowledge that is a dictionary: a word of the question, and what there is to say about it."""

from collections.abc import Mapping

from knowledge.access import CALLER, Reader
from knowledge.retrieve import Found, Passage

RETURNS = Passage(
    "returns", "returns/how-long", "How long you have", "You have ninety days.", "You have ninety days.", 0.9
)


class DictRetrieval:
    """A Retrieval (knowledge.retrieve)."""

    def __init__(self, passages: Mapping[str, Passage] | None = None) -> None:
        self._passages = {"policy": RETURNS} if passages is None else dict(passages)

    async def find(self, question: str, deadline_ms: int, reader: Reader = CALLER) -> Found:
        del deadline_ms, reader
        found = tuple(passage for word, passage in self._passages.items() if word in question)
        return Found(found, bool(found))
