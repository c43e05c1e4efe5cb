"""The general English that understanding and retrieval stand on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.english.concepts import MARK, concepts, read_families
from knowledge.english.vectors import word_vectors
from knowledge.english.words import stem, words

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("I can't find it!", ["i", "can", "not", "find", "it"]),
        ("Where’s my order?", ["where", "is", "my", "order"]),
        ("didnt they say 12 days", ["did", "not", "they", "say", "12", "days"]),
        ("", []),
    ],
)
def test_contractions_are_opened_and_punctuation_goes(text, plain):
    assert words(text) == plain


def test_endings_and_spellings_of_one_word_meet():
    assert len({stem(word) for word in ("cancel", "cancelled", "canceling", "cancels")}) == 1
    assert stem("authorised") == stem("authorized")
    assert stem("colours") == stem("color")


def test_the_longest_phrase_that_means_something_wins():
    read = concepts().read(words("can I get my money back"))
    assert (MARK + "refund",) in read


def test_ways_to_say_the_same_become_the_same_concept():
    for phrase in ("reimbursed", "my money back", "refunds"):
        assert any(MARK + "refund" in piece for piece in concepts().read(words(phrase)))


def test_comments_and_blank_lines_of_the_families_are_skipped():
    read = read_families("# a comment\n\nrain: rain, drizzle, coming down\n")
    assert read.read(["coming", "down"]) == [(MARK + "rain",)]
    assert read.families == (("rain", "drizzle"),)


def test_words_used_alike_lie_closer_than_others():
    vectors = word_vectors()

    def likeness(one: str, other: str) -> float:
        return float(vectors.vectors[vectors.places[one]] @ vectors.vectors[vectors.places[other]])

    assert likeness("boots", "shoes") > likeness("boots", "tuesday")
    assert likeness("shipping", "delivery") > likeness("shipping", "color")


def test_rare_words_weigh_more_and_unknown_ones_most():
    vectors = word_vectors()
    assert (
        vectors.weight("the")
        < vectors.weight("order")
        < vectors.weight("waterproof")
        <= vectors.weight("qwertyish")
        == 1.0
    )


@given(st.text(max_size=60))
def test_meaning_is_a_unit_vector_or_nothing(text):
    length = float(np.linalg.norm(word_vectors().meaning(words(text))))
    assert length == pytest.approx(1.0, abs=1e-4) or length == 0.0
