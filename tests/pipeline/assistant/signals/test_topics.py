"""Sets of phrases judged on phrasings that were written before the sets."""

import pytest

from pipeline.assistant.signals import topics
from pipeline.assistant.signals.phrases import Phrase, PhraseSet, language_files, sections, words_of
from tests.fakes.sentences import sentences

pytestmark = pytest.mark.unit

SENTENCES = sentences("topics.txt")
NAMES = tuple(dict.fromkeys(name for name, _ in SENTENCES))


def found(line, text):
    return [match.text for match in PhraseSet.of([Phrase.parse(line, "one")], {"not"}, {"so"}).matches(words_of(text))]


def test_every_set_is_judged():
    assert set(NAMES) == set(topics.names())


@pytest.mark.parametrize("name", NAMES)
def test_other_phrasings_than_those_written_down_are_recognised(name):
    texts = SENTENCES[name, "yes"]
    missed = [text for text in texts if name not in topics.heard(text)]
    assert len(texts) >= 15
    assert not missed


@pytest.mark.parametrize("name", NAMES)
def test_near_misses_hold_no_phrase(name):
    assert [text for text in SENTENCES[name, "no"] if name in topics.told(text)[0]] == []


def test_near_misses_are_hardly_ever_taken_for_what_was_learned():
    wrongly = [text for name in NAMES for text in SENTENCES[name, "no"] if name in topics.heard(text)]
    assert len(wrongly) <= 8, wrongly  # of 165 sentences that are as near to a topic as can be


@pytest.mark.parametrize(
    "text", ["i don't need to talk to a person", "no me quejo de nadie", "your man was very kind", "y sin recibo"]
)
def test_what_was_learned_does_not_speak_against_a_phrase_that_is_denied(text):
    assert topics.heard(text) == {}


@pytest.mark.parametrize(
    "text",
    [
        "my husband passed me the phone",
        "I work as a lawyer, do you offer discounts",
        "a tent for a funeral",
        "zapatos negros para un funeral",
    ],
)
def test_what_only_sounds_like_a_phrase_is_ordinary(text):
    assert topics.heard(text) == {}


@pytest.mark.parametrize("text", ["my husband passed last week", "i can't come i'm at a funeral", "es por el funeral"])
def test_a_death_is_still_a_death(text):
    assert "bereavement" in topics.heard(text)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_set_has_enough_phrases_in_each_language(language):
    text = language_files("topics")[language]
    written = [name for name, _, line in sections(text) if not line.startswith("!")]
    assert {name: written.count(name) for name in topics.names() if written.count(name) < topics.FEWEST} == {}


def test_how_phrases_are_written():
    assert found("take (you|them) to court", "I'll take them to court!") == ["take them to court"]
    assert found("my? lawyer", "ask a lawyer") == ["lawyer"]
    assert found("reset ... password", "reset my whole old password") == ["reset my whole old password"]
    assert found("reset ... password", "reset it and then tell me the password") == []
    assert found("fire*", "the fireman") == ["fireman"]
    assert found("día", "el DIA") == ["dia"]


def test_a_negated_phrase_is_not_meant():
    assert found("angry", "i am not so angry") == []
    assert found("angry", "not today but angry") == ["angry"]


@pytest.mark.parametrize("line", ["...", "my?", "(a|b", "a (b (c)|d)", "(|a)"])
def test_a_phrase_that_cannot_be_read_is_told(line):
    with pytest.raises(ValueError, match="one"):
        Phrase.parse(line, "one")
