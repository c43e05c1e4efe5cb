import asyncio
from datetime import date

import pytest

from pipeline.assistant.tools.bind import runner_for

pytestmark = pytest.mark.unit


def test_a_lines_tools_run_on_its_backend(example_line, tmp_path):
    runner = runner_for(example_line, tmp_path, lambda: date(2026, 11, 23))
    try:
        result = asyncio.run(runner.run("CA1/k1", "order_status", {"order_number": "47129"}, 2000))
    finally:
        runner.close()
    assert result.ok
    assert result.result["item"] == "pair of hiking boots"
    assert {path.parent.name for path in tmp_path.rglob("shop-*.sqlite")} == {"backends"}
