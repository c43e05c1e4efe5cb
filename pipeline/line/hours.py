"""What to say about opening hours: computed from the line's hours and an injected local time. Pure.

language: in which it is said; a language without words for hours (Language.opening) has them in English.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from pipeline.assistant.languages.language import PARSERS, Language
from pipeline.assistant.languages.opening import ENGLISH_OPENING, OpeningWords
from pipeline.line.opening_hours import WEEKDAYS, Hours, Span

_LOOK_AHEAD_DAYS: Final = 14
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
_A_MONDAY: Final = date(2024, 1, 1)


def is_open(hours: Hours, local: datetime) -> bool:
    """Whether people are there at this local time."""
    return any(span.opens <= local.time() < span.closes for span in hours.on(local.date()))


def spoken_status(hours: Hours, local: datetime, language: Language = PARSERS) -> str:
    """Whether people are there now, and until or from when."""
    words, now = _words(language), local.time()
    today = hours.on(local.date())
    current = next((span for span in today if span.opens <= now < span.closes), None)
    if current is not None:
        return words.open_until.format(time=words.time(current.closes))
    later = next((span for span in today if span.opens > now), None)
    if later is not None:
        return words.opens_today.format(time=words.time(later.opens))
    for ahead in range(1, _LOOK_AHEAD_DAYS + 1):
        day = local.date() + timedelta(days=ahead)
        spans = hours.on(day)
        if spans:
            when = words.tomorrow if ahead == 1 else words.on_day.format(day=_day_name(day, local.date(), language))
            return words.opens_again.format(day=when, time=words.time(spans[0].opens))
    return words.closed_now


def spoken_day(hours: Hours, day: date, local: datetime, language: Language = PARSERS) -> str:
    """The hours of one day."""
    words, spans, holiday = _words(language), hours.on(day), hours.holiday(day)
    named = words.on_day.format(day=_day_name(day, local.date(), language))
    name = {0: words.today, 1: words.tomorrow}.get((day - local.date()).days, named)
    name = name[:1].upper() + name[1:]
    if holiday is not None:
        name = words.holiday.format(day=name, name=holiday.name)
    return (
        words.day_open.format(day=name, spans=_spoken_spans(spans, words))
        if spans
        else words.day_closed.format(day=name)
    )


def spoken_week(hours: Hours, language: Language = PARSERS) -> str:
    """The hours of a usual week; days with the same hours together."""
    words = _words(language)
    if not any(hours.weekly.values()):
        return words.never
    parts = []
    for spans, group in groupby(range(len(WEEKDAYS)), key=lambda day: tuple(hours.weekly.get(WEEKDAYS[day], ()))):
        days = [_weekday(day, language) for day in group]
        if len(days) == len(WEEKDAYS):
            name = words.every_day
        elif len(days) == 1:
            name = days[0]
        else:
            name = (words.two_days if len(days) == 2 else words.days_between).format(first=days[0], last=days[-1])
        parts.append(f"{name} {_spoken_spans(spans, words)}" if spans else words.closed_on.format(days=name))
    return words.week.format(days=words.list_of(parts))


def spoken_date(day: date) -> str:
    """A date as people say it in English: "Tuesday, November 24th"."""
    return f"{day:%A}, {day:%B} {day.day}{_ORDINALS.get(day.day, 'th')}"


def spoken_time(at: time, language: Language = PARSERS) -> str:
    """A time of day as people say it: "9 AM", "6:30 PM", "noon"."""
    return _words(language).time(at)


def _words(language: Language) -> OpeningWords:
    return language.opening or ENGLISH_OPENING


def _spoken_spans(spans: Sequence[Span], words: OpeningWords) -> str:
    return words.list_of(
        [words.span.format(opens=words.time(span.opens), closes=words.time(span.closes)) for span in spans]
    )


def _weekday(number: int, language: Language) -> str:
    names = language.spoken.get("weekdays") if language.opening else None
    return names[number] if names else f"{_A_MONDAY + timedelta(days=number):%A}"


def _day_name(day: date, today: date, language: Language) -> str:
    if 0 < (day - today).days < 7:
        return _weekday(day.weekday(), language)
    return (language.date(day) if language.opening else None) or spoken_date(day)
