"""Supervisors' ears and voices: WebSockets of a live call.

`/calls/{call_id}/listen` only sends. Binary messages are 20 ms of one side: a byte for the channel (0: what the caller
says, 1: what they hear), a byte of flags (1: silence stands for what nobody may hear), two of nothing, the instant on
the call's clock as a signed 32-bit number of milliseconds (big-endian), 160 bytes of μ-law. Text messages are JSON:
`{"type": "event", "event": …}` for every event, `{"type": "lost", "frames": …}` where the page was too slow.

`/calls/{call_id}/talk` carries a supervisor's voice, and what they hear while they speak with the caller or take part:
160 bytes of μ-law at 8 kHz both ways, 20 ms each.
"""

import asyncio
import struct
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

import recordings.events
from pipeline.supervision.calls import Supervised, Who
from pipeline.supervision.errors import NotSupervised
from pipeline.supervision.listener import Frame, Listener
from pipeline.transfers.desk import DeskPerson
from recordings.errors import StoreUnavailable
from server.api.v1.desk import Allowance
from server.api.v1.problems import Problem
from server.api.v1.said import events_of
from server.api.v1.supervision import LISTEN, SPEAK, Calls, who_of
from server.auth import SUBPROTOCOL
from voice.audio import FRAME_ULAW_BYTES

SEND_S: Final = 5.0
"""A page that takes nothing for so long is let go."""
ALIVE_S: Final = 9.0
"""A microphone of which nothing is heard for so long is gone."""
POLICY: Final = 1008
NO_SUCH_CALL: Final = 4404
REPLACED: Final = 4409
NOT_NOW: Final = 4410
SLOW: Final = 4429
NORMAL: Final = 1000
HEADER: Final = struct.Struct(">BBxxi")
_CHANNELS: Final = {"caller": 0, "heard": 1}

After = Annotated[int, Query(ge=0)]
Session = Annotated[str, Query(max_length=64)]


def hearing_in_router(calls: Calls) -> APIRouter:
    """Both WebSockets."""
    router = APIRouter(prefix="/calls/{call_id}", tags=["supervision"])

    @router.websocket("/listen")
    async def listen(websocket: WebSocket, call_id: str, after: After = 0, session: Session = "") -> None:
        """Both sides of a call as it happens, and its events with a seq above `after`."""

        async def serve(page: _Page, call: Supervised, who: Who) -> _Ending:
            listener = call.listen(who)
            try:
                await _either(_send_sound(page, listener), _send_events(page, calls, call_id, after), _leaves(page))
            finally:
                call.leave(who, listener)
            return NORMAL, "The call has ended."

        await _serve(websocket, calls, call_id, LISTEN, session, serve)

    @router.websocket("/talk")
    async def talk(websocket: WebSocket, call_id: str, session: Session = "") -> None:
        """A supervisor's microphone; `take_over` and `coach` say who hears it."""

        async def serve(page: _Page, call: Supervised, who: Who) -> _Ending:
            replaced, ended = asyncio.Event(), asyncio.Event()
            person = call.open_microphone(who, replaced.set, ended.set)
            try:
                await page.json({"type": "hello", "call": call_id, "by": who.name})
                await _either(_send_ear(page, person), _hear(page, person), replaced.wait(), ended.wait())
            finally:
                person.wake = _nothing
                call.close_microphone(who, person)
            if replaced.is_set():
                return REPLACED, "The microphone was opened elsewhere."
            return NORMAL, "The call has ended." if ended.is_set() else "Nothing was heard of the microphone."

        await _serve(websocket, calls, call_id, SPEAK, session, serve)

    return router


class _Page:
    """One WebSocket, sent to by several."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self._one = asyncio.Lock()

    async def json(self, content: Mapping[str, Any]) -> None:
        """Raises TimeoutError where the page takes nothing."""
        async with self._one, asyncio.timeout(SEND_S):
            await self.websocket.send_json(content)

    async def sound(self, frame: bytes) -> None:
        """Raises TimeoutError where the page takes nothing."""
        async with self._one, asyncio.timeout(SEND_S):
            await self.websocket.send_bytes(frame)

    async def close(self, code: int, reason: str) -> None:
        """Safe where the page has left."""
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
            async with asyncio.timeout(SEND_S):
                await self.websocket.close(code, reason)


_Ending = tuple[int, str]
"""Close code and reason."""


async def _serve(
    websocket: WebSocket,
    calls: Calls,
    call_id: str,
    scope: str,
    session: str,
    serve: Callable[[_Page, Supervised, Who], Awaitable[_Ending]],
) -> None:
    """Let who asks in, and serve them until either side leaves; whoever is not served hears why."""
    if not websocket.state.principal.may(scope):
        await websocket.close(POLICY)  # before it is accepted: HTTP 403
        return
    await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None)
    page, who = _Page(websocket), who_of(websocket.state.principal, session)
    try:
        code, reason = await serve(page, await calls.live(call_id), who)
    except Problem as refused:
        code, reason = NO_SUCH_CALL if refused.status == HTTPStatus.NOT_FOUND else NOT_NOW, refused.detail
    except NotSupervised as refused:
        code, reason = NOT_NOW, str(refused)
    except StoreUnavailable as error:
        code, reason = 1013, str(error)
    except (TimeoutError, WebSocketDisconnect, RuntimeError, OSError):
        code, reason = SLOW, "The page takes nothing."  # or it left while we were sending
    await page.close(code, reason.encode()[:120].decode(errors="ignore"))


async def _either(*works: Awaitable[object]) -> None:
    """Until one of them ends; raises what it raises."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _leaves(page: _Page) -> None:
    while (await page.websocket.receive())["type"] != "websocket.disconnect":
        pass  # nothing that a listener says is for us


async def _send_sound(page: _Page, listener: Listener) -> None:
    more = asyncio.Event()
    listener.wake = more.set
    while not listener.over:
        await more.wait()
        more.clear()
        frames, lost = listener.take()
        if lost:
            await page.json({"type": "lost", "frames": lost})
        for frame in frames:
            await page.sound(framed(frame))
    await asyncio.Event().wait()  # the events tell of the end


async def _send_events(page: _Page, calls: Calls, call_id: str, after: int) -> None:
    async for event in events_of(calls.store, call_id, after):
        await page.json({"type": "event", "event": recordings.events.to_json(event)})
        if event.kind == "call.ended":
            return


async def _send_ear(page: _Page, person: DeskPerson) -> None:
    more = asyncio.Event()
    person.wake = more.set
    while True:
        while person.to_hear:
            await page.sound(person.to_hear.popleft())
        more.clear()
        await more.wait()


async def _hear(page: _Page, person: DeskPerson) -> None:
    """The microphone's frames. What is no frame, and more than real time, is left out."""
    loop = asyncio.get_running_loop()
    frames = Allowance(loop.time(), per_s=55, burst=110)
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(ALIVE_S):
                message = await page.websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = message.get("bytes")
            if frame is not None and len(frame) == FRAME_ULAW_BYTES and frames.takes(loop.time()):
                person.said(frame)


def framed(frame: Frame) -> bytes:
    """A frame as it goes out."""
    return HEADER.pack(_CHANNELS[frame.channel], int(frame.hidden), frame.at_ms) + frame.ulaw


def _nothing() -> None:
    """The connection is gone."""
