from datetime import date

import pytest

from pipeline.assistant.answers import Reading, fits, joined, partial_digits, read, yes_no
from pipeline.assistant.languages.reading import languages
from pipeline.assistant.waiting import Words
from pipeline.line.flows import Choice, Question

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 23)
DIGITS = Question(slot="n", kind="digits", prompt="?", read_back="{n}?", keypad="?", min_digits=5, max_digits=6)
YES_NO = Question(slot="y", kind="yes_no", prompt="?")
DATE = Question(slot="d", kind="date", prompt="?", read_back="{d}?", keypad="?")
NAME = Question(slot="w", kind="name", prompt="?", read_back="{w}?")
TEXT = Question(slot="t", kind="text", prompt="?")
CHOICE = Question(
    slot="c",
    kind="choice",
    prompt="?",
    keypad="?",
    choices=(
        Choice(value="item", key=1, phrases=("wrong item", "wrong")),
        Choice(value="size", key=2, phrases=("wrong size", "size")),
    ),
)


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (DIGITS, "it's one two three four five", "12345"),
        (DIGITS, "one two three, no wait, 4 7 1 2 9", "47129"),
        (DIGITS, "one two three four", None),
        (DIGITS, "one two three four five six seven", None),
        (YES_NO, "yeah sure", True),
        (YES_NO, "nope", False),
        (YES_NO, "purple", None),
        (DATE, "next tuesday", "2026-12-01"),
        (DATE, "december third", "2026-12-03"),
        (DATE, "soon", None),
        (NAME, "my name is jennifer smith", "Jennifer Smith"),
        (TEXT, " the zipper is stuck ", "the zipper is stuck"),
        (CHOICE, "the wrong item i think", "item"),
        (CHOICE, "wrong size", "size"),
        (CHOICE, "it's blue", None),
        (CHOICE, "two", "size"),
    ],
)
def test_spoken_answers(question, text, value):
    reading = read(question, Words(text), TODAY)
    assert (reading.value if reading else None) == value
    if reading:
        assert reading.certain is (question.read_back is None)


@pytest.mark.parametrize(
    ("question", "keys", "value"),
    [
        (DIGITS, "12345", "12345"),
        (DIGITS, "1234", None),
        (YES_NO, "1", True),
        (YES_NO, "2", False),
        (YES_NO, "3", None),
        (CHOICE, "2", "size"),
        (CHOICE, "9", None),
        (DATE, "1203", "2026-12-03"),
        (DATE, "1399", None),
        (DATE, "12", None),
        (TEXT, "12", None),
    ],
)
def test_keyed_answers_are_certain(question, keys, value):
    reading = read(question, Words(keys, via="dtmf"), TODAY)
    assert reading == (None if value is None else Reading(value, certain=True))


@pytest.mark.parametrize(
    ("text", "asked", "unasked"),
    [
        ("my checking account", "checking", "checking"),
        ("i want to check my balance", "checking", None),
        ("one of my cards was declined twice", None, None),
        ("option two please", "savings", None),
        ("two", "savings", None),
    ],
)
def test_what_was_said_before_the_question_names_a_choice_only_in_its_own_words(text, asked, unasked):
    account = Question(
        slot="a",
        kind="choice",
        prompt="?",
        keypad="?",
        choices=(
            Choice(value="checking", key=1, phrases=("checking",)),
            Choice(value="savings", key=2, phrases=("savings",)),
        ),
    )
    answer, before = read(account, Words(text), TODAY), read(account, Words(text), TODAY, asked=False)
    assert answer == (None if asked is None else Reading(asked, certain=True))
    assert before == (None if unasked is None else Reading(unasked, certain=True))


def test_other_readings_count_when_the_first_does_not_fit_and_refused_values_never():
    words = Words("one two three four", ("one two three four four", "one two three four five"))
    assert read(DIGITS, words, TODAY) == Reading("12344", certain=False)
    assert read(DIGITS, words, TODAY, ("12344",)) == Reading("12345", certain=False)
    assert read(DIGITS, words, TODAY, ("12344", "12345")) is None


def test_yes_is_taken_from_another_reading_only_when_the_first_says_neither():
    assert yes_no(Words("yet", ("yes",))) is True
    assert yes_no(Words("no", ("yes",))) is False


def test_a_number_comes_in_parts():
    assert partial_digits(DIGITS, Words("one two three")) == "123"
    assert partial_digits(DIGITS, Words("one")) == ""
    assert partial_digits(DIGITS, Words("hello")) == ""
    assert joined(DIGITS, "123", Words("four five")) == Reading("12345", certain=False)
    assert joined(DIGITS, "123", Words("four five six seven")) is None
    assert joined(DIGITS, "", Words("four five")) is None
    assert fits(DIGITS, "123456")
    assert not fits(YES_NO, "12345")


@pytest.mark.parametrize(
    ("language", "text", "meant"),
    [
        ("en", "i'd like to know if that's right", None),
        ("en", "what if i'm not home then", None),
        ("en", "only if it's free", None),
        ("en", "yes if you can", True),
        ("en", "that's right", True),
        ("es", "dígame si eso cuesta algo", None),
        ("es", "hacen descuento si pago en efectivo", None),
        ("es", "dígame si es correcto", None),
        ("es", "si", True),
        ("es", "si por favor", True),
        ("es", "sí, el del viernes", True),
        ("es", "que sí", True),
    ],
)
def test_a_condition_or_a_question_confirms_nothing(language, text, meant):
    words = Words(text, language=languages()[language])
    assert yes_no(words) is meant
    reading = read(YES_NO, words, TODAY)
    assert (reading.value if reading else None) is meant
