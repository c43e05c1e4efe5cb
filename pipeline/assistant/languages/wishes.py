"""Words by which several wishes of one sentence are told apart. Pure; data of a language."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class WishWords:
    """How wishes are joined in a language. Patterns of folded words without signs."""

    between: re.Pattern[str]
    """Stands between two wishes."""
    begins: re.Pattern[str]
    """Begins a wish or a question of its own, at the start of a part."""
    refers: re.Pattern[str]
    """Refers to what the part before named: both are one wish."""


_NEVER: Final = re.compile(r"(?!)")
NO_WISH_WORDS: Final = WishWords(_NEVER, _NEVER, _NEVER)
"""Of a language for which nobody wrote them down: a sentence holds one wish."""
_WANTS: Final = (
    r"(?:i|we)(?:'d|'ll|'m|'re| would| will| want| need| also| still| have to| am| are| lost| forgot| can't| can"
    r"| could)"
)
ENGLISH_WISHES: Final = WishWords(
    between=re.compile(
        r"\b(?:and )?(?:then|also|after that|afterwards|besides|plus|secondly)\b(?: also| then)?"
        r"|\band\b(?: please)?|\bas well as\b|\band another (?:thing|question)\b"
    ),
    begins=re.compile(
        rf"^(?:please |just |also |then |second(?:ly)? )*(?:{_WANTS}|can|could|would|will|how|how's|what|what's"
        r"|when|when's|where|where's|which|who|why|do|does|did|is|are|may|should|change|check|cancel|return|refund|replace|exchange"
        r"|order|track|find|move|update|reset|renew|block|freeze|send|book|make|set|get|give|show|read|list|tell|let|add"
        r"|remove|delete|close|open|report|upgrade|downgrade|switch|reschedule|postpone|put|pay|transfer|start|stop)\b"
    ),
    refers=re.compile(r"\b(?:it|them|those|these|that one|this one)\b"),
)
