import json

import pytest

from pipeline.assistant.tools.openapi import OperationUnusable, operation, read_document
from pipeline.assistant.tools.schemas import ids, schema_error, wrong

pytestmark = pytest.mark.unit

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "CRM", "version": "1"},
    "servers": [{"url": "https://crm.example.com/v1/"}],
    "paths": {
        "/customers/{customer-id}": {
            "parameters": [{"$ref": "#/components/parameters/Customer"}],
            "get": {
                "operationId": "getCustomer",
                "parameters": [{"name": "full", "in": "query", "schema": {"type": "boolean"}}],
                "responses": {
                    "200": {
                        "description": "it",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Customer"}}},
                    }
                },
            },
        },
        "/refunds": {
            "post": {
                "operationId": "refund",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refund"}}},
                },
                "responses": {
                    "201": {
                        "description": "done",
                        "content": {"application/json": {"schema": {"type": "array", "items": {"type": "string"}}}},
                    }
                },
            }
        },
        "/upload": {
            "post": {
                "operationId": "upload",
                "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}},
                "responses": {"204": {"description": "done"}},
            }
        },
    },
    "components": {
        "parameters": {
            "Customer": {"name": "customer-id", "in": "path", "required": True, "schema": {"type": "string"}}
        },
        "schemas": {
            "Customer": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "boss": {"$ref": "#/components/schemas/Customer"}},
            },
            "Refund": {
                "type": "object",
                "required": ["order_id"],
                "properties": {
                    "order_id": {"type": "string"},
                    "cents": {"type": "integer", "minimum": 0, "exclusiveMinimum": True, "nullable": True},
                },
            },
        },
    },
}


def test_an_operation_becomes_a_request_with_schemas_of_its_own():
    found = operation(DOCUMENT, "getCustomer")
    assert (found.method, found.url) == ("GET", "https://crm.example.com/v1/customers/{customer_id}")
    assert found.query == {"full": "{full}"}
    assert schema_error(found.arguments) == schema_error(found.result) == ""
    assert wrong(found.arguments, {}) == "'customer_id' is missing"
    assert list(ids(found.arguments, {"customer_id": "c1"})) == [("customer_id", "c1")]
    assert wrong(found.result, {"id": "c1", "boss": {"id": 3}}) == "boss.id must be of type string"


def test_a_bodys_fields_become_arguments_and_a_list_stands_under_value():
    found = operation(DOCUMENT, "refund", server="https://eu.example.com")
    assert found.body == {"order_id": "{order_id}", "cents": "{cents}"}
    assert found.url == "https://eu.example.com/refunds"
    assert wrong(found.arguments, {"order_id": "o1", "cents": None}) == ""
    assert wrong(found.arguments, {"order_id": "o1", "cents": 0}) == "cents does not meet exclusiveMinimum: 0"
    assert wrong(found.arguments, {"order_id": "o1", "note": "x"}) == "note not known"
    assert wrong(found.result, {"value": ["r1"]}) == ""


@pytest.mark.parametrize(
    ("operation_id", "server", "said"),
    [
        ("getCustomers", "", "known: getCustomer, refund, upload"),
        ("upload", "", "not JSON"),
        ("refund", "https://{region}.example.com", "server"),
    ],
)
def test_what_cannot_be_used_is_said_with_a_remedy(operation_id, server, said):
    with pytest.raises(OperationUnusable, match=said) as told:
        operation(DOCUMENT, operation_id, server)
    assert "; " in str(told.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no JSON"),
        ('{"swagger": "2.0"}', "no OpenAPI 3"),
        (json.dumps({**DOCUMENT, "paths": 3}), "no valid OpenAPI"),
        (json.dumps(DOCUMENT).replace("#/components/schemas/Refund", "https://evil.example.com/x"), "outside itself"),
        (json.dumps(DOCUMENT).replace("#/components/schemas/Refund", "file:///etc/passwd"), "outside itself"),
    ],
)
def test_a_document_is_checked_and_nothing_is_fetched(tmp_path, content, said):
    path = tmp_path / "crm.json"
    path.write_text(content)
    with pytest.raises(OperationUnusable, match=said):
        read_document(path)


def test_a_good_document_is_read(tmp_path):
    path = tmp_path / "crm.json"
    path.write_text(json.dumps(DOCUMENT))
    assert operation(read_document(path), "refund").method == "POST"
    with pytest.raises(OperationUnusable, match="cannot be read"):
        read_document(tmp_path / "none.json")
