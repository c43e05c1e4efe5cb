"""Whole calls in virtual time: everything but the sockets, the engines and pipecat is the real thing."""

from pathlib import Path

import pytest

from telephony.double import virtual_time
from tests.fakes.office import virtual_office

pytestmark = pytest.mark.unit


def test_an_order_is_looked_up_by_keypad(tmp_path: Path):
    async def script() -> None:
        async with virtual_office(tmp_path, ["where is my order", "no thank you goodbye"]) as office:
            call = await office.call()
            await call.turn()
            await call.keys("12345#")
            await call.turn()
            await call.over()
            record = await office.record(call.sid)
            assert record.outcome == "completed"
            assert any(tool.tool == "order_status" and tool.ok for turn in record.turns for tool in turn.tools)

    virtual_time.run(script())
