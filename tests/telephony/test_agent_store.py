import asyncio

import pytest

from telephony.agent_store import AgentStore
from telephony.agents import Agent
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

ANA = Agent(
    "ana", "Ana Ruiz", frozenset({"billing", "sales"}), frozenset({"refunds"}), frozenset({"es"}), "+14155552671"
)
BEN = Agent("ben", "Ben", frozenset({"billing"}))
AT = "2026-11-21T10:00:00.000000+00:00"


def kept(scenario, tmp_path):
    async def run():
        async with open_store(tmp_path) as store:
            return await scenario(AgentStore(store, "org"), AgentStore(store, "other"))

    return asyncio.run(run())


def test_agents_are_read_as_they_were_written_and_changed_by_their_id(tmp_path):
    async def scenario(store, other):
        assert await store.put(BEN, AT)
        assert await store.put(ANA, AT)
        changed = Agent("ben", "Benjamin", frozenset({"sales"}), phone="sip:ben@example.com")
        assert not await store.put(changed, AT)
        assert await store.get("ben") == changed
        return await store.listed()

    assert [one.name for one in kept(scenario, tmp_path)] == ["Ana Ruiz", "Benjamin"]


def test_an_agent_is_removed_once_and_only_by_their_own_organisation(tmp_path):
    async def scenario(store, other):
        await store.put(ANA, AT)
        assert await other.put(ANA, AT)
        assert not await other.remove("ben")
        assert await other.remove("ana")
        assert await store.get("ana") == ANA
        assert await store.remove("ana")
        return await store.remove("ana"), await store.listed()

    assert kept(scenario, tmp_path) == (False, ())


def test_what_is_said_of_an_agent_by_telephone_is_kept_until_they_are_removed(tmp_path):
    async def scenario(store, other):
        await store.put(ANA, AT)
        assert await store.say("ana", "available", AT)
        assert not await store.say("ben", "available", AT)
        assert not await other.say("ana", "away", AT)
        assert await store.say("ana", "away", "2026-11-21T11:00:00.000000+00:00")
        await store.put(ANA, AT)
        assert await store.said() == {"ana": ("away", "2026-11-21T11:00:00.000000+00:00")}
        await store.remove("ana")
        assert await store.said() == {}

    kept(scenario, tmp_path)
