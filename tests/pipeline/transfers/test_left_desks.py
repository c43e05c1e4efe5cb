"""How agents are who open their desks again."""

import pytest

from pipeline.transfers.left_desks import AS_BEFORE_MS, Left, LeftDesks, Return

pytestmark = pytest.mark.unit


def left(presence="available", until_ms=None, *, by_phone=False, speaking=False):
    desks = LeftDesks()
    desks.left("ana", Left(presence, until_ms, by_phone, speaking, 1_000))
    return desks


@pytest.mark.parametrize("presence", ["available", "busy"])
def test_who_is_back_in_time_is_as_they_were(presence):
    assert left(presence).back("ana", 1_000 + AS_BEFORE_MS) == Return(presence)
    assert left(presence, by_phone=True).back("ana", 2_000) == Return(presence, by_phone=True)


def test_who_is_back_later_is_away_and_told_for_how_long_the_desk_was_closed():
    assert left().back("ana", 1_001 + AS_BEFORE_MS) == Return("away", closed_ms=AS_BEFORE_MS + 1)


def test_who_was_away_or_never_there_is_as_the_queues_have_it():
    assert left("away").back("ana", 2_000) is None
    assert LeftDesks().back("ana", 2_000) is None


def test_what_was_said_meanwhile_holds():
    desks = left()
    desks.said("ana")
    assert desks.back("ana", 2_000) is None


def test_a_wrap_up_goes_on_and_ends_when_it_would_have():
    assert left("wrap_up", 30_000).back("ana", 10_000) == Return("wrap_up", 30_000)
    assert left("wrap_up", 30_000).back("ana", 30_000) == Return("available")


def test_who_was_gone_when_their_call_ended_wraps_it_up():
    assert left(speaking=True).back("ana", 10_000, wraps_up_ms=20_000) == Return("wrap_up", 30_000)
    assert left(speaking=True).back("ana", 10_000) == Return("available")
    assert left().back("ana", 10_000, wraps_up_ms=20_000) == Return("available")
