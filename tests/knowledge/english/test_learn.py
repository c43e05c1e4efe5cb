"""Reading the n-gram model that the word vectors come from."""

from importlib.resources import files

import numpy as np
import pytest

from knowledge.english.learn import _bits, _read, learn

pytestmark = pytest.mark.unit


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="not a trigram model"):
        learn(b"something else entirely")


def test_numbers_of_any_width_are_unpacked():
    numbers = [5, 1023, 0, 700, 1]
    packed = sum(number << (10 * at) for at, number in enumerate(numbers)).to_bytes(16, "little")
    offsets = np.arange(len(numbers), dtype=np.int64) * 10
    assert _bits(np.frombuffer(packed, np.uint8), offsets, 10).tolist() == numbers


@pytest.mark.adapter
def test_the_model_says_how_likely_one_word_follows_another():
    words, unigrams, (before, later, joint) = _read(
        files("pocketsphinx").joinpath("model/en-us/en-us.lm.bin").read_bytes()
    )
    place = {word: at for at, word in enumerate(words)}
    assert unigrams[place["the"]] > unigrams[place["refund"]]
    followers = {words[at] for at in later[(before == place["thank"]) & (joint > 1e-5)]}
    assert "you" in followers
    assert len(before) == len(later) == len(joint) > 3_000_000
