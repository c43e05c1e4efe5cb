from datetime import UTC, date, datetime, time

import pytest

from pipeline.assistant.languages.reading import languages
from pipeline.line.hours import is_open, spoken_date, spoken_day, spoken_status, spoken_time, spoken_week
from pipeline.line.opening_hours import WEEKDAYS, Hours

pytestmark = pytest.mark.unit

WEEKLY = {day: ["09:00-18:30"] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
HOURS = Hours.model_validate(
    {
        "time_zone": "America/New_York",
        "weekly": {**WEEKLY, "saturday": ["10:00-12:00", "14:00-17:00"]},
        "holidays": [
            {"date": "2026-11-26", "name": "Thanksgiving Day"},
            {"date": "2026-12-24", "name": "Christmas Eve", "hours": ["09:00-12:00"]},
        ],
    }
)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute)  # noqa: DTZ001  # local time of nowhere: the zone is the caller's matter


@pytest.mark.parametrize(
    ("now", "spoken"),
    [
        (at(23, 12), "We're open right now, until 6:30 PM."),
        (at(23, 8, 59), "We're closed right now, and open today at 9 AM."),
        (at(23, 18, 30), "We're closed right now, and open again tomorrow at 9 AM."),
        (at(25, 22), "We're closed right now, and open again on Friday at 9 AM."),
        (at(28, 11), "We're open right now, until noon."),
        (at(28, 13), "We're closed right now, and open today at 2 PM."),
        (at(28, 20), "We're closed right now, and open again on Monday at 9 AM."),
        (at(24, 13, month=12), "We're closed right now, and open again tomorrow at 9 AM."),
    ],
)
def test_status(now, spoken):
    assert spoken_status(HOURS, now) == spoken


def test_a_line_that_never_opens_says_only_that_it_is_closed():
    never = Hours.model_validate({"time_zone": "UTC", "weekly": {}})
    assert spoken_status(never, at(23, 12)) == "We're closed right now."
    assert spoken_week(never) == "We have no regular opening hours."


@pytest.mark.parametrize(
    ("day", "spoken"),
    [
        (date(2026, 11, 23), "Today we're open from 9 AM to 6:30 PM."),
        (date(2026, 11, 24), "Tomorrow we're open from 9 AM to 6:30 PM."),
        (date(2026, 11, 26), "On Thursday, Thanksgiving Day, we're closed."),
        (date(2026, 11, 28), "On Saturday we're open from 10 AM to noon, and from 2 PM to 5 PM."),
        (date(2026, 11, 29), "On Sunday we're closed."),
        (date(2026, 12, 24), "On Thursday, December 24th, Christmas Eve, we're open from 9 AM to noon."),
    ],
)
def test_a_day(day, spoken):
    assert spoken_day(HOURS, day, at(23, 12)) == spoken


def test_the_week_groups_days_alike():
    assert spoken_week(HOURS) == (
        "We're open Monday to Friday from 9 AM to 6:30 PM, Saturday from 10 AM to noon, and from 2 PM to 5 PM, "
        "and closed on Sunday."
    )
    daily = Hours.model_validate(
        {"time_zone": "UTC", "weekly": {day: ["08:00-20:00"] for day in (*WEEKLY, "saturday", "sunday")}}
    )
    assert spoken_week(daily) == "We're open every day from 8 AM to 8 PM."


def test_a_holiday_replaces_the_weekday():
    assert is_open(HOURS, at(25, 12))
    assert not is_open(HOURS, at(26, 12))
    assert is_open(HOURS, at(24, 11, month=12))
    assert not is_open(HOURS, at(24, 12, month=12))


@pytest.mark.parametrize(
    ("when", "spoken"),
    [
        (time(0), "midnight"),
        (time(0, 15), "12:15 AM"),
        (time(12), "noon"),
        (time(12, 5), "12:05 PM"),
        (time(23, 59), "11:59 PM"),
    ],
)
def test_times(when, spoken):
    assert spoken_time(when) == spoken


@pytest.mark.parametrize(
    ("day", "ordinal"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (21, "21st"), (31, "31st")]
)
def test_dates(day, ordinal):
    assert spoken_date(date(2026, 12, day)).endswith(f"December {ordinal}")


SPANISH = languages()["es"]


@pytest.mark.parametrize(
    ("now", "spoken"),
    [
        (at(23, 12), "Ahora mismo estamos abiertos, hasta las "),
        (at(23, 3), "Ahora mismo está cerrado, y hoy abrimos a las "),
    ],
)
def test_hours_are_said_in_spanish(now, spoken):
    assert spoken_status(HOURS, now, SPANISH).startswith(spoken)


@pytest.mark.parametrize(
    ("when", "spoken"),
    [
        (time(9), "las nueve de la mañana"),
        (time(13, 15), "la una y cuarto de la tarde"),
        (time(12), "las doce del mediodía"),
        (time(18, 30), "las seis y media de la tarde"),
        (time(8, 20), "las ocho y 20 de la mañana"),
        (time(0), "las doce de la noche"),
    ],
)
def test_a_time_of_day_in_spanish(when, spoken):
    assert spoken_time(when, SPANISH) == spoken


def test_days_in_spanish():
    assert spoken_week(Hours(time_zone="UTC", weekly={}), SPANISH) == "No tenemos un horario fijo."
    daily = Hours.model_validate({"time_zone": "UTC", "weekly": {day: ["08:00-20:00"] for day in WEEKDAYS}})
    assert spoken_week(daily, SPANISH) == ("Abrimos todos los días de las ocho de la mañana a las ocho de la noche.")
    assert spoken_day(daily, date(2026, 12, 12), at(23, 12), SPANISH).startswith("El sábado 12 de diciembre abrimos de")


def test_a_day_may_be_open_to_its_end():
    hours = Hours(time_zone="UTC", weekly={"monday": ["00:00-24:00"]})
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    assert all(is_open(hours, monday.replace(hour=at, minute=59, second=59, microsecond=999_998)) for at in range(24))
    assert spoken_status(hours, monday) == "We're open right now, until midnight."
