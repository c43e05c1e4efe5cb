"""A carrier's media socket: the wire protocol over a WebSocket, as the MediaSocket that a call is carried by."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from fastapi import WebSocket, WebSocketDisconnect

from telephony.ports import MediaEvent, MediaLost, Started, Stopped
from telephony.twilio.media import MediaStream, Refuse

SEND_TIMEOUT_S = 5.0
"""A carrier that takes no audio for so long is gone."""
_ABNORMAL = 1006


def monotonic_ms() -> int:
    """Milliseconds on the running event loop's clock, by which calls are timed; it never goes back."""
    return int(asyncio.get_running_loop().time() * 1000)


class TwilioSocket:
    """One WebSocket as a MediaSocket (telephony.ports)."""

    def __init__(self, websocket: WebSocket, now_ms: Callable[[], int]) -> None:
        self._websocket = websocket
        self._now_ms = now_ms
        self._stream = MediaStream(now_ms())
        self._ready: deque[MediaEvent] = deque()
        self._closed = False
        self._stopped = False
        self._unwritable = False
        """A message could not be sent: whoever reads is told, though messages may still come."""
        self.refused: Refuse | None = None
        """Why we closed it, if we did."""

    async def started(self) -> Started | None:
        """Wait for the stream's start. None if it did not come in order and in time: the socket is closed then."""
        try:
            async with aclosing(aiter(self)) as events:
                async for event in events:
                    if isinstance(event, Started):
                        return event
        except MediaLost:
            return None
        return None

    async def __aiter__(self) -> AsyncGenerator[MediaEvent, None]:
        while True:
            while self._ready:
                yield self._ready.popleft()
            if self.refused is not None:
                await self.close(self.refused.code, self.refused.reason)
                raise MediaLost("silent" if self.refused.reason == "silent" else "closed")
            if self._unwritable:
                raise MediaLost("reset")
            if not await self._receive():
                return

    async def play(self, ulaw: bytes) -> None:
        await self._send(self._stream.play(ulaw))

    async def mark(self, name: str) -> None:
        await self._send(self._stream.mark(name))

    async def clear(self) -> None:
        await self._send(self._stream.clear())

    async def close(self, code: int, reason: str) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._websocket.close(code, reason)
        except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
            return  # it is gone already

    async def _receive(self) -> bool:
        """Take the next message or let time pass; False when the carrier closed after its stop."""
        due_ms = self._stream.deadline_ms
        wait_s = None if due_ms is None else max(0.0, (due_ms - self._now_ms()) / 1000)
        try:
            async with asyncio.timeout(wait_s):
                message = await self._websocket.receive()
        except TimeoutError:
            self._sort(self._stream.tick(max(self._now_ms(), due_ms or 0)))
            return True
        except RuntimeError as error:
            raise MediaLost("closed") from error
        if message["type"] == "websocket.disconnect":
            self._closed = True
            if self._stopped:
                return False
            # uvicorn calls a connection that broke 1005, like a close without a code; only a close has a reason.
            raise MediaLost("closed" if "reason" in message and message["code"] != _ABNORMAL else "reset")
        text = message.get("text")
        self._sort(self._stream.receive(text if text is not None else message["bytes"], self._now_ms()))
        return True

    def _sort(self, decisions: list[MediaEvent | Refuse]) -> None:
        for decision in decisions:
            if isinstance(decision, Refuse):
                self.refused = decision
            else:
                self._stopped = self._stopped or isinstance(decision, Stopped)
                self._ready.append(decision)

    async def _send(self, message: str) -> None:
        if self._closed or self._unwritable:
            raise MediaLost("closed")
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._websocket.send_text(message)
        except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError) as error:
            self._unwritable = True
            raise MediaLost("reset") from error
