"""What callers say over the assistant."""

import pytest

from voice.backchannel import may_be_harmless, said

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", ["no problem", "No worries.", "sorry, go on", "okay, no problem", "No problem at all"])
def test_phrases_that_only_sound_like_stop_words_are_acknowledgements(text):
    assert said(text, "en-US", answering=False) == "backchannel"


@pytest.mark.parametrize("text", ["no", "sorry", "no problem, wait", "no, go to the next", "sorry go on, no, stop"])
def test_a_stop_word_beside_such_a_phrase_still_stops(text):
    assert said(text, "en", answering=False) == "stop"


def test_such_a_phrase_in_spanish():
    assert said("no hay problema", "es", answering=False) == "backchannel"
    assert said("no", "es", answering=False) == "stop"


def test_to_a_question_such_a_phrase_is_an_answer():
    assert said("no problem", "en", answering=True) == "stop"


def test_words_that_may_become_such_a_phrase_are_told_from_those_that_cannot():
    assert may_be_harmless("No", "en")
    assert may_be_harmless("sorry go", "en")
    assert not may_be_harmless("no thank", "en")
    assert not may_be_harmless("wait", "en")
    assert not may_be_harmless("", "en")
    assert not may_be_harmless("no", "fi")
