import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from pipeline.assistant.tools import mcp
from pipeline.assistant.tools.egress import Egress
from pipeline.assistant.tools.port import Retry, ToolSpec
from pipeline.assistant.tools.runner import ToolRunner

pytestmark = pytest.mark.adapter

SERVER = Path(__file__).resolve().parents[3] / "fakes" / "mcp_server.py"
OBJECT = {"type": "object"}
READ = ToolSpec("mcp.read", "reads", OBJECT, OBJECT, "read_only", retry=Retry(1))
WRITE = replace(READ, name="mcp.write", risk="automated")
WISHES = [
    ("find", {"order_id": "o1"}),
    ("refund", {"order_id": "o1"}),
    ("words", {"order_id": "o1"}),
    ("find", {"order_id": "boom"}),
    ("refund", {"order_id": "boom"}),
    ("find", {"wrong": 1}),
    ("nothing", {}),
]


async def ask(opening, *wishes):
    link = mcp.McpLink(opening)

    def bound(spec, there):
        return mcp.McpRemoteTool(spec, there, link, {}, lambda _name: None)

    tools = {
        name: bound(WRITE if name == "refund" else READ, name)
        for name in ("find", "refund", "words", "slow", "nothing")
    }
    runner = ToolRunner(tools, closes=[link.close])
    try:
        return [
            await runner.run(f"CA1/k{n}", name, arguments, 500 if name == "slow" else 20_000)
            for n, (name, arguments) in enumerate(wishes)
        ]
    finally:
        await runner.end()


def outcomes(results):
    return [result.result if result.ok else result.error for result in results]


EXPECTED = [
    {"found": True, "order_id": "o1"},
    {"refunds": 1},
    {"result": "order o1"},
    "refused",
    "checking",
    "refused",
]


def test_a_program_that_speaks_mcp_is_a_set_of_tools():
    results = asyncio.run(ask(mcp.over_stdio([sys.executable, str(SERVER)]), *WISHES))
    assert outcomes(results)[:6] == EXPECTED
    assert not results[6].ok


@pytest.mark.parametrize("command", [[sys.executable, str(SERVER), "--die"], ["/nowhere/at/all"]])
def test_a_program_that_does_not_start_is_unavailable(command):
    results = asyncio.run(ask(mcp.over_stdio(command), *WISHES[:2]))
    assert outcomes(results) == ["unavailable", "unavailable"]
    assert results[1].effect == "none"


def test_a_tool_that_takes_too_long_is_late_and_the_next_one_is_served():
    results = asyncio.run(
        ask(
            mcp.over_stdio([sys.executable, str(SERVER)]),
            WISHES[0],
            ("slow", {"order_id": "o1"}),
            WISHES[0],
        )
    )
    assert outcomes(results) == [EXPECTED[0], "late", EXPECTED[0]]


@asynccontextmanager
async def serving():
    from tests.fakes.mcp_server import server  # noqa: PLC0415 the SDK's server, for these tests only

    running = uvicorn.Server(
        uvicorn.Config(server.streamable_http_app(), host="127.0.0.1", port=0, log_level="error", lifespan="on")
    )
    running.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(running.serve())
        while not running.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
            await asyncio.sleep(0.01)
        try:
            yield running.servers[0].sockets[0].getsockname()[1]
        finally:
            running.should_exit = True
            await task


def test_a_server_that_is_reached_over_http_is_one_too_and_its_address_is_checked():
    async def scenario():
        async with serving() as port:
            url = f"http://127.0.0.1:{port}/mcp"
            allowed = Egress.of([f"127.0.0.1:{port}"], loopback=True)
            good = await ask(mcp.over_http(url, {}, allowed, lambda _name: None), *WISHES[:5])
            bad = await ask(mcp.over_http(url, {}, Egress.of([f"127.0.0.1:{port}"]), lambda _name: None), WISHES[0])
            secret = await ask(mcp.over_http(url, {"X-Key": "{CRM}"}, allowed, lambda _name: None), WISHES[0])
        return good, bad, secret

    good, bad, secret = asyncio.run(scenario())
    assert [outcome for outcome in outcomes(good) if outcome != {"refunds": 1}] == [
        one for one in EXPECTED[:5] if one != {"refunds": 1}
    ]
    assert outcomes(bad) == ["egress"]
    assert outcomes(secret) == ["unavailable"]
