"""When a stream of caller and agent is asked for again: soon, then more and more seldom, and not for ever."""

import itertools
from dataclasses import replace

import pytest

from telephony.listening_again import (
    MOMENT_MS,
    MOST_ATTEMPTS,
    SPACING_MS,
    WELL_MS,
    Attempts,
    Earshot,
    due,
    well,
)
from telephony.transfer_state import Offer, State, Transfer

pytestmark = pytest.mark.unit

CONNECTED = Transfer("t", "c", "q", 0, 60_000, state=State.CONNECTED, offers=(Offer("ana", "accepted"),), accepted=0)
DEAF, HEARD = Earshot(open=False, for_ms=MOMENT_MS), Earshot(open=True, for_ms=0)


def asked_at(seconds: int, earshot: Earshot = DEAF) -> list[int]:
    """The instants of the attempts when nothing ever comes."""
    attempts, found = Attempts(), []
    for now_ms in range(0, seconds * 1_000, 1_000):
        if (made := due(CONNECTED, earshot, attempts, now_ms)) is not None:
            attempts = made
            found.append(now_ms)
    return found


def test_who_is_not_heard_is_listened_to_after_a_moment_then_more_and_more_seldom_and_not_for_ever():
    instants = asked_at(7_200)
    spacing = [later - earlier for earlier, later in itertools.pairwise(instants)]
    assert instants[0] == 0
    assert spacing[: len(SPACING_MS)] == list(SPACING_MS)
    assert spacing == sorted(spacing)
    assert len(instants) == MOST_ATTEMPTS


@pytest.mark.parametrize("earshot", [HEARD, Earshot(open=True, for_ms=60_000), Earshot(open=False, for_ms=1_000)])
def test_who_is_heard_or_will_be_in_a_moment_is_left_alone(earshot):
    assert asked_at(60, earshot) == []


@pytest.mark.parametrize("state", State)
def test_nobody_else_is_listened_to(state):
    made = due(replace(CONNECTED, state=state), DEAF, Attempts(), 0)
    assert (made is not None) == (state in {State.BRIDGING, State.CONNECTED})


def test_a_leg_that_is_over_is_not_asked_for_again_but_the_next_bridge_is():
    over = Attempts(bridge=0, made=1, over=True)
    assert due(CONNECTED, DEAF, over, 10**9) is None
    assert due(replace(CONNECTED, bridges=1), DEAF, over, 0) == Attempts(1, 1, SPACING_MS[0])


def test_a_stream_that_lasts_ends_the_count_and_one_that_breaks_at_once_does_not():
    tired = Attempts(bridge=0, made=7, next_ms=99_000)
    assert well(HEARD, tired) == tired
    assert well(DEAF, tired) == tired
    assert well(Earshot(open=True, for_ms=WELL_MS), tired) == Attempts()
