"""A listener's buffer: both sides apart, bounded, without what nobody may hear."""

import pytest

from pipeline.supervision.listener import MOST_FRAMES, Listener

pytestmark = pytest.mark.unit
LOUD = bytes([0x80]) * 160
SILENT = b"\xff" * 160


def listener(hidden=False):
    return Listener("l1", lambda: hidden)


def test_both_sides_come_in_frames_with_their_instants():
    made = listener()
    made.caller(0, LOUD)
    made.caller(20, LOUD)
    made.heard(0, LOUD * 3)
    frames, lost = made.take()
    assert [(one.channel, one.at_ms) for one in frames] == [("caller", 0), ("heard", 0), ("heard", 20), ("heard", 40)]
    assert lost == 0


def test_a_slow_listener_loses_the_oldest_and_is_told_how_many():
    made = listener()
    for number in range(MOST_FRAMES + 5):
        made.heard(20 * number, LOUD)
    frames, lost = made.take()
    assert (len(frames), lost, made.lost_in_all) == (MOST_FRAMES, 5, 5)
    assert frames[0].at_ms == 100
    assert made.take() == ([], 0)


def test_what_nobody_may_hear_is_silence():
    made = listener(hidden=True)
    made.heard(0, LOUD)
    ((frame,), _) = made.take()
    assert (frame.ulaw, frame.hidden) == (SILENT, True)


def test_a_key_that_is_found_in_the_frame_before_is_silence_there_too():
    made = listener()
    made.caller(0, LOUD)
    made.caller(0, SILENT)  # as pipeline.hearing takes it back
    made.caller(20, SILENT)
    ((frame,), _) = made.take()
    assert frame.ulaw == SILENT
