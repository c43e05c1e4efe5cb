"""What a language model may say to a caller: nothing that no tool did, and no figure that nobody gave it. Pure.

Checked clause by clause before it is spoken. A clause that fails ends the reply: what came before it was true, what
comes after may rest on it.
"""

import re
from typing import Final

_DONE: Final = (
    r"\b(?:i|we)(?:'ve| have| had|'ll| will| am going to|'m going to|'re going to| are going to)?\s+"
    r"(?:just |now |already |gone ahead and )*"
    r"(?:cancel|refund|ship|sen[dt]|book|chang|updat|order|plac|creat|schedul|process|issu|appl(?:y|i)|add|remov|reset|"
    r"transfer|connect|credit|charg|open|clos|fil|activat|extend|replac|email|text|call)\w*\b"
)
_IS_DONE: Final = (
    r"\b(?:(?:has|have|was|were)(?: now| just| already| been| successfully)*|(?:is|are) (?:now|just|already|being))\s+"
    r"(?:cancel|refund|shipp|sent|book|chang|updat|order|plac|creat|schedul|process|issu|appli|add|remov|reset|"
    r"transferr|connect|credit|activat|extend|replac|clos)\w*\b"
)
CLAIMS: Final = re.compile(f"{_DONE}|{_IS_DONE}", re.IGNORECASE)
"""Words with which a model says that something was or will be done for this caller."""
_FIGURE: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_COMMON: Final = frozenset({"1", "2", "24", "911"})
"""Figures that are words of speech more than facts: one moment, one or two."""


def objection(clause: str, sources: str) -> str:
    """Why a clause may not be spoken; empty when it may.

    sources: all that the reply may rest on: passages, and what was said in the call.
    """
    if CLAIMS.search(clause):
        return "claims an action that no tool did"
    known = set(_figures(sources))
    unknown = [figure for figure in _figures(clause) if figure not in known and figure not in _COMMON]
    return f"states a figure that no source has: {unknown[0]}" if unknown else ""


def _figures(text: str) -> list[str]:
    return [figure.replace(",", "") for figure in _FIGURE.findall(text)]
