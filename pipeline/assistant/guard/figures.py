"""Numbers as they are spoken and written, made comparable: amounts, times of day, durations, dates, ids. Pure.

"Four dollars and ninety-nine cents" is $4.99, "two weeks" are 14 days, "half past six in the evening" is 18:30,
"the tenth of December" is 2026-12-10 without its year. English and Spanish.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from pipeline.assistant.guard.listed import listed

Kind = Literal[
    "number", "money", "percent", "time", "date", "weekday", "id", "day", "hours", "days", "months", "relative", "raw"
]


@dataclass(frozen=True, slots=True)
class Figure:
    """One of them."""

    kind: Kind
    value: str


_UNITS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "cero": 0, "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5,
    "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11, "doce": 12, "trece": 13, "catorce": 14,
    "quince": 15, "dieciséis": 16, "diecisiete": 17, "dieciocho": 18, "diecinueve": 19, "veintiuno": 21,
    "veintiún": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25, "veintiséis": 26,
    "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "veinte": 20, "treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80,
    "noventa": 90,
}  # fmt: skip
_HUNDREDS: Final = {
    "cien": 100, "ciento": 100, "doscientos": 200, "doscientas": 200, "trescientos": 300, "trescientas": 300,
    "cuatrocientos": 400, "quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800,
    "novecientos": 900,
}  # fmt: skip
_ORDINALS: Final = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16,
    "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20, "thirtieth": 30, "primero": 1,
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "jan feb mar apr may jun jul aug sep oct nov dec",
    )
    for number, name in enumerate(names.split(), start=1)
}
_WEEKDAYS: Final = {
    name: number
    for names in (
        "monday tuesday wednesday thursday friday saturday sunday",
        "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
        "lunes martes miércoles jueves viernes sábado domingo",
        "lunes martes miércoles jueves viernes sábados domingos",
    )
    for number, name in enumerate(names.split())
}
_RELATIVE: Final = {
    "yesterday": "yesterday", "ayer": "yesterday", "tomorrow": "tomorrow", "mañana": "tomorrow",
    "overnight": "tomorrow",
}  # fmt: skip
_DURATIONS: Final[dict[str, tuple[Kind, int]]] = {
    "minute": ("hours", 0), "minuto": ("hours", 0), "hour": ("hours", 1), "hora": ("hours", 1), "day": ("days", 1),
    "día": ("days", 1), "night": ("number", 1), "noche": ("number", 1), "week": ("days", 7), "semana": ("days", 7),
    "month": ("months", 1), "mes": ("months", 1), "mese": ("months", 1), "year": ("months", 12), "año": ("months", 12),
}  # fmt: skip
NUMBER_WORDS: Final = (
    frozenset(_UNITS)
    | frozenset(_TENS)
    | frozenset(_HUNDREDS)
    | frozenset(_ORDINALS)
    | frozenset(_MONTHS)
    | frozenset(_WEEKDAYS)
) - {"may", "second"}
_MONEY: Final = listed(
    """
    dollar dollars buck bucks usd euro euros eur pound pounds gbp cent cents céntimo céntimos dólar dólares
    """
)
_CENTS: Final = listed("cent cents céntimo céntimos")
_TOKEN: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}(?::\d{2})?)?|\d{1,2}:\d{2}|[$€£]\s?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?\s?[%€]"
    r"|\d+(?:st|nd|rd|th)\b|(?=[a-z-]*\d)[a-z]+-?[\da-z-]*\d[\da-z]*|\d+[a-z]+\d[\da-z]*|\d[\d,]*(?:\.\d+)?|[a-záéíóúñü]+(?:\.[a-z]\.?)?|%"
)
_AM: Final = frozenset({"am", "a.m", "a.m.", "morning"})
_PM: Final = frozenset({"pm", "p.m", "p.m.", "afternoon", "evening", "night", "tarde", "noche"})
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Number:
    value: Decimal
    ordinal: bool = False
    money: bool = False
    percent: bool = False
    written: bool = False
    """With figures, not in words."""


_Piece = str | _Number | Figure


def read(text: str) -> tuple[Figure, ...]:
    """All figures of a text, in order."""
    plain = in_one_piece(text)
    return tuple(_figures(_pieces(plain if _has_code(plain) else plain.replace("-", " "))))


def in_one_piece(text: str) -> str:
    """The text in small letters, with figures joined that are said in several pieces."""
    plain = _SPELLED.sub(lambda run: run[0].replace(" ", ""), text.lower().replace("’", "'"))
    plain = _HALF_OFF.sub("50%", plain)
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
    return bool(re.search(r"[A-Za-z]+-\d|\d-[A-Za-z]*\d", text))


def _pieces(text: str) -> list[_Piece]:
    """Tokens, with numbers read."""
    tokens: list[str] = _TOKEN.findall(text)
    found: list[_Piece] = []
    at = 0
    while at < len(tokens):
        piece, used = _number_at(tokens, at)
        found.append(piece)
        at += used
    return found


def _number_at(tokens: list[str], at: int) -> tuple[_Piece, int]:
    token = tokens[at]
    if token[0] in "$€£":
        return _Number(_decimal(token[1:]), money=True, written=True), 1
    if token[0].isdigit():
        return _written(token), 1
    if any(sign.isdigit() for sign in token):
        return Figure("id", re.sub(r"[^a-z0-9]", "", token)), 1
    return _spoken(tokens, at)


def _written(token: str) -> _Piece:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", token) or re.fullmatch(r"\d{1,2}:\d{2}", token):
        return token
    if token[-1] == "%":
        return _Number(_decimal(token[:-1]), percent=True, written=True)
    if token[-1] == "€":
        return _Number(_decimal(token[:-1]), money=True, written=True)
    if token[-2:] in {"st", "nd", "rd", "th"}:
        return _Number(Decimal(token[:-2]), ordinal=True, written=True)
    if _PLAIN.fullmatch(token.replace(",", "")):
        return _Number(_decimal(token), written=True)
    return Figure("id", token)


def _spoken(tokens: list[str], at: int) -> tuple[_Piece, int]:  # noqa: C901, PLR0912, PLR0915 the grammar of numbers in words, in one place
    """A number in words from here on, or the word itself."""
    total = current = 0
    used, seen, ordinal = 0, False, False
    digits: list[int] = []
    while at + used < len(tokens):
        word = tokens[at + used]
        following = tokens[at + used + 1] if at + used + 1 < len(tokens) else ""
        if word in _UNITS and not (word == "once" and not seen and not _spanish_once(tokens, at + used)):
            if (seen and current % 10 and current < 20) or (seen and digits and current < 10 and _UNITS[word] < 10):
                if current >= 10 or _UNITS[word] >= 10:
                    break
                digits.append(_UNITS[word])
                used += 1
                continue
            current += _UNITS[word]
            digits = [_UNITS[word]] if not seen and _UNITS[word] < 10 else []
        elif word in _TENS:
            if seen and current % 100:
                break
            current += _TENS[word]
            digits = []
        elif word in _HUNDREDS:
            current += _HUNDREDS[word]
            digits = []
        elif word == "hundred":
            current = max(1, current) * 100
            digits = []
        elif word in {"thousand", "mil"} and (seen or word == "mil"):
            total, current, digits = total + max(1, current) * 1000, 0, []
        elif word in _ORDINALS and not (word == "second" and not seen):
            if seen and current % 10:
                break
            current, ordinal, used, seen = current + _ORDINALS[word], True, used + 1, True
            break
        elif word in {"and", "y"} and seen and (following in _UNITS or following in _TENS or following in _ORDINALS):
            if word == "y" and current not in _TENS.values():
                break
            if word == "and" and not (current >= 100 or total):
                break
        else:
            break
        seen, used = True, used + 1
    if not seen:
        return tokens[at], 1
    if len(digits) > 1:
        return _Number(Decimal("".join(map(str, digits)))), used
    return _Number(Decimal(total + current), ordinal=ordinal), used


def _spanish_once(tokens: list[str], at: int) -> bool:
    """Whether "once" is eleven: among Spanish words."""
    around = tokens[max(0, at - 2) : at] + tokens[at + 1 : at + 3]
    return any(word in {"las", "los", "a", "el", "de", "días", "euros", "día"} for word in around)


def _figures(pieces: list[_Piece]) -> Iterator[Figure]:
    at = 0
    while at < len(pieces):
        found, used = _figure_at(pieces, at)
        yield from found
        at += used


def _word(pieces: list[_Piece], at: int) -> str:
    if not 0 <= at < len(pieces):
        return ""
    piece = pieces[at]
    return piece if isinstance(piece, str) else ""


def _num(pieces: list[_Piece], at: int) -> _Number | None:
    piece = pieces[at] if 0 <= at < len(pieces) else None
    return piece if isinstance(piece, _Number) else None


def _figure_at(pieces: list[_Piece], at: int) -> tuple[list[Figure], int]:  # noqa: C901 one case for each kind of figure
    piece = pieces[at]
    if isinstance(piece, Figure):
        return [piece], 1
    if isinstance(piece, _Number):
        return _quantity(pieces, at, piece)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", piece):
        return _iso(piece), 1
    if re.fullmatch(r"\d{1,2}:\d{2}", piece):
        hour, minute = map(int, piece.split(":"))
        return [_time(hour, minute, _half(pieces, at + 1))], 1
    if piece in _RELATIVE and not (piece == "mañana" and _word(pieces, at - 1) in {"la", "por", "de"}):
        return [Figure("relative", _RELATIVE[piece])], 1
    if piece in _WEEKDAYS:
        return [Figure("weekday", str(_WEEKDAYS[piece]))], 1
    if piece in {"noon", "midday", "mediodía"}:
        return [Figure("time", "12:00")], 1
    if piece in {"midnight", "medianoche"}:
        return [Figure("time", "00:00")], 1
    if piece in {"a", "an", "un", "una", "one's"} and _unit(_word(pieces, at + 1)) and _word(pieces, at + 1) != "one":
        return _one_of(pieces, at)
    if piece in _MONTHS and (number := _num(pieces, at + 1)) and number.value <= 31 and not number.money:
        if piece == "may" and not number.ordinal and not number.written:
            return [], 1
        return [Figure("date", f"{_MONTHS[piece]}-{number.value}")], 2
    if piece in {"half", "quarter"} and _word(pieces, at + 1) == "past" and (number := _num(pieces, at + 2)):
        return [_time(int(number.value), 30 if piece == "half" else 15, _half(pieces, at + 3))], 3
    return [], 1


def _one_of(pieces: list[_Piece], at: int) -> tuple[list[Figure], int]:
    """A day, a week, a year: one of them, where it tells how long; "$55 a month" tells how often."""
    before = pieces[at - 1] if at else ""
    if isinstance(before, _Number) or _word(pieces, at - 1) in _MONEY | {
        "person",
        "user",
        "percent",
        "once",
        "twice",
        "vez",
    }:
        return [], 2
    unit = _unit(_word(pieces, at + 1))
    return ([_duration(Decimal(1), unit)] if unit else []), 2


def _quantity(pieces: list[_Piece], at: int, number: _Number) -> tuple[list[Figure], int]:  # noqa: C901 one case for each thing that is counted
    following = _word(pieces, at + 1)
    if number.money:
        return [_amount(number.value)], 1
    if number.percent or following in {"percent", "%"} or (following == "por" and _word(pieces, at + 2) == "ciento"):
        return [Figure("percent", _plain(number.value))], 1 if number.percent else 2
    if following in _MONEY:
        return _spoken_money(pieces, at, number)
    month_at = at + 2 if following in {"of", "de"} else at + 1
    month = _MONTHS.get(_word(pieces, month_at))
    if month and number.value <= 31 and (number.ordinal or following == "de" or number.written):
        return [Figure("date", f"{month}-{number.value}")], month_at - at + 1
    if following == "past" and (hour := _num(pieces, at + 2)):
        return [_time(int(hour.value), int(number.value), _half(pieces, at + 3))], 3
    if following in {"past", "o'clock"} or _half(pieces, at + 1):
        return [_time(int(number.value), 0, _half(pieces, at + 1))], 1
    if number.ordinal and not number.written and number.value <= 3 and _word(pieces, at - 1) not in {"the", "el"}:
        return [], 1  # "at first", "a third"
    minutes = _num(pieces, at + 1)
    if (
        minutes is not None and not number.written and not minutes.written and not minutes.ordinal
        and 1 <= number.value <= 12 and 10 <= minutes.value < 60 and not _unit(_word(pieces, at + 2))
    ):  # fmt: skip
        return [_time(int(number.value), int(minutes.value), _half(pieces, at + 2))], 2
    if number.ordinal:
        return [Figure("day", _plain(number.value))], 1
    unit_at = at + 2 if following in _BETWEEN else at + 1
    unit = _unit(_word(pieces, unit_at))
    if unit is None:
        unit, unit_at = _unit_of_range(pieces, at)
    if unit and _word(pieces, unit_at + 1) not in {"old", "of"}:
        return [_duration(number.value, unit), Figure("raw", _plain(number.value))], 1
    to = _num(pieces, at + 2) if following == "to" and number.value in _MINUTES_TO else None
    if to is not None and to.value < number.value and to.value <= 12:
        return [_time(int(to.value - 1) % 12, 60 - int(number.value), _half(pieces, at + 3))], 3
    return [Figure("number", _plain(number.value))], 1


_MINUTES_TO: Final = frozenset({5, 10, 15, 20, 25})
_BETWEEN: Final = frozenset({"business", "working", "calendar", "full", "more"})


def _unit_of_range(pieces: list[_Piece], at: int) -> tuple[str | None, int]:
    """The unit of "3" in "3 to 5 business days"."""
    if _word(pieces, at + 1) not in {"to", "and", "or", "a", "y", "o"} or _num(pieces, at + 2) is None:
        return None, at
    behind = at + 4 if _word(pieces, at + 3) in _BETWEEN else at + 3
    return _unit(_word(pieces, behind)), behind


def _spoken_money(pieces: list[_Piece], at: int, number: _Number) -> tuple[list[Figure], int]:
    if _word(pieces, at + 1) in _CENTS:
        return [_amount(number.value / 100)], 2
    behind = at + 3 if _word(pieces, at + 2) in {"and", "con", "y"} else at + 2
    cents = _num(pieces, behind)
    if cents is not None and (_word(pieces, behind + 1) in _CENTS) and cents.value < 100:
        return [_amount(number.value + cents.value / 100)], behind + 2 - at
    return [_amount(number.value)], 2


def _unit(word: str) -> str | None:
    for stem in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("'s")):
        if stem in _DURATIONS:
            return stem
    return None


def _duration(value: Decimal, unit: str) -> Figure:
    kind, factor = _DURATIONS[unit]
    if kind == "number":
        return Figure("number", _plain(value))
    if kind == "hours" and factor == 0:
        return Figure("hours", _plain(value / 60))
    if kind == "hours" and value >= 24 and value % 24 == 0:
        return Figure("days", _plain(value / 24))
    return Figure(kind, _plain(value * factor))


def _half(pieces: list[_Piece], at: int) -> str:
    """Am or pm, where the next words tell."""
    for step in range(4):
        word = _word(pieces, at + step)
        if word in _AM:
            return "am"
        if word in _PM:
            return "pm"
        if word not in {"in", "the", "this", "at", "de", "la", "o'clock", "por", "o", "clock"}:
            return "am" if word == "mañana" and step else ""
    return ""


def _time(hour: int, minute: int, half: str) -> Figure:
    if half == "pm" and hour < 12:
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    return Figure("time", f"{hour % 24:02d}:{minute:02d}")


def _iso(text: str) -> list[Figure]:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return [Figure("id", text)]
    found = [
        Figure("date", f"{day.month}-{day.day}"),
        Figure("weekday", str(day.weekday())),
        Figure("day", str(day.day)),
    ]
    if len(text) > 10:
        found.append(_time(int(text[11:13]), int(text[14:16]), ""))
    return found


def _amount(value: Decimal) -> Figure:
    return Figure("money", _plain(value))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text.strip().replace(",", ""))
    except InvalidOperation:
        return Decimal(0)


def supported(figure: Figure, known: frozenset[Figure], named: frozenset[Figure], *, asks: bool = False) -> bool:  # noqa: C901 one case for each kind of figure
    """Whether a figure of a clause is among those of the evidence, or names something that the caller named."""
    if figure in known or (asks and figure in named):
        return True
    bare = Figure("number", figure.value)
    if figure.value == "2" and figure.kind == "number":
        return asks or any(one.value == "2" for one in known | named)
    match figure.kind:
        case "raw":
            return True  # what it measures is looked at
        case "number":
            if figure.value in _COMMON or (figure in named and len(figure.value) >= _LEAST_OF_AN_ID):
                return True
            return any(one.value == figure.value for one in known) or _as_time(figure, known)
        case "money" | "percent" | "hours" | "days" | "months":
            return bare in known
        case "time":
            return _as_twelve(figure, known) or any(one.kind == "id" and one.value == figure.value for one in known)
        case "day":
            return any(one.kind == "date" and one.value.endswith(f"-{figure.value}") for one in known) or bare in known
        case "date":
            return False
        case "id":
            return figure in named
    return figure in named and figure.kind in {"weekday", "relative"}


_COMMON: Final = frozenset({"0", "1"})
"""Words of speech more than facts: one moment, the other one."""
_LEAST_OF_AN_ID: Final = 3


def _as_time(figure: Figure, known: frozenset[Figure]) -> bool:
    """An hour without its half of the day: "at seven", where the evidence says 7 a.m."""
    hours = {one.value for one in known if one.kind == "time"}
    return figure.value.isdecimal() and any(
        hour[3:] == "00" and int(hour[:2]) % 12 == int(figure.value) % 12 for hour in hours
    )


def _as_twelve(figure: Figure, known: frozenset[Figure]) -> bool:
    """Half past six, where the evidence says 18:30; or seven in the morning, where it says from seven."""
    hour, minute = int(figure.value[:2]), figure.value[3:]
    if hour < 12 and Figure("time", f"{hour + 12:02d}:{minute}") in known:
        return True
    if hour <= 12 and Figure("time", f"{(hour + 12) % 24:02d}:{minute}") in known and hour != 0:
        return True
    return minute == "00" and Figure("number", str(hour % 12 or 12)) in known
