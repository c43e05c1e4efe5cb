import pytest

from pipeline.assistant.tools.schemas import allowed, ids, schema_error, wrong

pytestmark = pytest.mark.unit

SCHEMA = {
    "type": "object",
    "properties": {
        "order_number": {"type": "string", "pattern": r"^\d{5}$"},
        "amount": {"type": "number", "maximum": 50},
        "day": {"type": "string", "format": "date"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "required": ["order_number"],
    "additionalProperties": False,
    "$defs": {"line": {"type": "object", "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}}}},
}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "'order_number' is missing"),
        ({"order_number": 47129}, "order_number must be of type string"),
        ({"order_number": "47129", "card": "4111111111111111"}, "card not known"),
        ({"order_number": "4111111111111111"}, r"order_number does not meet pattern: ^\d{5}$"),
        ({"order_number": "47129", "amount": 51}, "amount does not meet maximum: 50"),
        ({"order_number": "47129", "day": "tomorrow"}, "day does not meet format: date"),
    ],
)
def test_what_is_wrong_is_said_without_the_value(value, said):
    assert wrong(SCHEMA, value) == said


def test_what_is_right_is_not_complained_about():
    assert wrong(SCHEMA, {"order_number": "47129", "amount": 12.5, "day": "2026-11-23", "lines": [{"sku": "x"}]}) == ""
    assert allowed(SCHEMA, "amount", 3)
    assert not allowed(SCHEMA, "amount", 300)


def test_ids_are_found_by_their_names_and_by_what_the_schema_says():
    value = {"order_number": "47129", "amount": 3, "lines": [{"sku": "t-1", "n": 2}]}
    assert list(ids(SCHEMA, value)) == [("order_number", "47129"), ("sku", "t-1")]
    marked = {"type": "object", "properties": {"who": {"x-id": True}, "form_id": {"x-id": False}}}
    assert list(ids(marked, {"who": "c1", "form_id": "f"})) == [("who", "c1")]


@pytest.mark.parametrize(
    "schema", [None, {}, {"type": "array"}, {"type": "object", "properties": 3}, {"type": "object", "required": "x"}]
)
def test_what_is_no_schema_of_arguments_is_said(schema):
    assert schema_error(schema)


def test_a_schema_does_not_reach_outside_itself():
    assert "outside itself" in schema_error(
        {"type": "object", "properties": {"a": {"$ref": "https://example.com/schema"}}}
    )
    assert schema_error(SCHEMA) == ""
