"""What was understood a moment ago."""

import pytest

from pipeline.assistant.remembered import Remembered
from pipeline.assistant.understand import Guess

pytestmark = pytest.mark.unit


class Asked:
    """Understands every text as itself, and keeps what it was asked."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def intent(self, text: str) -> Guess:
        """Guess."""
        self.texts.append(text)
        return Guess(text, 1.0, True, ((text, 1.0),))


def test_the_same_words_are_asked_for_once() -> None:
    asked = Asked()
    remembered = Remembered(asked)
    assert [remembered.intent(text).intent for text in ("refund", "order", "refund")] == ["refund", "order", "refund"]
    assert asked.texts == ["refund", "order"]


def test_it_does_not_grow_without_end() -> None:
    asked = Asked()
    remembered = Remembered(asked)
    for number in range(1000):
        remembered.intent(str(number))
    remembered.intent("0")
    assert len(asked.texts) == 1001
