import pytest

from voice.stt.open_vocabulary import sentences
from voice.stt.port import Vocabulary

pytestmark = pytest.mark.unit

VOCABULARY = Vocabulary("open", "open", ("where is my order", "order <digits>", "this is <name>", "help"))


def test_placeholders_are_filled_with_what_callers_say() -> None:
    said = set(sentences(VOCABULARY, (), ("smith",)))
    assert "this is smith" in said
    assert all("<" not in sentence for sentence in said)
    assert len([one for one in said if one.startswith("order ")]) > 5


def test_the_same_line_gives_the_same_model() -> None:
    assert list(sentences(VOCABULARY, ("hello",), ("lee", "kim"))) == list(
        sentences(VOCABULARY, ("hello",), ("lee", "kim"))
    )


def test_everyday_phrases_are_heard_on_any_line() -> None:
    assert "can you hear me" in set(sentences(VOCABULARY, ("can you hear me",), ("lee",)))


def test_short_phrases_are_likelier_than_long_ones() -> None:
    said = list(sentences(VOCABULARY, (), ("lee",)))
    assert said.count("help") > said.count("where is my order") > 1
