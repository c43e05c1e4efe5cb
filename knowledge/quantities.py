"""Numbers with what they count, as texts write them: prices, periods, percentages, times, dates. Pure.

English and Spanish.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from knowledge.english.words import stem

_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    **dict.fromkeys(("minute", "minutes", "minuto", "minutos"), ("period", 1 / 1440)),
    **dict.fromkeys(("hour", "hours", "hora", "horas"), ("period", 1 / 24)),
    **dict.fromkeys(("day", "days", "día", "días"), ("period", 1)),
    **dict.fromkeys(("week", "weeks", "semana", "semanas"), ("period", 7)),
    **dict.fromkeys(("month", "months", "mes", "meses"), ("period", 30)),
    **dict.fromkeys(("year", "years", "año", "años"), ("period", 365)),
    **dict.fromkeys(("dollar", "dollars", "usd", "euro", "euros", "eur", "pounds", "dólares"), ("money", 1)),
    **dict.fromkeys(("cent", "cents"), ("money", 0.01)),
    **dict.fromkeys(("percent", "%", "per cent", "por ciento"), ("percent", 1)),
}
_TEENS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS: Final = (
    "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
)  # fmt: skip
_SPANISH: Final = (
    "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez",
)  # fmt: skip
_SPANISH_TENS: Final = (
    "diez", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa", "cien",
)  # fmt: skip
_NUMBERS: Final[Mapping[str, int]] = {
    **{word: number for number, word in enumerate(_TEENS)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=1)},
    **{word: number for number, word in enumerate(_SPANISH, start=1)},
    **{word: 10 * number for number, word in enumerate(_SPANISH_TENS, start=1)},
    "una": 1, "catorce": 14, "quince": 15,
}  # fmt: skip
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_ONES: Final = "|".join(_TEENS[1:10])
_NUMBER: Final = rf"(?:\d[\d,]*(?:\.\d+)?|(?:{'|'.join(_NUMBERS)})(?:[- ](?:{_ONES}))?)"
_UNIT: Final = "|".join(sorted(map(re.escape, _UNITS), key=len, reverse=True))
_MONEY: Final = re.compile(r"(?:US)?[$€£]\s?(\d[\d,]*(?:\.\d+)?)")
_CLOCK: Final = re.compile(
    r"\b(\d{1,2})(?:[:.](\d\d))?\s?(a\.?m\b\.?|p\.?m\b\.?)|\b([01]?\d|2[0-3]):([0-5]\d)\b", re.IGNORECASE
)
_DATE: Final = re.compile(rf"\b({'|'.join(_MONTHS)})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b", re.IGNORECASE)
_MEASURED: Final = re.compile(
    rf"\b({_NUMBER})[\s-]*(?:(?:business|working|calendar|full)\s+)?({_UNIT})(?!\w)", re.IGNORECASE
)
_COUNTED: Final = re.compile(
    rf"\b({_NUMBER})\s+(?!(?:more|of|or|to|and|in|on|at|for|is|are)\b)([a-z]{{3,}}s)\b", re.IGNORECASE
)
_LONE: Final = re.compile(r"\d[\d.,]*")
_DUE: Final = re.compile(
    r"\b(?:until|by|before|starts?|begins?|ends?|deadline|expires?|due|hasta|antes)\b", re.IGNORECASE
)
"""A date is a rule only with one of these; else it is one of a list."""


def quantities(clause: str) -> list[tuple[str, float]]:
    """Kind and value of each: days, units of money, percent, minutes after midnight, month and day, counts of what."""
    found: list[tuple[str, float]] = [("money", _digits(value)) for value in _MONEY.findall(clause)]
    for hour, minute, half, hour_of_24, minute_of_24 in _CLOCK.findall(clause):
        if half:
            found.append(("time", (int(hour) % 12 + 12 * half.lower().startswith("p")) * 60 + int(minute or 0)))
        else:
            found.append(("time", int(hour_of_24) * 60 + int(minute_of_24)))
    if _DUE.search(clause):
        found += [("date", _MONTHS.index(month.lower()) * 100 + 100 + int(day)) for month, day in _DATE.findall(clause)]
    for number, unit in _MEASURED.findall(clause):
        kind, times = _UNITS[unit.lower()]
        found.append((kind, round(_number(number) * times, 6)))
    rest = _MEASURED.sub(" ", _MONEY.sub(" ", _CLOCK.sub(" ", clause)))
    found += [(f"count of {stem(noun.lower())}", _number(number)) for number, noun in _COUNTED.findall(rest)]
    return found


def without_quantities(clause: str) -> str:
    """The clause without its numbers."""
    for pattern in (_DATE, _CLOCK, _MONEY, _MEASURED, _LONE):
        clause = pattern.sub(" ", clause)
    return clause


@lru_cache(maxsize=1000)
def _number(text: str) -> float:
    if text[0].isdigit():
        return _digits(text)
    return float(sum(_NUMBERS[word] for word in re.split(r"[- ]", text.lower())))


def _digits(text: str) -> float:
    return float(text.replace(",", "") or 0)
