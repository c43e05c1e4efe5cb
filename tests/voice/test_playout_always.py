"""What is true of the ledger whatever happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.playing import tone
from voice.ledger import EAR_PIECE_MS
from voice.playout import Playout
from voice.playout_events import (
    EarAudio,
    Enqueue,
    Heard,
    Interrupt,
    MarkReturned,
    MediaLost,
    MediaResumed,
    SendAudio,
    SendMark,
)

pytestmark = pytest.mark.unit


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.integers(0, 3), st.integers(0, 900), st.booleans()),
        st.tuples(st.just("mark"), st.integers(0, 30)),
        st.tuples(st.just("interrupt")),
        st.tuples(st.just("lost")),
        st.tuples(st.just("resumed")),
        st.tuples(st.just("wait"), st.integers(-50, 1500)),
    ),
    max_size=40,
)


class Account:
    """Checks every action as it comes, and the sums at the end."""

    def __init__(self):
        self.playout = Playout()
        self.now_ms = self.sent = self.ear = self.ear_end_ms = self.current = 0
        self.marks, self.heard, self.said = ["nonsense"], [], set()

    def take(self, actions):
        for action in actions:
            if isinstance(action, SendAudio):
                self.sent += len(action.ulaw)
            elif isinstance(action, SendMark):
                self.marks.append(action.name)
            elif isinstance(action, Heard):
                self.heard.append(action.utterance)
                assert action.start_ms <= action.end_ms
            elif isinstance(action, EarAudio):
                assert action.at_ms >= self.ear_end_ms
                assert 0 < len(action.ulaw) <= EAR_PIECE_MS * 8
                self.ear_end_ms = action.at_ms + len(action.ulaw) // 8
                self.ear += len(action.ulaw)
        assert self.ear <= self.sent
        assert self.ear_end_ms <= self.playout._now_ms

    def say(self, step, duration_ms, last):
        self.current += step == 0
        self.said.add(f"u{self.current}")
        text = ("some words", "other words here", "", "some words")[step]
        self.take(self.playout.handle(Enqueue(self.now_ms, f"u{self.current}", text, tone(duration_ms), last)))

    def mark(self, which):
        self.take(self.playout.handle(MarkReturned(self.now_ms, self.marks[which % len(self.marks)])))

    def interrupt(self):
        self.take(self.playout.handle(Interrupt(self.now_ms)))
        assert not self.playout.speaking

    def lost(self):
        self.take(self.playout.handle(MediaLost(self.now_ms)))

    def resumed(self):
        self.take(self.playout.handle(MediaResumed(self.now_ms)))

    def wait(self, duration_ms):
        until_ms = max(0, self.now_ms + duration_ms)
        for _ in range(500):
            deadline = self.playout.deadline_ms
            if deadline is None or deadline > until_ms:
                self.now_ms = until_ms
                return
            self.now_ms = max(self.now_ms, deadline)
            self.take(self.playout.tick(self.now_ms))
        pytest.fail("ticks do not get anywhere")


@settings(max_examples=150, deadline=None)
@given(EVENTS)
def test_whatever_happens_each_utterance_is_heard_once_and_never_more_than_was_sent(script):
    account = Account()
    for kind, *rest in script:
        getattr(account, kind)(*rest)
    account.interrupt()
    assert sorted(account.heard) == sorted(account.said)
    assert account.playout.deadline_ms is None


@settings(max_examples=50, deadline=None)
@given(EVENTS)
def test_left_alone_it_falls_silent(script):
    account = Account()
    for kind, *rest in script:
        getattr(account, kind)(*rest)
    account.take(account.playout.handle(Enqueue(account.now_ms, "end", "", b"", last=True)))
    account.wait(120_000)
    assert not account.playout.speaking
    assert set(account.heard) == account.said | {"end"}
