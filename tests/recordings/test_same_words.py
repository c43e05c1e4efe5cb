"""The same words in another text: written otherwise, with figures, begun."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.same_words import begun, parts, places, wanted

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


@given(st.integers(0, 3), st.integers(2, 4), st.sampled_from(["{}", "no it's {} I said", "{}, not that"]))
def test_a_part_of_them_is_found_where_it_is_long_enough(first, size, frame):
    part = " ".join(ADDRESS.split()[first : first + size])
    text = frame.format(part)
    enough = len(part.split()) > 1 and len(part.replace(" ", "")) >= 8
    found = [text[start:end] for start, end in parts(text, wanted(ADDRESS), 8)]
    assert found == ([part] if enough else [])


@pytest.mark.parametrize("text", ["", "springfield", "elm trees in springfield", "street elm", "twelve streets"])
def test_single_words_and_others_between_are_no_part(text):
    assert parts(text, wanted(ADDRESS), 8) == ()
