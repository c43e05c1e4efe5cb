"""A3 and A5: nothing acknowledged is lost, and a lost process is not a lost call. Fifty kills: benchmarks/kills.py."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.server.kills import Office, kill_once

pytestmark = pytest.mark.call


@pytest.mark.timeout(240)
def test_killed_servers_lose_nothing_that_counts_and_their_calls_go_on(data: Path):
    async def script() -> None:
        office = Office(data)
        office.start()
        try:
            await office.ready()
            rng = random.Random(7)
            in_time = 0
            for _ in range(5):
                killed = await kill_once(office, rng)
                assert killed.events_missing_ms <= 100, killed
                assert max(killed.caller_missing_ms, killed.heard_missing_ms) <= 250, killed
                assert killed.plays, killed
                if not killed.in_time:  # on a machine with too much else to do
                    continue
                assert killed.resumed, killed
                assert killed.outcome == "caller_hung_up", killed
                in_time += 1
                if in_time == 2:
                    return
            assert in_time, "the server was never started within the carrier's patience"
        finally:
            office.kill()

    asyncio.run(script())
