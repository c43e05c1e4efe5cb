"""The same words in another text: written otherwise, with figures, begun."""

import pytest

from recordings.same_words import begun, places, wanted

pytestmark = pytest.mark.unit

ADDRESS = "twelve elm street springfield"


@pytest.mark.parametrize(
    "text",
    [
        "please change my address to twelve elm street springfield",
        "To Twelve Elm Street, Springfield.",
        "it's 12 Elm Street, Springfield now",
        "TWELVE-ELM-STREET-SPRINGFIELD",
    ],
)
def test_the_same_words_are_found_however_they_are_written(text):
    ((start, end),) = places(text, wanted(ADDRESS))
    assert text[start:end].casefold().endswith("springfield")
    assert text[start].casefold() in "t1"


def test_figures_are_found_said_in_words():
    assert places("so 12 elm street and twelve elm street", wanted("12 Elm Street")) == ((3, 16), (21, 38))


@pytest.mark.parametrize("text", ["", "twelve elm street", "twelve elms street springfield", "on a street"])
def test_other_words_are_not(text):
    assert places(text, wanted(ADDRESS)) == ()


def test_nothing_is_not_found_anywhere():
    assert places("well", wanted("?!")) == ()


def test_a_text_that_ends_in_the_middle_of_them_is_seen_from_there():
    assert begun("To Twelve Elm", wanted(ADDRESS), 4) == 3
    assert begun("To twel", wanted(ADDRESS), 4) == 3
    assert begun("To twe", wanted(ADDRESS), 4) is None
    assert begun(f"To {ADDRESS}", wanted(ADDRESS), 4) is None
