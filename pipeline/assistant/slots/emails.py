"""An e-mail address in what a caller said: "dana dot miller, that's two l's, at example dot com". Pure.

Decided: letters and digits that are said one by one are joined, words are joined without spaces, and what cannot be an
address is None: it is spelled or left as a message instead.
"""

import re
from typing import Final

from pipeline.assistant.slots.numbers import UNITS, ZEROS
from pipeline.assistant.slots.words import FILLERS, plain

_ADDRESS: Final = re.compile(r"[a-z0-9][a-z0-9._%+-]*@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}")
_LEAD: Final = re.compile(
    r"^.*?\b(?:(?:my|the|his|her|our) )?(?:e-?mail|e mail)(?: address)?(?:'s| is| would be)?\b[:,]?|^(?:yes |yeah )*"
    r"(?:it's|it is|that's|that is|that would be|use)\b"
)
_TAIL: Final = re.compile(r"\b(?:please|thanks|thank you|all one word|all lower ?case|no spaces)\b.*$")
_SIGNS: Final = {
    "dot": ".", "point": ".", "period": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-", "plus": "+",
    "at": "@",
}  # fmt: skip
_TOKEN: Final = re.compile(r"[a-z]+|\d+|[@._+-]")


def parse_email(text: str) -> str | None:
    """The one address that was said or written, in lower case, or None."""
    line = plain(text)
    written: set[str] = set(_ADDRESS.findall(line))
    if len(written) == 1:
        return written.pop()
    said = _TAIL.sub("", _LEAD.sub("", line, count=1))
    joined = "".join(_sign(token) for token in _TOKEN.findall(said) if token not in FILLERS)
    return joined if _ADDRESS.fullmatch(joined) else None


def _sign(said: str) -> str:
    if said in UNITS:
        return str(UNITS[said])
    if said in ZEROS and said != "o":
        return "0"
    return _SIGNS.get(said, said)
