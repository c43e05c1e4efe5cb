"""What Spanish callers of the example line say, in words that are none of its examples."""

import csv
from pathlib import Path

import pytest

from pipeline.assistant.understand import IntentModel
from pipeline.line.load import load_line
from pipeline.line.vocabulary import training_examples

pytestmark = pytest.mark.unit

ROOT = Path(__file__).resolve().parents[2]
SAID = ROOT / "tests" / "fixtures" / "intents_example_spanish.csv"


def test_what_is_sure_is_right_and_most_is_understood():
    (spanish,) = load_line(ROOT / "lines" / "example").others
    model = IntentModel.train(training_examples(spanish))
    with SAID.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert not {row["text"] for row in rows} & {text for text, _ in training_examples(spanish)}
    guesses = [(row["intent"], model.intent(row["text"])) for row in rows]
    assert [guess for wanted, guess in guesses if guess.sure and guess.intent != wanted] == []
    assert sum(guess.intent == wanted for wanted, guess in guesses) / len(guesses) >= 0.75
