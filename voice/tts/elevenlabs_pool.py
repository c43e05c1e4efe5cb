"""The few sockets to ElevenLabs that all calls of a process share; what is needed is open before it is wanted."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from voice.errors import ProviderError, ProviderFailed
from voice.tts.elevenlabs_socket import PROVIDER, Context, Socket, open_connection

MOST_SOCKETS: Final = 10
"""Fifty texts at once: more than callers of one process listen to at any time."""
IDLE_S: Final = 60.0
"""A socket that speaks nothing for so long is closed, but for those of each language that are always open."""
AGAIN_S: Final = (1.0, 60.0)
"""How long to wait before a lost socket is opened again: the first time, and at most (doubling)."""
AGAIN_REFUSED_S: Final = 300.0
"""The same after a refusal, which lasts until somebody acts."""


class Pool:
    """`run` is its one task; the sockets live in it."""

    def __init__(self, url_for: Callable[[str], str], api_key: str, least: int = 1) -> None:
        """url_for: where the socket of a language is. least: sockets of each language that are always open."""
        self._url_for = url_for
        self._api_key = api_key
        self._least = least
        self._sockets: dict[str, list[Socket]] = {}
        """By language; a language that was asked for once is kept warm."""
        self._wake = asyncio.Event()
        self._opening = asyncio.Lock()
        self._tasks: asyncio.TaskGroup | None = None
        self.trouble = ""
        """Why no socket could be had; empty when one is there."""

    async def begin(self, text: str, language: str, *, apart: bool = False) -> tuple[Socket, Context]:
        """Have a text said, on an open socket or on a new one. Raises ProviderError; wants a deadline around it.

        apart: on one that says nothing else.
        """
        socket = self._with_room(language, apart=apart)
        if socket is None:
            async with self._opening:  # many at once fill one new socket, not many
                socket = self._with_room(language, apart=apart) or await self._open(language)
        return socket, socket.begin(text)

    def _with_room(self, language: str, *, apart: bool) -> Socket | None:
        sockets = (socket for socket in self._sockets.setdefault(language, []) if socket.takes_more)
        return next((socket for socket in sockets if socket.idle or not apart), None)

    def expect(self, language: str) -> None:
        """Have a socket of this language open from now on; when, is not waited for."""
        self._sockets.setdefault(language, [])
        self._wake.set()

    async def warm(self, language: str) -> None:
        """Have what is needed of this language open from now on. Raises ProviderError; it is tried again by itself."""
        async with self._opening:
            while len(self._sockets.setdefault(language, [])) < self._least:
                await self._open(language)

    async def run(self) -> None:
        """Keep the sockets until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                await self._keep()
            finally:
                self._tasks = None

    async def _keep(self) -> None:
        """Reopen what was lost, close what is not needed."""
        loop = asyncio.get_running_loop()
        again_s, wait_s = 0.0, AGAIN_S[0]
        while True:
            try:
                async with asyncio.timeout(IDLE_S if loop.time() >= again_s else again_s - loop.time()):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            self._retire(loop.time())
            if loop.time() < again_s:
                continue
            for language in [name for name, open_ in self._sockets.items() if len(open_) < self._least]:
                try:
                    await self.warm(language)
                    wait_s = AGAIN_S[0]
                except ProviderError as error:
                    again_s = loop.time() + (wait_s if error.retryable else AGAIN_REFUSED_S)
                    wait_s = min(AGAIN_S[1], 2 * wait_s)

    def _retire(self, now_s: float) -> None:
        for open_ in self._sockets.values():
            for socket in open_[self._least :]:
                if socket.idle and socket.idle_since_s + IDLE_S <= now_s:
                    socket.retire("it was idle")

    async def _open(self, language: str) -> Socket:
        if self._tasks is None:
            raise ProviderFailed(PROVIDER, "the voice is not running; it was closed or never started")
        if sum(map(len, self._sockets.values())) >= MOST_SOCKETS:
            raise ProviderFailed(PROVIDER, f"all {MOST_SOCKETS} sockets are busy")
        try:
            connection = await open_connection(self._url_for(language), self._api_key)
        except ProviderError as error:
            self.trouble = str(error).removeprefix(f"{PROVIDER}: ")
            self._wake.set()
            raise
        self.trouble = ""
        socket = Socket(connection)
        self._sockets[language].append(socket)
        self._tasks.create_task(self._serve(socket, language), name="elevenlabs socket")
        return socket

    async def _serve(self, socket: Socket, language: str) -> None:
        try:
            why = await socket.run()
            structlog.get_logger().info("voice socket over", provider=PROVIDER, reason=str(why))
        finally:
            self._sockets[language].remove(socket)
            self._wake.set()
