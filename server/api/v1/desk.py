"""An agent's open desk: one WebSocket with their offers, their calls' words and figures, and the sound both ways.

Text messages are JSON objects with a `type` (docs/desk.md). Binary ones are sound, μ-law at 8 kHz: 20 ms (160 bytes)
from the microphone; to the ear as it comes from the carrier, 20 ms as a rule.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from pipeline.transfers.desk import Seat
from pipeline.transfers.ports import By
from recordings.errors import StoreUnavailable
from server.api.v1 import taking
from server.api.v1.desk_messages import (
    MESSAGE,
    Accept,
    Decline,
    HandBack,
    HangUp,
    Message,
    Mute,
    Ping,
    Pong,
    Presence,
    WrapUp,
)
from server.api.v1.desk_queues import queues_of
from server.api.v1.desk_state import greeting, presence_of, unfinished, wraps_up_in
from server.api.v1.problems import Problem
from server.api.v1.said import follow
from server.api.v1.staff import Staff, whose_desk
from server.auth import SUBPROTOCOL
from server.scopes import DESK
from server.tokens import Principal
from voice.audio import FRAME_ULAW_BYTES

ALIVE_S: Final = 9.0
"""A page of which nothing is heard for so long is gone."""
PING_S: Final = 3.0
LEVELS_S: Final = 0.25
QUEUES_S: Final = 1.0
"""How soon a desk shows who came to its queues."""
SEND_S: Final = 5.0
"""A page that takes nothing for so long is let go."""
MOST_WAITING: Final = 500
"""Messages for a page that does not take them; more, and it is let go."""
LONGEST_TEXT: Final = 16_384

POLICY: Final = 1008
NO_SUCH_AGENT: Final = 4404
SILENT: Final = 4408
REPLACED: Final = 4409
SLOW: Final = 4429


def desk_router(staff: Staff) -> APIRouter:
    """`/desk`, a WebSocket."""
    router = APIRouter(tags=["desk"])

    @router.websocket("/desk")
    async def desk(websocket: WebSocket, agent: Annotated[str, Query(max_length=40)] = "") -> None:
        """The desk of the token's agent, or for the operator's token of `agent`. A newer one replaces it."""
        who: Principal = websocket.state.principal
        try:
            sits = whose_desk(who, agent) if who.may(DESK) else ""
        except Problem:
            sits = ""
        if not sits:
            await websocket.close(POLICY)  # before it is accepted: HTTP 403
            return
        await websocket.accept(SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None)
        with suppress(WebSocketDisconnect, RuntimeError):  # the page left while it was greeted
            await _open(websocket, staff, sits)

    return router


async def _open(websocket: WebSocket, staff: Staff, agent: str) -> None:
    try:
        known = await staff.directory.get(agent)
        if known is None:
            await websocket.close(NO_SUCH_AGENT, "There is no such agent.")
            return
        staff.transfers.use_agents(await staff.directory.listed())
        left_over = await unfinished(staff, agent)
    except StoreUnavailable as error:
        await websocket.close(1013, str(error).encode()[:120].decode(errors="ignore"))
        return
    socket = DeskSocket(websocket, staff, agent)
    socket.tell(greeting(staff, known, wraps_up_in(left_over)))
    await socket.serve(left_over)


class DeskSocket:
    """One open desk, from its first message to its last."""

    def __init__(self, websocket: WebSocket, staff: Staff, agent: str) -> None:
        self._websocket = websocket
        self._staff = staff
        self._agent = agent
        self._loop = asyncio.get_running_loop()
        self._waiting: list[Mapping[str, Any]] = []
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None
        self._seat: Seat | None = None
        self._muted = False
        self._frames = Allowance(self._loop.time(), per_s=55, burst=110)
        self._texts = Allowance(self._loop.time(), per_s=10, burst=40)
        self._call = self._transfer = ""
        self._said: asyncio.Task[None] | None = None
        self._group: asyncio.TaskGroup | None = None

    def tell(self, message: Mapping[str, Any]) -> None:
        """Send this to the page; returns at once. A page that does not take its messages is let go."""
        if len(self._waiting) >= MOST_WAITING:
            self._close(SLOW, "The page takes nothing.")
            return
        self._waiting.append(message)
        self._wake.set()
        match message["type"]:
            case "connected":
                self._has(str(message["transfer"]))
                self._listen(str(message["call"]), str(message["transfer"]))
            case "released" | "wrap_up" if message["transfer"] == self._transfer:
                self._has("")
                self._listen("", "")
            case "replaced":
                self._close(REPLACED, "The desk was opened elsewhere.")
            case _:
                pass

    async def serve(self, first: Mapping[str, Any] | None) -> None:
        """Until either side leaves. first: what is to be told beside the offers."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            seat = self._seat = self._staff.transfers.sit(self._agent, self.tell, wraps_up_in(first))
            if first is not None:
                self.tell(first)
            try:
                tasks = [group.create_task(one) for one in self._running()]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                self._staff.transfers.leave(seat)
                if seat.person is not None:
                    seat.person.wake = _nothing
                self._listen("", "")
            for task in tasks:
                task.cancel()

    def _running(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return self._send(), self._receive(), self._ping(), self._levels(), self._queues()

    def _close(self, code: int, reason: str) -> None:
        self._closing = self._closing or (code, reason)
        self._wake.set()

    # To the page

    async def _send(self) -> None:
        with suppress(TimeoutError, WebSocketDisconnect, RuntimeError, OSError):  # it is gone, or takes nothing
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._flush()
                if self._closing is not None:
                    async with asyncio.timeout(SEND_S):
                        await self._websocket.close(*self._closing)
                    return

    async def _flush(self) -> None:
        person = self._seat.person if self._seat is not None else None
        if person is not None:
            person.wake = self._wake.set
        waiting, self._waiting = self._waiting, []
        for message in waiting:
            async with asyncio.timeout(SEND_S):
                await self._websocket.send_json(message)
        while person is not None and person.to_hear:
            async with asyncio.timeout(SEND_S):
                await self._websocket.send_bytes(person.to_hear.popleft())

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            self.tell({"type": "ping"})

    async def _levels(self) -> None:
        while True:
            await asyncio.sleep(LEVELS_S)
            call = self._staff.transfers.call(self._call) if self._call else None
            if call is not None and call.levels is not None:
                self.tell({"type": "levels", "caller_db": call.levels.caller, "agent_db": call.levels.person})

    async def _queues(self) -> None:
        told: Mapping[str, Any] = {}
        while True:
            now = queues_of(self._staff, self._agent)
            if now != told:
                self.tell(now)
                told = now
            await asyncio.sleep(QUEUES_S)

    def _has(self, transfer_id: str) -> None:
        """This caller is the agent's now; empty: nobody. Who was muted for another one is heard again."""
        if transfer_id != self._transfer and self._muted:
            self._muted = False
            self.tell({"type": "muted", "muted": False})
        self._transfer = transfer_id

    def _listen(self, call_id: str, transfer_id: str) -> None:
        """Tell the words of this call from now on; empty: of none."""
        if call_id == self._call:
            return
        self._call = call_id
        if self._said is not None:
            self._said.cancel()
            self._said = None
        if call_id and self._group is not None:
            after = self._staff.transfers.acting.told.packet(transfer_id).get("last_seq", 0)
            self._said = self._group.create_task(follow(self._staff.calls, call_id, after, self.tell))

    # From the page

    async def _receive(self) -> None:
        while self._closing is None:
            try:
                async with asyncio.timeout(ALIVE_S):
                    message = await self._websocket.receive()
            except TimeoutError:
                self._close(SILENT, "Nothing was heard of the page.")
                break
            if message["type"] == "websocket.disconnect":
                return
            frame, text = message.get("bytes"), message.get("text")
            if frame is not None:
                self._heard(frame)
            elif text is not None:
                await self._asked(text)
        await asyncio.sleep(SEND_S)  # it is closed by who sends

    def _heard(self, frame: bytes) -> None:
        """20 ms of the microphone. More than real time is left out."""
        if len(frame) != FRAME_ULAW_BYTES:
            self._refuse("sound", f"Sound comes in frames of {FRAME_ULAW_BYTES} bytes: 20 ms of μ-law at 8 kHz.")
            return
        person = self._seat.person if self._seat is not None else None
        if self._frames.takes(self._loop.time()) and not self._muted and person is not None:
            person.said(frame)

    async def _asked(self, text: str) -> None:
        if not self._texts.takes(self._loop.time()):
            self._close(POLICY, "Too many messages.")
            return
        try:
            message = MESSAGE.validate_json(text if len(text) <= LONGEST_TEXT else "")
        except ValidationError as wrong:
            first = wrong.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            self._refuse("message", f"This was not understood: {place or 'message'}: {first['msg']}")
            return
        try:
            await self._do(message)
        except Problem as refused:
            self._refuse(message.type, refused.detail)
        except StoreUnavailable as error:
            self._refuse(message.type, str(error))

    async def _do(self, message: Message) -> None:
        match message:
            case Presence(presence=presence, by=by):
                self._takes_calls(by)
                self._staff.transfers.presence(self._agent, presence)
                now = presence_of(self._staff, self._agent)
                self.tell({"type": "presence", "presence": now, "why": "asked", "until_ms": None})
            case WrapUp(transfer=transfer):
                await taking.wrapped_up(self._staff, transfer, self._agent, message)
                self.tell({"type": "wrapped_up", "transfer": transfer})
            case Mute(muted=muted):
                self._muted = muted
                self.tell({"type": "muted", "muted": muted})
            case Ping():
                self.tell({"type": "pong"})
            case Pong():
                pass
            case _:
                self._take(message)

    def _takes_calls(self, by: By) -> None:
        """At the desk, or by telephone. Raises Problem 409."""
        transfers = self._staff.transfers
        known = transfers.agent(self._agent)
        if by == "phone" and not (transfers.acting.rings_phones and known is not None and known.phone):
            raise Problem(409, "No telephone can be rung: this agent has none, or the server has no account for calls.")
        if self._seat is not None:
            self._seat.by_phone = by == "phone"

    def _take(self, message: Accept | Decline | HandBack | HangUp) -> None:
        transfers, agent = self._staff.transfers, self._agent
        match message:
            case Accept(transfer=transfer, offer=offer):
                taking.check_here(self._staff, transfer, offer)
                done = transfers.accept(transfer, offer, agent)
            case Decline(transfer=transfer, offer=offer, reason=reason):
                done = transfers.decline(transfer, offer, agent, reason)
            case HandBack(transfer=transfer, note=note):
                done = transfers.hand_back(transfer, agent, note)
            case HangUp(transfer=transfer):
                taking.check_hangs_up(self._staff, transfer)
                done = transfers.hang_up(transfer, agent)
        if not done:
            self._refuse(message.type, "It is not offered here, or the caller is not with this agent, any more.")

    def _refuse(self, of: str, detail: str) -> None:
        self.tell({"type": "error", "of": of, "detail": detail})


class Allowance:
    """So many a second, and a burst on top."""

    def __init__(self, now_s: float, *, per_s: float, burst: float) -> None:
        self._per_s, self._burst = per_s, burst
        self._left, self._at_s = burst, now_s

    def takes(self, now_s: float) -> bool:
        """Whether one more may come now."""
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._per_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _nothing() -> None:
    """The connection is gone."""
