"""What makes a section the answer, and what makes that certain."""

from dataclasses import replace

import pytest

from knowledge.rank import Signals, certainty, covered, names, negates, score, terms, unknown_share

pytestmark = pytest.mark.unit

COVERED = Signals(text=5.0, concepts=0.5, meaning=0.5, sentence=None, covered=1.0, negation=False)


def test_terms_leave_out_words_that_say_nothing():
    assert [term.names for term in terms("is it the tent")] == [("tent",)]


def test_a_question_in_other_words_is_covered():
    asked = terms("can i get my money back")
    assert covered(asked, [1.0] * len(asked), names("How refunds work. May I?")) > 0.5


def test_an_empty_question_is_covered_by_nothing_and_all_unknown():
    assert covered((), (), names("tent")) == 0.0
    assert unknown_share((), {"tent"}) == 1.0


def test_strange_words_make_a_question_less_certain():
    known = names("Buying used gear. Do you sell used gear?")
    strange, plain = unknown_share(terms("do you sell guitars"), known), unknown_share(terms("do you sell gear"), known)
    assert strange > plain == 0.0
    assert certainty(9.0, 5.0, strange, COVERED) < certainty(9.0, 5.0, plain, COVERED)


def test_a_lead_over_the_next_makes_more_certain():
    assert certainty(9.0, 8.9, 0.0, COVERED) < certainty(9.0, 5.0, 0.0, COVERED)


@pytest.mark.parametrize(
    ("without", "signals"),
    [
        (None, ("text", "concepts", "meaning", "covered")),
        (0.0, ("concepts", "sentence", "covered")),
    ],
)
def test_each_signal_counts(without, signals):
    nothing = Signals(text=0.0, concepts=0.0, meaning=0.0, sentence=without, covered=0.0, negation=False)
    for signal in signals:
        values = {name: getattr(nothing, name) for name in nothing.__slots__} | {signal: 1.0}
        assert score(Signals(**values)) > score(nothing)
    assert score(replace(nothing, negation=True)) < score(nothing)


def test_not_is_heard_in_contractions_too():
    assert negates("what doesn't the warranty cover")
    assert not negates("what does the warranty cover")
