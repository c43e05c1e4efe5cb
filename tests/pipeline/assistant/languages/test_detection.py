"""Sentences of both languages that the word lists were not made from."""

from importlib.resources import files
from pathlib import Path

import pytest

from pipeline.assistant.languages.detection import Detector
from pipeline.assistant.languages.reading import languages
from pipeline.line.load import load_line

pytestmark = pytest.mark.unit

DETECTOR = Detector([languages()["en"], languages()["es"]])
WRITTEN = Path(__file__).with_name("spanish_sentences.txt").read_text(encoding="utf-8").splitlines()
EXAMPLE = Path(__file__).parents[4] / "lines" / "example"
NEUTRAL = (
    "okay", "ok", "María Rodríguez", "Juan Carlos", "Jennifer Smith", "hotel", "no", "José", "San Francisco",
    "uh", "mmm", "Santiago", "dos", "adiós", "taco", "Fernández", "Los Angeles", "Guadalupe Hernández",
    "bye", "hello", "hola", "sí", "yes", "",
)  # fmt: skip


def english_sentences() -> list[str]:
    """What callers of the example line say, and what people say otherwise."""
    settings = load_line(EXAMPLE).settings
    talk = files("pipeline.assistant.intents").joinpath("background.txt").read_text(encoding="utf-8").splitlines()
    examples = [example for intent in settings.intents for example in intent.examples]
    return [*examples, *(line for line in talk if line and not line.startswith("#"))]


def test_there_is_enough_to_measure_on() -> None:
    assert len(english_sentences()) >= 200
    assert len(set(WRITTEN)) >= 200


def test_a_sentence_is_never_taken_for_the_other_language() -> None:
    wrong = [text for text in WRITTEN if DETECTOR.detect(text).code == "en" and DETECTOR.detect(text).certain]
    wrong += [
        text for text in english_sentences() if DETECTOR.detect(text).code == "es" and DETECTOR.detect(text).certain
    ]
    assert wrong == []


def test_most_sentences_are_told_for_certain() -> None:
    spanish = [DETECTOR.detect(text) for text in WRITTEN]
    english = [DETECTOR.detect(text) for text in english_sentences() if len(text.split()) >= 4]
    assert sum(one.certain and one.code == "es" for one in spanish) / len(spanish) >= 0.93
    assert sum(one.certain and one.code == "en" for one in english) / len(english) >= 0.93
    assert sum(one.code == "es" for one in spanish) / len(spanish) >= 0.98


@pytest.mark.parametrize("said", NEUTRAL)
def test_names_and_single_words_decide_nothing(said: str) -> None:
    assert not DETECTOR.detect(said).certain


def test_a_spanish_name_in_an_english_sentence_is_english() -> None:
    assert DETECTOR.detect("my name is María Guadalupe Rodríguez and I have a question").code == "en"


FRESH = [
    line.split("\t")
    for line in Path(__file__).with_name("fresh_sentences.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.row(8)
def test_openings_of_calls_that_no_list_was_made_from_are_told_apart() -> None:
    found = [(code, DETECTOR.detect(text)) for code, text in FRESH]
    assert len(found) >= 200
    assert [code for code, one in found if one.certain and one.code != code] == []
    spanish = [one for code, one in found if code == "es"]
    assert all(one.code == "es" for one in spanish)
    assert sum(one.certain for one in spanish) / len(spanish) >= 0.85
