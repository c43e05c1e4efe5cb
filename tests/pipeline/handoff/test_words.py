"""What agents read, in each of their languages."""

from string import Formatter

import pytest

from pipeline.handoff.words import languages, plain, words
from pipeline.line.reasons import sentences

pytestmark = pytest.mark.unit


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_has_every_text_with_the_same_places():
    english = words("en").texts
    for code in languages():
        told = words(code).texts
        assert {name for name in told if not name.startswith("reason.")} == set(english)
        assert not [name for name in english if places(told[name]) != places(english[name])]


def test_every_reason_is_told_in_every_language():
    assert {name.removeprefix("reason.") for name in words("es").texts if name.startswith("reason.")} == set(
        sentences()
    )


def test_a_language_that_is_not_there_is_english():
    assert words("fr").language == "en"
    assert words("es-MX").language == "es"


def test_a_code_that_is_not_known_stands_for_itself():
    assert words("en").error("some_new_code") == "some new code"
    assert words("en").reason("own_rule", "The line's rule held.") == "The line's rule held."
    assert words("en").named("fr") == "fr"


def test_names_are_read_as_words():
    assert plain("shop.order_status") == "shop order status"
