"""Number words as people say them, into values and digit strings. Pure.

People mix two ways of saying digits: as a sequence ("one two three",
"double four") and as small numbers strung together
("twelve thirty", "one twenty three", "four hundred"). Both are read here as *chunks*: the longest ordinary number that
starts at a word ("twenty three", "four hundred and five", "twelve thousand three hundred"), one after another.
"""

from dataclasses import dataclass
from typing import Final

UNITS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "niner": 9,
    "fife": 5,
}  # fmt: skip
ZEROS: Final = frozenset({"zero", "oh", "o", "nought", "naught", "nil", "zeros", "zeroes"})
TEENS: Final = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30,
}  # fmt: skip
REPEATS: Final = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
SCALES: Final = {"hundred": 100, "thousand": 1000, "million": 1_000_000}


@dataclass(frozen=True, slots=True)
class Chunk:
    """One number read from consecutive words."""

    digits: str
    """As it is dialled: "oh" is "0", "four hundred" is "400", the numeral "007" keeps its zeros."""
    start: int
    """Index of its first word."""
    end: int
    """Index after its last word."""

    @property
    def value(self) -> int:
        """The number as a quantity."""
        return int(self.digits)


def read_chunk(said: list[str], at: int) -> Chunk | None:
    """Read the longest number that starts at this word, or None if no number starts here."""
    if at >= len(said):
        return None
    word = said[at]
    if word in REPEATS:
        return _repeated(said, at)
    if word in ZEROS:
        return Chunk("0", at, at + 1)
    if word.isdecimal() and (len(word) > 3 or (word.startswith("0") and len(word) > 1)):
        return Chunk(word, at, at + 1)
    return _scaled(said, at)


def below_hundred(said: list[str], at: int) -> tuple[int, int] | None:
    """Value from 1 to 99 said at this word and the index after it; numerals of at most two digits count."""
    if at >= len(said):
        return None
    word = said[at]
    if word in UNITS:
        return UNITS[word], at + 1
    if word in TEENS:
        return TEENS[word], at + 1
    if word in TENS:
        if at + 1 < len(said) and said[at + 1] in UNITS:
            return TENS[word] + UNITS[said[at + 1]], at + 2
        return TENS[word], at + 1
    if word.isdecimal() and len(word) <= 2 and int(word) > 0:
        return int(word), at + 1
    return None


def _repeated(said: list[str], at: int) -> Chunk | None:
    """Read "double four", "triple oh"; what is repeated is one digit or one two-digit number."""
    if at + 1 >= len(said):
        return None
    following = said[at + 1]
    if following in ZEROS:
        digits = "0"
    elif following in UNITS:
        digits = str(UNITS[following])
    elif following in TEENS or following in TENS or (following.isdecimal() and len(following) <= 2):
        digits = str(TEENS.get(following) or TENS.get(following) or following)
    else:
        return None
    return Chunk(digits * REPEATS[said[at]], at, at + 2)


def _scaled(said: list[str], at: int) -> Chunk | None:
    """Read a number with hundreds, thousands and millions, if any: at least one word of it stands at `at`."""
    group = _below_thousand(said, at)
    if group is None:
        return None
    value, here = group
    total = 0
    ceiling = 1_000_000_000
    while here < len(said) and said[here] in ("thousand", "million") and SCALES[said[here]] < ceiling:
        ceiling = SCALES[said[here]]
        total += value * ceiling
        value, here = 0, here + 1
        more = _below_thousand(said, here + 1 if here < len(said) and said[here] == "and" else here)
        if more is None or (more[0] >= 1000 and ceiling == 1000):
            break
        value, here = more
    if total == 0 and said[at].isdecimal() and here == at + 1:
        return Chunk(said[at], at, here)
    return Chunk(str(total + value), at, here)


def _below_thousand(said: list[str], at: int) -> tuple[int, int] | None:
    """Read "four hundred and five", "twelve hundred", "345" or a number below a hundred."""
    if at < len(said) and said[at] == "a" and at + 1 < len(said) and said[at + 1] in SCALES:
        small: tuple[int, int] | None = (1, at + 1)
    elif at < len(said) and said[at].isdecimal() and len(said[at]) == 3:
        return int(said[at]), at + 1
    elif at < len(said) and said[at] == "0":
        return 0, at + 1
    else:
        small = below_hundred(said, at)
    if small is None:
        return None
    value, here = small
    if here >= len(said) or said[here] != "hundred":
        return value, here
    value, here = value * 100, here + 1
    rest = below_hundred(said, here + 1 if here < len(said) and said[here] == "and" else here)
    return (value + rest[0], rest[1]) if rest else (value, here)
