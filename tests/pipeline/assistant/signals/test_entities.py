"""References, dates and amounts found in what was said."""

from datetime import date

import pytest

from pipeline.assistant.languages.reading import languages
from pipeline.assistant.signals.entities import entities

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("my order number is one two three four five", {"order_number": "12345"}),
        ("order 48213 hasn't come", {"order_number": "48213"}),
        ("it's about order a b seven four two", {"order_number": "AB742"}),
        ("invoice number 90071 is wrong", {"invoice": "90071"}),
        ("my subscription id is 5521", {"subscription": "5521"}),
        ("you took forty five dollars", {"money": "45.00"}),
        ("it was $12.50", {"money": "12.50"}),
        ("i need it by december first", {"date": "2026-12-01"}),
        ("where is my order", {}),
        ("i have two questions", {}),
        ("mi pedido 48213", {"order_number": "48213"}),
    ],
)
def test_what_was_named_is_found(text, found):
    assert entities(text, TODAY) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("mi número de pedido es el doce tres cuarenta y cinco", {"order_number": "12345"}),
        ("es la factura nueve cero cero siete uno", {"invoice": "90071"}),
        ("el pedido a be siete cuatro dos", {"order_number": "AB742"}),
        ("me cobraron cuarenta y cinco dólares", {"money": "45.00"}),
        ("lo necesito para el primero de diciembre", {"date": "2026-12-01"}),
        ("dónde está mi pedido", {}),
    ],
)
def test_what_was_named_in_spanish_is_found(text, found):
    assert entities(text, TODAY, languages()["es"]) == found
