"""What is true of turn taking whatever happens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.turn_events import (
    AssistantQuiet,
    AssistantStarted,
    CallerSilent,
    Expecting,
    FinalHeard,
    FloorChanged,
    Interrupt,
    KeyPressed,
    KeysCollected,
    PartialHeard,
    SpeechEnded,
    SpeechStarted,
    SpeechSustained,
    TurnComplete,
    TurnUnheard,
    Unheard,
)
from voice.turns import RESULT_OVERDUE_MS, TurnTaking

pytestmark = pytest.mark.unit


def result_for(stretches, which, words, at_ms):
    start_ms, end_ms = stretches[which % len(stretches)] if stretches else (at_ms - 500, at_ms - 100)
    heard = FinalHeard(at_ms, words, (), start_ms, end_ms, 0.9)
    return heard if words else Unheard(at_ms, "noise", start_ms, end_ms)


KINDS = ["start", "sustain", "end", "partial", "result", "key", "keys", "say", "quiet", "expect", "wait"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["start", "sustain", "end", "partial", "result", "key", "keys", "say", "quiet", "expect", "wait"]
        ),
        st.integers(0, 4000),
        st.integers(0, 5),
        st.booleans(),
    ),
    max_size=60,
)


def event_of(kind, at_ms, number, flag, stretches):
    return {
        "start": lambda: SpeechStarted(at_ms),
        "sustain": lambda: SpeechSustained(at_ms, 700),
        "end": lambda: SpeechEnded(max(0, at_ms - 300)),
        "partial": lambda: PartialHeard(at_ms, "word" if flag else ""),
        "result": lambda: result_for(stretches, number, "word" if flag else "", at_ms),
        "key": lambda: KeyPressed(at_ms),
        "keys": lambda: KeysCollected(at_ms),
        "say": lambda: AssistantStarted(at_ms, f"u{number}", flag),
        "quiet": lambda: AssistantQuiet(at_ms),
        "expect": lambda: Expecting(at_ms, "open"),
    }[kind]()


class Watch:
    """Follows one random call and checks every action."""

    def __init__(self):
        self.turns = TurnTaking()
        self.now_ms, self.floor, self.over_ms = 0, "assistant", -1
        self.stretches, self.speech_ms = [], None
        self.voice, self.interrupted = None, False

    def take(self, actions):
        for action in actions:
            if isinstance(action, Interrupt):
                assert self.voice == (action.utterance, True)
                assert not self.interrupted
                self.interrupted = True
            elif isinstance(action, FloorChanged):
                assert action.floor != self.floor
                self.floor = action.floor
            elif isinstance(action, TurnComplete | TurnUnheard):
                assert action.start_ms <= action.end_ms
                assert action.end_ms > self.over_ms
                self.over_ms = action.end_ms
            elif isinstance(action, CallerSilent):
                assert self.voice is None
                assert self.speech_ms is None
        assert self.turns.floor == self.floor

    def wait(self, duration_ms):
        until_ms = self.now_ms + duration_ms
        for _ in range(100):
            deadline = self.turns.deadline_ms
            if deadline is None or deadline > until_ms:
                self.now_ms = until_ms
                return
            self.now_ms = max(self.now_ms, deadline)
            self.take(self.turns.tick(self.now_ms))
        pytest.fail("ticks do not get anywhere")

    def post(self, event):
        if isinstance(event, SpeechStarted) and self.speech_ms is None:
            self.speech_ms = event.at_ms
        elif isinstance(event, SpeechEnded) and self.speech_ms is not None:
            self.stretches.append((self.speech_ms, max(self.speech_ms, event.at_ms)))
            self.speech_ms = None
        elif isinstance(event, AssistantStarted) and (self.voice is None or self.voice[0] != event.utterance):
            self.voice, self.interrupted = (event.utterance, event.interruptible), False
        elif isinstance(event, AssistantQuiet):
            self.voice = None
        self.take(self.turns.handle(event))


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_whatever_happens_turns_are_in_order_and_interruptions_allowed(script):
    watch = Watch()
    for kind, duration_ms, number, flag in script:
        watch.wait(duration_ms)
        if kind != "wait":
            watch.post(event_of(kind, watch.now_ms, number, flag, watch.stretches))


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_an_expected_answer_never_leaves_the_line_dead(script):
    watch = Watch()
    for kind, duration_ms, number, flag in script:
        watch.wait(duration_ms)
        if kind != "wait":
            watch.post(event_of(kind, watch.now_ms, number, flag, watch.stretches))
    for event in (SpeechEnded(watch.now_ms), AssistantQuiet(watch.now_ms), Expecting(watch.now_ms, "open")):
        watch.post(event)
    before = watch.floor
    watch.wait(RESULT_OVERDUE_MS + 8000)
    assert watch.floor == "assistant", before
