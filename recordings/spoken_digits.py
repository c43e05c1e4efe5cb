"""Runs of digits in what people say and recognisers write: figures and words, English and Spanish. Pure.

Generous on purpose: this finds what may be a number that must not be kept. What an answer means is read elsewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_UNITS: Final = {
    word: str(value)
    for value, words in enumerate(
        ("zero oh o nought naught nil cero", "one won uno un una", "two dos", "three tres", "four cuatro",
         "five fife cinco", "six seis", "seven siete", "eight ocho", "nine niner nueve")
    )
    for word in words.split()
}  # fmt: skip
_TEENS: Final = {
    word: str(value)
    for value, words in enumerate(
        ("ten diez", "eleven once", "twelve doce", "thirteen trece", "fourteen catorce", "fifteen quince",
         "sixteen dieciséis dieciseis", "seventeen diecisiete", "eighteen dieciocho", "nineteen diecinueve"), 10
    )
    for word in words.split()
} | {
    f"veinti{unit}": f"2{value}"
    for value, units in enumerate(
        ("", "uno ún un", "dos dós", "trés tres", "cuatro", "cinco", "séis seis", "siete", "ocho", "nueve")
    )
    for unit in units.split()
}  # fmt: skip
_TENS: Final = {
    word: value
    for value, words in enumerate(
        ("twenty veinte", "thirty treinta", "forty fourty cuarenta", "fifty cincuenta", "sixty sesenta",
         "seventy setenta", "eighty ochenta", "ninety noventa"), 2
    )
    for word in words.split()
}  # fmt: skip
_HUNDREDS: Final = {
    "cien": "1", "ciento": "1", "doscientos": "2", "trescientos": "3", "cuatrocientos": "4", "quinientos": "5",
    "seiscientos": "6", "setecientos": "7", "ochocientos": "8", "novecientos": "9",
}  # fmt: skip
_REPEATS: Final = {"double": 2, "doble": 2, "triple": 3, "treble": 3, "quadruple": 4}
_HEARD_AS: Final = {"for": "4", "to": "2", "too": "2", "ate": "8", "tree": "3", "free": "3", "sex": "6"}
"""What a recogniser writes for a digit in the middle of digits."""
_BETWEEN: Final = frozenset({
    "uh", "um", "er", "erm", "eh", "and", "y", "then", "dash", "hyphen", "guion", "guión", "space", "espacio",
    "point", "dot", "punto", "okay", "so",
})  # fmt: skip
_TOKEN: Final = re.compile(r"\d+|[^\W\d_]+")
_JOINS: Final = re.compile(r"[\s.…,;:()/–—-]*")
_PLUS: Final = re.compile(r"(\+|\b(plus|más)\s)\s*$", re.IGNORECASE)
_LONGEST_GAP: Final = 2
"""Words between two digits that leave them one number."""


@dataclass(frozen=True, slots=True)
class SpokenRun:
    """Digits said one after another."""

    digits: str
    start: int
    end: int
    plus: bool
    """Whether a plus sign stands before it: an international number."""
    worded: bool
    """Whether words say some of it: then a digit may be misheard, and "twenty five" may be 25 or 20 and 5."""
    places: tuple[tuple[int, int], ...]
    """For each digit, where the word that says it stands."""

    def place(self, first: int, last: int) -> tuple[int, int]:
        """Where digits[first:last] stand in the text."""
        return self.places[first][0], self.places[last - 1][1]


def digit_runs(text: str) -> Iterator[SpokenRun]:
    """The runs of digits in a text, as long as they can be."""
    tokens = [(match.group().lower(), match.start(), match.end()) for match in _TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        digits, places, at = _run(text, tokens, at)
        if digits:
            start, end = places[0][0], places[-1][1]
            plus = _PLUS.search(text, 0, start)
            worded = any(map(str.isalpha, text[start:end]))
            yield SpokenRun(digits, plus.start() if plus else start, end, plus is not None, worded, tuple(places))


_Tokens = list[tuple[str, int, int]]


def _run(text: str, tokens: _Tokens, at: int) -> tuple[str, list[tuple[int, int]], int]:
    """The run that begins here, "" if none does, and where to look on."""
    digits, places = "", list[tuple[int, int]]()
    here, last = at, at
    while here < len(tokens):
        said, after = _chunk(tokens, here)
        if not said and digits and tokens[here][0] in _HEARD_AS and _chunk(tokens, here + 1)[0]:
            said, after = _HEARD_AS[tokens[here][0]], here + 1
        if said:
            digits += said
            places += [(tokens[here][1], tokens[after - 1][2])] * len(said)
            here = last = after
        elif digits and tokens[here][0] in _BETWEEN and here - last < _LONGEST_GAP:
            here += 1
        else:
            break
        if last < len(tokens) and not _JOINS.fullmatch(text, tokens[last - 1][2], tokens[last][1]):
            break
    return digits, places, max(last, at + 1)


def _chunk(tokens: _Tokens, at: int) -> tuple[str, int]:
    """The digits that this word and those after it say, and the index after them."""
    if at >= len(tokens):
        return "", at
    word = tokens[at][0]
    if word in _REPEATS:
        said, after = _chunk(tokens, at + 1)
        return (said * _REPEATS[word], after) if len(said) in (1, 2) else ("", at)
    if word.isdecimal():
        return "".join(str(int(figure)) for figure in word), at + 1
    if word in _HUNDREDS:
        below, after = _below_hundred(tokens, at + 1)
        return _HUNDREDS[word] + below.zfill(2), after if below else at + 1
    said, after = _below_hundred(tokens, at)
    if said and after < len(tokens) and tokens[after][0] == "hundred":
        skip = after + 2 if after + 1 < len(tokens) and tokens[after + 1][0] == "and" else after + 1
        below, behind = _below_hundred(tokens, skip)
        return (said + below.zfill(2), behind) if below and said != "0" else (said + "00", after + 1)
    return said, after


def _below_hundred(tokens: _Tokens, at: int) -> tuple[str, int]:
    if at >= len(tokens):
        return "", at
    word = tokens[at][0]
    if word in _TENS:
        behind = at + 2 if at + 2 < len(tokens) and tokens[at + 1][0] == "y" else at + 1
        unit = _UNITS.get(tokens[behind][0], "0") if behind < len(tokens) else "0"
        return (f"{_TENS[word]}{unit}", behind + 1) if unit != "0" else (f"{_TENS[word]}0", at + 1)
    said = _TEENS.get(word) or _UNITS.get(word, "")
    return said, at + 1 if said else at
