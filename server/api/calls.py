"""Calls over HTTP, for machines (JSON) and people (pages), and their live feed. All of it behind the access token."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

import recordings.events
import recordings.record
import recordings.summary
from recordings.events import Event
from recordings.fold import fold
from recordings.store import CallStore, SqliteCallStore
from recordings.summary import CallSummary, Wanted
from server.api.audio import serve_audio
from server.api.live import live_router
from server.api.login import login_router
from server.api.messages import messages_router
from server.api.metrics import metrics_router
from server.api.replies import asked, known_call, private_json, token_needed
from server.auth import Access
from server.health import Troubles, degraded
from server.pages.calls import PacketsOf, pages_router
from server.pages.messages import messages_page_router
from server.tokens import Tokens
from telephony.call_events import Outcome

EVENTS_PER_ANSWER: Final = 1000


def calls_router(
    store: SqliteCallStore, packets: PacketsOf, audio_root: Path, access: Access, troubles: Troubles
) -> APIRouter:
    """Everything about calls: `/api/calls…`, `/api/live`, `/api/messages`, the pages, `/login`, `/logout`, `/assets`.

    packets: what agents were told in a call. troubles: what people should know is wrong with the server.
    """
    router = APIRouter()
    router.include_router(_api_router(store, audio_root, access, troubles))
    router.include_router(live_router(store, access, troubles))
    router.include_router(metrics_router(store, audio_root, access))
    router.include_router(messages_router(store, access))
    router.include_router(pages_router(store, packets, access, troubles))
    router.include_router(messages_page_router(store, access))
    router.include_router(login_router(access, Tokens(store)))
    return router


def _api_router(store: CallStore, audio_root: Path, access: Access, troubles: Troubles) -> APIRouter:
    router = APIRouter(prefix="/api/calls", tags=["calls"], dependencies=[Depends(token_needed(access))])

    @router.get("")
    async def list_calls(
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: str | None = None,
        outcome: Outcome | Literal["live"] | None = None,
        q: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        """Calls, latest first. `next`: what to give as `before` for older ones, null at the end.

        `outcome`: only calls that ended so, or `live` ones. `q`: part of the caller's number or of the call's id.
        `degraded`: what is wrong with the server, null when nothing is.
        """
        found = await asked(store.calls(limit, before, Wanted(outcome, q.strip())))
        return private_json(
            {
                "calls": [recordings.summary.to_json(call) for call in found],
                "next": found[-1].call_id if len(found) == limit else None,
                "degraded": degraded(troubles()),
            }
        )

    @router.get("/{call_id}")
    async def get_call(call_id: str) -> Response:
        """One call: utterances, turns, silences; `outcome` is null while it lives."""
        summary = await known_call(store, call_id)
        return private_json(await asyncio.to_thread(call_json, summary, await asked(store.events(call_id))))

    @router.get("/{call_id}/events")
    async def get_events(call_id: str, after: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
        """The call's events with a seq above `after`, a thousand at most; `next`: what to give as `after` for more."""
        await known_call(store, call_id)
        found = await asked(store.events(call_id, after, EVENTS_PER_ANSWER))
        more = found[-1].seq if len(found) == EVENTS_PER_ANSWER else None
        return private_json({"events": [recordings.events.to_json(event) for event in found], "next": more})

    @router.head("/{call_id}/audio", include_in_schema=False)
    @router.get("/{call_id}/audio")
    async def get_audio(call_id: str, request: Request) -> Response:
        """The recording: WAV, 8 kHz, left the caller, right what the caller heard. Ranges are served."""
        summary = await known_call(store, call_id)
        return await serve_audio(request, audio_root, summary.audio)

    return router


def call_json(summary: CallSummary, events: tuple[Event, ...]) -> dict[str, Any]:
    """The shape of `--json`, with addresses in place of paths."""
    base = f"/api/calls/{quote(summary.call_id, safe='')}"
    content = recordings.record.to_json(fold(events), events=f"{base}/events")
    return content | {"recording": f"{base}/audio" if content["recording"] else None}
