"""What to say about opening hours: computed from the line's hours and an injected local time. Pure."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Final

from pipeline.line.model import WEEKDAYS, Hours, Span

_LOOK_AHEAD_DAYS: Final = 14
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def is_open(hours: Hours, local: datetime) -> bool:
    """Whether people are there at this local time."""
    return any(span.opens <= local.time() < span.closes for span in hours.on(local.date()))


def spoken_status(hours: Hours, local: datetime) -> str:
    """Whether people are there now, and until or from when."""
    now = local.time()
    today = hours.on(local.date())
    current = next((span for span in today if span.opens <= now < span.closes), None)
    if current is not None:
        return f"We're open right now, until {spoken_time(current.closes)}."
    later = next((span for span in today if span.opens > now), None)
    if later is not None:
        return f"We're closed right now, and open today at {spoken_time(later.opens)}."
    for ahead in range(1, _LOOK_AHEAD_DAYS + 1):
        day = local.date() + timedelta(days=ahead)
        spans = hours.on(day)
        if spans:
            when = "tomorrow" if ahead == 1 else f"on {_day_name(day, local.date())}"
            return f"We're closed right now, and open again {when} at {spoken_time(spans[0].opens)}."
    return "We're closed right now."


def spoken_day(hours: Hours, day: date, local: datetime) -> str:
    """The hours of one day."""
    spans, holiday = hours.on(day), hours.holiday(day)
    ahead = (day - local.date()).days
    name = {0: "Today", 1: "Tomorrow"}.get(ahead, f"On {_day_name(day, local.date())}")
    if holiday is not None:
        name = f"{name}, {holiday.name},"
    return f"{name} we're open {_spoken_spans(spans)}." if spans else f"{name} we're closed."


def spoken_week(hours: Hours) -> str:
    """The hours of a usual week; days with the same hours together."""
    parts = []
    for spans, group in groupby(WEEKDAYS, key=lambda day: tuple(hours.weekly.get(day, ()))):
        days = [day.capitalize() for day in group]
        if len(days) == len(WEEKDAYS):
            name = "every day"
        else:
            name = days[0] if len(days) == 1 else f"{days[0]} {'and' if len(days) == 2 else 'to'} {days[-1]}"
        parts.append(f"{name} {_spoken_spans(spans)}" if spans else f"closed {_on(name)}")
    if not any(hours.weekly.values()):
        return "We have no regular opening hours."
    return f"We're open {_listed(parts)}."


def spoken_date(day: date) -> str:
    """A date as people say it: "Tuesday, November 24th"."""
    return f"{day:%A}, {day:%B} {day.day}{_ORDINALS.get(day.day, 'th')}"


def spoken_time(at: time) -> str:
    """A time of day as people say it: "9 AM", "6:30 PM", "noon"."""
    if (at.hour, at.minute) in {(12, 0), (0, 0)}:
        return "noon" if at.hour else "midnight"
    hour = at.hour % 12 or 12
    minutes = f":{at.minute:02d}" if at.minute else ""
    return f"{hour}{minutes} {'PM' if at.hour >= 12 else 'AM'}"


def _spoken_spans(spans: Sequence[Span]) -> str:
    return _listed([f"from {spoken_time(span.opens)} to {spoken_time(span.closes)}" for span in spans])


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, and {parts[-1]}"


def _on(name: str) -> str:
    return name if name == "every day" else f"on {name}"


def _day_name(day: date, today: date) -> str:
    return f"{day:%A}" if 0 < (day - today).days < 7 else spoken_date(day)
