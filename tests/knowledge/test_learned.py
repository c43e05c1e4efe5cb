"""Vectors that are learned from the documents themselves."""

import numpy as np
import pytest

from knowledge.fuse import fused
from knowledge.learned import learn, restored

pytestmark = pytest.mark.unit

TEXTS = [
    "the invoice shows the price and the tax", "an invoice lists each price", "tax is part of the invoice",
    "the kayak floats on the river", "a paddle moves the kayak", "the river is cold, take a paddle",
    "boots are made of leather", "leather boots need wax", "wax keeps the leather dry",
    "the tent has poles and pegs", "pegs hold the tent", "poles carry the tent in the wind",
    "the price of a tent", "cold water and a kayak",
]  # fmt: skip


def test_words_of_the_same_texts_lie_close():
    learned = learn(TEXTS)
    assert learned is not None
    paddle, river, tax = learned.embed_all(["paddle", "river", "tax"])
    assert paddle @ river > paddle @ tax + 0.2


def test_a_misspelt_word_lies_where_its_letters_are():
    learned = learn(TEXTS)
    assert learned is not None
    wrong, right, other = learned.embed_all(["kayack", "kayak", "invoice"])
    assert wrong @ right > 0.6
    assert wrong @ right > wrong @ other


def test_a_text_of_nothing_known_is_zero():
    learned = learn(TEXTS)
    assert learned is not None
    assert not learned.embed("qq zz").any()
    assert not learned.embed("").any()


def test_learning_is_repeatable_and_survives_being_stored():
    learned, again = learn(TEXTS), learn(TEXTS)
    assert learned is not None
    assert again is not None
    assert np.array_equal(learned.vectors, again.vectors)
    back = restored(learned.arrays(), list(learned.words), list(learned.letters))
    assert np.allclose(back.embed("river kayack"), learned.embed("river kayack"), atol=2e-3)


def test_of_a_few_texts_nothing_is_learned():
    assert learn(TEXTS[:5]) is None
    assert learn([]) is None


def test_rankings_are_fused_by_reciprocal_rank():
    both = fused([[1, 2, 3], [3, 1]])
    assert list(both) == [1, 3, 2]
    assert both[1] == pytest.approx(1 / 61 + 1 / 62)
    assert list(fused([[1, 2], [2, 1]], [1.0, 2.0])) == [2, 1]
    assert fused([]) == {}
