import pytest

from voice.stt.port import Vocabulary
from voice.stt.words import Words

pytestmark = pytest.mark.unit

FIRST = (Vocabulary("shop@1/open", "open", ("where is my tent",)), Vocabulary("shop@1/yes_no", "yes_no", ("yes", "no")))


def renamed(line: str, *vocabularies: Vocabulary) -> tuple[Vocabulary, ...]:
    return tuple(Vocabulary(f"{line}/{one.name.rpartition('/')[2]}", one.kind, one.phrases) for one in vocabularies)


def test_a_version_that_is_listened_to_alike_adds_nothing():
    both = Words.of([*FIRST, *renamed("shop@2", *FIRST)])
    assert both.contents == Words.of(FIRST).contents
    assert both.known_as("shop@1/open") == both.known_as("shop@2/open") == both.contents[0].name


def test_a_version_with_other_words_has_its_own():
    other = Vocabulary("shop@2/open", "open", ("where is my stove",))
    both = Words.of([*FIRST, other, renamed("shop@2", FIRST[1])[0]])
    named = {one.name: one.phrases for one in both.contents}
    assert named[both.known_as("shop@1/open")] == ("where is my tent",)
    assert named[both.known_as("shop@2/open")] == ("where is my stove",)
    assert len(named) == 4


def test_names_without_a_line_and_names_that_are_not_known_are_told_apart():
    words = Words.of([Vocabulary("open", "open", ("hello",))])
    assert words.known_as("open") == words.contents[0].name
    assert words.known_as("open").endswith("/open")
    assert words.known_as("shop@9/open") == words.known_as("") == ""
