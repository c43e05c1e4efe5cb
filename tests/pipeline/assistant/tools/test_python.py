import pytest
from pydantic import BaseModel

from pipeline.assistant.tools.port import ArgumentsInvalid
from pipeline.assistant.tools.python import ToolUndeclared, declared, tool

pytestmark = pytest.mark.unit


class Level(BaseModel):
    sku: str
    left: int


@tool("stock.level", about="how many are there", risk="read_only")
def level(sku: str, store: str = "portland") -> Level:
    return Level(sku=f"{sku}@{store}", left=3)


@tool("stock.keep", about="keeps one", risk="automated", key=True, idempotent=True)
def keep(sku: str, key: str) -> Level:
    return Level(sku=key, left=len(sku))


def test_a_function_becomes_a_tool_with_schemas_from_its_types():
    made = declared(level)
    assert made.spec.arguments["required"] == ["sku"]
    assert made.spec.result_fields == {"sku", "left"}
    assert made.run("CA1/k1", {"sku": "t-1"}, 1000) == {"sku": "t-1@portland", "left": 3}
    with pytest.raises(ArgumentsInvalid):
        made.run("CA1/k1", {"sku": "t-1", "more": 1}, 1000)


def test_a_write_gets_its_key():
    made = declared(keep)
    assert "key" not in made.spec.arguments["properties"]
    assert made.run("CA1/k1", {"sku": "t-1"}, 1000)["sku"] == "CA1/k1"


@pytest.mark.row(58)
def test_a_function_without_a_risk_class_is_no_tool_and_says_where_it_stands():
    with pytest.raises(ToolUndeclared, match=r"test_python\.py:\d+: tool 'stock\.x' declares no risk class; add risk="):

        @tool("stock.x", about="x")
        def nameless(sku: str) -> Level:
            raise NotImplementedError(sku)


def test_a_function_without_types_is_no_tool():
    with pytest.raises(ToolUndeclared, match="has no type for sku, the result"):

        @tool("stock.x", about="x", risk="read_only")
        def untyped(sku):
            return sku

    with pytest.raises(ToolUndeclared, match="must give an object"):

        @tool("stock.x", about="x", risk="read_only")
        def number(sku: str) -> int:
            return len(sku)

    with pytest.raises(ToolUndeclared, match="no declared tool"):
        declared(len)
