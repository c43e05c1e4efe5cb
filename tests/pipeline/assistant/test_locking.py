"""Failed checks of one customer are counted over all calls, and nothing is checked beyond a number of them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.assistant.code_specs import CHECK_CODE
from pipeline.assistant.locking import Failures, Locked, LockedTool
from pipeline.assistant.tools.port import BackendBroken
from pipeline.line.identity import IdentityRules, Way
from recordings.errors import StoreUnavailable
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WAY = Way(flow="prove", tool="check")
RULES = IdentityRules(pin=WAY, lock_after=3, lock_hours=2)
WRONG = {"customer": "c1", "code": "000000"}
RIGHT = {"customer": "c1", "code": "123456"}


class Backend:
    spec = CHECK_CODE

    def __init__(self):
        self.asked = 0

    def run(self, call, arguments, deadline_ms):
        self.asked += 1
        return {"verified": arguments["code"] == "123456", "customer": arguments["customer"]}


def play(tmp_path, script):
    async def run():
        async with open_store(tmp_path) as store:
            clock = [NOON]
            backend = Backend()
            tool = LockedTool(backend, "pin", WAY, RULES, Failures(store, "local", lambda: clock[0]))
            await script(tool, backend, clock)

    asyncio.run(run())


def test_a_customer_is_locked_out_across_calls_and_let_in_when_the_window_has_passed(tmp_path):
    async def script(tool, backend, clock):
        for call in ("CA1/k1", "CA2/k1", "CA3/k1"):
            assert (await tool.ask(call, WRONG, 1000))["verified"] is False
        with pytest.raises(Locked) as locked:
            await tool.ask("CA4/k1", RIGHT, 1000)
        assert (locked.value.code, locked.value.retryable, backend.asked) == ("locked", False, 3)
        assert (await tool.ask("CA4/k2", {**RIGHT, "customer": "c2"}, 1000))["verified"] is True
        clock[0] += timedelta(hours=2, seconds=1)
        assert (await tool.ask("CA5/k1", RIGHT, 1000))["verified"] is True

    play(tmp_path, script)


def test_a_proof_begins_the_count_anew(tmp_path):
    async def script(tool, backend, clock):
        for arguments in (WRONG, WRONG, RIGHT, WRONG, WRONG):
            await tool.ask("CA1/k1", arguments, 1000)
        assert (await tool.ask("CA1/k2", RIGHT, 1000))["verified"] is True

    play(tmp_path, script)


def test_where_failures_cannot_be_counted_nothing_is_checked():
    class Broken:
        async def look(self, read):
            raise StoreUnavailable("the disk is full")

        apply = look

    backend = Backend()
    tool = LockedTool(backend, "pin", WAY, RULES, Failures(Broken(), "local", lambda: NOON))
    with pytest.raises(BackendBroken):
        asyncio.run(tool.ask("CA1/k1", RIGHT, 1000))
    assert backend.asked == 0
