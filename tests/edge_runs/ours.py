"""Runs in which something of ours is broken: the process, the disk, the model that writes summaries, the clock."""

import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from server.data_dir import DATABASE
from telephony.double.people import Answers
from tests.edge_runs.cases import edge
from tests.edge_runs.line import NUMBER
from tests.edge_runs.office import CALLER, WISH, Office
from tests.edge_runs.oracle import LONGEST_MS, is_in, longest_silence_ms
from tests.edge_runs.people import Caller, both_hear
from tests.edge_runs.rung import ACCEPTS
from tests.peers import openai
from tests.peers.openai import OpenAiPeer, Scripted, openai_peer

DOWN_S = 1.0
"""So long nobody answers; a server needs two seconds more to start."""
CUSTOMER = {"ParticipantLabel": "customer"}


def killed_in(state: str, variant: str, moved: bool) -> None:
    """A run in which the process is killed in this state, and another one is started."""

    @edge(
        "process killed in every state of a transfer",
        variant,
        problems=lambda detail: "connect" in detail or "no whole answer" in detail or "stream" in detail.lower(),
    )
    async def killed(office: Office) -> None:
        ana = await office.phone("ana", ACCEPTS)
        if state == "QUEUED":
            await office.presence("ana", "busy")
        caller = await office.asks()
        if state == "BRIDGING" and not moved:
            office.api.plan("stalled_before", method="POST", path=caller.sid)
        elif state == "BRIDGING":
            office.double.account.callbacks.plan("never", event="participant-join", params=CUSTOMER)
        await office.until(caller, state)
        await asyncio.sleep(0.3)
        async with caller.excuses():
            office.server.kill()
            await asyncio.sleep(DOWN_S)
            await office.server.start()
            await _hears_again(caller)
        if state == "QUEUED":
            await office.presence("ana", "available")
        await office.until(caller, "CONNECTED")
        agent = await office.answered(ana, len(ana.calls) or 1)
        while agent.call.over:
            agent = await office.answered(ana, len(ana.calls) + 1)
        await both_hear(caller, agent)
        assert sum(not call.over for call in ana.calls) == 1
        others = [entry for entry in office.double.account.calls.values() if not entry.over]
        assert len(others) == 2, [entry.caller.to for entry in others]


async def _hears_again(caller: Caller) -> None:
    """Wait until there is something in their ear; a stream that is resumed has that within seconds."""
    async with asyncio.timeout(20):
        while caller.call.ear.quiet_for_ms(caller.call.now_ms) > 300:
            await caller.call.wait(60)


for each in (
    ("QUEUED", "queued", False),
    ("OFFERED", "offered", False),
    ("ACCEPTED", "accepted", False),
    ("BRIDGING", "bridging, not moved", False),
    ("BRIDGING", "bridging, moved", True),
    ("CONNECTED", "connected", True),
):
    killed_in(*each)


@edge("process killed in every state of a transfer", "connected with a desk", problems=lambda _detail: True)
async def killed_at_the_desk(office: Office) -> None:
    """The page connects to the next process, and goes on."""
    ana = await office.desk("ana")
    caller = await office.asks()
    await ana.accepts()
    await both_hear(caller, ana)
    before = await office.assistant_said(caller)
    async with caller.excuses():
        office.server.kill()
        await ana.closed.wait()
        await asyncio.sleep(DOWN_S)
        await office.server.start()
        again = await office.reopens("ana", available=False)
        await again.gets("connected")
    await both_hear(caller, again)
    said = (await office.assistant_said(caller))[len(before) :]
    assert all(text == "[music]" for text in said), said


@edge("webhook unreachable", outcomes=[], problems=lambda _detail: True)
async def unreachable(office: Office) -> None:
    """No process is there; the number's fallback is what `cordboard fallback` prints."""
    office.server.kill()
    ana = office.double.person("+14155550201", Answers())
    command = [sys.executable, "-m", "server", "fallback", "+14155550201"]
    printed = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=True)
    document = printed.stdout.strip()

    async def bin_(request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(text=document, content_type="text/xml")

    async with serving(bin_) as url:
        call = await office.double.call(
            f"{office.url}/twilio/voice", to=NUMBER, from_=CALLER, fallback_url=f"{url}/twiml"
        )
        caller = Caller(call, office.ears)
        agent = await office.answered(ana)
        await caller.call.wait(1_000)
        humming = asyncio.create_task(agent.hums())
        await both_hear(caller, agent)
        assert is_in("putting you through", caller.heard(call.ear.heard.start_ms))
        office.silences.append(longest_silence_ms(call.ear))
        assert office.silences[0] <= LONGEST_MS
        humming.cancel()
        call.hang_up()
        await office.eventually(lambda: agent.call.over)


@asynccontextmanager
async def serving(answer: "web.RequestHandler | object") -> AsyncIterator[str]:
    """A server on loopback that answers everything with this."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)  # type: ignore[arg-type]
    runner = web.AppRunner(app, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


STORE_LOGS = ("store", "not kept", "kept", "disk", "database", "written")


@edge("store down or disk full", "the database is locked by another program", logs=STORE_LOGS)
async def locked(office: Office) -> None:
    """From before the caller asks until they speak with the agent."""
    ana = await office.desk("ana")
    caller = await office.call()
    await caller.call.until_quiet()
    path = office.folder / "data" / DATABASE
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        await caller.says(WISH)
        asked_ms = caller.call.now_ms
        await ana.accepts()
        assert caller.call.now_ms - asked_ms < 8_000, caller.call.now_ms - asked_ms
        await both_hear(caller, ana)
        assert await office.server.degraded()
    finally:
        other.close()
    await both_hear(caller, ana)
    await office.server.heals()


@edge("store down or disk full", "no byte more can be written", logs=STORE_LOGS)
async def full(office: Office) -> None:
    """By a limit on the size of files, which the system holds the server to while it runs."""
    ana = await office.desk("ana")
    caller = await office.call()
    await caller.call.until_quiet()
    assert office.server.process is not None
    assert office.server.process.pid is not None
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(office.server.process.pid, resource.RLIMIT_FSIZE, (16_384, resource.RLIM_INFINITY))
    try:
        await caller.says(WISH)
        asked_ms = caller.call.now_ms
        await ana.accepts()
        assert caller.call.now_ms - asked_ms < 8_000, caller.call.now_ms - asked_ms
        await both_hear(caller, ana)
        assert await office.server.degraded()
    finally:
        resource.prlimit(office.server.process.pid, resource.RLIMIT_FSIZE, unlimited)
    await both_hear(caller, ana)
    await office.server.heals()


@edge("wall clock jumps")
async def jumps(office: Office) -> None:
    """Five hours forward while a desk rings, and ten back while they speak."""
    ana = await office.desk("ana")
    caller = await office.asks()
    offer = await ana.gets("offer")
    off_s = office.server.off_s
    office.server.clock(off_s + 5 * 3600)
    await caller.call.wait(8_000)
    assert ana.kinds("withdrawn") == []
    await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
    await ana.gets("connected")
    office.server.clock(off_s - 5 * 3600)
    await both_hear(caller, ana)


MARK = "summarise a telephone call"
RETURN = "i want to return something because the tent is torn"
SUMMARY = [
    {"text": "I want to return something because the tent is torn", "spans": ["c1"]},
    {"text": "Returns are free within thirty days", "spans": ["a4"]},
    {"text": "A person please", "spans": ["c2"]},
]
MODEL_ENV = {"CORDBOARD_LLM_MODEL": openai.MODEL, "CORDBOARD_LLM_API_KEY": openai.KEY}


async def _with_model(office: Office, peer: OpenAiPeer) -> None:
    """Whoever takes the call has a summary at once; the server's model is this peer from its start on."""
    async with openai_peer(peer):
        office.server.kill()
        office.server.environment |= {**MODEL_ENV, "CORDBOARD_LLM_BASE_URL": peer.url}
        await office.server.start()
        ana = await office.desk("ana")
        caller = await office.call()
        await caller.says(RETURN)
        await caller.says(WISH)
        offer = await ana.gets("offer")
        assert offer["packet"]["summary"]["source"] == "extract", offer["packet"]["summary"]
        events = await office.events(caller)
        asked_ms = next(event.at_ms for event in events if event.kind == "transfer.requested")
        packet_ms = next(event.at_ms for event in events if event.kind == "transfer.packet")
        assert packet_ms - asked_ms <= 1_000, packet_ms - asked_ms
        await ana.say("accept", transfer=offer["transfer"], offer=offer["offer"])
        await ana.gets("connected")
        await both_hear(caller, ana)
        if peer.fault == "":
            better = await ana.gets("packet", timeout_s=20)
            assert better["packet"]["summary"]["source"] == "model", better["packet"]["summary"]
        else:
            assert ana.kinds("packet") == []
        assert any(MARK in str(request) for request in peer.requests), "the model was not asked"
        caller.call.hang_up()
        await office.ended_as(caller)


@edge("summary model down", logs=("language model", "provider"))
async def model_down(office: Office) -> None:
    """It answers 500."""
    await _with_model(office, OpenAiPeer(fault="broken"))


@edge("summary model down", "it never answers", logs=("language model", "provider"))
async def model_silent(office: Office) -> None:
    """It takes the request, and that is all."""
    await _with_model(office, OpenAiPeer(fault="half_dead"))


@edge("summary slower than the agent")
async def model_slow(office: Office) -> None:
    """The model's comes when the agent speaks already."""

    def replies(request: Mapping[str, Any]) -> Scripted:
        return Scripted(json.dumps(SUMMARY) if MARK in str(request) else "All right.")

    await _with_model(office, OpenAiPeer(replies, first_token_ms=1_200))
