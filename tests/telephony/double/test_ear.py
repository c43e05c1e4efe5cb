import io
import wave
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telephony.double.ear import Cut, Ear, LateFrame, MarkEcho
from telephony.double.track import Span
from voice.audio import samples_to_ulaw, silence_ulaw

pytestmark = pytest.mark.unit


def tone(duration_ms: int, db: float = -20.0) -> bytes:
    at = np.arange(duration_ms * 8) / 8000
    amplitude = 10 ** (db / 20) * np.sqrt(2) * 32767
    return samples_to_ulaw((np.sin(2 * np.pi * 440 * at) * amplitude).astype(np.int16))


def test_audio_of_any_size_is_played_in_the_order_received():
    ear = Ear()
    parts = [tone(100)[:7], tone(100)[7:500], tone(100)[500:]]
    for part in parts:
        ear.queue(40, part)
    assert ear.heard.audio(40, 140) == tone(100)
    assert ear.buffered_ms(90) == 50.0


def test_a_mark_comes_back_when_the_audio_before_it_has_ended():
    ear = Ear()
    ear.queue(0, tone(100))
    assert ear.mark(5, "first") == []
    ear.queue(6, tone(50))
    assert ear.mark(7, "second") == []
    assert ear.deadline_ms == 100
    assert ear.tick(99) == []
    assert ear.tick(100) == [MarkEcho("first", 100, "played")]
    assert ear.tick(400) == [MarkEcho("second", 150, "played")]
    assert ear.deadline_ms is None


def test_a_mark_with_nothing_buffered_comes_back_at_once():
    ear = Ear()
    assert ear.mark(10, "nothing") == [MarkEcho("nothing", 10, "idle")]
    ear.queue(20, tone(20))
    assert ear.mark(60, "long over") == [MarkEcho("long over", 60, "idle")]


def test_marks_that_became_due_come_back_before_a_new_one():
    ear = Ear()
    ear.queue(0, tone(20))
    ear.mark(0, "old")
    assert [echo.name for echo in ear.mark(30, "new")] == ["old", "new"]


def test_clear_drops_what_was_not_played_and_sends_every_mark_back():
    ear = Ear()
    ear.queue(0, tone(100))
    ear.mark(0, "a")
    ear.queue(0, tone(100))
    ear.mark(0, "b")
    ear.queue(0, tone(100))
    ear.mark(0, "c")
    assert ear.clear(150) == [
        MarkEcho("a", 100, "played"),
        MarkEcho("b", 150, "cleared"),
        MarkEcho("c", 150, "cleared"),
    ]
    assert ear.tick(400) == []
    assert ear.speech() == [Span(0, 160)]
    (cut,) = ear.cuts
    assert (cut.at_ms, cut.length_ms, cut.why, cut.marks) == (150, 150, "clear", ("b", "c"))
    assert len(ear.cut) == 150 * 8


def test_clear_with_nothing_buffered_does_nothing():
    ear = Ear()
    assert ear.clear(100) == []
    assert ear.cuts == ()


def test_audio_after_a_clear_plays_at_once():
    ear = Ear()
    ear.queue(0, tone(1000))
    ear.clear(200)
    ear.queue(300, tone(100))
    ear.tick(500)
    assert ear.speech(join_ms=20) == [Span(0, 200), Span(300, 400)]
    assert ear.late_frames() == []


def test_silences_of_the_ear_and_dead_air_on_the_line_differ_while_the_caller_speaks():
    ear = Ear()
    ear.queue(0, tone(1000))
    ear.said(2000, tone(1000))
    ear.queue(5000, tone(1000))
    ear.tick(6000)
    assert ear.silences(3000) == [Span(1000, 5000)]
    assert ear.dead_air(900) == [Span(1000, 2000), Span(3000, 5000)]


def test_overlap_is_when_both_are_heard():
    ear = Ear()
    ear.queue(0, tone(1000))
    ear.said(600, tone(1000))
    ear.tick(2000)
    assert ear.overlaps() == [Span(600, 1000)]
    assert ear.overlaps(min_ms=500) == []


def test_a_buffer_that_runs_dry_in_the_middle_of_speech_is_a_late_frame():
    ear = Ear()
    ear.queue(0, tone(200))
    ear.queue(280, tone(200))
    ear.tick(1000)
    assert ear.late_frames() == [LateFrame(280, 80)]


def test_an_utterance_that_ends_softly_and_one_much_later_are_no_late_frames():
    ear = Ear()
    ear.queue(0, tone(200) + silence_ulaw(60))
    ear.queue(400, tone(200))
    ear.queue(2000, tone(200))
    ear.tick(3000)
    assert ear.late_frames() == []


def test_how_long_it_has_been_quiet_is_told_from_the_audio_only():
    ear = Ear()
    ear.queue(0, tone(200) + silence_ulaw(5000))
    assert ear.quiet_for_ms(100) == 0
    assert ear.quiet_for_ms(1200) == 1000
    assert ear.buffered_ms(1200) == 4000


def test_what_came_before_the_first_media_frame_gets_negative_instants():
    ear = Ear()
    ear.queue(100, tone(200))
    ear.mark(100, "prompt")
    ear.begin(200)
    assert ear.now_ms == -100
    assert ear.tick(100) == [MarkEcho("prompt", 100, "played")]
    assert ear.speech() == [Span(0, 100)]


def test_the_recording_has_the_caller_left_and_the_ear_right_on_one_clock():
    ear = Ear()
    ear.said(0, silence_ulaw(500) + tone(500))
    ear.queue(0, tone(500))
    ear.tick(1000)
    with wave.open(io.BytesIO(ear.recording())) as recording:
        assert (recording.getnchannels(), recording.getframerate(), recording.getnframes()) == (2, 8000, 8000)
        samples = np.frombuffer(recording.readframes(8000), dtype="<i2").reshape(-1, 2)
    assert not samples[:4000, 0].any()
    assert samples[4000:, 0].any()
    assert samples[:4000, 1].any()
    assert not samples[4000:, 1].any()


def test_an_instant_in_the_past_counts_as_now():
    ear = Ear()
    ear.tick(100)
    ear.queue(50, tone(60))
    ear.tick(200)
    assert ear.speech() == [Span(100, 160)]


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["queue", "mark", "clear", "tick"]), st.integers(0, 100), st.integers(1, 4000)),
    max_size=40,
)


@settings(max_examples=300)
@given(OPERATIONS)
def test_every_mark_comes_back_exactly_once_in_order_and_every_byte_is_heard_or_cut(operations):
    ear, at_ms, asked, sent = Ear(), 0, [], 0
    echoes: list[MarkEcho] = []
    for number, (what, later_ms, size) in enumerate(operations):
        at_ms += later_ms
        if what == "queue":
            ear.queue(at_ms, b"\x10" * size)
            sent += size
        elif what == "mark":
            asked.append(str(number))
            echoes += ear.mark(at_ms, str(number))
        else:
            echoes += ear.clear(at_ms) if what == "clear" else ear.tick(at_ms)
    echoes += ear.tick(at_ms + 200_000)
    assert [echo.name for echo in echoes] == asked
    assert all(a.at_ms <= b.at_ms for a, b in pairwise(echoes))
    heard = ear.heard.audio(0, ear.now_ms).count(b"\x10")
    assert heard + len(ear.cut) == sent
    assert all(isinstance(cut, Cut) for cut in ear.cuts)
