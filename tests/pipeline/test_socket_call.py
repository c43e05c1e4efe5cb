"""A whole call over real sockets through pipecat; the oracle is the caller's ear."""

import asyncio
from pathlib import Path

import pytest

from tests.fakes.exchange import exchange
from tests.fakes.office import SPEECH

pytestmark = pytest.mark.call


def test_an_order_is_looked_up_by_keypad_over_sockets(tmp_path: Path):
    async def script() -> None:
        async with exchange(tmp_path, ["where is my order", "no thank you goodbye"]) as served:
            call = await served.call()
            await call.until_quiet()
            await call.say(SPEECH)
            await call.until_quiet()
            await call.press("12345#")
            await call.until_quiet()
            await call.say(SPEECH)
            result = await call.finished()
            record = await served.record(call.call_sid)
            assert record.outcome == "completed"
            assert not result.problems
            assert not result.ear.late_frames()

    asyncio.run(script())
