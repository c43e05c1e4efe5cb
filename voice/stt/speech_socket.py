"""A WebSocket to a recogniser: opened within a deadline, fed without ever waiting, broken as soon as it is stalled."""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from voice.errors import ProviderFailed, ProviderLate, ProviderRefused

_PING_EVERY_S: Final = 5.0
_PONG_WITHIN_S: Final = 5.0
_STALLED_S: Final = 3.0
"""A peer that takes no byte of audio for so long is not there any more."""
_MOST_WAITING: Final = 600
"""Messages that may wait to be sent: 36 s of audio in pieces of 60 ms, for the replay of 10 s goes out in one burst."""
_GOODBYE_S: Final = 0.2
_CLOSE_S: Final = 0.5
_LARGEST_MESSAGE_BYTES: Final = 1 << 20
_LONGEST_REASON: Final = 160

_log = logging.getLogger("cordboard.speech_socket")
_log.setLevel(logging.WARNING)  # at DEBUG the library writes its handshake, and with it the key

Message = dict[str, Any]


async def open_socket(provider: str, url: str, key: str, deadline_ms: int) -> ClientConnection:
    """Connect. Raises ProviderLate, ProviderFailed, and ProviderRefused for what only a person can put right."""
    try:
        async with asyncio.timeout(deadline_ms / 1000):
            return await connect_websocket(
                url,
                additional_headers={"Authorization": f"Token {key}"},
                compression=None,
                open_timeout=None,
                close_timeout=_CLOSE_S,
                ping_interval=_PING_EVERY_S,
                ping_timeout=_PONG_WITHIN_S,
                max_size=_LARGEST_MESSAGE_BYTES,
                logger=_log,
            )
    except TimeoutError as late:
        raise ProviderLate(provider, f"no connection within {deadline_ms} ms") from late
    except InvalidStatus as refusal:
        raise _refusal(provider, refusal) from refusal
    except (OSError, InvalidHandshake, EOFError) as error:
        raise ProviderFailed(provider, f"cannot be reached ({type(error).__name__})") from error


def _refusal(provider: str, refusal: InvalidStatus) -> ProviderFailed | ProviderRefused:
    """What an HTTP status in place of a connection means."""
    status = refusal.response.status_code
    said = "".join(filter(str.isprintable, refusal.response.headers.get("dg-error", "")))[:_LONGEST_REASON]
    why = f" ({status}{': ' if said else ''}{said})"
    match status:
        case 401 | 403:
            return ProviderRefused(provider, f"the key is not accepted{why}")
        case 402:
            return ProviderRefused(provider, f"the account has nothing left to spend{why}")
        case 400 | 404:
            return ProviderRefused(provider, f"the request is not accepted: wrong model, language or address{why}")
        case 429:
            return ProviderFailed(provider, f"too many connections at once{why}")
        case _:
            return ProviderFailed(provider, f"no connection{why}")


class SpeechSocket:
    """One open connection. `run` moves bytes and messages until something breaks; all else is synchronous."""

    def __init__(self, provider: str, connection: ClientConnection, idle_s: float, on_idle: Callable[[], None]) -> None:
        """on_idle is called whenever nothing was sent for idle_s."""
        self._provider = provider
        self._connection = connection
        self._idle_s = idle_s
        self._on_idle = on_idle
        self._outgoing: asyncio.Queue[bytes | str] = asyncio.Queue(_MOST_WAITING)
        self._overflowed = asyncio.Event()

    def send(self, data: bytes | Message) -> None:
        """Queue audio or a message. When too much waits, the connection breaks: audio is never left out silently."""
        try:
            self._outgoing.put_nowait(data if isinstance(data, bytes) else json.dumps(data))
        except asyncio.QueueFull:
            self._overflowed.set()

    async def run(self, on_message: Callable[[Message], None]) -> None:
        """Send what is queued, hand over what comes. Raises ProviderFailed; never returns otherwise."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send())
                tasks.create_task(self._receive(on_message))
                tasks.create_task(self._watch())
        except* ProviderFailed as failures:
            raise failures.exceptions[0] from None

    async def aclose(self, goodbye: Message) -> None:
        """Say goodbye if the peer listens, and close: at most 0.7 s."""
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(_GOODBYE_S):
                await self._connection.send(json.dumps(goodbye))
        await self._connection.close()

    async def _send(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    data = await self._outgoing.get()
            except TimeoutError:
                self._on_idle()
                continue
            try:
                async with asyncio.timeout(_STALLED_S):
                    await self._connection.send(data)
            except TimeoutError as stalled:
                raise ProviderFailed(self._provider, f"took no audio for {_STALLED_S:.0f} s") from stalled
            except ConnectionClosed as closed:
                raise self._broken(closed) from closed

    async def _receive(self, on_message: Callable[[Message], None]) -> None:
        while True:
            try:
                data = await self._connection.recv()
            except ConnectionClosed as closed:
                raise self._broken(closed) from closed
            try:
                message = json.loads(data)
                if not isinstance(message, dict):
                    raise ProviderFailed(self._provider, "sent something that is not a message")
                on_message(message)
            except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise ProviderFailed(self._provider, f"sent what cannot be read ({type(error).__name__})") from error

    async def _watch(self) -> None:
        await self._overflowed.wait()
        raise ProviderFailed(self._provider, "takes audio more slowly than it is spoken")

    def _broken(self, closed: ConnectionClosed) -> ProviderFailed:
        code = closed.rcvd.code if closed.rcvd is not None else "no close message"
        return ProviderFailed(self._provider, f"the connection ended ({code})")
