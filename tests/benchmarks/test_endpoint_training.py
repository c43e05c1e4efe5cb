import random

import pytest

from benchmarks.endpoint_training import fitted, text_examples, written
from benchmarks.pauses import WORD_ERRORS, with_errors

pytestmark = pytest.mark.unit


def test_what_tells_ends_gets_weight_and_what_does_not_gets_none():
    rng = random.Random(1)
    examples = []
    for _ in range(400):
        end = rng.random() < 0.5
        told = float(end if rng.random() < 0.9 else not end)
        examples.append(([1.0, told, float(rng.random() < 0.5)], end, 1.0))
    _, telling, idle = fitted(examples, 1.0)
    assert telling > 3
    assert abs(idle) < 0.7


def test_sentences_are_marked_where_callers_may_pause_in_both_languages():
    sentences = written()
    assert {language for language, _ in sentences} == {"en", "es"}
    assert sum(len(parts) - 1 for _, parts in sentences) > 300
    ends = [end for _, end, _ in text_examples("es", sentences, random.Random(1))]
    assert 0.2 < sum(ends) / len(ends) < 0.8


def test_a_recogniser_errs_in_as_many_words_as_was_said():
    said = ["parcel"] * 20_000
    heard = with_errors(said, random.Random(1))
    wrong = sum(word != "parcel" for word in heard)
    lost = len(said) - (len(heard) - 0.15 * WORD_ERRORS * len(said))
    assert wrong / len(said) == pytest.approx(0.75 * WORD_ERRORS, rel=0.1)
    assert lost / len(said) == pytest.approx(0.25 * WORD_ERRORS, rel=0.25)
