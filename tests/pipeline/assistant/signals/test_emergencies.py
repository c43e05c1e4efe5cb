"""Danger to life is heard in the caller's own words, and not in what only sounds like it."""

import pytest

from pipeline.assistant.signals.emergencies import heard
from tests.fakes.sentences import sentences

pytestmark = pytest.mark.unit

SENTENCES = sentences("emergencies.txt")


def test_danger_is_heard_in_english_and_spanish():
    assert [text for text in SENTENCES["danger", ""] if not heard(text)] == []
    assert heard("mi hijo se está ahogando") == "es"
    assert heard("no, my kid is choking") == "en"


def test_what_only_sounds_like_danger_is_none():
    assert [text for text in SENTENCES["everyday", ""] if heard(text)] == []


def test_most_sentences_that_were_written_before_the_phrases_are_heard():
    danger, everyday = SENTENCES["unseen", "danger"], SENTENCES["unseen", "everyday"]
    assert min(len(danger), len(everyday)) >= 40
    assert len([text for text in danger if not heard(text)]) <= 1
    assert [text for text in everyday if heard(text)] == []


@pytest.mark.parametrize("file", ["topics.txt", "moods.txt"])
def test_hardly_any_sentence_about_something_else_is_taken_for_danger(file: str):
    told = [text for texts in sentences(file).values() for text in texts if heard(text)]
    assert len(told) <= 4, told  # smoke from a device, above all
