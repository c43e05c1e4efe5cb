"""The caller makes a sound while the assistant speaks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.backchannel import said
from voice.overlap import ANSWER_DUE_MS, GO_ON_AT, HOLD_AT_MS, HOLD_FROM, MEANT_MS, WAIT_AT
from voice.turn_events import (
    AssistantQuiet,
    AssistantStarted,
    Backchannel,
    Expecting,
    FinalHeard,
    FloorChanged,
    Hold,
    Ignored,
    Interrupt,
    PartialHeard,
    Resume,
    SpeechEnded,
    SpeechJudged,
    SpeechPaused,
    SpeechStarted,
    SpeechSustained,
    TurnComplete,
    Unheard,
)
from voice.turns import TurnTaking
from voice.vad import JUDGED_MS

pytestmark = pytest.mark.unit


def play(*events):
    """What is decided, floors left out; an int lets time pass until that instant."""
    turns, now_ms, actions = TurnTaking(), 0, []
    for event in events:
        until_ms = event if isinstance(event, int) else event.at_ms
        while turns.deadline_ms is not None and turns.deadline_ms <= until_ms:
            now_ms = max(now_ms, turns.deadline_ms)
            actions += turns.tick(now_ms)
        if not isinstance(event, int):
            actions += turns.handle(event)
    return [action for action in actions if not isinstance(action, FloorChanged | Ignored)]


def final(text, start_ms, end_ms, at_ms):
    return FinalHeard(at_ms, text, (), start_ms, end_ms, 0.9)


TELLING = AssistantStarted(0, "u1", True)


@pytest.mark.parametrize("text", ["mm-hm", "Okay.", "uh-huh", "yeah", "right, okay", "I see"])
def test_an_acknowledgement_holds_the_assistant_for_a_moment_and_makes_no_turn(text):
    assert play(TELLING, SpeechStarted(1000), SpeechPaused(1300), SpeechEnded(1300), final(text, 1000, 1300, 1900)) == [
        Hold("u1"),
        Resume("u1"),
        Backchannel(text, 1000, 1300),
    ]


def test_a_faint_sound_does_not_hold_the_assistant():
    faint = SpeechStarted(1000, strength=HOLD_FROM / 2)
    assert play(TELLING, faint, SpeechPaused(1200), SpeechEnded(1200), Unheard(1700, "noise", 1000, 1200)) == []


def test_a_faint_sound_that_goes_on_holds_the_assistant_then():
    assert play(TELLING, SpeechStarted(1000, strength=0.1), SpeechSustained(1240, 240)) == [Hold("u1")]


def test_long_speech_takes_the_floor_without_words():
    assert play(TELLING, SpeechStarted(1000), SpeechSustained(1700, MEANT_MS)) == [Hold("u1"), Interrupt("u1")]


@pytest.mark.parametrize("text", ["wait", "stop", "hold on", "okay wait", "excuse me", "no stop", "no problem wait"])
def test_stop_words_take_the_floor_at_once(text):
    assert play(TELLING, SpeechStarted(1000), PartialHeard(1150, text)) == [Hold("u1"), Interrupt("u1")]


@pytest.mark.parametrize("text", ["no", "sorry"])
def test_a_word_that_may_begin_an_acknowledgement_holds_until_all_words_are_known(text):
    speech = (TELLING, SpeechStarted(1000), PartialHeard(1150, text), SpeechPaused(1250), SpeechEnded(1250))
    assert play(*speech) == [Hold("u1")]
    assert play(*speech, final(text, 1000, 1250, 1600))[:2] == [Hold("u1"), Interrupt("u1")]
    assert play(*speech, final("no problem", 1000, 1250, 1600))[:2] == [Hold("u1"), Resume("u1")]
    assert play(*speech, 1250 + ANSWER_DUE_MS) == [Hold("u1"), Resume("u1")]


JUDGED = SpeechStarted(1000, judged=True)


def judged(since_ms, meant_by):
    return SpeechJudged(1000 + since_ms, since_ms, meant_by)


HELD = (TELLING, JUDGED, judged(140, 0.0))


def test_a_sound_that_is_judged_holds_a_moment_later():
    assert play(TELLING, JUDGED) == []
    assert play(*HELD) == [Hold("u1")]


def test_an_acknowledgement_beyond_doubt_pauses_nothing():
    sure = (TELLING, JUDGED, *(judged(since_ms, -9.0) for since_ms in JUDGED_MS))
    assert play(*sure, SpeechPaused(1350)) == []
    assert play(*sure[:3], judged(220, 1.0)) == [Hold("u1")]


@pytest.mark.parametrize("unsure", [(), (judged(220, 1.0),), (judged(220, 1.0), judged(260, 1.0))])
def test_an_acknowledgement_pauses_the_assistant_for_less_than_is_noticed(unsure):
    assert play(*HELD, *unsure, judged(JUDGED_MS[len(unsure) + 1], -5.0)) == [Hold("u1"), Resume("u1")]


def test_what_is_meant_stays_held():
    assert play(*HELD, judged(220, 3.0), judged(260, 3.0), judged(320, 4.0), SpeechSustained(1450, 400)) == [Hold("u1")]


MEANT = (*HELD, judged(220, 1.0), judged(260, 1.0), judged(320, 1.0 + WAIT_AT), SpeechPaused(1340))


def test_what_is_clearly_meant_is_not_gone_on_over_before_its_words_are_due():
    unsure = (*HELD, judged(220, 1.0), judged(260, 1.0), judged(320, WAIT_AT - 1.0), SpeechPaused(1340))
    assert play(*unsure) == [Hold("u1"), Resume("u1")]
    assert play(*MEANT, 1340 + ANSWER_DUE_MS - 1) == [Hold("u1")]
    assert play(*MEANT, 1340 + ANSWER_DUE_MS) == [Hold("u1"), Resume("u1")]
    assert play(*MEANT, PartialHeard(1600, "stop")) == [Hold("u1"), Interrupt("u1")]


def test_the_next_sound_is_judged_anew_after_one_that_was_meant():
    later = (SpeechEnded(1340), Unheard(1500, "noise", 1000, 1340), SpeechStarted(2500, judged=True))
    assert play(*MEANT, *later, SpeechJudged(2640, 140, 0.0), SpeechPaused(2700))[-2:] == [Hold("u1"), Resume("u1")]


def test_every_instant_at_which_a_sound_is_judged_decides_something():
    assert (HOLD_AT_MS, *GO_ON_AT) == JUDGED_MS


def test_the_assistant_goes_on_once_and_is_then_stopped_by_words_or_length_only():
    later = (*HELD, judged(220, -5.0), judged(260, 9.0), judged(320, 9.0), SpeechSustained(1450, 400))
    assert play(*later) == [Hold("u1"), Resume("u1")]
    assert play(*later, PartialHeard(1500, "where is")) == [Hold("u1"), Resume("u1"), Interrupt("u1")]
    assert play(*later, SpeechSustained(1700, MEANT_MS)) == [Hold("u1"), Resume("u1"), Interrupt("u1")]


def test_an_answer_over_its_question_holds_at_once_whatever_it_resembles():
    asked = (Expecting(0, "yes_no"), TELLING, JUDGED)
    assert play(*asked, judged(140, -9.0), judged(320, -9.0)) == [Hold("u1")]


def test_a_judged_stop_word_is_not_gone_on_over_while_its_words_are_unclear():
    assert play(*HELD, PartialHeard(1250, "no"), judged(320, -5.0)) == [Hold("u1")]


def test_words_take_the_floor_when_there_was_voice_enough_for_them():
    speech = (SpeechStarted(1000), PartialHeard(1150, "where"), SpeechSustained(1240, 240))
    assert play(TELLING, *speech) == [Hold("u1")]
    assert play(TELLING, *speech, PartialHeard(1300, "where is")) == [Hold("u1"), Interrupt("u1")]


def test_words_that_come_after_it_went_on_take_the_floor_still():
    actions = play(
        TELLING, SpeechStarted(1000), SpeechPaused(1250), SpeechEnded(1250), final("cancel it", 1000, 1250, 1800)
    )
    assert actions[:3] == [Hold("u1"), Resume("u1"), Interrupt("u1")]
    assert isinstance(actions[3], TurnComplete)


def test_a_short_answer_over_its_question_is_waited_for_and_is_a_turn():
    actions = play(
        Expecting(0, "yes_no"),
        TELLING,
        SpeechStarted(1000),
        SpeechPaused(1300),
        SpeechEnded(1300),
        final("yeah", 1000, 1300, 1700),
    )
    assert actions[:2] == [Hold("u1"), Interrupt("u1")]
    assert actions[2].text == "yeah"


def test_a_sound_over_a_question_is_not_waited_for_longer_than_an_answer_takes():
    sound = (Expecting(0, "yes_no"), TELLING, SpeechStarted(1000), SpeechPaused(1300))
    assert play(*sound, 1300 + ANSWER_DUE_MS - 1) == [Hold("u1")]
    assert play(*sound, 1300 + ANSWER_DUE_MS) == [Hold("u1"), Resume("u1")]


def test_a_sound_that_nobody_understood_lets_the_assistant_go_on():
    actions = play(
        Expecting(0, "yes_no"), TELLING, SpeechStarted(1000), SpeechEnded(1200), Unheard(1500, "noise", 1000, 1200)
    )
    assert actions == [Hold("u1"), Resume("u1")]


def test_an_uninterruptible_utterance_is_not_even_held():
    disclosure = AssistantStarted(0, "u1", False)
    assert play(disclosure, SpeechStarted(1000), SpeechSustained(1240, 240), SpeechSustained(1700, MEANT_MS)) == []


def test_an_utterance_that_is_heard_out_while_held_is_held_no_more():
    actions = play(TELLING, SpeechStarted(1000), AssistantQuiet(1100))
    assert actions == [Hold("u1"), Resume("u1")]


def test_who_speaks_on_when_the_assistant_begins_holds_it():
    actions = play(
        Expecting(0, "open"), SpeechStarted(900), SpeechSustained(1140, 240), AssistantStarted(1200, "u1", True)
    )
    assert actions == [Hold("u1")]


@pytest.mark.parametrize(
    "sound",
    [
        (SpeechSustained(1240, 240), SpeechPaused(1300)),
        (SpeechJudged(1140, 140, -9.0), SpeechJudged(1220, 220, -9.0), SpeechSustained(1240, 240)),
        (SpeechJudged(1140, 140, 9.0), SpeechJudged(1220, 220, -9.0), SpeechSustained(1240, 240)),
    ],
)
def test_the_next_sentence_is_not_held_for_an_acknowledgement_of_the_last(sound):
    judged = not isinstance(sound[0], SpeechSustained)
    actions = play(
        TELLING,
        SpeechStarted(1000, 1.0, judged),
        *sound,
        AssistantStarted(1500, "u2", True),
        SpeechEnded(1300),
        final("okay", 1000, 1300, 2200),
    )
    assert [action for action in actions if isinstance(action, Hold) and action.utterance == "u2"] == []
    assert actions[-1] == Backchannel("okay", 1000, 1300)


def test_the_next_sentence_is_still_stopped_by_words_and_by_length():
    okay = (TELLING, SpeechStarted(1000), SpeechSustained(1240, 240), SpeechPaused(1300))
    longer = play(*okay, AssistantStarted(1500, "u2", True), SpeechSustained(2000, MEANT_MS))
    words = play(*okay, AssistantStarted(1500, "u2", True), PartialHeard(1600, "okay but where"))
    assert longer[-1] == words[-1] == Interrupt("u2")


def test_an_acknowledgement_in_a_language_without_words_for_it_takes_the_floor():
    assert said("okay", "fi", answering=False) == "words"
    assert said("vale", "es-ES", answering=False) == "backchannel"
    assert said("…", "en", answering=False) == "nothing"


EVENTS = st.lists(
    st.one_of(
        st.builds(SpeechStarted, st.just(0), st.floats(0, 1)),
        st.builds(SpeechStarted, st.just(0), st.just(1.0), st.just(True)),
        st.builds(SpeechJudged, st.just(0), st.sampled_from([160, 220, 340, 400]), st.floats(-9, 9)),
        st.builds(SpeechSustained, st.just(0), st.sampled_from([240, 700])),
        st.builds(SpeechPaused, st.just(0)),
        st.builds(SpeechEnded, st.just(0)),
        st.builds(PartialHeard, st.just(0), st.sampled_from(["", "okay", "no", "wait", "where is it"])),
        st.builds(AssistantStarted, st.just(0), st.sampled_from(["u1", "u2"]), st.booleans()),
        st.builds(AssistantQuiet, st.just(0)),
        st.builds(Expecting, st.just(0), st.sampled_from(["open", "yes_no"])),
    ),
    max_size=30,
)


@settings(max_examples=300, deadline=None)
@given(EVENTS, st.lists(st.integers(1, 900), min_size=30, max_size=30))
def test_holds_and_what_ends_them_alternate(events, steps):
    turns, now_ms = TurnTaking(), 0
    held: dict[str, bool] = {}
    for event, step in zip(events, steps, strict=False):
        now_ms += step
        actions = turns.tick(now_ms) + turns.handle(type(event)(now_ms, *_rest(event)))
        for action in actions:
            if isinstance(action, Hold):
                assert not held.get(action.utterance)
                held[action.utterance] = True
            elif isinstance(action, Resume):
                assert held.pop(action.utterance)
            elif isinstance(action, Interrupt):
                held.pop(action.utterance, None)


def _rest(event):
    return [getattr(event, name) for name in type(event).__slots__ if name != "at_ms"]
