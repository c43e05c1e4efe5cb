"""Long sections into pieces of even length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.chunk import chunks

pytestmark = pytest.mark.unit


@given(st.text("ab .!\n", max_size=400), st.integers(1, 12))
def test_no_word_is_lost_and_no_piece_is_too_long(text, words):
    pieces = chunks(text, words)
    assert " ".join(pieces).split() == text.split()
    assert all(0 < len(piece.split()) <= words for piece in pieces)


def test_paragraphs_stay_together_while_they_fit():
    assert chunks("one two\n\nthree four\n\nfive six seven", 4) == ("one two three four", "five six seven")
