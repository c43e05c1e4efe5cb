import pytest

from pipeline.assistant.tools.known import Known

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (["my order is four seven one two nine"], "47129"),
        (["47129"], "47129"),
        (["four seven one", "two nine"], "47129"),
        (["it's 4 7 1 - 2 9"], 47129),
        (["the ticket is A B one two three"], "AB-123"),
        (["reference R 701"], "R701"),
        (["it's double four one"], "441"),
        (["invoice inv_88 please"], "INV-88"),
    ],
)
def test_what_the_caller_said_counts_in_whatever_form(said, value):
    known = Known()
    for text in said:
        known.said(text)
    assert known.has(value)


@pytest.mark.parametrize("value", ["47130", "4712", "7129", "471290", "", None, "R701"])
def test_what_nobody_said_does_not(value):
    known = Known()
    known.said("my order is four seven one two nine, I paid $701")
    assert not known.has(value)


def test_results_profiles_and_the_lines_own_values_count():
    known = Known(["portland"])
    known.gave({"customer": {"id": 88, "orders": [{"id": "o-17"}]}, "ok": True})
    assert known.has("o-17")
    assert known.has("88")
    assert known.has("Portland")
    assert not known.has("o-18")
    assert not known.has(True)
