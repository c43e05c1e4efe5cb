"""Intents from examples. The set in tests/fixtures was written for this test: its figures are its own."""

import random
import subprocess
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.assistant.evaluate import few_of_each, read_examples
from pipeline.assistant.understand import IntentModel, StaleModel, fingerprint

pytestmark = pytest.mark.unit

EXAMPLES = Path(__file__).parents[2] / "fixtures" / "intents_bank.csv"
ELSEWHERE = (
    "my tooth hurts", "what movies are playing", "can you fix my bicycle", "how many planets are there",
    "who wrote hamlet",
    "is the museum open on mondays", "i would like a haircut", "my son has a fever", "when is the next train to york",
    "i need a plumber", "what is two plus two", "are dogs allowed in the park", "the dishwasher is leaking",
    "i want to rent a kayak", "which tent is best for winter", "it is snowing here", "let me speak to john",
    "the battery of my laptop is dead", "how do you make pancakes", "do you have this in medium", "mhm so yeah anyway",
)  # fmt: skip


@pytest.fixture(scope="module")
def halves() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    examples = read_examples(EXAMPLES)
    train = few_of_each(examples, 10, seed=1)
    return train, [example for example in examples if example not in set(train)]


@pytest.fixture(scope="module")
def model(halves: tuple[list[tuple[str, str]], list[tuple[str, str]]]) -> IntentModel:
    return IntentModel.train(halves[0], seed=1)


def test_ten_examples_an_intent_generalise_to_other_wordings(model, halves):
    right = [model.intent(text).intent == intent for text, intent in halves[1]]
    assert sum(right) / len(right) >= 0.70  # 40 confusable intents; words and letters alone reach 0.50


def test_sure_guesses_are_right(model, halves):
    sure = [guess.intent == intent for text, intent in halves[1] if (guess := model.intent(text)).sure]
    assert len(sure) / len(halves[1]) >= 0.35
    assert sum(sure) / len(sure) >= 0.93


def test_what_the_line_is_not_about_is_unsure(model):
    assert [text for text in ELSEWHERE if model.intent(text).sure] == []


@pytest.mark.row(2)
def test_confidence_means_what_it_says(model, halves):
    guesses = [(model.intent(text), intent) for text, intent in halves[1]]
    promised = float(np.mean([guess.confidence for guess, _ in guesses]))
    kept = float(np.mean([guess.intent == intent for guess, intent in guesses]))
    assert promised == pytest.approx(kept, abs=0.1)
    assert calibration_error(guesses) <= 0.1


def calibration_error(guesses):
    """How far ten shares of confidence are from how often they were right, on average by their sizes."""
    parts = [[each for each in guesses if min(9, int(each[0].confidence * 10)) == part] for part in range(10)]
    off = [
        len(part) * abs(np.mean([guess.confidence - (guess.intent == intent) for guess, intent in part]))
        for part in parts
        if part
    ]
    return float(sum(off)) / len(guesses)


def test_a_phrase_it_was_taught_is_recognised(model, halves):
    taught = halves[0][::10]
    assert sum(model.intent(text).intent == intent for text, intent in taught) >= len(taught) - 1


def test_guesses_are_ranked_and_bounded(model):
    guess = model.intent("i never got my card")
    assert guess.ranked[0][0] == guess.intent
    assert [share for _, share in guess.ranked] == sorted((share for _, share in guess.ranked), reverse=True)
    assert 0 <= guess.confidence <= 1
    assert len(guess.ranked) == 5


@pytest.mark.parametrize("text", ["", "   ", "?!", "日本語"])
def test_text_without_words_is_no_intent(model, text):
    guess = model.intent(text)
    assert (guess.sure, guess.confidence) == (False, 0.0)


@given(text=st.text(max_size=200))
def test_no_text_breaks_a_guess(model, text):
    guess = model.intent(text)
    assert 0 <= guess.confidence <= 1


def test_a_recogniser_error_or_two_does_not_lose_the_intent(model):
    for text in (
        "i lost my car card i think",
        "my card was swallow by the machine",
        "the eight tee em swallowed my card",
    ):
        assert model.intent(text).intent in {"card_lost_or_stolen", "card_swallowed"}


def test_a_model_reads_back_as_it_was(model, halves, tmp_path):
    model.save(tmp_path / "model.npz")
    again = IntentModel.load(tmp_path / "model.npz")
    for text, _ in halves[1][:50]:
        assert again.intent(text) == model.intent(text)


def test_training_is_deterministic():
    one, other = (IntentModel.train(SMALL, seed=3) for _ in range(2))
    assert np.array_equal(one.weights, other.weights)
    assert one.threshold == other.threshold


def test_the_order_of_the_intents_does_not_matter():
    shuffled = list(SMALL)
    random.Random(5).shuffle(shuffled)
    assert {IntentModel.train(examples, 0).intent("where is the parcel").intent for examples in (SMALL, shuffled)} == {
        "order"
    }


def test_a_kept_model_is_used_until_its_examples_change(tmp_path):
    first = IntentModel.cached(SMALL, tmp_path)
    kept = list(tmp_path.iterdir())
    assert np.array_equal(IntentModel.cached(SMALL, tmp_path).weights, first.weights)
    assert list(tmp_path.iterdir()) == kept
    IntentModel.cached([*SMALL, ("send it back please", "return")], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", [b"", b"not a model", b"PK\x03\x04 broken"])
def test_a_damaged_model_is_trained_again(tmp_path, damage):
    path = tmp_path / f"intents-{fingerprint(SMALL, 0)}.npz"
    path.write_bytes(damage)
    with pytest.raises(StaleModel):
        IntentModel.load(path)
    assert IntentModel.cached(SMALL, tmp_path).intent("where is my parcel").intent == "order"


@pytest.mark.parametrize(
    "examples", [[], [("hello", "greet")], [("hello", "greet"), ("hi", "greet")], [("a", ""), ("b", "x")]]
)
def test_fewer_than_two_intents_cannot_be_learned(examples):
    with pytest.raises(ValueError, match="at least two"):
        IntentModel.train(examples)


def test_one_example_each_still_makes_a_model():
    model = IntentModel.train([("where is my parcel", "order"), ("i want my money back", "refund")])
    assert model.intent("refund me").intent == "refund"


def test_scikit_learn_is_not_imported_to_guess(tmp_path):
    IntentModel.train(SMALL).save(tmp_path / "model.npz")
    program = (
        "import sys; from pathlib import Path; from pipeline.assistant.understand import IntentModel;"
        f"model = IntentModel.load(Path({str(tmp_path / 'model.npz')!r}));"
        "print(model.intent('where is my parcel').intent, 'sklearn' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["order", "False"]


def test_thousands_of_examples_are_learned_and_calibrated_too(halves):
    draw = random.Random(4)
    train, test = halves
    some = sorted({intent for _, intent in train})[:12]
    filler = [word for text, _ in train for word in text.split()]
    many = [
        (" ".join(draw.choice(filler) if draw.random() < 0.1 else word for word in text.split()), intent)
        for text, intent in train
        for _ in range(26)
        if intent in some
    ]
    model = IntentModel.train(many, seed=1)
    asked = [(text, intent) for text, intent in test if intent in some]
    assert len(many) > 3000
    assert sum(model.intent(text).intent == intent for text, intent in asked) / len(asked) >= 0.75
    assert not any(model.intent(text).sure for text in ELSEWHERE)


class WordHashes:
    """A stand-in for a sentence model: words, hashed into 32 places."""

    def __init__(self, fingerprint: str = "one") -> None:
        self.fingerprint = fingerprint
        self.dimensions = 32

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), 32), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[zlib.crc32(word.encode()) % 32] += 1
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))


def test_a_sentence_model_is_one_more_view_and_must_stay_the_same(tmp_path):
    model = IntentModel.cached(SMALL, tmp_path, sentences=WordHashes())
    assert model.features.sentence_dimensions == 32
    assert model.intent("where is my parcel").intent == "order"
    (kept,) = tmp_path.iterdir()
    assert IntentModel.load(kept, WordHashes()).intent("refund") == model.intent("refund")
    for other in (None, WordHashes("another")):
        with pytest.raises(StaleModel, match="another sentence model"):
            IntentModel.load(kept, other)
        IntentModel.cached(SMALL, tmp_path, sentences=other)
    assert len(list(tmp_path.iterdir())) == 3


SMALL = [
    (text, intent)
    for intent, texts in {
        "order": (
            "where is my order",
            "has my package shipped",
            "track my parcel",
            "when will it arrive",
            "order status",
        ),
        "return": (
            "i want to return it",
            "how do i send it back",
            "can i bring it back",
            "return a tent",
            "it does not fit",
        ),
        "hours": (
            "when do you open",
            "are you open on sunday",
            "closing time",
            "store hours",
            "what time do you close",
        ),
    }.items()
    for text in texts
]
