import asyncio

import pytest

from tests.fakes.call_events import call_events
from tests.fakes.web import serving

pytestmark = pytest.mark.adapter


def run(directory, use):
    async def inside():
        async with serving(directory) as web:
            return await use(web)

    return asyncio.run(inside())


def test_messages_are_listed_latest_first_page_by_page(tmp_path):
    async def use(web):
        for number in range(5):
            web.store.append(call_events(f"CA{number}")[: 20 if number == 3 else None])
        first = await web.machine.get("/api/messages", params={"limit": 2})
        second = await web.machine.get("/api/messages", params={"limit": 3, "before": first.json()["next"]})
        return first, second.json()

    first, second = run(tmp_path, use)
    assert first.headers["cache-control"] == "no-store"
    assert [message["call_id"] for message in first.json()["messages"]] == ["CA4", "CA2"]
    assert [message["call_id"] for message in second["messages"]] == ["CA1", "CA0"]
    assert second["next"] is None
    assert first.json()["messages"][0] == {
        "call_id": "CA4",
        "number": 1,
        "left_at": "2026-01-05T10:00:21.500Z",
        "from_number": "+15550100",
        "line": "example",
        "queue": "customer_care",
        "text": "please call me back",
        "start_ms": 18_600,
        "end_ms": 21_500,
        "recording_url": None,
    }


def test_nothing_stands_before_an_unknown_call(tmp_path):
    async def use(web):
        web.store.append(call_events())
        return (await web.machine.get("/api/messages", params={"before": "CA9"})).json()

    assert run(tmp_path, use) == {"messages": [], "next": None}


@pytest.mark.parametrize("query", ["limit=0", "limit=1000"])
def test_a_bad_query_is_refused(tmp_path, query):
    async def use(web):
        return (await web.machine.get(f"/api/messages?{query}")).status_code

    assert run(tmp_path, use) == 422
