"""Language model text for states in which the caller says what they want. Pure, and the same every time."""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Final

from voice.stt.port import Vocabulary

_REPEATS: Final = 24
"""Times a phrase of one word is counted; longer ones are said less often."""
_FEWEST_REPEATS: Final = 6
_PER_NUMBER_PHRASE: Final = 12
_PER_NAME_PHRASE: Final = 25
_DIGITS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_LENGTHS: Final = (5, 5, 5, 4, 6, 10, 3)
_OH: Final = 0.03
_DOUBLE: Final = 0.03


def sentences(vocabulary: Vocabulary, everyday: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    """Sentences that an n-gram model is estimated from: each phrase several times, placeholders filled differently."""
    rng = random.Random(vocabulary.name)  # noqa: S311  repeatable on purpose: models are cached by content
    for phrase in (*vocabulary.phrases, *everyday):
        for _ in range(_repeats(phrase)):
            numbered = re.sub("<digits>", lambda _match: _number(rng), phrase)
            yield re.sub("<name>", lambda _match: rng.choice(names), numbered)


def _repeats(phrase: str) -> int:
    if "<digits>" in phrase:
        return _PER_NUMBER_PHRASE
    return _PER_NAME_PHRASE if "<name>" in phrase else max(_FEWEST_REPEATS, _REPEATS // len(phrase.split()))


def _number(rng: random.Random) -> str:
    return " ".join(_digit(rng) for _ in range(rng.choice(_LENGTHS)))


def _digit(rng: random.Random) -> str:
    chance = rng.random()
    if chance < _OH:
        return "oh"
    digit = rng.choice(_DIGITS)
    return f"double {digit}" if chance < _OH + _DOUBLE else digit
