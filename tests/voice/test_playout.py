"""What is sent when, and to the word what was heard."""

import pytest

from tests.fakes.playing import Carrier, tone
from voice.ledger import EAR_PIECE_MS
from voice.playout import AHEAD_MS, MARK_GRACE_MS, Playout
from voice.playout_events import (
    Began,
    EarAudio,
    Enqueue,
    Heard,
    Ignored,
    Interrupt,
    MarkReturned,
    MediaLost,
    MediaResumed,
    SendAudio,
    SendClear,
    SendMark,
)

pytestmark = pytest.mark.unit


def test_a_short_utterance_is_sent_at_once_and_heard_to_the_end():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "Hello there.", tone(500), last=True))
    assert [len(action.ulaw) for action in line.of(SendAudio)] == [1600, 1600, 800]
    assert [action.name for action in line.of(SendMark)] == ["u1:g0:1", "u1:g0:2", "u1:g0:3"]
    line.run(2000)
    assert line.of(Began) == [Began("u1", 0)]
    assert line.of(Heard)[0].heard_text == "Hello there."
    assert (line.of(Heard)[0].start_ms, line.of(Heard)[0].complete) == (0, True)
    assert 500 <= line.of(Heard)[0].end_ms <= 520
    assert not line.playout.speaking
    assert line.playout.deadline_ms is None


def test_a_long_utterance_is_never_more_than_600_ms_ahead():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "word " * 20, tone(8000), last=True))
    line.run(10_000)
    sent = 0
    for at_ms, action in line.actions:
        if isinstance(action, SendAudio):
            sent += len(action.ulaw) // 8
            assert sent - at_ms <= AHEAD_MS
    assert sent == 8000
    gaps = [b - (a + len(ulaw) // 8) for (a, ulaw), (b, _) in zip(line.heard_bytes, line.heard_bytes[1:], strict=False)]
    assert set(gaps) == {0}


def test_ear_audio_is_what_was_sent_on_time_and_in_short_pieces():
    line = Carrier(Playout())
    audio = bytes(range(256)) * 31
    line.post(Enqueue(40, "u1", "something", audio[:7840], last=True))
    line.run(3000)
    pieces = [(at, action) for at, action in line.actions if isinstance(action, EarAudio)]
    assert b"".join(action.ulaw for _, action in pieces) == audio[:7840]
    at_ms = 40
    for released_ms, piece in pieces:
        assert piece.at_ms == at_ms
        assert len(piece.ulaw) <= EAR_PIECE_MS * 8
        assert at_ms + len(piece.ulaw) // 8 <= released_ms <= at_ms + EAR_PIECE_MS + 1
        at_ms += len(piece.ulaw) // 8


def test_barge_in_clears_and_tells_to_the_word_what_was_heard():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "one one one one one one one one one one", tone(5000), last=True))
    line.run(2010)
    line.post(Interrupt(2010))
    assert line.of(SendClear) == [SendClear()]
    assert line.of(Heard) == [Heard("u1", "one one one one", 0, 2010, complete=False)]
    assert sum(len(piece.ulaw) for piece in line.of(EarAudio)) == 2010 * 8
    line.run(4000)
    assert {action.reason for action in line.of(Ignored)} == {"mark of a stale generation: cleared, not heard"}
    assert line.playout.generation == 1


def test_without_marks_the_clock_tells_what_was_heard():
    line = Carrier(Playout(), marks=False)
    line.post(Enqueue(0, "u1", "one one one one one one one one one one", tone(5000), last=True))
    line.run(1250)
    line.post(Interrupt(1250))
    assert line.of(Heard) == [Heard("u1", "one one", 0, 1250, complete=False)]


def test_the_next_utterance_after_a_clear_carries_the_new_generation():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "never mind", tone(900), last=True))
    line.run(100)
    line.post(Interrupt(100))
    line.post(Enqueue(100, "u2", "sure", tone(200), last=True))
    assert line.of(SendMark)[-1].name == "u2:g1:1"
    line.run(3000)
    assert [(heard.utterance, heard.complete) for heard in line.of(Heard)] == [("u1", False), ("u2", True)]


def test_utterances_behind_the_interrupted_one_were_not_heard():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "first", tone(1000), last=True))
    line.post(Enqueue(0, "u2", "second", tone(1000), last=True))
    line.run(300)
    line.post(Interrupt(300))
    assert line.of(Heard)[1] == Heard("u2", "", 300, 300, complete=False)


def test_audio_of_an_interrupted_utterance_that_comes_late_is_ignored():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "long story", tone(400), last=False))
    line.run(100)
    line.post(Interrupt(100))
    line.post(Enqueue(120, "u1", "and more", tone(400), last=True))
    assert line.of(Ignored)[-1].reason == "audio for an utterance that is over"
    assert len(line.of(Heard)) == 1


def test_streamed_audio_goes_out_as_it_comes_and_text_continues():
    line = Carrier(Playout())
    for start in range(0, 1200, 60):
        line.run(start // 4)
        text = "please hold on" if start % 120 == 0 else ""
        line.post(Enqueue(line.now_ms, "u1", text, tone(60), last=start == 1140))
    assert line.actions[1][0] == 0
    line.run(4000)
    assert line.of(Heard) == [Heard("u1", "please hold on", 0, 1200, complete=True)]


def test_an_unfinished_passage_is_not_taken_for_heard_when_its_audio_so_far_was():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "this sentence takes a good while to say to anybody", tone(300), last=False))
    line.run(290)
    line.post(Interrupt(290))
    assert line.of(Heard)[0].heard_text in {"this", ""}


def test_clauses_are_heard_one_by_one():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "First clause,", tone(1000), last=False))
    line.post(Enqueue(0, "u1", "second clause.", tone(1000), last=True))
    line.run(1010)
    line.post(Interrupt(1010))
    assert line.of(Heard)[0].heard_text == "First clause,"


def test_a_lost_mark_does_not_stall_the_ledger():
    line = Carrier(Playout(), marks=False)
    line.post(Enqueue(0, "u1", "hello", tone(400), last=True))
    line.run(400 + MARK_GRACE_MS - 1)
    assert line.of(Heard) == []
    line.run(400 + MARK_GRACE_MS)
    assert line.of(Heard) == [Heard("u1", "hello", 0, 400, complete=True)]


def test_marks_correct_what_was_heard_when_the_carrier_lags():
    line = Carrier(Playout(), lag_ms=140)
    line.post(Enqueue(0, "u1", "one one one one one one one one one one", tone(5000), last=True))
    line.run(1580)  # the caller has heard 1440 ms: not yet three words of 500 ms
    line.post(Interrupt(1580))
    assert line.of(Heard)[0].heard_text == "one one"


def test_a_learned_lag_places_the_next_utterance_where_it_is_heard():
    line = Carrier(Playout(), lag_ms=120)
    line.post(Enqueue(0, "u1", "hello", tone(1000), last=True))
    line.run(3000)
    line.post(Enqueue(3000, "u2", "again", tone(400), last=True))
    line.run(6000)
    assert line.of(Began)[1] == Began("u2", 3120)
    assert line.of(Heard)[1].end_ms == 3520


def test_a_stalled_carrier_moves_the_rest():
    playout = Playout()
    playout.handle(Enqueue(0, "u1", "word word word word word word word word", tone(1600), last=True))
    playout.tick(200)
    playout.tick(600)
    actions = playout.handle(MarkReturned(700, "u1:g0:1"))  # 500 ms late
    assert not any(isinstance(action, Heard) for action in actions)
    ear = [action for now in range(700, 2400, 10) for action in playout.tick(now) if isinstance(action, EarAudio)]
    assert ear[0].at_ms >= 1100


def test_a_stall_of_ours_is_not_taken_for_one_of_the_carrier():
    playout = Playout()
    playout.handle(Enqueue(0, "u1", "word word word word word word word word", tone(1600), last=True))
    ear = []
    for now_ms in (100, 200):
        ear += playout.tick(now_ms)
    ear += playout.handle(MarkReturned(205, "u1:g0:1"))
    ear += playout.tick(300)
    ear += playout.handle(MarkReturned(595, "u1:g0:2"))  # our loop stood still; the mark came at 400
    ear += playout.tick(700)
    pieces = [action.at_ms for action in ear if isinstance(action, EarAudio)]
    assert pieces[:6] == [0, 100, 200, 300, 400, 500]


def test_what_is_added_while_the_carrier_plays_follows_on_without_a_gap():
    line = Carrier(Playout(), lag_ms=120)
    line.post(Enqueue(0, "u1", "hello", tone(1000), last=True))
    line.run(3000)
    line.post(Enqueue(3000, "u2", "again", tone(400), last=True))
    line.run(3200)
    line.post(Enqueue(3200, "u3", "and again", tone(400), last=True))
    line.run(6000)
    assert [began.at_ms for began in line.of(Began)] == [0, 3120, 3520]
    assert line.of(Heard)[2].end_ms == 3920


def test_after_a_stall_of_the_carrier_less_is_sent_until_it_has_caught_up():
    playout = Playout()
    playout.handle(Enqueue(0, "u1", "word word word word", tone(3000), last=True))
    for now_ms in range(0, 500, 20):
        playout.tick(now_ms)
    actions = playout.handle(MarkReturned(500, "u1:g0:1"))  # 300 ms late: so much more is buffered there
    actions += [action for now_ms in range(520, 800, 20) for action in playout.tick(now_ms)]
    assert not any(isinstance(action, SendAudio) for action in actions)
    assert any(isinstance(action, SendAudio) for action in playout.tick(920))
    assert playout.quiet_at_ms == 3300


def test_media_lost_ends_everything_and_resumed_media_speak_again():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "are you still there", tone(1200), last=True))
    line.run(700)
    line.post(MediaLost(700))
    assert line.of(SendClear) == []
    assert line.of(Heard)[0].complete is False
    line.post(Enqueue(800, "u2", "nobody hears this", tone(200), last=True))
    assert line.of(Heard)[1] == Heard("u2", "", 800, 800, complete=False)
    line.post(MediaResumed(900))
    line.plays_until_ms = 0
    line.due.clear()
    line.run(900)
    line.post(Enqueue(900, "u3", "sorry", tone(200), last=True))
    line.run(2500)
    assert line.of(Heard)[2] == Heard("u3", "sorry", 900, 1100, complete=True)


def test_an_utterance_without_audio_was_not_heard():
    line = Carrier(Playout())
    line.post(Enqueue(5, "u1", "the voice failed", b"", last=True))
    assert line.of(Heard) == [Heard("u1", "", 5, 5, complete=False, failed=True)]


def test_another_utterance_ends_the_open_one():
    line = Carrier(Playout())
    line.post(Enqueue(0, "u1", "hm", tone(200), last=False))
    line.post(Enqueue(0, "u2", "so", tone(200), last=True))
    line.run(3000)
    assert [heard.utterance for heard in line.of(Heard)] == ["u1", "u2"]
    line.post(Enqueue(3000, "u1", "late", tone(200), last=True))
    assert line.of(Ignored)[-1].reason == "audio for an utterance that is over"


def test_quiet_at_tells_when_all_that_is_enqueued_will_have_been_said():
    line = Carrier(Playout())
    assert line.playout.quiet_at_ms is None
    line.post(Enqueue(100, "u1", "hello", tone(2000), last=True))
    assert line.playout.quiet_at_ms == 2100
    line.run(5000)
    assert line.playout.quiet_at_ms == 2100


def test_interrupting_silence_is_ignored():
    assert Playout().handle(Interrupt(5)) == [Ignored("nothing to interrupt")]
