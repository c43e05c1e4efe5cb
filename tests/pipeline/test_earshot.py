"""Gaps in what is heard of caller and agent: each is written down once, from when to when."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from pipeline.earshot import HearingAway
from recordings.log import CallLog

pytestmark = pytest.mark.unit


@dataclass
class Call:
    """Its clock, and its log."""

    at_ms: int = 10_000
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def now_ms(self) -> int:
        return self.at_ms

    def record(self, kind: str, at_ms: int, **data: object) -> None:
        self.told.append((kind, at_ms, *data.values()))

    def hearing(self) -> HearingAway:
        return HearingAway(cast("CallLog", self), cast("Any", self))


def test_a_stream_that_comes_by_itself_is_no_gap():
    call = Call()
    hearing = call.hearing()
    call.at_ms += 9_000
    hearing.begins(None)
    assert (hearing.now.open, call.told) == (True, [])


def test_a_gap_reaches_from_the_last_sound_to_the_stream_that_was_asked_for():
    call = Call()
    hearing = call.hearing()
    hearing.begins(None)
    hearing.heard(12_340)
    call.at_ms = 13_000
    hearing.ends("reset")
    call.at_ms = 15_000
    assert (hearing.now.open, hearing.now.for_ms) == (False, 2_000)
    for _ in range(2):
        hearing.asked("h1")
        hearing.missed()
    call.at_ms = 16_000
    hearing.begins(99_000)
    assert call.told == [("listening.lost", 15_000, "h1", "reset"), ("listening.back", 16_000, "h1", 12_340)]


@pytest.mark.parametrize(("kept_ms", "from_ms"), [(8_000, 8_000), (None, 7_500), (99_000, 14_000)])
def test_the_next_process_knows_from_the_recording_when_the_last_one_died_or_else_from_the_log(kept_ms, from_ms):
    call = Call()
    hearing = call.hearing()
    hearing.recalled(7_500)
    hearing.asked("h1")
    call.at_ms = 14_000
    hearing.begins(kept_ms)
    assert call.told == [("listening.lost", 14_000, "h1", "process"), ("listening.back", 14_000, "h1", from_ms)]


def test_nothing_is_missed_of_who_has_gone():
    call = Call()
    hearing = call.hearing()
    hearing.asked("h1")
    hearing.given_up()
    hearing.missed()
    hearing.expected()
    hearing.begins(None)
    assert call.told == []
