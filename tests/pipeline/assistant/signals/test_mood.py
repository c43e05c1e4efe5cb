"""Signals judged on sentences that were written before the cues."""

import pytest

from pipeline.assistant.signals.mood import SIGNALS, Mood, read
from tests.fakes.sentences import sentences

pytestmark = pytest.mark.unit

SENTENCES = sentences("moods.txt")


@pytest.mark.row(4, 7)
@pytest.mark.parametrize("signal", SIGNALS)
def test_held_out_sentences_show_a_signal_or_do_not(signal):
    shown, quiet = SENTENCES[signal, "yes"], SENTENCES[signal, "no"]
    assert len(shown) + len(quiet) >= 60
    found = [text for text in shown if read(text).level(signal) != "none"]
    false = [text for text in quiet if read(text).level(signal) != "none"]
    assert len(found) >= 0.9 * len(shown), set(shown) - set(found)
    assert len(false) <= 0.05 * len(quiet), false


def test_three_signals_are_told_apart():
    flooded, again, furious = read("my house is flooding"), read("i already told you that"), read("how dare you")
    assert (flooded.level("urgency"), flooded.level("anger")) == ("high", "none")
    assert (again.level("frustration"), again.level("anger"), again.level("urgency")) == ("low", "none", "none")
    assert (furious.level("anger"), furious.level("urgency")) == ("high", "none")


@pytest.mark.parametrize("text", ["i'm not angry", "it's not at all urgent", "no estoy furioso", "no es urgente"])
def test_what_is_negated_does_not_count(text):
    signals = read(text)
    assert (signals.urgency, signals.anger) == (0, 0)


def test_words_before_strengthen_or_weaken():
    assert read("this is so annoying").frustration > read("this is annoying").frustration
    assert read("it's a bit annoying").frustration < read("it's annoying").frustration


def test_the_same_words_again_are_frustration_but_not_as_an_answer():
    once = Mood().after("where is the tent i ordered")
    assert once.after("where is the tent i ordered").last.frustration > 0
    assert once.after("where is the tent i ordered", answering=True).last.frustration == 0


@pytest.mark.row(5)
def test_a_call_that_goes_wrong_has_a_falling_sentiment():
    mood, course = Mood(), []
    for text in ["hello thanks for your help", "that's not what i asked", "this is ridiculous you are useless"]:
        mood = mood.after(text)
        course.append(mood.last.sentiment)
    assert course == sorted(course, reverse=True)
    assert mood.trend == "falling"
    assert (mood.negative, mood.angry) == (2, 1)
    assert mood.after("great thank you").trend == "rising"
