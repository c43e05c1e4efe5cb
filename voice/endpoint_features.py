"""What the words before a pause look like, as numbers: kinds of words and how far the clause has come. Pure.

No word stands for itself, but through its class (voice.endpoint_classes) or a table (voice.endpoint_words): the weights
that voice.endpoint_model puts on these numbers are learned from few sentences, and have to hold for others.
"""

from collections.abc import Sequence
from math import log
from typing import Final

from voice.endpoint_classes import CLASSES, WORD_CLASSES, WordClass, class_of
from voice.endpoint_words import EndpointWords, digits_at_end

_LAST: Final[tuple[WordClass, ...]] = CLASSES
_BEFORE: Final[tuple[WordClass, ...]] = (
    "determiner",
    "preposition",
    "auxiliary",
    "subject",
    "wanting",
    "content",
    "number",
)
_VERBS: Final[frozenset[WordClass]] = frozenset({"auxiliary", "wanting"})
_LOOSE: Final[frozenset[WordClass]] = frozenset({"filler", "closing"})
_SHORT: Final = 4

TEXT_FEATURES: Final = (
    "one",
    *(f"last {kind}" for kind in _LAST),
    *(f"before {kind}" for kind in _BEFORE),
    "prelude", "opened, short", "opened, long", "question", "question, short", "joins on", "verb", "verb, then more",
    "subject", "noun alone", "one word", "two words", "three words", "words of clause", "words", "later clause",
    "digits 1", "digits 2 or 3", "digits 4 to 6", "digits 7",
)  # fmt: skip


def text_features(said: Sequence[str], clause: Sequence[str], table: EndpointWords, language: str) -> list[float]:
    """In the order of TEXT_FEATURES. said: all words, lower case, one at least; clause: those since the last pause."""
    known = WORD_CLASSES[language]
    kinds = [class_of(word, known) for word in clause]
    phrase = " ".join(clause)
    opened = any(f"{phrase} ".startswith(f"{opener} ") for opener in table.openers)
    question = kinds[0] == "asking" or (kinds[0] == "auxiliary" and len(kinds) > 1 and kinds[1] in _ASKED)
    verbs = [index for index, kind in enumerate(kinds) if kind in _VERBS]
    digits = digits_at_end(list(said), table)
    before = kinds[-2] if len(kinds) > 1 else None
    facts = (
        phrase in table.preludes,
        opened and len(kinds) <= table.opener_words,
        opened and len(kinds) > table.opener_words,
        question,
        question and len(kinds) <= _SHORT,
        kinds[0] == "conjunction" and not opened,
        bool(verbs),
        bool(verbs) and any(kind not in _LOOSE for kind in kinds[verbs[-1] + 1 :]),
        "subject" in kinds,
        not verbs and kinds[-1] == "content",
        len(kinds) == 1,
        len(kinds) == 2,
        len(kinds) == 3,
    )
    counts = (log(1 + min(12, len(kinds))), log(1 + min(30, len(said))))
    numbers = (digits == 1, 2 <= digits <= 3, 4 <= digits <= 6, digits >= 7)
    return [
        1.0,
        *(float(kinds[-1] == kind) for kind in _LAST),
        *(float(before == kind) for kind in _BEFORE),
        *map(float, facts),
        *counts,
        float(len(said) > len(clause)),
        *map(float, numbers),
    ]


_ASKED: Final[frozenset[WordClass]] = frozenset({"subject", "object", "determiner", "content"})
