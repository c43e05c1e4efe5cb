import pytest

from pipeline.line.templates import Place, places

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no places", []),
        ("{slot} and {order.eta|date}", [Place("slot", ""), Place("order.eta", "date")]),
        ("{Slot}", [Place("", "Slot")]),
        ("{a.b.c}", [Place("", "a.b.c")]),
        ("{}", [Place("", "")]),
        ("{__class__}", [Place("", "__class__")]),
    ],
)
def test_places_of_a_text(text, found):
    assert places(text) == found


def test_the_root_is_the_slot_or_result():
    assert Place("order.eta", "").root == "order"
