"""`cordboard call` and `cordboard demo`: place a call through the real path and show it while it happens."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
from rich.console import Console

from server.cli import warm
from server.cli.caller import Plan
from server.cli.exits import Exit, fail
from server.cli.own_server import Carrier, Launched, Reachable, own_server
from server.cli.remote import Api
from server.cli.result import DEAD_AIR_MS, dead_air_ms, report, silences, yields_ms
from server.cli.show import ConversationView
from server.data_dir import DATABASE, RECORDINGS
from telephony.double.call import DoubleCall
from telephony.double.errors import CallOver
from telephony.double.exchange import TwilioDouble
from telephony.double.record import DoubleResult
from telephony.double.script import KeysWhenAsked, Speak, StaySilent, run_script

ENOUGH_S = 300.0
"""The simulated caller hangs up after this long, whatever happens."""
FEED_GRACE_S = 5.0
QUIET_MS = 1000
"""People wait about so long to be sure that a machine has finished."""


@dataclass(frozen=True, slots=True)
class Placing:
    """One call to place."""

    plan: Plan
    to: str
    """Empty: the first number of the server's first line."""
    from_: str
    data_dir: Path
    server: Reachable | Launched
    """A running server, or one that was launched for this call."""
    colleague: warm.Colleague | None = None
    """Who takes the caller over in the end."""


@dataclass(slots=True)
class _Feed:
    """The call's events as they come in."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def asks_for_keys(self) -> bool:
        asked = (event["data"]["keys"] for event in reversed(self.events) if event["kind"] == "assistant.expects")
        return bool(next(asked, False))


async def place(placing: Placing, out: Console, result: Path | None) -> Exit:
    """Place the call, print the conversation, write the report. Exits if the server cannot be had.

    SIGINT or SIGTERM hangs up, and the call is reported as far as it went; again, or before the call, it cancels this.
    """
    began_s = time.monotonic()
    with _told_to_stop() as stop_by:
        async with _server(placing) as server, aiohttp.ClientSession() as session:
            api, feed = Api(session, server), _Feed()
            to = await _number(api, placing)
            carrier = placing.server.carrier if isinstance(placing.server, Launched) else None
            account_sid = carrier.account_sid if carrier else "AC" + token_hex(16)
            async with (
                TwilioDouble(account_sid, server.auth_token) as double,
                _taken_over(api, double, carrier, placing.colleague) as takeover,
            ):
                stop_by(double.hang_up_all)
                status_callback = f"{server.url}/twilio/status"
                call = await double.call(
                    f"{server.url}/twilio/voice", to=to, from_=placing.from_, status_callback=status_callback
                )
                if call.listening:
                    out.print(f"[dim]The line carries sound {time.monotonic() - began_s:.1f} s after the command.[/]")
                heard = await _conversation(api, call, placing.plan, feed, out, takeover)
                kept = await _kept(api, heard)
                packet = await api.packet(f"{heard.call_sid}-h1") if takeover else None
    found = silences(heard.ear, feed.events)
    told = report(kept, found)
    status = await asyncio.to_thread(_close, told, heard, dead_air_ms(found), placing, result, out)
    if takeover is None:
        return status
    to_agent = tuple(step.audio for step in placing.plan.to_agent if isinstance(step, Speak))
    proof = warm.proof(heard, takeover, tuple(audio for audio in to_agent if isinstance(audio, bytes)))
    warm.tell(proof, takeover, packet, out)
    return status if proof.holds else Exit.FAILED


@asynccontextmanager
async def _taken_over(
    api: Api, double: TwilioDouble, carrier: Carrier | None, colleague: warm.Colleague | None
) -> AsyncIterator[warm.Takeover | None]:
    """A colleague who can be rung while this lasts; None: there is none."""
    if carrier is None or colleague is None:
        yield None
        return
    await double.serve_api(carrier.port)
    await warm.prepare(api, colleague)
    takeover = warm.Takeover(colleague)
    taking = asyncio.create_task(warm.take(double, takeover))
    try:
        yield takeover
    finally:
        taking.cancel()
        await asyncio.wait([taking])
        with suppress(aiohttp.ClientError):
            await api.send("DELETE", f"agents/{colleague.id}")


async def _conversation(
    api: Api, call: DoubleCall, plan: Plan, feed: _Feed, out: Console, takeover: warm.Takeover | None
) -> DoubleResult:
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(_watch(api, call, feed, out, takeover))
        caller = tasks.create_task(_act(call, plan, feed, takeover))
        heard = await _outcome(call)
        caller.cancel()
        await asyncio.wait([watching], timeout=FEED_GRACE_S)
        watching.cancel()
    return heard


@contextmanager
def _told_to_stop() -> Iterator[Callable[[Callable[[], object]], None]]:
    """SIGINT and SIGTERM cancel this task; or first do what is given to what this yields."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 there is one wherever coroutines run
    ways: list[Callable[[], object]] = [task.cancel]
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        way = ways.pop() if len(ways) > 1 else ways[0]
        way()

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield ways.append
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


async def _number(api: Api, placing: Placing) -> str:
    """The number to call: what was asked for, or the server's first. Exits if the server does not let us see calls."""
    if isinstance(placing.server, Launched) and placing.to:
        return placing.to
    try:
        lines = await api.lines()
    except aiohttp.ClientResponseError as error:
        if error.status == 401:
            fail(
                Exit.INVALID, "the server does not take this access token; set CORDBOARD_ACCESS_TOKEN to that server's"
            )
        fail(Exit.UNREACHABLE, f"the server does not tell its lines ({error.status}); is --url that of a Cordboard?")
    except aiohttp.ClientError as error:
        fail(Exit.UNREACHABLE, f"the server cannot be reached: {error}")
    numbers = [number for line in lines for number in line["numbers"]]
    return placing.to or numbers[0]


@asynccontextmanager
async def _server(placing: Placing) -> AsyncIterator[Reachable]:
    if isinstance(placing.server, Reachable):
        yield placing.server
        return
    async with own_server(placing.server) as server:
        yield server


async def _watch(api: Api, call: DoubleCall, feed: _Feed, out: Console, takeover: warm.Takeover | None) -> None:
    view = ConversationView()
    async for event in api.events(call.call_sid):
        feed.events.append(event)
        if takeover is not None and event["kind"] == "transfer.connected":
            takeover.connected.set()
        for line in view.show(event):
            out.print(line)


async def _act(call: DoubleCall, plan: Plan, feed: _Feed, takeover: warm.Takeover | None) -> None:
    keys = KeysWhenAsked(plan.when_asked, feed.asks_for_keys) if plan.when_asked else None
    steps = plan.steps if takeover is None else tuple(step for step in plan.steps if not isinstance(step, StaySilent))
    await run_script(call, steps, when_asked=keys, quiet_ms=QUIET_MS, go_on_anyway=True)
    if takeover is not None:
        await takeover.connected.wait()
        await takeover.greeted.wait()
        await run_script(call, plan.to_agent, quiet_ms=QUIET_MS, go_on_anyway=True)
    call.hang_up()


async def _outcome(call: DoubleCall) -> DoubleResult:
    try:
        async with asyncio.timeout(ENOUGH_S):
            return await call.finished()
    except TimeoutError:
        call.hang_up()
        return await call.finished()
    except CallOver:
        return await call.finished()


async def _kept(api: Api, heard: DoubleResult) -> dict[str, Any]:
    refused = next((made for made in heard.webhooks if made.purpose == "voice" and made.status != 200), None)
    if refused is not None and not heard.streams:
        if not refused.status:
            fail(Exit.UNREACHABLE, f"the server cannot be reached: {refused.error}")
        hint = "; is CORDBOARD_TWILIO_AUTH_TOKEN that of the server?" if refused.status == 403 else ""
        fail(Exit.FAILED, f"the server refused the call: {refused.url} answered {refused.status}{hint}")
    try:
        return await api.ended_call(heard.call_sid)
    except aiohttp.ClientResponseError as error:
        fail(Exit.UNREACHABLE, f"the server does not tell about the call ({error.status}); is its access token right?")
    except aiohttp.ClientError as error:
        fail(Exit.UNREACHABLE, f"the server is gone: {error}")


def _close(
    told: dict[str, Any], heard: DoubleResult, dead_ms: int, placing: Placing, result: Path | None, out: Console
) -> Exit:
    kept = placing.data_dir.absolute() / RECORDINGS
    if isinstance(placing.server, Launched):
        made = told["recording"] and str(kept / f"{heard.call_sid}.wav")
        told |= {"recording": made, "events": str(placing.data_dir.absolute() / DATABASE)}
    if result is not None:
        result.write_text(json.dumps(told, indent=2) + "\n")
    if isinstance(placing.server, Launched):
        ear = kept / f"{heard.call_sid}.ear.wav"
        ear.touch(mode=0o600)
        ear.write_bytes(heard.ear.recording())
        transcript = kept / f"{heard.call_sid}.json"
        transcript.touch(mode=0o600)
        transcript.write_text(json.dumps(told, indent=2) + "\n")
        out.print(f"\nRecording:  {told['recording'] or 'none was made'}\nTranscript: {transcript}\nEar:        {ear}")
        out.print(f"Again:      {os.path.relpath(sys.argv[0])} replay {heard.call_sid}")
    for text in heard.said:
        out.print(f"The caller was told: “{text}”")
    kept_promise = _figures(told, yields_ms(heard.ear), dead_ms, out) if heard.streams else True
    for problem in heard.problems:
        out.print(f"[yellow]The carrier complains: {problem.code} {problem.detail}[/]")
    if not heard.streams:
        out.print(f"[bold red]The call was not connected: {told['outcome'] or 'no outcome was recorded'}.[/]")
    well = kept_promise and told["outcome"] not in (None, "refused", "failed", "media_lost")
    return Exit.OK if well and heard.streams else Exit.FAILED


def _figures(told: dict[str, Any], yields: list[int], dead_ms: int, out: Console) -> bool:
    """How fast the replies were, and whether the caller never heard dead air."""
    gaps = [turn["reply_gap_ms"] for turn in told["turns"] if turn["reply_gap_ms"] is not None and turn["caller"]]
    if gaps:
        out.print(
            f"Replies began {min(gaps)}-{max(gaps)} ms after the caller, median {sorted(gaps)[len(gaps) // 2]} ms."
        )
    if yields:
        times = "once" if len(yields) == 1 else f"{len(yields)} times"
        out.print(f"Spoken over {times}, the assistant was quiet after {', '.join(map(str, yields))} ms.")
    kept_promise = dead_ms <= DEAD_AIR_MS
    style = "green" if kept_promise else "bold red"
    out.print(f"[{style}]Longest silence while the floor was the assistant's, by the caller's ear: {dead_ms} ms.[/]")
    return kept_promise
