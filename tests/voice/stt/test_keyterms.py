"""The words of a line that a general recogniser does not expect."""

import pytest

from voice.stt.keyterms import MOST, keyterms
from voice.stt.port import Vocabulary

pytestmark = pytest.mark.unit


def test_words_that_are_not_said_every_day_are_told_the_most_frequent_first():
    phrases = ("where is my rucksack", "my trail rucksack is broken", "the parka please", "hello")
    terms = keyterms([Vocabulary("open", "open", phrases)])
    assert terms[0] == "rucksack"
    assert "parka" in terms
    assert not {"where", "please", "hello", "my"} & set(terms)


def test_placeholders_and_answers_of_digits_and_yes_are_no_words_of_the_line():
    spoken = [
        Vocabulary("number", "digits", ("consignment <digits>",)),
        Vocabulary("sure", "yes_no", ("affirmative",)),
        Vocabulary("open", "open", ("<name> speaking from <digits>",)),
    ]
    assert not {"name", "digits", "consignment", "affirmative"} & set(keyterms(spoken))


def test_a_large_line_tells_no_more_than_the_service_takes():
    phrases = tuple(f"{first}{second}zzq" for first in "abcdefghijkl" for second in "abcdefghijkl")
    assert len(keyterms([Vocabulary("open", "open", phrases)])) == MOST
