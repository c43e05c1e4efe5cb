"""A calendar day in what a caller said. Pure: today is an argument.

Decided: "friday" is the next one after today; "next friday" is the friday of the next calendar week (Monday to Sunday);
"3/14" is month first, as in North America, unless the first number cannot be a month. The read-back says the full date.
"""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal

from dateutil.relativedelta import relativedelta

from pipeline.assistant.slots.numbers import ORDINALS, TENS, below_hundred, read_chunk
from pipeline.assistant.slots.words import plain, words

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb febuary", "march mar", "april apr", "may", "june jun", "july jul",
            "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAYS: Final = {
    name: number
    for number, names in enumerate(
        ("monday mon", "tuesday tues tue", "wednesday wed weds", "thursday thurs thur thu", "friday fri",
        "saturday sat", "sunday sun")
    )
    for name in names.split()
}  # fmt: skip
_UNITS: Final = {
    "day": "days",
    "days": "days",
    "week": "weeks",
    "weeks": "weeks",
    "month": "months",
    "months": "months",
}
_ISO: Final = re.compile(r"\b(\d{4})-(\d{1,2})-(\d{1,2})\b")
_SLASHED: Final = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}|\d{2}))?\b")
_NUMERAL_ORDINAL: Final = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")

Prefer = Literal["future", "past"]


def parse_date(text: str, today: date, prefer: Prefer = "future") -> date | None:
    """The one day that was named, or None if there is none, it does not exist, or two different ones were named.

    prefer says on which side of today a day without a year lies ("when did you order?" → past).
    """
    line = plain(text)
    numeric = _numeric(line, today, prefer)
    if numeric is not None:
        return numeric[0]
    said = words(_NUMERAL_ORDINAL.sub(r"ordinal\1", line).replace("ordinal", "nth "))
    found: list[date] = []
    for reader in (_month_and_day, _relative, _weekday, _day_of_month):
        days = _every(reader, said, today, prefer)
        if days == [None]:
            return None
        found.extend(day for day in days if day is not None)
        if found:
            break
    return found[0] if len(set(found)) == 1 else None


_Read = tuple[date | None, int]
_Reader = Callable[[list[str], int, date, Prefer], _Read | None]


def _every(reader: _Reader, said: list[str], today: date, prefer: Prefer) -> list[date | None]:
    days: list[date | None] = []
    at = 0
    while at < len(said):
        read = reader(said, at, today, prefer)
        if read is None:
            at += 1
        else:
            days.append(read[0])
            at = read[1]
    return days


def _numeric(line: str, today: date, prefer: Prefer) -> tuple[date | None] | None:
    """Read 2025-03-14, 3/14, 3/14/25. A pattern that is no date gives (None,)."""
    iso = _ISO.search(line)
    if iso:
        return (_made(int(iso[1]), int(iso[2]), int(iso[3])),)
    slashed = _SLASHED.search(line)
    if slashed is None:
        return None
    month, day = int(slashed[1]), int(slashed[2])
    if month > 12:
        month, day = day, month
    if slashed[3]:
        return (_made(int(slashed[3]) + (2000 if len(slashed[3]) == 2 else 0), month, day),)
    return (_nearest(month, day, today, prefer),)


def _month_and_day(said: list[str], at: int, today: date, prefer: Prefer) -> _Read | None:
    """Read "march third", "march the 3rd twenty twenty five", "the third of march"."""
    if said[at] in _MONTHS:
        month, here = _MONTHS[said[at]], at + 1
        read = _day_number(said, here + 1 if here < len(said) and said[here] == "the" else here)
        if read is None:
            return None
    else:
        read = _day_number(said, at)
        if read is None:
            return None
        here = read[1] + 1 if read[1] < len(said) and said[read[1]] == "of" else read[1]
        if here >= len(said) or said[here] not in _MONTHS:
            return None
        month, read = _MONTHS[said[here]], (read[0], here + 1)
    day, here = read
    year = _year(said, here)
    if year is not None:
        return _made(year[0], month, day), year[1]
    return _nearest(month, day, today, prefer), here


def _relative(said: list[str], at: int, today: date, prefer: Prefer) -> _Read | None:
    """Read today, tomorrow, "the day after tomorrow", "in three days", "two weeks ago", "a week from tomorrow"."""
    word = said[at]
    if said[at : at + 4] == ["the", "day", "after", "tomorrow"] or said[at : at + 3] == ["day", "after", "tomorrow"]:
        return today + timedelta(days=2), at + (4 if word == "the" else 3)
    if said[at : at + 4] == ["the", "day", "before", "yesterday"] or said[at : at + 3] == [
        "day",
        "before",
        "yesterday",
    ]:
        return today - timedelta(days=2), at + (4 if word == "the" else 3)
    simple = {"today": 0, "tonight": 0, "tomorrow": 1, "tomorrows": 1, "yesterday": -1}
    if word in simple:
        return today + timedelta(days=simple[word]), at + 1
    count = _count(said, at)
    if count is None or count[1] >= len(said) or said[count[1]] not in _UNITS:
        return None
    step = relativedelta(**{_UNITS[said[count[1]]]: count[0]})  # type: ignore[arg-type]  # days, weeks, months: all int
    rest = count[1] + 1
    if rest < len(said) and said[rest] in ("ago", "before"):
        return today - step, rest + 1
    if rest < len(said) and said[rest] == "from":
        anchor = parse_date(" ".join(said[rest + 1 : rest + 3]), today, prefer)
        return (
            ((anchor or today) + step, min(len(said), rest + 3))
            if anchor or "now" in said[rest + 1 : rest + 2]
            else None
        )
    if (at > 0 and said[at - 1] in ("in", "within")) or (rest < len(said) and said[rest] in ("out", "later")):
        return today + step, rest
    return None


def _weekday(said: list[str], at: int, today: date, prefer: Prefer) -> _Read | None:
    """Read "friday", "this friday", "next tuesday", "last monday", "tuesday week"."""
    name = said[at].removesuffix("'s")
    if name not in _WEEKDAYS or (name in ("sun", "sat", "mon", "wed") and at == 0 and len(said) > 2):
        return None
    wanted, before = _WEEKDAYS[name], said[at - 1] if at else ""
    monday = today - timedelta(days=today.weekday())
    if (
        before == "next"
        or (before == "week" and said[at - 2 : at - 1] == ["next"])
        or said[at + 1 : at + 3] == ["next", "week"]
    ):
        return monday + timedelta(days=7 + wanted), at + 1
    if before == "last":
        ahead = (today.weekday() - wanted) % 7 or 7
        return today - timedelta(days=ahead), at + 1
    if prefer == "past":
        return today - timedelta(days=(today.weekday() - wanted) % 7 or 7), at + 1
    ahead = (wanted - today.weekday()) % 7 or 7
    if said[at + 1 : at + 2] == ["week"]:
        ahead += 7
    return today + timedelta(days=ahead), at + 1


def _day_of_month(said: list[str], at: int, today: date, prefer: Prefer) -> _Read | None:
    """Read "the fifth", "the 5th", "the twenty first": an ordinal alone, in the month that prefer leads to."""
    read = _day_number(said, at)
    if read is None or not _is_ordinal(said, at, read[1]):
        return None
    month = today.replace(day=1)
    for _ in range(13):
        day = _made(month.year, month.month, read[0])
        if day is not None and (day >= today if prefer == "future" else day <= today):
            return day, read[1]
        month += relativedelta(months=1 if prefer == "future" else -1)
    return None, read[1]


def _is_ordinal(said: list[str], start: int, end: int) -> bool:
    return said[start] == "nth" or said[end - 1] in ORDINALS


def _day_number(said: list[str], at: int) -> tuple[int, int] | None:
    """Read the number of a day, as ordinal ("twenty first", "5th") or cardinal ("twenty one", "5")."""
    if at >= len(said):
        return None
    if said[at] == "nth" and at + 1 < len(said):
        return int(said[at + 1]), at + 2
    if said[at] in ORDINALS:
        return ORDINALS[said[at]], at + 1
    if said[at] in TENS and at + 1 < len(said) and ORDINALS.get(said[at + 1], 99) < 10:
        return TENS[said[at]] + ORDINALS[said[at + 1]], at + 2
    read = below_hundred(said, at)
    return read if read is not None and read[0] <= 31 else None


def _year(said: list[str], at: int) -> tuple[int, int] | None:
    """Read "2025", "twenty twenty five", "two thousand twenty five"; nothing else is a year."""
    first = read_chunk(said, at)
    if first is None:
        return None
    if len(first.digits) == 4:
        return first.value, first.end
    second = read_chunk(said, first.end)
    if second is not None and first.digits == "20" and len(second.digits) == 2:
        return 2000 + second.value, second.end
    return None


def _count(said: list[str], at: int) -> tuple[int, int] | None:
    if said[at] in ("a", "an"):
        if said[at + 1 : at + 3] in (["couple", "of"], ["couple", "days"], ["couple", "weeks"]):
            return 2, at + (3 if said[at + 2] == "of" else 2)
        return 1, at + 1
    return below_hundred(said, at)


def _nearest(month: int, day: int, today: date, prefer: Prefer) -> date | None:
    """The day of this month in the nearest year on the wanted side of today (29 February waits for a leap year)."""
    step = 1 if prefer == "future" else -1
    for year in range(today.year, today.year + 9 * step, step):
        made = _made(year, month, day)
        if made is not None and (made >= today if prefer == "future" else made <= today):
            return made
    return None


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
