import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.clauses import Clauses
from voice.phrasing import LONGEST_CLAUSE, speakable

pytestmark = pytest.mark.unit


def cut(*pieces: str) -> list[str]:
    clauses = Clauses()
    return [clause for piece in pieces for clause in clauses.add(piece)] + clauses.finish()


def tokens(text: str) -> list[str]:
    """As models write: a word with the blank before it."""
    return re.findall(r"\s*\S+", text)


CUT = {
    "Sure, I can help with that. What is your order number?": [
        "Sure,", "I can help with that.", "What is your order number?"
    ],
    "Your order 41729 ships on Monday, November 21, 2025, from Portland. Anything else?": [
        "Your order 41729 ships on Monday,", "November 21, 2025, from Portland.", "Anything else?"
    ],
    "It costs $1,234.50 today. That is 3.5 lbs.": ["It costs $1,234.50 today.", "That is 3.5 lbs."],
    "Mr. Smith, your parcel is here.": ["Mr. Smith,", "your parcel is here."],
    "We open at 9 a.m. and close at 5 p.m. Monday is a holiday.": [
        "We open at 9 a.m. and close at 5 p.m.", "Monday is a holiday."
    ],
    "Your number is: 4471. Keep it.": ["Your number is: 4471.", "Keep it."],
    "Call (415) 555-2671, or write to help@example.com; both work.": [
        "Call (415) 555-2671,", "or write to help@example.com;", "both work."
    ],
    "Order No. 5 is out. Yes!": ["Order No. 5 is out.", "Yes!"],
    "Order TK-4821 has been sent to Portland — it arrives tomorrow.": [
        "Order TK-4821 has been sent to Portland —", "it arrives tomorrow."
    ],
    "Great question—let me check the 60-liter pack—it is here.": [
        "Great question—", "let me check the 60-liter pack—", "it is here."
    ],
    "Here is how:\n1. Open the box\n2. Press the button\n\nThat is all": [
        "Here is how:", "1. Open the box", "2. Press the button", "That is all"
    ],
    "- Tents\n- Boots": ["- Tents", "- Boots"],
    "See [our returns, as they are](https://x.example/a) for more, please.": [
        "See [our returns, as they are](https://x.example/a) for more,", "please."
    ],
    "I have looked at your account and everything there seems to be in order for the delivery": [
        "I have looked at your account", "and everything there seems to be in order for the delivery"
    ],
    "You can bring it back to any of our stores within sixty days of purchase.": [
        "You can bring it back to any of our stores", "within sixty days of purchase."
    ],
    "You can bring it back within 60 days of the day on which you bought it.": [
        "You can bring it back within 60 days", "of the day on which you bought it."
    ],
    "Claro, señor. El Sr. López le llama mañana. ¿Algo más?": [
        "Claro,", "señor.", "El Sr. López le llama mañana.", "¿Algo más?"
    ],
    '"Done." Next (really?) one... fine': ['"Done."', "Next (really?)", "one...", "fine"],
    "": [],
    "  \n ": [],
}  # fmt: skip


@pytest.mark.parametrize("text", CUT)
def test_clauses_end_where_a_speaker_may_pause(text: str) -> None:
    assert cut(*tokens(text)) == CUT[text]


def test_a_clause_goes_out_as_soon_as_the_next_word_begins() -> None:
    clauses = Clauses()
    assert clauses.add("Sure") == []
    assert clauses.add(",") == []
    assert clauses.add(" I") == ["Sure,"]
    assert clauses.add(" can. ") == []
    assert clauses.add("A") == ["I can."]


def test_a_first_clause_without_a_sign_is_at_most_fourteen_words() -> None:
    first = cut(*tokens("the " * 40))[0]
    assert len(first.split()) == 14


def test_a_later_sentence_is_cut_when_it_is_long() -> None:
    text = "Yes. " + "bring the parcel back to our store in town and take the receipt with you when you come " * 4
    assert all(len(clause) <= LONGEST_CLAUSE + 20 for clause in cut(*tokens(text)))


def test_an_identifier_read_out_is_never_cut() -> None:
    digits = " ".join("4172" * 60)
    assert cut("Yes. ", digits) == ["Yes.", digits]


def test_finishing_gives_the_rest_once() -> None:
    clauses = Clauses()
    clauses.add("Your order is on")
    assert clauses.finish() == ["Your order is on"]
    assert clauses.finish() == []


WORDS = (
    "Sure, well; on Monday, November 21, 2025, at 9:30 a.m. Dr. Smith $1,234.50 (415) 555-2671 order #4471 TK-4821 "
    "a@b.com No. 5 and because the 60-liter pack — so—then [a link](http://x.y/z) e.g. 5 lbs. Really? Yes! 1. 2) - it's"
)
PHRASES = st.sampled_from([*WORDS.split(), "\n"]) | st.text(max_size=8)
TEXTS = st.lists(PHRASES, max_size=60).map(" ".join)


@given(TEXTS, st.lists(st.integers(0, 400), max_size=20))
def test_it_does_not_matter_how_the_text_was_split(text: str, places: list[int]) -> None:
    ends = sorted({min(place, len(text)) for place in places} | {0, len(text)})
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert cut(*pieces) == cut(text) == cut(*text)


@given(TEXTS)
def test_nothing_is_lost_or_added(text: str) -> None:
    assert re.sub(r"\s", "", "".join(cut(text))) == re.sub(r"\s", "", text)
    if "—" not in text:  # a blank is put after a dash where there was none
        assert " ".join(cut(text)) == " ".join(text.split())
    assert all(clause and clause == " ".join(clause.split()) for clause in cut(text))


FACTS = (
    "$1,234.50", "41,729", "(415) 555-2671", "November 21, 2025", "9:30 a.m.", "order 4471", "3 lbs", "TK-4821",
    "help@trail-head.example.com", "No. 5", "12 Main St.", "5 to 7 days",
)  # fmt: skip


@given(st.lists(st.sampled_from(FACTS), min_size=1, max_size=3), st.integers(0, 12), st.integers(0, 3), st.booleans())
def test_what_belongs_together_is_said_together(facts: list[str], before: int, between: int, late: bool) -> None:
    word = "really "
    text = ("Yes. " if late else "") + word * before + (" " + word * between + "with ").join(facts) + " " + word * 12
    pieces = cut(*tokens(text))
    for fact in facts:
        assert any(fact in piece for piece in pieces), pieces
    assert " ".join(speakable(piece) for piece in pieces).count("really") == text.count("really")


def test_what_breaks_off_within_a_sentence_is_not_said():
    fragment, sentence = Clauses(), Clauses()
    assert (fragment.add("They do"), fragment.break_off()) == ([], [])
    assert (sentence.add("They do not."), sentence.break_off()) == ([], ["They do not."])
    assert fragment.finish() == []


def test_a_text_that_begins_anew_has_none_of_its_first_words():
    clauses = Clauses()
    clauses.add("They do n")
    clauses.forget()
    assert [*clauses.add("Yes. They do."), *clauses.finish()] == ["Yes.", "They do."]
