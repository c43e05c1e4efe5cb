"""Questions that nothing answered, and drafts of what would."""

import pytest

from knowledge.access import CALLER
from knowledge.document import read_document
from knowledge.gaps import Unanswered, approved, draft, gaps
from knowledge.labels import labels_for

pytestmark = pytest.mark.unit

TOLD = "Yes, snow shoes are sold in winter. Ask for Ana at 415 555 0100."
ASKED = [
    Unanswered("C1", "do you sell snow shoes"),
    Unanswered("C2", "how long is the bridge"),
    Unanswered("C3", "can i buy snow shoes from you", TOLD),
    Unanswered("C4", "are snow shoes for sale", TOLD),
    Unanswered("C4", "do you sell snow shoes"),
]


def redact(text: str) -> str:
    return text.replace("415 555 0100", "[phone]")


@pytest.mark.row(35)
def test_questions_that_ask_the_same_are_one_gap():
    first, second = gaps(ASKED, redact)
    assert (first.count, first.calls) == (4, ("C1", "C3", "C4"))
    assert "snow shoes" in first.question
    assert len(first.wordings) == 3
    assert (second.count, second.question) == (1, "how long is the bridge")


def test_no_more_than_five_calls_are_named():
    (gap,) = gaps([Unanswered(f"C{number}", "do you sell snow shoes") for number in range(9)], redact)
    assert (gap.count, len(gap.calls)) == (9, 5)


def test_what_is_shown_is_redacted():
    (gap,) = gaps([Unanswered("C1", "please call 415 555 0100")], redact)
    assert "[phone]" in gap.question
    assert "415" not in str(gap)


@pytest.mark.row(37)
def test_a_draft_is_an_article_that_no_caller_hears_before_it_is_approved():
    first, _ = gaps(ASKED, redact)
    made = draft(first, redact)
    assert labels_for("a.md", made.markdown.encode()).group == "internal"
    assert CALLER.groups == frozenset()
    assert "415 555 0100" not in made.markdown
    ready = approved(made.markdown)
    assert labels_for("a.md", ready.encode()).group == "public"
    (section,) = read_document(f"{made.name}.md", ready).sections
    assert section.spoken.startswith("Yes, snow shoes are sold in winter.")
    assert len(section.asked) == 2


@pytest.mark.row(36)
def test_a_gap_without_any_answer_asks_for_one():
    _, second = gaps(ASKED, redact)
    assert "Write what callers should be told." in draft(second, redact).markdown


def test_no_questions_are_no_gaps():
    assert gaps([], redact) == ()
