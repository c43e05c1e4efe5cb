"""What the caller hears while an answer is late."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.budget import (
    APOLOGY_MS,
    FILL_AGAIN_MS,
    FILL_MS,
    GIVE_UP_MS,
    Answered,
    Apologise,
    Audible,
    Budget,
    CallerSpeaks,
    Fill,
    GiveUp,
    NothingToSay,
    Owed,
    Phrases,
    Quiet,
)
from pipeline.line.prompts import Prompts

pytestmark = pytest.mark.unit

FILLS = ("One moment, please.", "Let me look.", "Just a second.")


class Turn:
    """A budget, and what it says when; a fill or an apology is heard for 800 ms."""

    def __init__(self, fills=FILLS, apologies=("Sorry.",), heard_ms=800):
        self.budget = Budget(Phrases(fills), Phrases(apologies))
        self.said = []
        self.heard_ms = heard_ms
        self.quiet = []

    def post(self, event):
        self.until(event.at_ms)
        self.budget.handle(event)

    def until(self, at_ms):
        while True:
            due = self.budget.deadline_ms
            instants = [instant for instant in (due, *self.quiet) if instant is not None]
            if not instants or min(instants) > at_ms:
                return
            now_ms = min(instants)
            if self.quiet and self.quiet[0] == now_ms:
                self.budget.handle(Quiet(self.quiet.pop(0)))
                continue
            for action in self.budget.tick(now_ms):
                self.said.append((now_ms, action))
                if not isinstance(action, GiveUp) and action.text:
                    self.budget.handle(Audible(now_ms, answer=False))
                    self.quiet.append(now_ms + self.heard_ms)


def test_an_answer_in_time_needs_no_fill():
    turn = Turn()
    turn.post(Owed(0))
    turn.post(Answered(500))
    turn.post(Audible(FILL_MS - 1, answer=True))
    turn.post(Quiet(4000))
    turn.until(60_000)
    assert turn.said == []
    assert turn.budget.deadline_ms is None


def test_the_ladder_is_fills_then_an_apology_then_a_human():
    turn = Turn()
    turn.post(Owed(1000))
    turn.until(1000 + GIVE_UP_MS)
    kinds = [(at_ms - 1000, type(action)) for at_ms, action in turn.said]
    assert kinds == [(FILL_MS, Fill), (4100, Fill), (APOLOGY_MS, Apologise), (8200, Fill), (GIVE_UP_MS, GiveUp)]


def test_the_caller_never_hears_more_than_three_seconds_of_silence_until_a_human_is_brought_in():
    turn = Turn()
    turn.post(Owed(0))
    turn.until(GIVE_UP_MS)
    instants = [at_ms for at_ms, _ in turn.said]
    starts = [0, *(at_ms + turn.heard_ms for at_ms in instants)]
    assert all(end - start <= 3000 for start, end in zip(starts, instants, strict=False))


def test_the_line_reference_tells_when_they_are_said():
    fields = Prompts.model_fields
    assert f"{FILL_MS / 1000:g} s of silence, and again after {FILL_AGAIN_MS / 1000:g} s" in str(
        fields["fills"].description
    )
    assert f"{APOLOGY_MS / 1000:g} s late" in str(fields["apologies"].description)


def test_fills_vary_and_one_alone_is_not_said_twice_in_a_row():
    turn = Turn()
    turn.post(Owed(0))
    turn.until(8500)
    texts = [action.text for _, action in turn.said if isinstance(action, Fill)]
    assert len(texts) == len(set(texts)) == 3
    alone = Phrases(("One moment.",))
    assert [alone.next() for _ in range(3)] == ["One moment.", "", "One moment."]
    assert Phrases(()).next() == ""


def test_a_fill_does_not_pay_the_debt_but_an_answer_does():
    turn = Turn()
    turn.post(Owed(0))
    turn.until(FILL_MS)
    turn.post(Answered(1200))
    assert turn.budget.deadline_ms is None  # the fill is being heard
    turn.until(2000)
    assert turn.budget.deadline_ms is not None
    turn.post(Audible(2100, answer=True))
    turn.post(Quiet(5000))
    assert turn.budget.deadline_ms is None


def test_a_pause_inside_an_answer_is_filled_and_its_clock_begins_anew():
    turn = Turn()
    turn.post(Owed(0))
    turn.post(Audible(300, answer=True))
    turn.post(Quiet(6000))
    turn.until(6000 + FILL_MS)
    assert turn.said == [(6000 + FILL_MS, Fill(FILLS[0]))]


def test_nothing_is_late_while_the_caller_speaks():
    turn = Turn()
    turn.post(Owed(0))
    turn.post(CallerSpeaks(500))
    turn.until(60_000)
    assert turn.said == []


def test_a_turn_without_a_word_owes_nothing():
    turn = Turn()
    turn.post(Owed(0))
    turn.post(NothingToSay(10))
    turn.until(60_000)
    assert turn.said == []


def test_after_two_turns_that_failed_the_next_late_one_goes_to_a_human_at_once():
    turn = Turn()
    for begin_ms in (0, 20_000):
        turn.post(Owed(begin_ms))
        turn.until(begin_ms + APOLOGY_MS)
        turn.post(Answered(begin_ms + APOLOGY_MS + 900))
        turn.post(Audible(begin_ms + APOLOGY_MS + 1000, answer=True))
        turn.post(Quiet(begin_ms + APOLOGY_MS + 3000))
    turn.said.clear()
    turn.post(Owed(40_000))
    turn.until(40_000 + APOLOGY_MS)
    assert [type(action) for _, action in turn.said] == [Fill, Fill, GiveUp]


EVENTS = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.one_of(
            st.just(Owed),
            st.just(Quiet),
            st.just(Answered),
            st.just(NothingToSay),
            st.just(CallerSpeaks),
            st.builds(lambda answer: lambda at_ms: Audible(at_ms, answer), st.booleans()),
        ),
    ),
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(EVENTS)
def test_whatever_happens_a_debt_has_a_deadline_or_a_sound(events):
    budget, now_ms = Budget(Phrases(FILLS), Phrases(())), 0
    for step_ms, make in events:
        now_ms += step_ms
        while budget.deadline_ms is not None and budget.deadline_ms <= now_ms:
            before = budget.deadline_ms
            assert budget.tick(before)
            due_ms = budget.deadline_ms
            assert due_ms != before
        budget.handle(make(now_ms))
