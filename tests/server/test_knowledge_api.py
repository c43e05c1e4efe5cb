"""People search the same documents that callers are answered from, as far as their token goes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from knowledge.live import LiveRetrieval
from pipeline.assistant.tools.approving import Approving
from pipeline.assistant.tools.kept import KeptTools
from server.api.v1.app import PREFIX, api
from server.auth import Access
from server.tokens import Tokens
from tests.fakes import shelf
from tests.fakes.agents import nobody_there
from tests.fakes.stores import open_store

pytestmark = pytest.mark.adapter

QUESTION = "what is the goodwill limit for refunds"
Send = Callable[..., Awaitable[httpx.Response]]


def no_tools(line: str) -> None:
    del line


@asynccontextmanager
async def serving(directory: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Tokens, LiveRetrieval]]:
    folder = directory / "documents"
    shelf.public(folder)
    shelf.kept(folder)
    documents = LiveRetrieval(folder, directory / "index")
    async with open_store(directory) as store:
        kept, tokens = KeptTools(store, "local"), Tokens(store)
        approving = Approving(kept, no_tools)
        app = FastAPI()
        staff = await nobody_there(store)
        app.mount(PREFIX, api(store, kept, approving, {"Northlake": documents}.get, staff, Access("the access token")))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://phone.example.com") as client:
            yield client, tokens, documents
        await staff.transfers.close()


def use(directory: Path, scopes: list[str], do: Callable[[Send, LiveRetrieval], Awaitable[Any]]) -> Any:
    async def scenario() -> Any:
        async with serving(directory) as (client, tokens, documents):
            _, token = await tokens.create("the desk", scopes)

            async def send(path: str, **asked: str) -> httpx.Response:
                where = path if path.startswith(PREFIX) else PREFIX + path
                return await client.get(where, params=asked or None, headers={"Authorization": f"Bearer {token}"})

            return await do(send, documents)

    return asyncio.run(scenario())


@pytest.mark.row(42)
def test_a_person_finds_what_a_caller_is_answered_with_and_follows_the_link(tmp_path):
    async def do(send, documents):
        answer = await send("/knowledge/search", line="Northlake", q="what does standard shipping cost")
        heard = await documents.find("what does standard shipping cost", 5000)
        return answer.json(), heard, (await send(answer.json()["items"][0]["url"])).json()

    found, heard, section = use(tmp_path, ["knowledge:read"], do)
    assert found["certain"]
    assert [one["spoken"] for one in found["items"]] == [one.spoken for one in heard.passages]
    assert [(one["document"], one["section"]) for one in found["items"]] == [
        (one.document, one.section) for one in heard.passages
    ]
    first = found["items"][0]
    assert (first["document"], section["text"]) == ("shipping.md", first["text"])


@pytest.mark.row(31, 42)
@pytest.mark.parametrize("scopes", [["knowledge:read"], ["knowledge:read", "knowledge:internal"]])
def test_internal_documents_are_found_with_a_token_for_them_only(tmp_path, scopes):
    async def do(send, _documents):
        found = await send("/knowledge/search", line="Northlake", q=QUESTION)
        asked = {"line": "Northlake", "document": "staff/refunds.md", "section": "goodwill-limits-for-refunds"}
        return found.json(), (await send("/knowledge/sections", **asked)).status_code

    found, section = use(tmp_path, scopes, do)
    documents = {one["document"] for one in found["items"]}
    assert ("staff/refunds.md" in documents, section) == ((False, 404) if len(scopes) == 1 else (True, 200))
    assert documents.isdisjoint({"accounts/a.md", "accounts/b.md", "staff/billing.md"})


@pytest.mark.parametrize(
    ("scopes", "asked", "status"),
    [
        (["approvals:read"], {"line": "Northlake", "q": "hours"}, 403),
        (["knowledge:internal"], {"line": "Northlake", "q": "hours"}, 403),
        (["knowledge:read"], {"line": "Elsewhere", "q": "hours"}, 404),
        (["knowledge:read"], {"line": "Northlake", "q": ""}, 422),
        (["knowledge:read"], {"line": "Northlake", "q": "x" * 501}, 422),
        (["knowledge:read"], {"line": "Northlake"}, 422),
    ],
)
def test_what_cannot_be_searched_is_a_problem(tmp_path, scopes, asked, status):
    async def do(send, _documents):
        return await send("/knowledge/search", **asked)

    answer = use(tmp_path, scopes, do)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
