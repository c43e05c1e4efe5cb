"""The list of calls and the page of one call."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, get_args

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from recordings.events import Event
from recordings.fold import fold
from recordings.metrics.report import measured
from recordings.metrics.timeline import timeline
from recordings.record import CallRecord, Turn, Utterance
from recordings.spending import as_words, spent
from recordings.store import CallStore
from recordings.summary import LIVE, CallSummary, Wanted
from server import pages
from server.api.replies import asked, known_call
from server.auth import Access
from server.health import Troubles
from telephony.call_events import Outcome
from telephony.transfer_store import Packet

PacketsOf = Callable[[str], Awaitable[Sequence[tuple[str, Packet]]]]
LISTED_CALLS: Final = 50
OUTCOMES: Final = (LIVE, *get_args(Outcome))
LONGEST_TEXT: Final = 200
LONG_SILENCE_MS: Final = 2000
"""A silence that a reviewer wants to see between the lines."""


def pages_router(store: CallStore, packets: PacketsOf, access: Access, troubles: Troubles) -> APIRouter:
    """GET /calls, GET /calls/{id}, and their style sheet and scripts. packets: what agents were told in a call."""
    router = APIRouter(include_in_schema=False)

    @router.get("/calls")
    async def list_page(request: Request, before: str | None = None, outcome: str = "", q: str = "") -> Response:
        if not access.allows(request):
            return to_login(request)
        wanted = Wanted(outcome if outcome in OUTCOMES else None, q.strip()[:LONGEST_TEXT])
        found = await asked(store.calls(LISTED_CALLS, before, wanted))
        return pages.page(
            "calls.html",
            calls=found,
            before=before,
            more=found[-1].call_id if len(found) == LISTED_CALLS else None,
            wanted=wanted,
            outcomes=OUTCOMES,
            troubles=troubles(),
        )

    @router.get("/calls/{call_id}")
    async def call_page(request: Request, call_id: str) -> Response:
        if not access.allows(request):
            return to_login(request)
        summary = await known_call(store, call_id)
        events = await asked(store.events(call_id))
        handed = await asked(packets(call_id))
        return await asyncio.to_thread(_call_page, summary, events, handed)

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        found = pages.asset(name)
        if found is None:
            raise HTTPException(404)
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(found[0], media_type=found[1], headers=headers)

    return router


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the transcript: what was said, or what was done in a turn, or a long silence."""

    id: str
    at_ms: int
    utterance: Utterance | None = None
    turn: Turn | None = None
    silence_ms: int = 0
    floor: str = ""


def transcript(record: CallRecord) -> list[Line]:
    """The record in reading order: what a turn did stands before the reply that it led to."""
    turn_before = {(turn.assistant or turn.caller or (0,))[0]: turn for turn in record.turns if _did_something(turn)}
    silences = [silence for silence in record.silences if silence.end_ms - silence.start_ms >= LONG_SILENCE_MS]
    lines: list[Line] = []
    for index, utterance in enumerate(record.utterances):
        while silences and silences[0].start_ms < utterance.start_ms:
            silence = silences.pop(0)
            lines.append(_silence(silence.start_ms, silence.end_ms, silence.floor))
        turn = turn_before.get(index)
        if turn is not None and turn.assistant:
            lines.append(Line(f"t{index}", utterance.start_ms, turn=turn))
        lines.append(Line(f"u{index}", utterance.start_ms, utterance=utterance))
        if turn is not None and not turn.assistant:
            lines.append(Line(f"t{index}", utterance.end_ms, turn=turn))
    return lines + [_silence(silence.start_ms, silence.end_ms, silence.floor) for silence in silences]


def _silence(start_ms: int, end_ms: int, floor: str) -> Line:
    return Line(f"s{start_ms}", start_ms, silence_ms=end_ms - start_ms, floor=floor)


def _did_something(turn: Turn) -> bool:
    return bool(turn.intent or turn.why or turn.person or turn.tools or turn.sources or turn.reply_gap_ms is not None)


def _call_page(summary: CallSummary, events: tuple[Event, ...], handed: Sequence[tuple[str, Packet]]) -> Response:
    record = fold(events)
    content: dict[str, Any] = {"call": summary, "record": record, "lines": transcript(record)}
    content["figures"] = measured(timeline(events)) if record.outcome else None
    content["packets"] = {transfer.rpartition("-")[2]: json.loads(packet.text) for transfer, packet in handed}
    content["model"] = [(name, as_words(one)) for name, one in spent(events).items()]
    return pages.page("call.html", **content)


def to_login(request: Request) -> Response:
    """The way to sign in, and from there back to what was asked for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    address = request.url_for("show_login").include_query_params(following=wanted)
    return RedirectResponse(f"{address.path}?{address.query}", 303)
