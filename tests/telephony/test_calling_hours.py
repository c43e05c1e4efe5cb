from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.calling_hours import EARLIEST, LATEST, window, zones_of

pytestmark = pytest.mark.unit

SAN_FRANCISCO, NEW_YORK, MADRID, TOLL_FREE = "+14155552671", "+12125552671", "+34912345678", "+18005550199"
HOME = "America/New_York"


def at(text, zone=HOME):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_a_caller_is_called_back_in_the_hours_of_their_own_zone():
    early = window(SAN_FRANCISCO, at("2026-11-23T10:00"), HOME)  # 7 in San Francisco
    assert early.opens == at("2026-11-23T09:00", "America/Los_Angeles")
    assert early.closes == at("2026-11-23T20:00", "America/Los_Angeles")
    assert window(NEW_YORK, at("2026-11-23T10:00"), HOME).opens == at("2026-11-23T10:00")
    assert window(MADRID, at("2026-11-23T15:00"), HOME).opens == at("2026-11-24T09:00", "Europe/Madrid")


def test_the_night_on_which_clocks_change_is_no_exception():
    found = window(NEW_YORK, at("2026-10-31T23:00"), HOME)
    assert found.opens == datetime(2026, 11, 1, 14, tzinfo=UTC)
    assert window(NEW_YORK, at("2026-10-30T23:00"), HOME).opens == datetime(2026, 10, 31, 13, tzinfo=UTC)


def test_a_number_that_may_be_anywhere_in_a_country_is_called_when_it_is_day_in_all_of_it():
    assert len(zones_of(TOLL_FREE)) > 1
    found = window(TOLL_FREE, at("2026-11-23T08:00"), HOME)
    assert (found.opens, found.closes) == (
        at("2026-11-24T09:00", "Pacific/Guam"),
        at("2026-11-23T20:00", "America/St_Johns"),
    )
    for zone in map(ZoneInfo, zones_of(TOLL_FREE)):
        assert EARLIEST <= found.opens.astimezone(zone).time() < LATEST


def test_where_no_time_is_good_everywhere_the_lines_own_counts():
    found = window(TOLL_FREE, at("2026-11-23T08:00"), HOME, time(9), time(10))
    assert found.opens == at("2026-11-23T09:00")


@pytest.mark.parametrize("number", ["", "+0", "client:ana", "+8835100000000"])
def test_where_the_zone_is_not_known_the_lines_own_counts(number):
    assert window(number, at("2026-11-23T07:00"), HOME).opens == at("2026-11-23T09:00")


@pytest.mark.parametrize(("zone", "latest"), [("Mars/Olympus", LATEST), (HOME, EARLIEST)])
def test_hours_that_are_none_are_our_own_mistake(zone, latest):
    with pytest.raises(ValueError, match="no calling hours"):
        window(NEW_YORK, at("2026-11-23T07:00"), zone, EARLIEST, latest)


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from((SAN_FRANCISCO, NEW_YORK, MADRID)),
    st.integers(0, 20),
)
def test_every_window_lies_ahead_and_in_the_hours_of_the_day(now, number, hour):
    earliest, latest = time(hour), time(hour + 3)
    found = window(number, now, HOME, earliest, latest)
    assert now <= found.opens < found.closes <= now + timedelta(days=3)
    (zone,) = (ZoneInfo(name) for name in zones_of(number)[:1])
    opens, closes = found.opens.astimezone(zone), found.closes.astimezone(zone)
    assert opens.date() == closes.date()
    assert earliest <= opens.time() < closes.time() <= latest or hour <= 3  # hours that a clock change may take away
