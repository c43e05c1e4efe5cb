"""Calls as they happen, over WebSockets that send only: the feed is a hint, what was missed is read from the store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

import recordings.events
import recordings.summary
from recordings.errors import StoreUnavailable
from recordings.events import Event
from recordings.feed import Missed, Subscription
from recordings.store import CallStore
from server.auth import SUBPROTOCOL, Access
from server.health import Troubles, degraded

LISTED_CALLS: Final = 50
LIST_KINDS: Final = frozenset(
    {
        "call.ringing",
        "call.answered",
        "call.media_started",
        "call.media_lost",
        "call.resumed",
        "call.ended",
        "message.taken",
    }
)
"""The kinds that change a call's line in the list."""
SEND_S: Final = 10
"""A viewer that takes nothing for so long is let go."""
HEALTH_S: Final = 5

NORMAL: Final = 1000
TRY_AGAIN: Final = 1013
NO_SUCH_CALL: Final = 4404

Ending = tuple[int, str]
"""Close code and reason."""


def live_router(store: CallStore, access: Access, troubles: Troubles) -> APIRouter:
    """`/api/live` and `/api/calls/{id}/live`."""
    router = APIRouter()

    @router.websocket("/api/live")
    async def list_updates(websocket: WebSocket) -> None:
        """First {"type": "calls", …}, the latest calls; then {"type": "call", …} for each that changes.

        {"type": "health", …} when something goes wrong or right with the server.
        """
        await _serve(websocket, access, lambda: _send_list(websocket, store, troubles))

    @router.websocket("/api/calls/{call_id}/live")
    async def call_updates(websocket: WebSocket, call_id: str, after: Annotated[int, Query(ge=0)] = 0) -> None:
        """The call's events with a seq above `after`, each once, in order, until the call has ended."""
        await _serve(websocket, access, lambda: _send_call(websocket, store, call_id, after))

    return router


async def _serve(websocket: WebSocket, access: Access, send: Callable[[], Awaitable[Ending]]) -> None:
    """Let the client in, and send until it is gone or all is said."""
    if not access.allows(websocket):
        await websocket.close(1008)  # before it is accepted: HTTP 403
        return
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None)
    async with asyncio.TaskGroup() as group:
        either = {group.create_task(_send(websocket, send)), group.create_task(_client_leaves(websocket))}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        for task in either:
            task.cancel()


async def _client_leaves(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass  # nothing that a viewer says is for us


async def _send(websocket: WebSocket, send: Callable[[], Awaitable[Ending]]) -> None:
    try:
        try:
            code, reason = await send()
        except StoreUnavailable as error:
            code, reason = TRY_AGAIN, str(error)
        async with asyncio.timeout(SEND_S):
            await websocket.close(code, reason.encode()[:120].decode(errors="ignore"))
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        return  # it takes nothing, or left while we were sending; RuntimeError: its leaving had been received before


async def _send_call(websocket: WebSocket, store: CallStore, call_id: str, after: int) -> Ending:
    with store.subscribe(call_id) as feed:
        call = await store.call(call_id)
        if call is None:
            return NO_SUCH_CALL, "There is no such call."
        last, live = after, call.live
        while True:
            for event in await store.events(call_id, last):
                await _json(websocket, recordings.events.to_json(event))
                last, live = event.seq, live and event.kind != "call.ended"
            while live and (following := await _following(feed, last)) is not None:
                await _json(websocket, recordings.events.to_json(following))
                last, live = following.seq, following.kind != "call.ended"
            if not live:
                return NORMAL, "The call has ended."


async def _following(feed: Subscription, last: int) -> Event | None:
    """The event after `last`; None: it has passed by, and the store has it."""
    async for entry in feed:
        if isinstance(entry, Missed) or entry.seq > last + 1:
            return None
        if entry.seq > last:
            return entry
    return None


async def _send_list(websocket: WebSocket, store: CallStore, troubles: Troubles) -> Ending:
    with store.subscribe(kinds=LIST_KINDS) as feed:
        told = await _latest(websocket, store, troubles)
        while True:
            entry = await _next(feed)
            if isinstance(entry, Missed):
                told = await _latest(websocket, store, troubles)
            elif entry is not None and (call := await store.call(entry.call_id)) is not None:
                await _json(websocket, {"type": "call", "call": recordings.summary.to_json(call)})
            if (now := degraded(troubles())) != told:
                told = now
                await _json(websocket, {"type": "health", "degraded": told})


async def _next(feed: Subscription) -> Event | Missed | None:
    try:
        async with asyncio.timeout(HEALTH_S):
            return await anext(feed)
    except TimeoutError:
        return None


async def _latest(websocket: WebSocket, store: CallStore, troubles: Troubles) -> str | None:
    """Send the latest calls and what is wrong; give the latter."""
    calls = [recordings.summary.to_json(call) for call in await store.calls(LISTED_CALLS)]
    told = degraded(troubles())
    await _json(websocket, {"type": "calls", "calls": calls, "degraded": told})
    return told


async def _json(websocket: WebSocket, content: dict[str, Any]) -> None:
    async with asyncio.timeout(SEND_S):
        await websocket.send_json(content)
