"""What a caller's words over the assistant are, where the words alone say it. Pure.

These lists are the judge's own: what turn taking made of the same words is what is being judged.
"""

import re
from typing import Final, Literal

Kind = Literal["turn", "backchannel", "vocal_tic", "non_directed"]
"""What a stretch of the caller's speech is: said to the assistant, "I am listening", "um", said to somebody else."""

SHORT_MS: Final = 1500
"""An "mm-hm" or an "um" that takes longer is something else."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TICS: Final = _words("um uhm umm uh uhh er erm ehm eh äh ähm")
_LISTENING: Final = _words("mm mmm mhm mmhm mhmm mm-hm mm-hmm hm hmm uh-huh uhuh aha ah oh ajá aja entiendo gotcha")
"""Words that say "I am listening" and answer nothing."""
_LISTENING_OR_ANSWER: Final = _words(
    "okay ok yeah yep yes right sure good great fine alright cool correct sí si vale claro bueno bien ya"
)
_PHRASES: Final = {"i see": "gotcha", "got it": "gotcha", "all right": "alright", "uh huh": "uh-huh", "mm hm": "mm-hm"}
_WORD: Final = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*|\d+")


def kind_of(text: str, duration_ms: int, *, over_assistant: bool, over_question: bool) -> Kind | None:
    """What was said; None where the words do not tell: no words, a "yes" over a question, a long drawn "okay".

    That speech was meant for somebody else can never be told from its words. English and Spanish; any other word is
    a turn's.
    """
    spoken = " ".join(_WORD.findall(text.lower()))
    if not spoken:
        return None
    for phrase, word in _PHRASES.items():
        spoken = re.sub(rf"\b{phrase}\b", word, spoken)
    words = frozenset(spoken.split())
    short = duration_ms <= SHORT_MS
    if words <= _TICS:
        return "vocal_tic" if short else None
    if not over_assistant or not words <= _TICS | _LISTENING | _LISTENING_OR_ANSWER:
        return "turn"
    answers = bool(words & _LISTENING_OR_ANSWER)
    return "backchannel" if short and not (answers and over_question) else None
