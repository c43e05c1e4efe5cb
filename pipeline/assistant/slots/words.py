"""Text as recognisers and people write it, into plain lower-case words. Pure."""

import re

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "–": "-", "—": "-"})
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+|[^\sa-z\d]")

FILLERS = frozenset(
    {
        "um",
        "umm",
        "uh",
        "uhm",
        "er",
        "erm",
        "ah",
        "hmm",
        "hm",
        "well",
        "so",
        "like",
        "okay",
        "ok",
        "please",
        "eh",
        "huh",
    }
)
"""Words that carry nothing in an answer; "uh huh" and "okay" as answers are dealt with where they matter."""


def plain(text: str) -> str:
    """Lower case, straight apostrophes and dashes, single spaces."""
    return " ".join(text.translate(_APOSTROPHES).lower().split())


def words(text: str) -> list[str]:
    """Words and numbers of a text in order, without punctuation: "No, it's 12-3" → no, it's, 12, 3."""
    return [token for token in _WORD.findall(plain(text)) if token[0].isalnum()]


def tokens(text: str) -> list[str]:
    """Words, numbers and single punctuation marks in order."""
    return _WORD.findall(plain(text))
