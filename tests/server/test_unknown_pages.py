"""Where there is no page, people get a page that says so, and programs what they can read."""

import httpx
import pytest
from bs4 import BeautifulSoup
from fastapi import FastAPI, HTTPException

from server.pages import unknown

pytestmark = [pytest.mark.adapter, pytest.mark.anyio]


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def got(path: str) -> httpx.Response:
    app = FastAPI(docs_url=None, openapi_url=None)
    unknown.add_to(app)

    @app.get("/calls/{call_id}")
    async def call(call_id: str) -> None:
        raise HTTPException(404, f"There is no call <{call_id}>.")

    @app.get("/calls")
    async def busy() -> None:
        raise HTTPException(503, "Later.")

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/nonsense", "There is no such page."),
        ("/calls/x", "There is no call <x>."),
        ("/apis", "There is no such page."),
    ],
)
async def test_people_get_a_page_with_a_way_on(path: str, says: str):
    answer = await got(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select("main p")[0].get_text() == says
    assert [link["href"] for link in page.select("main a")] == ["/calls"]


@pytest.mark.parametrize("path", ["/api", "/api/calls/x", "/twilio/voice", "/assets/none.css", "/healthz/x"])
async def test_programs_get_no_page(path: str):
    answer = await got(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


async def test_other_errors_stay_what_they_are():
    assert (await got("/calls")).json() == {"detail": "Later."}
