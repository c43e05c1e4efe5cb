"""Whether a caller had heard enough of a question when they began to answer it. Pure.

A yes that began earlier was said to something else: it confirms nothing, and sets nothing going.
"""

import re
from typing import Final

from pipeline.assistant.talk import Talk
from pipeline.assistant.waiting import Words
from pipeline.line.templates import PLACE, places

TOLERANCE_MS: Final = 300
"""A yes may begin so long before that point: one word, which is how well it is known what was heard when."""
ENOUGH: Final = 0.75
"""Of a question's last sentence, in characters: "Shall I have a return label sent | to you?" is understood there."""
_SENTENCE: Final = re.compile(r"(?<=[.!?:])\s+")


def until_value(text: str, slot: str) -> str:
    """A text of the line as far as the end of the value; all of it where the value has no place of its own."""
    ends = [match.end() for match in PLACE.finditer(text) if any(place.root == slot for place in places(match[0]))]
    return text[: max(ends, default=len(text))]


def until_understood(text: str) -> str:
    """A text of the line as far as a caller has to hear it to know what is asked: every value, most of the question."""
    last = len(text.rstrip()) - len(_SENTENCE.split(text.rstrip())[-1])
    enough = last + round(ENOUGH * (len(text.rstrip()) - last))
    return text[: max([enough, *(match.end() for match in PLACE.finditer(text))])]


def heard_before(talk: Talk, words: Words, text: str) -> bool:
    """Whether the caller had heard this much of the assistant when they began. What is written needs no hearing."""
    if words.via == "text":
        return True
    for spoken in (*talk.state.said_before, *talk.state.said):
        at = spoken.text.find(text)
        heard_ms = spoken.part.instant_of(at + len(text)) if at >= 0 else None
        if heard_ms is not None and heard_ms <= words.start_ms + TOLERANCE_MS:
            return True
    return False


def spoken_into(talk: Talk, words: Words) -> bool:
    """Whether the caller began before they had heard what the assistant said last."""
    last = talk.state.said_before[-1:]
    return any(not heard_before(talk, words, until_understood(spoken.text)) for spoken in last)
