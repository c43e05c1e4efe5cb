"""Who holds the floor: scripts of events, and what comes of them."""

import pytest

from voice.turn_events import (
    AssistantQuiet,
    AssistantStarted,
    Backchannel,
    CallerSilent,
    CallOver,
    Expecting,
    FinalHeard,
    FloorChanged,
    Hold,
    Ignored,
    Interrupt,
    KeyPressed,
    KeysCollected,
    PartialHeard,
    Resume,
    SpeechEnded,
    SpeechStarted,
    SpeechSustained,
    TurnComplete,
    TurnUnheard,
    Unheard,
)
from voice.turns import RESULT_OVERDUE_MS, YIELD_MS, TurnTaking

pytestmark = pytest.mark.unit


def play(*events):
    """Handle the events, letting deadlines pass in between; an int lets time pass until that instant."""
    turns, now_ms, actions = TurnTaking(), 0, []
    for event in events:
        until_ms = event if isinstance(event, int) else event.at_ms
        while turns.deadline_ms is not None and turns.deadline_ms <= until_ms:
            now_ms = max(now_ms, turns.deadline_ms)
            actions += turns.tick(now_ms)
        if not isinstance(event, int):
            actions += turns.handle(event)
    return actions


def final(text, start_ms, end_ms, at_ms, *alternatives, confidence=0.9):
    return FinalHeard(at_ms, text, alternatives, start_ms, end_ms, confidence)


ASKED = (Expecting(0, "open"), AssistantStarted(100, "u1", True), AssistantQuiet(2000))


def without_floor(actions):
    return [action for action in actions if not isinstance(action, FloorChanged)]


def floors(actions):
    return [action.floor for action in actions if isinstance(action, FloorChanged)]


@pytest.mark.parametrize(("language", "kind"), [("es", Backchannel), ("en", TurnComplete)])
def test_what_is_an_acknowledgement_follows_the_language_of_the_call(language, kind):
    turns = TurnTaking("en")
    turns.handle(Expecting(0, "open"))
    turns.speaks(language)
    turns.handle(AssistantStarted(100, "u1", True))
    turns.handle(SpeechStarted(1000, 1.0))
    turns.handle(SpeechEnded(1300))
    actions = turns.handle(final("vale, entiendo", 1000, 1300, 1400))
    assert [type(one) for one in without_floor(actions) if isinstance(one, Backchannel | TurnComplete)] == [kind]


def test_a_plain_exchange_passes_the_floor_around():
    actions = play(
        *ASKED,
        SpeechStarted(3000),
        SpeechSustained(3240, 700),
        PartialHeard(3500, "where is"),
        SpeechEnded(4000),
        final("where is my order", 2700, 4000, 4700, "where is my border"),
        AssistantStarted(5000, "u2", True),
    )
    assert without_floor(actions) == [
        TurnComplete("where is my order", ("where is my order", "where is my border"), 2700, 4000, 0.9)
    ]
    assert floors(actions) == ["nobody", "caller", "assistant"]


def test_speech_that_resumes_before_the_words_come_is_one_turn():
    actions = play(
        *ASKED,
        SpeechStarted(3000),
        SpeechEnded(3500),
        SpeechStarted(4100),
        final("order number", 3000, 3500, 4200, "older number"),
        SpeechEnded(5000),
        final("four seven", 4100, 5000, 5600, "for seven", confidence=0.4),
    )
    assert without_floor(actions) == [
        TurnComplete(
            "order number four seven",
            (
                "order number four seven",
                "order number for seven",
                "older number four seven",
                "older number for seven",
            ),
            3000,
            5000,
            0.4,
        )
    ]


def test_words_in_one_half_of_a_turn_are_enough():
    actions = play(
        *ASKED,
        SpeechStarted(3000),
        SpeechEnded(3200),
        SpeechStarted(3700),
        SpeechEnded(4000),
        Unheard(4100, "noise", 3000, 3200),
        final("yes", 3700, 4000, 4200),
    )
    assert without_floor(actions) == [TurnComplete("yes", ("yes",), 3700, 4000, 0.9)]


def test_speech_without_words_is_told_when_it_was_the_callers_move():
    actions = play(*ASKED, SpeechStarted(3000), SpeechEnded(3300), Unheard(3900, "noise", 2800, 3300))
    assert without_floor(actions) == [TurnUnheard("noise", 2800, 3300)]
    assert floors(actions) == ["nobody", "caller", "assistant"]


def test_a_final_result_without_words_counts_as_noise():
    actions = play(*ASKED, SpeechStarted(3000), SpeechEnded(3300), final(" ", 2800, 3300, 3900))
    assert without_floor(actions) == [TurnUnheard("noise", 2800, 3300)]


def test_the_gravest_reason_is_told():
    actions = play(
        *ASKED,
        SpeechStarted(3000),
        SpeechEnded(3300),
        SpeechStarted(3400),
        SpeechEnded(3900),
        Unheard(4000, "busy", 3000, 3300),
        Unheard(4100, "noise", 3400, 3900),
    )
    assert without_floor(actions) == [TurnUnheard("busy", 3000, 3900)]


def test_sustained_speech_interrupts_once():
    actions = play(
        AssistantStarted(0, "u1", True),
        SpeechStarted(1000),
        SpeechSustained(1240, 700),
        PartialHeard(1400, "wait"),
        AssistantQuiet(1250),
        SpeechEnded(1800),
        final("wait", 1000, 1800, 2300),
    )
    assert without_floor(actions) == [Hold("u1"), Interrupt("u1"), TurnComplete("wait", ("wait",), 1000, 1800, 0.9)]
    assert floors(actions) == ["caller", "assistant"]


def test_words_interrupt_before_speech_is_sustained():
    actions = play(AssistantStarted(0, "u1", True), SpeechStarted(1000), PartialHeard(1200, "stop"))
    assert actions == [Hold("u1"), FloorChanged("caller"), Interrupt("u1")]


def test_a_cough_does_not_interrupt_nor_make_a_turn():
    actions = play(
        AssistantStarted(0, "u1", True), SpeechStarted(1000), SpeechEnded(1100), Unheard(1700, "noise", 800, 1100)
    )
    assert without_floor(actions) == [Hold("u1"), Resume("u1"), Ignored("noise while it was not the caller's move")]


def test_a_cough_under_a_question_is_no_answer_to_it():
    actions = play(
        Expecting(0, "yes_no"),
        AssistantStarted(100, "u1", True),
        SpeechStarted(1000),
        SpeechEnded(1100),
        Unheard(1700, "noise", 800, 1100),
        AssistantQuiet(3000),
    )
    assert without_floor(actions) == [Hold("u1"), Resume("u1")]
    assert floors(actions)[-1] == "nobody"


def test_an_utterance_that_begins_when_the_caller_has_finished_is_not_interrupted():
    speech = (SpeechStarted(3000), SpeechSustained(3240, 700), SpeechEnded(4000))
    assert without_floor(play(*ASKED, *speech, AssistantStarted(4600, "fill", True))) == []


def test_an_uninterruptible_utterance_is_never_interrupted_but_the_turn_is_heard():
    actions = play(
        AssistantStarted(0, "disclosure", False),
        SpeechStarted(1000),
        SpeechSustained(1240, 700),
        PartialHeard(1400, "hello"),
        KeyPressed(1500),
        SpeechEnded(1800),
        final("hello", 1000, 1800, 2300),
    )
    assert actions == [TurnComplete("hello", ("hello",), 1000, 1800, 0.9)]


def test_noise_that_interrupted_is_a_turn_without_words():
    actions = play(
        AssistantStarted(0, "u1", True),
        SpeechStarted(1000),
        SpeechSustained(1240, 700),
        AssistantQuiet(1250),
        SpeechEnded(1900),
        Unheard(2400, "noise", 1000, 1900),
    )
    assert without_floor(actions) == [Hold("u1"), Interrupt("u1"), TurnUnheard("noise", 1000, 1900)]


def test_an_utterance_that_begins_while_the_caller_speaks_is_interrupted():
    actions = play(*ASKED, SpeechStarted(3000), SpeechSustained(3240, 700), AssistantStarted(3400, "u2", True))
    assert without_floor(actions) == [Interrupt("u2")]


def test_a_key_interrupts():
    assert play(AssistantStarted(0, "u1", True), KeyPressed(500)) == [Interrupt("u1"), FloorChanged("caller")]


def test_silence_is_counted_from_when_the_assistant_is_quiet():
    actions = play(*ASKED, 8999)
    assert without_floor(actions) == []
    assert without_floor(play(*ASKED, 9000)) == [CallerSilent(1)]


def test_three_silences_in_a_row_are_counted_and_a_word_begins_anew():
    script = [*ASKED, 9000]
    for number in (2, 3):
        at_ms = number * 10_000
        script += [Expecting(at_ms, "open"), AssistantStarted(at_ms, f"u{number}", True), AssistantQuiet(at_ms + 500)]
        script += [at_ms + 7500]
    assert without_floor(play(*script)) == [CallerSilent(1), CallerSilent(2), CallerSilent(3)]
    assert floors(play(*script)) == ["nobody", "assistant"] * 3
    heard = [SpeechStarted(15_000), SpeechEnded(15_200), final("yes", 15_000, 15_200, 15_300)]
    script[4:4] = [Expecting(10_000, "open"), AssistantQuiet(10_500), *heard]
    assert [action.count for action in play(*script) if isinstance(action, CallerSilent)] == [1, 1, 2]


def test_while_the_assistant_owes_a_reply_the_callers_silence_does_not_count():
    actions = play(*ASKED, KeyPressed(3000), KeysCollected(4000), AssistantStarted(4500, "fill", True))
    actions = play(
        *ASKED,
        KeyPressed(3000),
        KeysCollected(4000),
        AssistantStarted(4500, "fill", True),
        AssistantQuiet(5000),
        60_000,
    )
    assert actions[1:] == [FloorChanged("caller"), FloorChanged("assistant")]


def test_a_key_restarts_the_wait():
    assert without_floor(play(*ASKED, KeyPressed(8000), 14_999)) == []
    assert without_floor(play(*ASKED, KeyPressed(8000), 15_000)) == [CallerSilent(1)]


def test_the_wait_is_as_long_as_the_question_says():
    asked = (AssistantStarted(0, "u1", True), Expecting(50, "digits", 12_000), AssistantQuiet(1000))
    assert without_floor(play(*asked, 12_999)) == []
    assert without_floor(play(*asked, 13_000)) == [CallerSilent(1)]


def test_the_floor_does_not_flap_before_the_reply_is_heard():
    assert floors(play(Expecting(0, "open"), AssistantStarted(YIELD_MS - 1, "u1", True), AssistantQuiet(3000))) == [
        "nobody"
    ]


def test_an_expectation_without_a_reply_frees_the_floor():
    assert play(Expecting(0, "open"), YIELD_MS - 1) == []
    assert play(Expecting(0, "open"), YIELD_MS) == [FloorChanged("nobody")]


def test_words_that_never_come_are_given_up():
    script = [*ASKED, SpeechStarted(3000), SpeechEnded(4000)]
    assert without_floor(play(*script, 4000 + RESULT_OVERDUE_MS - 1)) == []
    actions = play(*script, 4000 + RESULT_OVERDUE_MS, final("too late", 3000, 4000, 11_000))
    assert without_floor(actions) == [
        TurnUnheard("late", 3000, 4000),
        Ignored("a result for a turn that is over"),
    ]


def test_a_continuous_recogniser_may_end_the_words_before_the_gate_ends_the_speech():
    actions = play(*ASKED, SpeechStarted(3000), final("yes please", 3050, 3800, 4100), SpeechEnded(3950))
    assert without_floor(actions) == [TurnComplete("yes please", ("yes please",), 3050, 3800, 0.9)]


def test_words_that_the_gate_missed_are_a_turn():
    actions = play(*ASKED, final("no", 3000, 3200, 3600))
    assert without_floor(actions) == [TurnComplete("no", ("no",), 3000, 3200, 0.9)]


@pytest.mark.parametrize("event", [SpeechEnded(5), SpeechSustained(5, 700), PartialHeard(5, " ")])
def test_events_out_of_place_are_ignored(event):
    assert [type(action) for action in play(event)] == [Ignored]


def test_the_end_of_the_call_is_the_end():
    turns = TurnTaking()
    for event in ASKED:
        turns.handle(event)
    turns.handle(CallOver(2500))
    assert turns.deadline_ms is None
    assert turns.handle(SpeechStarted(3000)) == [Ignored("the call is over")]
    assert turns.tick(60_000) == []
