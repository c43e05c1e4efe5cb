from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ports import Audio, Faulty
from telephony.twilio.timeline import MAX_FILL_MS, Timed, Timeline
from voice.audio import FRAME_MS, ULAW_SILENCE

pytestmark = pytest.mark.unit

SILENCE = bytes([ULAW_SILENCE]) * 160


def frame(number: int) -> bytes:
    return bytes([number % 251]) * 160


def add(timeline: Timeline, number: int, at_ms: int | None = None, chunk: int | None = None) -> list[Timed]:
    """Add the frame of this number, counted from 0, at its own time if no other is said."""
    timestamp_ms = number * FRAME_MS
    return timeline.add(
        number + 1 if chunk is None else chunk, timestamp_ms, frame(number), timestamp_ms if at_ms is None else at_ms
    )


def expected(numbers: range) -> list[Timed]:
    return [Audio(frame(number), number * FRAME_MS) for number in numbers]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=200))
def test_delays_within_the_window_give_identical_audio_whenever_time_is_told(delays_ms):
    timeline = Timeline()
    arrivals = sorted((number * FRAME_MS + delay_ms, number) for number, delay_ms in enumerate(delays_ms))
    out: list[Timed] = []
    for at_ms, number in arrivals:
        out += timeline.tick(at_ms - 1) + add(timeline, number, at_ms)
    assert out == expected(range(len(delays_ms)))
    assert timeline.deadline_ms is None


@given(st.sets(st.integers(1, 98), max_size=90), st.booleans())
def test_lost_frames_are_counted_and_the_timeline_stays_true(lost, tick):
    timeline = Timeline()
    out: list[Timed] = []
    for number in range(100):
        if number not in lost:
            out += add(timeline, number)
        if tick:
            out += timeline.tick(number * FRAME_MS)
    out += timeline.flush()
    frames = [event for event in out if isinstance(event, Audio)]
    assert frames == [Audio(SILENCE if n in lost else frame(n), n * FRAME_MS) for n in range(100)]
    assert sum(event.count for event in out if isinstance(event, Faulty) and event.fault == "missing") == len(lost)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3_000), st.integers(1, 400), st.integers(0, 100))))
def test_whatever_arrives_leaves_as_whole_frames_whose_instants_never_go_back(messages):
    timeline, at_ms = Timeline(), 0
    out: list[Timed] = []
    for chunk, timestamp_ms, size, later_ms in messages:
        at_ms += later_ms
        out += timeline.add(chunk, timestamp_ms, b"\x01" * size, at_ms) + timeline.tick(at_ms)
    out += timeline.flush()
    frames = [event for event in out if isinstance(event, Audio)]
    assert {len(event.ulaw) for event in frames} <= {160}
    assert all(later.timestamp_ms >= event.timestamp_ms + 20 for event, later in pairwise(frames))
    assert timeline.deadline_ms is None


def test_each_gap_is_waited_for_from_when_it_showed():
    timeline = Timeline()
    add(timeline, 0)
    add(timeline, 2, 40)
    add(timeline, 4, 80)
    assert add(timeline, 1, 90) == expected(range(1, 3))
    assert timeline.deadline_ms == 140


def test_a_jump_of_the_timestamp_is_lost_audio_even_when_chunks_go_on():
    timeline = Timeline()
    add(timeline, 0)
    out = add(timeline, 5, chunk=2)
    assert out[0] == Faulty("missing", "80 ms before 100 ms", 4)
    assert out[1:] == [Audio(SILENCE, n * FRAME_MS) for n in range(1, 5)] + expected(range(5, 6))


def test_jitter_of_the_timestamp_below_one_frame_is_no_loss():
    timeline = Timeline()
    for number, timestamp_ms in enumerate([5, 25, 52, 65, 71, 105, 124]):
        out = timeline.add(number + 1, timestamp_ms, frame(number), number * FRAME_MS)
        assert out == [Audio(frame(number), 5 + number * FRAME_MS)]


def test_a_gap_after_half_a_frame_begins_where_the_half_frame_ended():
    timeline = Timeline()
    timeline.add(1, 0, frame(1)[:80], 0)
    assert timeline.add(2, 50, frame(2), 50) == [
        Faulty("missing", "40 ms before 50 ms", 2),
        Audio(frame(1)[:80] + SILENCE[:80], 0),
        Audio(SILENCE, 20),
        Audio(SILENCE[:80] + frame(2)[:80], 40),
    ]


def test_a_clock_that_jumps_further_than_time_has_passed_fills_two_seconds_and_shows_the_jump():
    timeline = Timeline()
    add(timeline, 0)
    out = [event for event in timeline.add(2, 3_600_000, frame(1), 20) if isinstance(event, Audio)]
    assert len(out) == 1 + 2_000 // FRAME_MS
    assert out[-1] == Audio(frame(1), 3_600_000)


def test_no_gap_is_filled_for_longer_than_a_stream_may_be_silent():
    timeline = Timeline()
    add(timeline, 0)
    out = timeline.add(2, 3_600_000, frame(1), 3_600_000)
    assert len(out) == 1 + MAX_FILL_MS // FRAME_MS + 1


def test_a_carrier_that_counts_from_zero_is_heard_without_delay():
    timeline = Timeline()
    for number in range(3):
        assert add(timeline, number, chunk=number) == expected(range(number, number + 1))


def test_a_carrier_that_counts_anew_is_still_heard():
    timeline = Timeline()
    add(timeline, 0)
    add(timeline, 1)
    assert add(timeline, 2, chunk=1) == [Faulty("out_of_order", "chunk 1 after 2"), *expected(range(2, 3))]
    assert add(timeline, 3, chunk=2) == expected(range(3, 4))


def test_a_carrier_that_does_not_count_is_still_heard():
    timeline = Timeline()
    heard = [event for number in range(50) for event in add(timeline, number, chunk=1) if isinstance(event, Audio)]
    assert heard == expected(range(50))
