"""A yes to a read-back in a whole call: whether it counts depends on what the caller had heard when it began."""

from pathlib import Path

import pytest

from tests.fakes.office import VirtualCall, VirtualOffice, virtual_office, virtually

pytestmark = pytest.mark.unit

READ_BACK = "That's order one two three four five, right?"
TEXTS = ["where is my order", "one two three four five", "yes", "yes"]


async def read_back(office: VirtualOffice) -> VirtualCall:
    """A call in which the caller has just said the number."""
    call = await office.call()
    await call.turn()
    await call.speak()
    return call


async def begins(call: VirtualCall, heard_ms: int) -> None:
    """Wait until so much of what the assistant says next was heard."""
    since_ms = call.handset.now_ms
    while call.ear.heard.audible_ms(since_ms, call.handset.now_ms) < heard_ms:
        await call.handset.tick()


async def read_backs(office: VirtualOffice, call: VirtualCall) -> int:
    return [utterance.text for utterance in (await office.record(call.sid)).utterances].count(READ_BACK)


@virtually
async def test_a_yes_into_the_beginning_of_a_read_back_confirms_nothing(tmp_path: Path):
    async with virtual_office(tmp_path, TEXTS) as office:
        call = await read_back(office)
        await begins(call, 200)
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms)
        assert await read_backs(office, call) == 2
        assert office.tools.calls == []
        await call.turn()
        assert len(office.tools.calls) == 1


@virtually
async def test_a_yes_after_the_read_back_confirms_it(tmp_path: Path):
    async with virtual_office(tmp_path, TEXTS) as office:
        call = await read_back(office)
        await begins(call, 200)
        await call.turn()
        assert await read_backs(office, call) == 1
        assert len(office.tools.calls) == 1
