import pytest

from telephony.twilio.limits import FLOOD_MESSAGES, Flood

pytestmark = pytest.mark.unit

FRAME_BYTES = 160


def accepted_audio_ms(flood: Flood, frames: int, at_ms: int) -> int:
    return sum(20 for _ in range(frames) if flood.allows_audio(FRAME_BYTES, at_ms))


def test_two_seconds_of_audio_may_come_at_once_and_no_more():
    assert accepted_audio_ms(Flood(0), 500, 0) == 2_000


def test_a_call_at_its_pace_is_never_limited():
    flood = Flood(0)
    for number in range(100_000):
        at_ms = int(number * 20 * 0.999)  # a carrier's clock that is a thousand times worse than a cheap one
        assert flood.allows_message(at_ms)
        assert flood.allows_audio(FRAME_BYTES, at_ms)


def test_what_a_stall_held_back_is_let_through_up_to_five_seconds():
    for stall_ms, allowed_ms in ((4_000, 6_000), (60_000, 7_000)):
        flood = Flood(0)
        flood.allows_message(0)
        heard_ms = accepted_audio_ms(flood, 5_000, stall_ms)
        assert allowed_ms <= heard_ms <= allowed_ms * 1.01
        assert sum(flood.allows_message(stall_ms) for _ in range(5_000)) >= 50 * heard_ms // 1_000


def test_sixty_messages_a_second_are_sustained_and_seventy_are_not():
    flood = Flood(0)
    assert all(flood.allows_message(n * 1000 // 60) for n in range(10_000))
    flood = Flood(0)
    allowed = sum(flood.allows_message(n * 1000 // 70) for n in range(7_000))
    assert 100 * 60 <= allowed <= 100 * 60 + 121


def test_a_flood_ends_the_stream_after_ten_seconds():
    flood = Flood(0)
    assert not any(flood.must_end(at_ms) for at_ms in range(0, 10_000, 500))
    assert flood.must_end(10_000)


def test_a_flood_ends_the_stream_after_a_thousand_dropped_messages():
    flood = Flood(0)
    assert not any(flood.must_end(0) for _ in range(FLOOD_MESSAGES - 1))
    assert flood.must_end(0)


def test_short_floods_far_apart_are_not_a_long_one():
    flood = Flood(0)
    for at_ms in range(0, 60_000, 5_000):
        assert not any(flood.must_end(at_ms) for _ in range(FLOOD_MESSAGES - 1))


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing():
    flood = Flood(1_000)
    assert accepted_audio_ms(flood, 500, 0) == 2_000
    assert accepted_audio_ms(flood, 500, 1_000) == 0
    assert accepted_audio_ms(flood, 1, 1_020) == 20
