import asyncio

import pytest

from telephony.transfer import decide
from telephony.transfer_events import AgentsFound, CallerLeft, PacketReady
from telephony.transfer_state import Transfer
from telephony.transfer_store import Disposition, Kept, Packet, TransferStore, Wanted
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

WANTED = Wanted("northfield", "es", ("refunds",), "high", "asked_for_person", "The caller asked for a person.")


def asked(id_="trf_1", call_id="CA1", at_ms=1_790_000_000_000):
    return Transfer.asked(id_, call_id, "support", at_ms, patience_ms=60_000)


def kept(scenario, tmp_path):
    async def run():
        async with open_store(tmp_path) as store:
            return await scenario(TransferStore(store, "org"))

    return asyncio.run(run())


def test_a_transfer_is_read_as_it_was_written(tmp_path):
    async def scenario(store):
        transfer = asked()
        assert await store.create(Kept(transfer, WANTED))
        offered, _ = decide(decide(transfer, PacketReady(1))[0], AgentsFound(2, ("ann", "bob")))
        assert await store.save(offered, 0)
        return offered, await store.get("trf_1"), await store.live()

    offered, read, live = kept(scenario, tmp_path)
    assert read == Kept(offered, WANTED)
    assert live == (read,)


@pytest.mark.edge("two agents accept at once")
def test_of_two_who_change_the_same_version_one_loses(tmp_path):
    async def scenario(store):
        transfer = asked()
        await store.create(Kept(transfer, WANTED))
        one, _ = decide(transfer, PacketReady(1))
        other, _ = decide(transfer, CallerLeft(1))
        saved = await asyncio.gather(store.save(one, 0), store.save(other, 0))
        return saved, await store.get("trf_1")

    saved, read = kept(scenario, tmp_path)
    assert sorted(saved) == [False, True]
    assert read.transfer.version == 1


def test_a_call_has_one_live_transfer_and_may_have_another_after_it(tmp_path):
    async def scenario(store):
        first = asked()
        await store.create(Kept(first, WANTED))
        assert not await store.create(Kept(asked("trf_2"), WANTED))
        over, _ = decide(first, CallerLeft(5))
        await store.save(over, 0)
        assert await store.create(Kept(asked("trf_2"), WANTED))
        return [one.transfer.id for one in await store.of_call("CA1")], await store.live()

    ids, live = kept(scenario, tmp_path)
    assert ids == ["trf_1", "trf_2"]
    assert [one.transfer.id for one in live] == ["trf_2"]


def test_the_latest_packet_is_what_an_agent_is_told_and_dispositions_are_kept(tmp_path):
    async def scenario(store):
        transfer = asked()
        await store.create(Kept(transfer, WANTED))
        for _ in range(2):
            await store.keep_packet(transfer, Packet(1, "{}"), "2026-11-21T10:00:00Z")
        await store.keep_packet(transfer, Packet(2, '{"version": 2}'), "2026-11-21T10:00:01Z")
        for word in ("open", "solved"):
            await store.wrap_up(Disposition("trf_1", "ann", word, "refunded"), "CA1", "2026-11-21T10:05:00Z")
        return await store.packet("trf_1"), await store.packet("trf_9"), await store.dispositions_of("CA1")

    packet, none, dispositions = kept(scenario, tmp_path)
    assert packet == Packet(2, '{"version": 2}')
    assert none is None
    assert [(one.agent, one.disposition, one.note) for one in dispositions] == [("ann", "solved", "refunded")]
