"""Numbers in words and in figures, read as tokens of a text; English and Spanish. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14,
    "quince": 15, "dieciséis": 16, "diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veintiuno": 21,
    "veintiún": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26,
    "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
    "noventa": 90,
}  # fmt: skip
HUNDREDS: Final = {
    "cien": 100, "ciento": 100, "doscientos": 200, "doscientas": 200, "trescientos": 300, "trescientas": 300,
    "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800,
    "novecientos": 900,
}  # fmt: skip
ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "primero": 1,
}  # fmt: skip
_TOKEN: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}|[$€£]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?[%€]"
    r"|\d+(?:st|nd|rd|th)\b|(?=[a-z-]*\d)[a-z]+-?[\da-z-]*\d[\da-z]*|\d+[a-z]+\d[\da-z]*|\d[\d,]*(?:\.\d+)?|[a-záéíóúñü]+(?:\.[a-z]\.?)?|%"
)
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Number:
    """One of them."""

    value: Decimal
    ordinal: bool = False
    money: bool = False
    percent: bool = False
    written: bool = False
    """With figures, not in words."""


@dataclass(frozen=True, slots=True)
class Code:
    """What has figures in it and is no number: an id."""

    value: str


Piece = str | Number | Code


def pieces(text: str) -> list[Piece]:
    """A text's words, with its numbers read."""
    plain = in_one_piece(text)
    return _pieces(plain if _has_code(plain) else plain.replace("-", " "))


def in_one_piece(text: str) -> str:
    """The text in small letters, with figures joined that are said in several pieces."""
    plain = _SPELLED.sub(lambda run: run[0].replace(" ", ""), text.lower().replace("’", "'"))
    plain = _HALF_OFF.sub("50%", plain).replace("por ciento", "percent")
    return _AND_A_PART.sub(lambda told: _PARTS[told[1], told[2]], plain)


_SPELLED: Final = re.compile(r"\b(?:[a-z]{1,3} )?\d(?: \d){2,}\b")
"""A number said digit by digit, perhaps behind letters."""
_AND_A_PART: Final = re.compile(r"\b(an|one) hour and a (quarter|half)\b")
_PARTS: Final = {
    (one, part): f"{minutes} minutes" for one in ("an", "one") for part, minutes in (("quarter", 75), ("half", 90))
}
_HALF_OFF: Final = re.compile(r"\bhalf (?:off|the price|price)\b|\ba mitad de precio\b")


def _has_code(text: str) -> bool:
    """Whether a hyphen belongs to an id or a date."""
    return "-" in text and bool(_CODED.search(text))


_CODED: Final = re.compile(r"[A-Za-z]-\d|\d-[A-Za-z]*\d")


def _pieces(text: str) -> list[Piece]:
    """Tokens, with numbers read."""
    tokens: list[str] = _TOKEN.findall(text)
    found: list[Piece] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token not in BEGINS and token.isalpha():  # nearly all words
            found.append(token)
            at += 1
            continue
        piece, used = _number_at(tokens, at)
        found.append(piece)
        at += used
    return found


BEGINS: Final = frozenset({*UNITS, *TENS, *HUNDREDS, *ORDINALS, "hundred", "thousand", "mil"})
"""Words that a number begins with."""


def _number_at(tokens: list[str], at: int) -> tuple[Piece, int]:
    token = tokens[at]
    if token[0] in "$€£":
        return Number(_decimal(token[1:]), money=True, written=True), 1
    if token[0].isdigit():
        return _written(token), 1
    if not token.isalpha() and any(sign.isdigit() for sign in token):
        return Code(re.sub(r"[^a-z0-9]", "", token)), 1
    return _spoken(tokens, at)


def _written(token: str) -> Piece:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", token) or re.fullmatch(r"\d{1,2}:\d{2}", token):
        return token
    if token[-1] == "%":
        return Number(_decimal(token[:-1]), percent=True, written=True)
    if token[-1] == "€":
        return Number(_decimal(token[:-1]), money=True, written=True)
    if token[-2:] in {"st", "nd", "rd", "th"}:
        return Number(Decimal(token[:-2]), ordinal=True, written=True)
    if _PLAIN.fullmatch(token.replace(",", "")):
        return Number(_decimal(token), written=True)
    return Code(token)


def _spoken(tokens: list[str], at: int) -> tuple[Piece, int]:  # noqa: C901, PLR0912, PLR0915 the grammar of numbers in words, in one place
    """A number in words from here on, or the word itself."""
    total = current = 0
    used, seen, ordinal = 0, False, False
    digits: list[int] = []
    while at + used < len(tokens):
        word = tokens[at + used]
        following = tokens[at + used + 1] if at + used + 1 < len(tokens) else ""
        if word in UNITS and not (word == "once" and not seen and not _spanish_once(tokens, at + used)):
            if (seen and current % 10 and current < 20) or (seen and digits and current < 10 and UNITS[word] < 10):
                if current >= 10 or UNITS[word] >= 10:
                    break
                digits.append(UNITS[word])
                used += 1
                continue
            current += UNITS[word]
            digits = [UNITS[word]] if not seen and UNITS[word] < 10 else []
        elif word in TENS:
            if seen and current % 100:
                break
            current += TENS[word]
            digits = []
        elif word in HUNDREDS:
            current += HUNDREDS[word]
            digits = []
        elif word == "hundred":
            current = max(1, current) * 100
            digits = []
        elif word in {"thousand", "mil"}:
            total, current, digits = total + max(1, current) * 1000, 0, []
        elif word in ORDINALS and not (word == "second" and not seen):
            if seen and current % 10:
                break
            current, ordinal, used, seen = current + ORDINALS[word], True, used + 1, True
            break
        elif word in {"and", "y"} and seen and (following in UNITS or following in TENS or following in ORDINALS):
            if word == "y" and current not in TENS.values():
                break
            if word == "and" and not (current >= 100 or total):
                break
        else:
            break
        seen, used = True, used + 1
    if not seen:
        return tokens[at], 1
    if len(digits) > 1:
        return Number(Decimal("".join(map(str, digits)))), used
    return Number(Decimal(total + current), ordinal=ordinal), used


def _spanish_once(tokens: list[str], at: int) -> bool:
    """Whether "once" is eleven: among Spanish words."""
    around = tokens[max(0, at - 2) : at] + tokens[at + 1 : at + 3]
    return any(word in {"las", "los", "el", "de", "días", "euros", "día"} for word in around)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return Decimal(0)
