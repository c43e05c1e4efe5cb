"""Who gets to a desk's page, and to whose."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from server.api.login import login_router
from server.auth import Access
from server.pages import unknown
from server.pages.desk import desk_page_router
from server.tokens import Tokens
from telephony.agent_store import AgentStore
from tests.fakes.agents import ANA, BEN
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter
ACCESS = "the access token of this test"


def use(directory: Path, do: Callable[[httpx.AsyncClient, Tokens], Awaitable[Any]], agents: Any = (ANA, BEN)) -> Any:
    async def scenario() -> Any:
        async with open_store(directory) as store:
            people, tokens, access, app = AgentStore(store, "local"), Tokens(store), Access(ACCESS), FastAPI()
            for agent in agents:
                await people.put(agent, "2026-11-20T18:00:00.000000+00:00")
            unknown.add_to(app)
            app.include_router(login_router(access, tokens))
            app.include_router(desk_page_router(people, access, tokens))
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://desk.example.com") as http:
                return await do(http, tokens)

    return asyncio.run(scenario())


def test_the_operator_says_whose_desk_it_is(tmp_path: Path) -> None:
    async def do(http: httpx.AsyncClient, tokens: Tokens) -> None:
        del tokens
        stranger = await http.get("/desk")
        assert stranger.headers["location"] == "/login?following=%2Fdesk"
        entered = await http.post("/login", data={"token": ACCESS, "following": "/desk"})
        assert entered.headers["location"] == "/desk"
        choice = (await http.get("/desk")).text
        assert "desk.js" not in choice  # there is no desk yet
        assert '<option value="ben">' in choice
        desk = (await http.get("/desk?agent=ben")).text
        assert "Desk of Ben" in desk
        assert 'data-socket="/api/v1/desk?agent=ben"' in desk
        assert "desk.js" in desk
        assert (await http.get("/desk?agent=carl")).status_code == 404

    use(tmp_path, do)


def test_an_agent_gets_to_their_own_desk_until_the_token_is_revoked(tmp_path: Path) -> None:
    async def do(http: httpx.AsyncClient, tokens: Tokens) -> None:
        made, token = await tokens.create("Ana", ["desk"], agent="ana")
        await http.post("/login", data={"token": token})
        assert "Desk of Ana" in (await http.get("/desk?agent=ben")).text
        await tokens.revoke(made.id)
        assert (await http.get("/desk")).status_code == 303

    use(tmp_path, do)


def test_without_agents_the_page_says_how_they_are_added(tmp_path: Path) -> None:
    async def do(http: httpx.AsyncClient, tokens: Tokens) -> None:
        del tokens
        await http.post("/login", data={"token": ACCESS})
        assert "cordboard agents add" in (await http.get("/desk")).text

    use(tmp_path, do, ())
