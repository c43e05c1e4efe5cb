"""What a source asks for is not told to be needless."""

import pytest

from pipeline.assistant.guard.check import objection
from pipeline.assistant.guard.evidence import Evidence

pytestmark = pytest.mark.unit

WITH = "You can return unused items within thirty days with a receipt."


@pytest.mark.parametrize(
    ("passage", "clause"),
    [
        (WITH, "You don't need a receipt."),
        (WITH, "A receipt isn't necessary."),
        (WITH, "A receipt is optional."),
        (WITH, "No receipt is needed."),
        (WITH, "There's no need for a receipt."),
        (WITH, "You don't have to bring a receipt."),
        (WITH, "You won't need the receipt to return unused items."),
        (WITH, "You can return unused items within thirty days without a receipt."),
        ("Unused items need a receipt.", "You needn't bring a receipt."),
        ("Unused items are accepted only with the original box.", "You don't need the original box."),
        ("Unopened items can be exchanged if you have the receipt.", "The receipt is not required."),
    ],
)
def test_what_a_source_asks_for_is_not_called_needless(passage: str, clause: str):
    found = objection(clause, Evidence(passages=(passage,)))
    assert found is not None
    assert found.kind == "fact"


@pytest.mark.parametrize(
    ("passage", "clause"),
    [
        (WITH, "You need a receipt."),
        ("You don't need a receipt to return unused items.", "You don't need a receipt."),
        ("A receipt is not required.", "You don't need a receipt."),
        ("Unused items can be returned without a receipt.", "You don't need a receipt."),
        ("No receipt is needed for unused items.", "You don't have to bring a receipt."),
        ("Receipts are optional.", "You don't need a receipt."),
        ("You do not need an appointment; bring your card with you.", "No appointment is necessary."),
    ],
)
def test_what_a_source_calls_needless_is_told_so(passage: str, clause: str):
    assert objection(clause, Evidence(passages=(passage,))) is None
