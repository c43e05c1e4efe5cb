"""What was understood a moment ago, kept: a turn asks for the same words when it is foreseen, taken and looked up."""

from functools import lru_cache
from typing import Final

from pipeline.assistant.understand import Guess, Understanding

_MOST: Final = 256
"""Utterances of all calls of a line, the latest; in memory only, and gone with the line's version."""


class Remembered:
    """An understanding that is asked once for the same words. Safe to share between calls and threads."""

    def __init__(self, understanding: Understanding) -> None:
        self._intent = lru_cache(maxsize=_MOST)(understanding.intent)

    def intent(self, text: str) -> Guess:
        """Guess the intent of one utterance."""
        return self._intent(text)
