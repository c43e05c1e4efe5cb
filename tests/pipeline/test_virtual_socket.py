"""A whole call over uvicorn, signatures, tokens and the double's sockets, in virtual time: no machine is too slow."""

import pytest

from pipeline import direct
from tests.fakes.exchange import exchange
from tests.fakes.office import check_whole, virtually

pytestmark = pytest.mark.call


@virtually
async def test_a_call_over_real_sockets_takes_as_long_as_its_computation(tmp_path):
    async with exchange(tmp_path, direct.carry) as at:
        call = await at.call(["where is my order"])
        await call.until_quiet()
        call.hang_up()
        result = await call.finished()
        await at.parts.switchboard.drained()
        record = await at.record(call.call_sid)
        assert (record.outcome, result.problems) == ("caller_hung_up", ())
        check_whole(await at.parts.store.events(call.call_sid))
        assert result.pacing.over_20_ms == 0
        assert at.stalls_ms == []
