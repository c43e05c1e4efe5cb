"""What is said in place of a wrong fact: the source's own sentence, where one is plainly about the same."""

import pytest

from pipeline.assistant.guard.evidence import Evidence
from pipeline.assistant.guard.instead import LONGEST, own_words

pytestmark = pytest.mark.unit

SHOP = Evidence(
    passages=(
        "Shipping",
        "Standard shipping costs $4.99. Express shipping costs $12 and takes one day. Sale items can't be returned.",
    )
)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Express shipping costs nine dollars.", "Express shipping costs $12 and takes one day."),
        ("Sale items can be returned.", "Sale items can't be returned."),
    ],
)
def test_a_wrong_fact_gives_way_to_its_source(wrong: str, right: str):
    assert own_words(wrong, SHOP) == right


@pytest.mark.parametrize(
    "wrong",
    [
        "Shipping costs seven dollars.",  # two sentences are as near
        "The tent weighs two pounds.",
        "Your sale items have been returned.",  # of this call's matter, of which a passage knows nothing
    ],
)
def test_nothing_is_said_where_no_sentence_is_plainly_about_the_same(wrong: str):
    assert own_words(wrong, SHOP) == ""


def test_a_long_sentence_is_not_read_out():
    long = f"Express shipping costs $12 and takes one day, {'and so on ' * 25}."
    assert len(long) > LONGEST
    assert own_words("Express shipping costs nine dollars.", Evidence(passages=(long,))) == ""
