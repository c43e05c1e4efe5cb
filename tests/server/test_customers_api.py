"""What is remembered of a customer, seen and forgotten with a token that may."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from pipeline.assistant.memory import Memories, Topic, Visit
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from server.api.v1.app import PREFIX, api
from server.auth import Access
from server.tokens import Tokens
from tests.fakes.agents import nobody_there
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
VISIT = Visit("c1", "CA1", "Small", NOON, (Topic("refund", open=True),), "es")
PATH = f"{PREFIX}/customers/c1/memory"


def with_api(root: Path, script: Callable[[httpx.AsyncClient, Memories, Tokens], Awaitable[None]]) -> None:
    async def run() -> None:
        async with open_store(root) as store:
            kept, app = KeptTools(store, "local"), FastAPI()
            approving = Approving(kept, lambda _name: None)
            staff, access = await nobody_there(store), Access("the access token of this test")
            app.mount(PREFIX, api(store, kept, approving, lambda _name: None, staff, access))
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://phone.example.com") as client:
                memories = Memories(store, "local", lambda: NOON + timedelta(hours=1))
                await memories.keep(VISIT)
                await script(client, memories, Tokens(store))
            await staff.transfers.close()

    asyncio.run(run())


async def bearer(tokens: Tokens, *scopes: str) -> dict[str, str]:
    _, shown = await tokens.create("reviewer", list(scopes), None)
    return {"Authorization": f"Bearer {shown}"}


def test_what_is_remembered_is_seen(tmp_path):
    async def script(client: httpx.AsyncClient, _memories: Memories, tokens: Tokens) -> None:
        told = (await client.get(PATH, headers=await bearer(tokens, "customers:read"))).json()
        assert told["calls"] == [
            {
                "call_id": "CA1", "line": "Small", "at": NOON.isoformat(), "language": "es",
                "topics": [{"intent": "refund", "open": True}],
            }
        ]  # fmt: skip

    with_api(tmp_path, script)


def test_a_customer_is_forgotten_and_calls_up_to_now_are_not_remembered_again(tmp_path):
    async def script(client: httpx.AsyncClient, memories: Memories, tokens: Tokens) -> None:
        may = await bearer(tokens, "customers:forget")
        assert (await client.delete(PATH, headers=may)).json() == {"customer": "c1", "forgotten": True}
        await memories.keep(VISIT)
        assert await memories.of("c1") == ()
        assert (await client.delete(PATH, headers=may)).json()["forgotten"] is False

    with_api(tmp_path, script)


def test_who_may_only_look_deletes_nothing(tmp_path):
    async def script(client: httpx.AsyncClient, memories: Memories, tokens: Tokens) -> None:
        may = await bearer(tokens, "customers:read", "approvals:decide")
        assert (await client.delete(PATH, headers=may)).status_code == 403
        assert (await client.delete(PATH)).status_code == 401
        assert (await client.get(PATH, headers=await bearer(tokens, "customers:forget"))).status_code == 403
        assert len(await memories.of("c1")) == 1

    with_api(tmp_path, script)
