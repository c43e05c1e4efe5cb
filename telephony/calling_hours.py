"""When somebody may be called back: hours of the day where they probably are. Pure.

A number tells a place only roughly: 800 numbers and mobiles of large countries may be in several time zones. Then a
time counts only if it is a good one in all of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

EARLIEST: Final = time(9)
LATEST: Final = time(20)
"""Stricter than the US federal rule (8 a.m. to 9 p.m. at the called party's location, 47 CFR 64.1200(c)(1))."""
_LOOK_AHEAD_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, aware UTC, during which somebody may be called."""

    opens: datetime
    closes: datetime


def zones_of(e164: str) -> tuple[str, ...]:
    """Names of the time zones where a number may be; empty: not known."""
    try:
        found = time_zones_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return ()
    return tuple(name for name in found if name != UNKNOWN_TIMEZONE and _zone(name) is not None)


def window(e164: str, now: datetime, zone_if_unknown: str, earliest: time = EARLIEST, latest: time = LATEST) -> Window:
    """The present or next window of a number. now: aware. zone_if_unknown: the line's.

    Where its zones are so far apart that no time is good in all of them, zone_if_unknown counts. Raises ValueError
    where that is no time zone, or `latest` is not after `earliest`.
    """
    home = _zone(zone_if_unknown)
    if home is None or latest <= earliest:
        raise ValueError(f"no calling hours from {earliest} to {latest} in {zone_if_unknown!r}")
    zones = [zone for name in zones_of(e164) if (zone := _zone(name)) is not None] or [home]
    found = _next(zones, now, earliest, latest) or _next([home], now, earliest, latest)
    if found is None:
        raise ValueError(f"no calling hours in {zone_if_unknown!r} within {_LOOK_AHEAD_DAYS} days")
    return found


def _next(zones: Iterable[ZoneInfo], now: datetime, earliest: time, latest: time) -> Window | None:
    """The first stretch, from now on, that lies in a day's hours in every zone."""
    stretches = [Window(now.astimezone(UTC), now.astimezone(UTC) + timedelta(days=_LOOK_AHEAD_DAYS))]
    for zone in zones:
        days = list(_days(zone, now, earliest, latest))
        both = (Window(max(a.opens, b.opens), min(a.closes, b.closes)) for a in stretches for b in days)
        stretches = [one for one in both if one.opens < one.closes]
    return min(stretches, key=lambda one: one.opens, default=None)


def _days(zone: ZoneInfo, now: datetime, earliest: time, latest: time) -> Iterable[Window]:
    today = now.astimezone(zone).date()
    for ahead in range(-1, _LOOK_AHEAD_DAYS + 1):
        day = today + timedelta(days=ahead)
        opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in (earliest, latest))
        yield Window(opens, closes)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
