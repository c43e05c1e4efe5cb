from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.llm.hedging import (
    PROBE_MS,
    Ask,
    Began,
    Broke,
    GiveUp,
    Health,
    Judge,
    Leave,
    Race,
    RaceAction,
    RaceEvent,
    Take,
)
from voice.cooldown import COOL_DOWN_MS as COOL_MS
from voice.cooldown import LONGEST_COOL_DOWN_MS as COOL_MOST_MS

pytestmark = pytest.mark.unit

ALL_MS = 4500


@dataclass
class Run:
    """A race played through: its script of events, and every action with its time."""

    script: list[RaceEvent]
    order: tuple[int, ...] = (0, 1)
    deadline_ms: int = ALL_MS
    hedge_ms: int = 1500
    done: list[tuple[int, RaceAction]] = field(default_factory=list)

    def play(self) -> list[tuple[int, RaceAction]]:
        race = Race(self.order, 0, self.deadline_ms, hedge_ms=self.hedge_ms, wait_ms=2500)
        self._do(0, race.begin(0))
        script = sorted(self.script, key=lambda event: event.at_ms)
        while race.deadline_ms is not None:
            if script and script[0].at_ms < race.deadline_ms:
                event = script.pop(0)
                self._do(event.at_ms, race.handle(event))
            else:
                now_ms = race.deadline_ms
                self._do(now_ms, race.tick(now_ms))
        assert race.over
        assert race.tick(99_999) == race.handle(Began(99_999, 0)) == []
        return self.done

    def _do(self, now_ms: int, actions: list[RaceAction]) -> None:
        self.done += [(now_ms, action) for action in actions]


def test_a_route_in_time_is_the_only_one_asked() -> None:
    assert Run([Began(1400, 0)]).play() == [(0, Ask(0, 2500)), (1400, Take(0))]


def test_the_second_is_asked_after_a_second_and_a_half_and_wins_if_it_begins_first() -> None:
    assert Run([Began(1900, 1)]).play() == [
        (0, Ask(0, 2500)),
        (1500, Ask(1, 2500)),
        (1900, Leave(0)),
        (1900, Judge(0, "slow")),
        (1900, Take(1)),
    ]


def test_a_race_lost_to_a_short_hedge_shows_nothing_of_a_route() -> None:
    assert Run([Began(450, 1)], hedge_ms=300).play() == [
        (0, Ask(0, 2500)),
        (300, Ask(1, 2500)),
        (450, Leave(0)),
        (450, Take(1)),
    ]


def test_the_first_may_still_win_and_nothing_is_held_against_the_second() -> None:
    assert Run([Began(1600, 0)]).play()[2:] == [(1600, Leave(1)), (1600, Take(0))]


def test_a_route_that_breaks_is_followed_by_the_other_at_once() -> None:
    assert Run([Broke(30, 0), Began(400, 1)]).play() == [
        (0, Ask(0, 2500)),
        (30, Judge(0, "failed")),
        (30, Ask(1, 2500)),
        (400, Take(1)),
    ]


def test_a_route_is_not_waited_for_longer_than_two_and_a_half_seconds() -> None:
    assert Run([Began(2600, 0), Began(3000, 1)]).play()[2:] == [
        (2500, Leave(0)),
        (2500, Judge(0, "failed")),
        (3000, Take(1)),
    ]


def test_when_the_second_breaks_the_first_is_still_waited_for() -> None:
    assert Run([Broke(1600, 1), Began(2000, 0)]).play()[2:] == [(1600, Judge(1, "failed")), (2000, Take(0))]


def test_when_nobody_answers_the_race_is_over_in_four_seconds() -> None:
    assert Run([]).play()[2:] == [
        (2500, Leave(0)),
        (2500, Judge(0, "failed")),
        (4000, Leave(1)),
        (4000, Judge(1, "failed")),
        (4000, GiveUp()),
    ]


def test_a_request_in_a_hurry_shows_little_of_a_route() -> None:
    assert Run([], deadline_ms=1000).play() == [
        (0, Ask(0, 1000)),
        (1000, Leave(0)),
        (1000, Judge(0, "slow")),
        (1000, GiveUp()),
    ]


def test_a_single_route_is_waited_for_and_given_up() -> None:
    assert Run([], order=(1,)).play() == [
        (0, Ask(1, 2500)),
        (2500, Leave(1)),
        (2500, Judge(1, "failed")),
        (2500, GiveUp()),
    ]


EVENTS = st.builds(Began, st.integers(0, 6000), st.integers(0, 2)) | st.builds(
    Broke, st.integers(0, 6000), st.integers(0, 2), st.booleans()
)


@given(st.lists(EVENTS, max_size=8), st.permutations([0, 1, 2]), st.integers(1, 8000))
def test_every_race_ends_in_time_with_one_winner_or_none(
    script: list[RaceEvent], order: list[int], deadline_ms: int
) -> None:
    done = Run(script, tuple(order), deadline_ms).play()
    last_ms, last = done[-1]
    asked = [action.route for _, action in done if isinstance(action, Ask)]
    assert isinstance(last, Take | GiveUp)
    assert sum(isinstance(action, Take | GiveUp) for _, action in done) == 1
    assert last_ms <= deadline_ms
    assert len(asked) == len(set(asked))
    assert all(at_ms + action.deadline_ms <= deadline_ms for at_ms, action in done if isinstance(action, Ask))
    if isinstance(last, Take):
        broken = {event.route for event in script if isinstance(event, Broke)}
        left = {action.route for _, action in done if isinstance(action, Leave)}
        judged = {action.route for _, action in done if isinstance(action, Judge)}
        assert last.route in asked
        assert last.route not in left
        assert set(asked) - {last.route} <= left | (judged & broken)  # nobody runs on


def test_a_route_that_failed_comes_last_for_half_a_minute_then_one_request_tries_it() -> None:
    health = Health(2)
    assert health.choose(0) == [0, 1]
    assert health.failed(0, 1000)
    assert health.choose(1001) == health.choose(1000 + COOL_MS - 1) == [1, 0]
    assert health.choose(1000 + COOL_MS) == [0, 1]
    assert health.choose(1000 + COOL_MS + 1) == [1, 0]
    health.worked(0)
    assert health.choose(1000 + COOL_MS + 2) == [0, 1]


def test_a_route_that_fails_again_is_left_alone_twice_as_long_up_to_five_minutes() -> None:
    health, now_ms, pauses = Health(2), 0, []
    for _ in range(6):
        assert health.failed(0, now_ms)
        pauses.append(health.pause_ms(0))
        now_ms += pauses[-1]
        assert health.choose(now_ms - 1) == [1, 0]
        assert health.choose(now_ms) == [0, 1]
    assert pauses == [30_000, 60_000, 120_000, 240_000, COOL_MOST_MS, COOL_MOST_MS]


def test_calls_that_fail_together_count_once() -> None:
    health = Health(2)
    assert [health.failed(0, now_ms) for now_ms in (0, 1, 2)] == [True, False, False]
    assert health.pause_ms(0) == COOL_MS


def test_one_lost_race_is_chance_and_two_in_a_row_are_a_failure() -> None:
    health = Health(2)
    assert not health.slow(0, 0)
    health.worked(0)
    assert not health.slow(0, 1)
    assert health.choose(2) == [0, 1]
    assert health.slow(0, 3)
    assert health.choose(4) == [1, 0]


def test_a_route_that_turned_us_away_is_left_alone_at_once_for_long() -> None:
    health = Health(2)
    health.failed(0, 0, for_good=True)
    assert health.choose(COOL_MOST_MS - 1) == [1, 0]


def test_when_both_have_failed_the_preferred_one_is_asked_first() -> None:
    health = Health(2)
    health.failed(1, 0)
    health.failed(0, 0)
    assert health.choose(1) == [0, 1]


def test_a_trial_that_nobody_finishes_is_repeated() -> None:
    health = Health(2)
    health.failed(0, 0)
    assert health.choose(COOL_MS) == [0, 1]
    assert health.choose(COOL_MS + PROBE_MS - 1) == [1, 0]
    assert health.choose(COOL_MS + PROBE_MS) == [0, 1]
