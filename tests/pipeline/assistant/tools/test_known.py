import pytest

from pipeline.assistant.languages.reading import languages
from pipeline.assistant.tools.known import Known
from pipeline.assistant.tools.standing import Standing
from recordings.events import Event

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


def test_an_id_said_in_the_calls_language_counts_before_the_change_and_after():
    standing = Standing(tongues=dict(languages()))
    standing.take(event(1, "call.ringing", {"from_number": "+14155550101", "language": "en"}))
    standing.take(event(2, "caller.said", {"text": "mi pedido es el doce tres cuarenta y cinco", "alternatives": []}))
    assert not standing.known.has("12345")
    standing.take(event(3, "language.changed", {"turn": "t2", "from": "en", "to": "es", "reason": "offered"}))
    assert standing.known.has("12345")
    standing.take(event(4, "caller.said", {"text": "no, cuatro siete uno dos nueve", "alternatives": []}))
    assert standing.known.has("47129")
    assert not standing.known.has("47128")


def event(seq: int, kind: str, data: dict[str, object]) -> Event:
    return Event("local", "CA1", seq, seq * 1000, "", kind, data)
