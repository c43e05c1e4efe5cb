"""One WebSocket to ElevenLabs that speaks several texts at once, each in its own context."""

import asyncio
import itertools
import secrets
from dataclasses import dataclass, field
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from voice.errors import ProviderError, ProviderFailed, ProviderRefused
from voice.tts.elevenlabs_wire import (
    KEEP_ALIVE,
    MOST_CONTEXTS,
    Audio,
    Complaint,
    Unreadable,
    closed_because,
    received,
    refusal,
    utterance,
)

PROVIDER: Final = "elevenlabs"
OPEN_S: Final = 5.0
"""For a socket's handshake; a call that waits for it gives up sooner."""
KEEP_ALIVE_S: Final = 15.0
"""Between messages that keep it open; the service would wait twenty seconds if it were not asked to wait longer."""
SEND_S: Final = 2.0
"""A message that cannot be handed to the network for so long: the socket is stuck."""
FORGET_S: Final = 5.0
"""Within this a context that nobody listens to any more must be over; else the socket is taken for half-dead."""
LOOK_S: Final = 1.0
"""Between looks at what should have ended."""
MOST_WAITING: Final = 64
"""Messages that wait to be sent, three a text; more: the socket is stuck."""
_MESSAGE_BYTES: Final = 4 * 1024 * 1024


@dataclass(slots=True, eq=False)
class Context:
    """One text on its way."""

    name: str
    pieces: asyncio.Queue[Audio | ProviderError | None] = field(default_factory=asyncio.Queue)
    """Bounded by the longest text; None is the end."""
    dropped_at_s: float | None = None
    """Since when nobody listens, by the loop's clock."""


async def open_connection(url: str, api_key: str) -> ClientConnection:
    """Connect. Raises ProviderRefused for a wrong key or an empty plan, ProviderFailed for all else."""
    try:
        return await connect(
            url,
            additional_headers={"xi-api-key": api_key},
            open_timeout=OPEN_S,
            close_timeout=1,
            compression=None,  # base64 of speech does not get smaller
            max_size=_MESSAGE_BYTES,
        )
    except InvalidStatus as error:
        raise refused(error.response.status_code, "") from error
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
        raise ProviderFailed(PROVIDER, f"cannot be reached ({type(error).__name__})") from error


def refused(status: int, code: str) -> ProviderError:
    """The error that an HTTP status and the service's own code stand for."""
    told = refusal(code) or {401: refusal("unauthorized"), 402: refusal("payment_required")}.get(status)
    if told is None and status == 403:
        told = refusal("needs_authorization")
    return ProviderRefused(PROVIDER, told) if told else ProviderFailed(PROVIDER, f"answered {status} {code}".rstrip())


class Socket:
    """`run` is its one task; `begin` and `drop` are synchronous."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._contexts: dict[str, Context] = {}
        self._numbers = itertools.count(1)
        self._prefix = secrets.token_hex(4)
        self._outbox: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._retired = ""
        """Why no more texts begin on it; empty while they may."""
        self._over: ProviderError | None = None
        self.idle_since_s = asyncio.get_running_loop().time()
        """Since when it has no context, by the loop's clock; of no meaning while it has one."""

    @property
    def takes_more(self) -> bool:
        """Whether a text may begin here."""
        room = len(self._contexts) < MOST_CONTEXTS and self._outbox.qsize() < MOST_WAITING - 3
        return room and not self._retired and self._over is None

    @property
    def idle(self) -> bool:
        """Whether it speaks nothing."""
        return not self._contexts

    def begin(self, text: str) -> Context:
        """Have this said. Only while it `takes_more`."""
        context = Context(f"{self._prefix}-{next(self._numbers)}")
        self._contexts[context.name] = context
        for message in utterance(context.name, text):
            self._outbox.put_nowait(message)
        return context

    def drop(self, context: Context) -> None:
        """Nobody listens to it any more. It counts until the service says that it is over."""
        context.dropped_at_s = asyncio.get_running_loop().time()

    def retire(self, why: str) -> None:
        """Begin nothing on it any more; it ends with the last text that somebody listens to."""
        self._retired = self._retired or why

    async def run(self) -> ProviderError:
        """Carry messages until it is closed or breaks; why. Cancelling closes it."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for job in (self._receive, self._send, self._look_after):
                    tasks.create_task(job(), name=f"elevenlabs {job.__name__}")
        except* ProviderError as group:
            self._over = next(error for error in group.exceptions if isinstance(error, ProviderError))
        finally:
            self._over = self._over or ProviderFailed(PROVIDER, "the socket was closed")
            for context in self._contexts.values():
                context.pieces.put_nowait(self._over)
            self._contexts.clear()
            await self._connection.close()
        return self._over

    async def _receive(self) -> None:
        try:
            while True:
                self._take(await self._connection.recv())
        except ConnectionClosed as closed:
            frame = closed.rcvd
            told = refusal(closed_because(frame.reason)) if frame is not None else None
            if told is not None:
                raise ProviderRefused(PROVIDER, told) from closed
            code = frame.code if frame is not None else "lost"
            raise ProviderFailed(PROVIDER, f"the socket was closed ({code})") from closed

    def _take(self, message: str | bytes) -> None:
        """Hand a message on. Raises the error that ends the socket, if it is one."""
        told = received(message)
        if isinstance(told, Unreadable):
            raise ProviderFailed(PROVIDER, "sent what is not of its protocol")
        if isinstance(told, Complaint):
            known = refusal(told.code)
            error = ProviderRefused(PROVIDER, known) if known else ProviderFailed(PROVIDER, f"says {told.code}")
            if told.context not in self._contexts:
                raise error
            self._end(told.context, error)
        elif isinstance(told, Audio):
            if (context := self._contexts.get(told.context)) is not None and context.dropped_at_s is None:
                context.pieces.put_nowait(told)
            if told.last:
                self._end(told.context, None)
        else:
            self._end(told.context, None)

    def _end(self, name: str, how: ProviderError | None) -> None:
        context = self._contexts.pop(name, None)
        if context is not None:
            context.pieces.put_nowait(how)
        if not self._contexts:
            self.idle_since_s = asyncio.get_running_loop().time()

    async def _send(self) -> None:
        try:
            while True:
                message = await self._outbox.get()
                async with asyncio.timeout(SEND_S):
                    await self._connection.send(message)
        except TimeoutError:
            raise ProviderFailed(PROVIDER, "the socket takes no more messages") from None
        except ConnectionClosed:
            return  # the receiver knows why, and says so

    async def _look_after(self) -> None:
        """Keep it alive; notice when contexts do not end."""
        loop = asyncio.get_running_loop()
        kept_s = loop.time()
        while True:
            await asyncio.sleep(LOOK_S)
            now_s = loop.time()
            dropped = [one.dropped_at_s for one in self._contexts.values() if one.dropped_at_s is not None]
            if any(at_s + FORGET_S < now_s for at_s in dropped):
                self.retire("it does not answer")
            if self._retired and len(dropped) == len(self._contexts):
                raise ProviderFailed(PROVIDER, f"the socket is given up: {self._retired}")
            if now_s - kept_s >= KEEP_ALIVE_S and self._outbox.qsize() < MOST_WAITING:
                self._outbox.put_nowait(KEEP_ALIVE)
                kept_s = now_s
