"""Numbers as they are spoken and written, made comparable: amounts, times of day, durations, dates, ids. Pure.

"Four dollars and ninety-nine cents" is $4.99, "two weeks" are 14 days, "half past six in the evening" is 18:30,
"the tenth of December" is 2026-12-10 without its year. English and Spanish.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from pipeline.assistant.guard.listed import listed
from pipeline.assistant.guard.measures import (
    AM,
    BEHIND_A_DAY,
    BETWEEN,
    CENTS,
    DURATIONS,
    EACH,
    MINUTES_TO,
    MONEY,
    MONTHS,
    PM,
    RATES,
    RELATIVE,
    SAME_UNIT,
    WEEKDAYS,
    Kind,
)
from pipeline.assistant.guard.numerals import BEGINS, HUNDREDS, ORDINALS, TENS, UNITS, Code, Number, Piece
from pipeline.assistant.guard.numerals import pieces as read_pieces


@dataclass(frozen=True, slots=True)
class Figure:
    """One of them."""

    kind: Kind
    value: str


NUMBER_WORDS: Final = (
    frozenset(UNITS)
    | frozenset(TENS)
    | frozenset(HUNDREDS)
    | frozenset(ORDINALS)
    | frozenset(MONTHS)
    | frozenset(WEEKDAYS)
) - {"may", "second"}


def read(text: str) -> tuple[Figure, ...]:
    """All figures of a text, in order."""
    return tuple(_figures(read_pieces(text)))


def may_tell(words: Iterable[str]) -> bool:
    """Whether a text of these words may have a figure: quick, and never wrong where it has one."""
    parts = (part for word in words for part in (word, word.partition("'")[0]))
    return any(part in _TELLS or part in BEGINS or any(map(str.isdigit, part)) for part in parts)


def _figures(pieces: list[Piece]) -> Iterator[Figure]:
    at = 0
    while at < len(pieces):
        piece = pieces[at]
        if isinstance(piece, str) and piece not in _TELLS and not piece[0].isdigit():  # nearly all words
            at += 1
            continue
        found, used = _figure_at(pieces, at)
        yield from found
        at += used


def _word(pieces: list[Piece], at: int) -> str:
    if not 0 <= at < len(pieces):
        return ""
    piece = pieces[at]
    return piece if isinstance(piece, str) else ""


def _num(pieces: list[Piece], at: int) -> Number | None:
    piece = pieces[at] if 0 <= at < len(pieces) else None
    return piece if isinstance(piece, Number) else None


def _figure_at(pieces: list[Piece], at: int) -> tuple[list[Figure], int]:
    piece = pieces[at]
    if isinstance(piece, Code):
        return [Figure("id", piece.value)], 1
    if isinstance(piece, Number):
        return _quantity(pieces, at, piece)
    if not piece[0].isdigit():
        return _said_of_time(pieces, at, piece)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}.*", piece):
        return _iso(piece), 1
    if re.fullmatch(r"\d{1,2}:\d{2}", piece):
        hour, minute = map(int, piece.split(":"))
        return [_time(hour, minute, _half(pieces, at + 1))], 1
    return _said_of_time(pieces, at, piece)


def _said_of_time(pieces: list[Piece], at: int, piece: str) -> tuple[list[Figure], int]:  # noqa: C901, PLR0912 one case for each word of time
    """What a word tells of days and times; nothing where it tells neither."""
    if piece in RELATIVE and not (piece == "mañana" and _word(pieces, at - 1) in {"la", "por", "de"}):
        return [Figure("relative", RELATIVE[piece])], 1
    if piece in EACH and (unit := _unit(_word(pieces, at + 1))):
        return [Figure("per", SAME_UNIT.get(unit, unit))], 2
    if piece in RATES:
        return [Figure("per", RATES[piece])], 1
    if piece == "day" and _word(pieces, at + 1) == "before" and _word(pieces, at - 1) == "the":
        return [Figure("relative", "the day before")], 2
    if piece in {"next", "following", "siguiente"} and "day" in {_word(pieces, at + 1), _word(pieces, at - 1)}:
        return [Figure("relative", "tomorrow")], 2
    if piece in WEEKDAYS:
        return [Figure("weekday", str(WEEKDAYS[piece]))], 1
    if piece in {"noon", "midday", "mediodía"}:
        return [Figure("time", "12:00")], 1
    if piece in {"midnight", "medianoche"}:
        return [Figure("time", "00:00")], 1
    if piece in {"a", "an", "un", "una", "one's"} and _unit(_word(pieces, at + 1)) and _word(pieces, at + 1) != "one":
        return _one_of(pieces, at)
    if piece in MONTHS and (number := _num(pieces, at + 1)) and number.value <= 31 and not number.money:
        if piece == "may" and not number.ordinal and not number.written:
            return [], 1
        return [Figure("date", f"{MONTHS[piece]}-{number.value}")], 2
    if piece in MONTHS and piece != "may":
        return [Figure("month", str(MONTHS[piece]))], 1
    if piece in {"half", "quarter"} and _word(pieces, at + 1) == "past" and (number := _num(pieces, at + 2)):
        return [_time(int(number.value), 30 if piece == "half" else 15, _half(pieces, at + 3))], 3
    return [], 1


_TELLS: Final = frozenset(
    {
        *RELATIVE,
        *EACH,
        *RATES,
        *WEEKDAYS,
        *MONTHS,
        *listed("day next following siguiente noon midday mediodía midnight"),
    }
    | listed("medianoche a an un una one's half quarter")
)
"""Words that may tell of time by themselves."""


def _one_of(pieces: list[Piece], at: int) -> tuple[list[Figure], int]:
    """A day, a week, a year: one of them, where it tells how long; "$55 a month" tells how often."""
    before = pieces[at - 1] if at else ""
    unit = _unit(_word(pieces, at + 1))
    if isinstance(before, Number) or _word(pieces, at - 1) in MONEY | {
        "person",
        "user",
        "percent",
        "once",
        "twice",
        "vez",
    }:
        return ([Figure("per", SAME_UNIT.get(unit, unit))] if unit else []), 2
    return ([_duration(Decimal(1), unit)] if unit else []), 2


def _quantity(pieces: list[Piece], at: int, number: Number) -> tuple[list[Figure], int]:
    following = _word(pieces, at + 1)
    if number.money:
        return [_amount(number.value)], 1
    if number.written and number.value.as_tuple().exponent == _CENTS_SHOWN:
        return [_amount(number.value), Figure("number", _plain(number.value))], 1  # "312.00", as systems write it
    if number.percent or following in {"percent", "%"} or (following == "por" and _word(pieces, at + 2) == "ciento"):
        return [Figure("percent", _plain(number.value))], 1 if number.percent else 2
    if following in MONEY:
        return _spoken_money(pieces, at, number)
    return _day_or_time(pieces, at, number) or _counted(pieces, at, number)


def _day_or_time(pieces: list[Piece], at: int, number: Number) -> tuple[list[Figure], int] | None:
    """The day or time that a number tells; None: it counts something."""
    following = _word(pieces, at + 1)
    if _word(pieces, at - 1) in {"las", "la"} and number.value <= _HOURS and not number.written:
        return _spanish_time(pieces, at, int(number.value))
    month_at = at + 2 if following in {"of", "de"} else at + 1
    month = MONTHS.get(_word(pieces, month_at))
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
    if number.ordinal and number.value == 1 and following and following not in BEHIND_A_DAY:
        return [], 1  # the first service
    if number.ordinal:
        return [Figure("day", _plain(number.value))], 1
    to = _num(pieces, at + 2) if following == "to" and number.value in MINUTES_TO else None
    if to is not None and to.value < number.value and to.value <= _HOURS / 2:
        return [_time(int(to.value - 1) % 12, 60 - int(number.value), _half(pieces, at + 3))], 3
    return None


def _counted(pieces: list[Piece], at: int, number: Number) -> tuple[list[Figure], int]:
    """How much of what."""
    unit_at = at + 2 if _word(pieces, at + 1) in BETWEEN else at + 1
    unit = _unit(_word(pieces, unit_at))
    if unit is None:
        unit, unit_at = _unit_of_range(pieces, at)
    if unit and _word(pieces, unit_at + 1) != "old":
        return [_duration(number.value, unit), Figure("raw", _plain(number.value))], 1
    return [Figure("number", _plain(number.value))], 1


_CENTS_SHOWN: Final = -2
_HOURS: Final = 24


def _spanish_time(pieces: list[Piece], at: int, hour: int) -> tuple[list[Figure], int]:
    """The time of "las diez y media", "las cinco menos cuarto", "las dos"."""
    joint, part = _word(pieces, at + 1), _word(pieces, at + 2)
    minutes = _num(pieces, at + 2)
    told = int(minutes.value) if minutes else {"media": 30, "cuarto": 15}.get(part, 0)
    if joint == "y" and told:
        return [_time(hour, told, _half(pieces, at + 3))], 3
    if joint == "menos" and told:
        return [_time((hour - 1) % 24, 60 - told, _half(pieces, at + 3))], 3
    return [_time(hour, 0, _half(pieces, at + 1))], 1


def _unit_of_range(pieces: list[Piece], at: int) -> tuple[str | None, int]:
    """The unit of "3" in "3 to 5 business days"."""
    if _word(pieces, at + 1) not in {"to", "and", "or", "a", "y", "o"} or _num(pieces, at + 2) is None:
        return None, at
    behind = at + 4 if _word(pieces, at + 3) in BETWEEN else at + 3
    return _unit(_word(pieces, behind)), behind


def _spoken_money(pieces: list[Piece], at: int, number: Number) -> tuple[list[Figure], int]:
    if _word(pieces, at + 1) in CENTS:
        return [_amount(number.value / 100)], 2
    behind = at + 3 if _word(pieces, at + 2) in {"and", "con", "y"} else at + 2
    cents = _num(pieces, behind)
    if cents is not None and (_word(pieces, behind + 1) in CENTS) and cents.value < 100:
        return [_amount(number.value + cents.value / 100)], behind + 2 - at
    return [_amount(number.value)], 2


def _unit(word: str) -> str | None:
    for stem in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("'s")):
        if stem in DURATIONS:
            return stem
    return None


def _duration(value: Decimal, unit: str) -> Figure:
    kind, factor = DURATIONS[unit]
    if kind == "number":
        return Figure("number", _plain(value))
    if kind == "hours" and factor == 0:
        return Figure("hours", _plain(value / 60))
    if kind == "hours" and value >= 24 and value % 24 == 0:
        return Figure("days", _plain(value / 24))
    return Figure(kind, _plain(value * factor))


def _half(pieces: list[Piece], at: int) -> str:
    """Am or pm, where the next words tell."""
    for step in range(4):
        word = _word(pieces, at + step)
        if word in AM:
            return "am"
        if word in PM:
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
        Figure("number", str(day.year)),
    ]
    if len(text) > 10:
        found.append(_time(int(text[11:13]), int(text[14:16]), ""))
    return found


def _amount(value: Decimal) -> Figure:
    return Figure("money", _plain(value))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
