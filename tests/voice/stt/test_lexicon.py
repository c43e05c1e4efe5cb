import pytest

from voice.stt.lexicon import entries, guessed, parse_dictionary

pytestmark = pytest.mark.unit

KNOWN = parse_dictionary(
    """\
yes Y EH S
please P L IY Z
the DH AH
the(2) DH IY
hike HH AY K
boot B UW T
after AE F T ER
party P AA R T IY"""
)


def test_a_dictionary_lists_all_pronunciations_of_a_word() -> None:
    assert KNOWN["the"] == ("DH AH", "DH IY")


def test_a_phrase_is_pronounced_as_its_words_joined() -> None:
    assert list(entries(["yes_please"], KNOWN)) == ["yes_please Y EH S P L IY Z"]


def test_every_variant_of_a_token_gets_its_line() -> None:
    assert list(entries(["the~3"], KNOWN)) == ["the~3 DH AH", "the~3(2) DH IY"]


@pytest.mark.parametrize(
    ("word", "phones"),
    [("hiking", "HH AY K IH NG"), ("boots", "B UW T Z"), ("afterparty", "AE F T ER P AA R T IY")],
)
def test_an_unknown_word_is_said_as_its_known_parts(word: str, phones: str) -> None:
    assert guessed(word, KNOWN) == (phones,)


def test_any_other_word_is_spelled_out_somehow() -> None:
    assert guessed("zorblax", {}) == ("Z AO R B L AE K S",)
    assert guessed("'", {})[0]
