import pytest

from voice.endpoint_classes import CLASSES, WORD_CLASSES, class_of
from voice.endpoint_words import TABLES

pytestmark = pytest.mark.unit


def test_every_language_with_rules_has_classes_of_every_kind():
    assert WORD_CLASSES.keys() == TABLES.keys()
    for words in WORD_CLASSES.values():
        assert {*words.values(), "content"} == set(CLASSES)


@pytest.mark.parametrize(
    ("language", "word", "kind"),
    [
        ("en", "because", "conjunction"),
        ("en", "47", "number"),
        ("en", "parcel", "content"),
        ("es", "porque", "conjunction"),
        ("es", "mañana", "closing"),
        ("es", "paquete", "content"),
    ],
)
def test_a_word_has_the_class_of_its_language(language, word, kind):
    assert class_of(word, WORD_CLASSES[language]) == kind
