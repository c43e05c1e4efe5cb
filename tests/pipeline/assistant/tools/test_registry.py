import pytest

from pipeline.assistant.tools.registry import SPECS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_tool_says_what_it_takes_gives_and_risks(spec):
    assert spec.about
    assert spec.arguments["additionalProperties"] is False
    assert spec.arguments["properties"]
    assert spec.result_fields
    assert spec.writes is (spec.risk in {"approval_only", "automated"})


def test_only_tools_that_change_something_write():
    assert {name for name, spec in SPECS.items() if spec.writes} == {
        "shop.request_delivery_change",
        "shop.start_return",
    }
