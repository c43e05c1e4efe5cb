"""Being quiet while the caller may be taking the floor, and going on where they stopped listening."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.playout import Playout
from voice.playout_events import (
    Enqueue,
    Heard,
    Hold,
    Ignored,
    Interrupt,
    MarkReturned,
    MediaLost,
    Resume,
    SendAudio,
    SendClear,
    SendMark,
)

pytestmark = pytest.mark.unit

SILENCE = b"\xff"


def tone(duration_ms, code=0x20):
    return bytes([code]) * (duration_ms * 8)


def words(*lengths_ms, pause_ms=40):
    """Words of these lengths, each of its own tone, with pauses between."""
    return b"".join(tone(length, 0x20 + index) + SILENCE * (pause_ms * 8) for index, length in enumerate(lengths_ms))


class Ear:
    """A carrier without lag: what sounds, when, byte for byte; drives the core by its deadlines."""

    def __init__(self):
        self.playout = Playout()
        self.now_ms = 0
        self.actions = []
        self.buffer = bytearray()
        self.marks = []  # (bytes still to play before it returns, name)
        self.sounded = bytearray()

    def post(self, event):
        self._carry_out(self.playout.handle(event))

    def _carry_out(self, actions):
        self.actions += actions
        for action in actions:
            if isinstance(action, SendAudio):
                self.buffer += action.ulaw
            elif isinstance(action, SendMark):
                self.marks.append((len(self.buffer), action.name))
            elif isinstance(action, SendClear):
                names, self.marks = [name for _, name in self.marks], []
                self.buffer.clear()
                for name in names:
                    self.post(MarkReturned(self.now_ms, name))

    def run(self, until_ms):
        while self.now_ms < until_ms:
            self.sounded += bytes(self.buffer[:8]) or SILENCE * 8
            del self.buffer[:8]
            self.now_ms += 1
            self.marks = [(left - 8, name) for left, name in self.marks]
            while self.marks and self.marks[0][0] <= 0:
                self.post(MarkReturned(self.now_ms, self.marks.pop(0)[1]))
            due_ms = self.playout.deadline_ms
            if due_ms is not None and due_ms <= self.now_ms:
                self._carry_out(self.playout.tick(self.now_ms))

    def of(self, kind):
        return [action for action in self.actions if isinstance(action, kind)]


def test_holding_clears_at_once_and_nothing_is_sent_until_it_goes_on():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "One two three four.", tone(3000), last=True))
    ear.run(1000)
    ear.post(Hold(1000))
    assert ear.of(SendClear) == [SendClear()]
    sent = len(ear.of(SendAudio))
    ear.post(Enqueue(1000, "u2", "And five.", tone(500), last=True))
    ear.run(2500)
    assert len(ear.of(SendAudio)) == sent
    assert set(ear.sounded[1001 * 8 :]) == {0xFF}
    assert not ear.of(Heard)


def test_what_was_not_heard_is_said_when_it_goes_on_and_each_utterance_is_heard_once_and_whole():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "One two three four.", tone(3000), last=True))
    ear.post(Enqueue(0, "u2", "And five.", tone(400, 0x31), last=True))
    ear.run(1000)
    ear.post(Hold(1000))
    ear.run(1150)
    ear.post(Resume(1150))
    ear.run(6000)
    assert [(heard.utterance, heard.heard_text, heard.complete) for heard in ear.of(Heard)] == [
        ("u1", "One two three four.", True),
        ("u2", "And five.", True),
    ]
    assert ear.sounded.count(0x20) == 3000 * 8
    assert ear.of(Heard)[0].end_ms == pytest.approx(3150, abs=40)


def test_it_goes_on_from_the_beginning_of_the_word_that_was_cut():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "aaa bbb ccc ddd", words(300, 300, 300, 300), last=True))
    ear.run(500)  # in the middle of the second word, which began at 340
    ear.post(Hold(500))
    ear.run(600)
    ear.post(Resume(600))
    ear.run(620)
    assert ear.sounded[605 * 8] == 0x21
    ear.run(4000)
    assert ear.sounded.count(0x21) == (160 + 300) * 8
    assert ear.sounded.count(0x20) == 300 * 8


def test_it_goes_on_from_the_beginning_of_the_clause_when_that_is_near():
    ear = Ear()
    audio = words(500) + words(200, 200, 200, pause_ms=200)
    clause = tone(300, 0x40) + SILENCE * (20 * 8) + tone(300, 0x41) + SILENCE * (20 * 8) + tone(900, 0x42)
    ear.post(Enqueue(0, "u1", "a b c d e f g", audio + clause, last=True))
    begins_ms = len(audio) // 8
    ear.run(begins_ms + 700)
    ear.post(Hold(ear.now_ms))
    ear.post(Resume(ear.now_ms))
    again_ms = ear.now_ms
    ear.run(again_ms + 50)
    assert ear.sounded[(again_ms + 5) * 8] == 0x40


def test_interrupting_while_held_tells_what_was_heard_and_clears_no_second_time():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "aaa bbb ccc ddd", words(300, 300, 300, 300), last=True))
    ear.run(700)
    ear.post(Hold(700))
    ear.run(1500)
    ear.post(Interrupt(1500))
    assert len(ear.of(SendClear)) == 1
    (heard,) = ear.of(Heard)
    assert (heard.heard_text, heard.complete) == ("aaa bbb", False)
    assert heard.end_ms == pytest.approx(700, abs=20)
    ear.post(Resume(1500))
    assert isinstance(ear.actions[-1], Ignored)


def test_what_was_heard_is_not_forgotten_when_it_goes_on_from_further_back():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "aaa bbb ccc ddd", words(300, 300, 300, 300), last=True))
    ear.run(660)
    ear.post(Hold(660))
    ear.post(Resume(660))
    ear.run(680)
    ear.post(Interrupt(680))
    assert ear.of(Heard)[0].heard_text == "aaa bbb"


def test_holding_nothing_and_going_on_with_nothing_change_nothing():
    playout = Playout()
    assert isinstance(playout.handle(Hold(0))[0], Ignored)
    assert isinstance(playout.handle(Resume(0))[0], Ignored)
    assert playout.deadline_ms is None


def test_a_stream_that_is_lost_while_held_ends_what_was_held():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "One two.", tone(1000), last=True))
    ear.run(300)
    ear.post(Hold(300))
    ear.post(MediaLost(400))
    assert len(ear.of(Heard)) == 1
    assert not ear.playout.held


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900), st.booleans()), max_size=6), st.integers(200, 2500))
def test_however_often_it_is_held_all_of_it_is_said_in_order_and_heard_once(pauses, length_ms):
    ear = Ear()
    audio = b"".join(bytes([0x10 + index % 0x60]) * 160 for index in range(length_ms // 20))
    ear.post(Enqueue(0, "u1", "some words that are said", audio, last=True))
    for run_ms, wait in pauses:
        ear.run(ear.now_ms + run_ms)
        ear.post(Hold(ear.now_ms))
        ear.run(ear.now_ms + (300 if wait else 0))
        ear.post(Resume(ear.now_ms))
    ear.run(ear.now_ms + length_ms + 3000)
    assert [heard.heard_text for heard in ear.of(Heard)] == ["some words that are said"]
    assert set(audio) <= set(ear.sounded)
    assert ear.playout.deadline_ms is None


@pytest.mark.parametrize("into_pause_ms", [20, 60, 100, 200, 390])
def test_what_is_left_of_a_pause_between_clauses_is_not_said_and_the_clause_before_it_not_again(into_pause_ms):
    ear = Ear()
    ear.post(Enqueue(0, "u1", "One two. Three.", tone(500) + SILENCE * (400 * 8) + tone(700, 0x31), last=True))
    ear.run(500 + into_pause_ms)
    ear.post(Hold(ear.now_ms))
    ear.run(ear.now_ms + 100)
    ear.post(Resume(ear.now_ms))
    goes_on_ms = ear.now_ms
    ear.run(4000)
    assert ear.sounded[(goes_on_ms + 25) * 8] == 0x31
    assert ear.sounded.count(0x20) == 500 * 8
    assert ear.sounded.count(0x31) == 700 * 8
    assert [(heard.heard_text, heard.complete) for heard in ear.of(Heard)] == [("One two. Three.", True)]


def test_who_is_held_behind_the_last_word_says_nothing_again():
    ear = Ear()
    ear.post(Enqueue(0, "u1", "One two.", tone(500) + SILENCE * (300 * 8), last=True))
    ear.run(540)
    ear.post(Hold(540))
    ear.post(Resume(640))
    ear.run(3000)
    assert ear.sounded.count(0x20) == 500 * 8
    assert [heard.complete for heard in ear.of(Heard)] == [True]
