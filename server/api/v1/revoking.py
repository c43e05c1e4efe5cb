"""WebSockets end with the token that opened them: revoked or expired, by whichever process, within a second."""

import asyncio
from collections import Counter
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Final, Protocol

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from recordings.errors import StoreUnavailable

EVERY_S: Final = 0.5
REVOKED: Final = 4401
REASON: Final = "The token that opened this was revoked, or has expired."


class KnowsTokens(Protocol):
    """server.tokens.Tokens, as far as this needs it."""

    async def usable(self, token_ids: AbstractSet[str]) -> AbstractSet[str]:
        """Those whose tokens open something. Raises StoreUnavailable."""


class OpenSockets:
    """All sockets of a process that a token opened. One look at the store serves all of them."""

    def __init__(self, tokens: KnowsTokens) -> None:
        self._tokens = tokens
        self._open: Counter[str] = Counter()
        self._usable: AbstractSet[str] = frozenset()
        self._known: AbstractSet[str] = frozenset()
        """Looked for last."""
        self._looked_s = float("-inf")
        self._one = asyncio.Lock()

    async def serve(self, token_id: str, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one until it ends, or its token opens nothing any more. Raises what the application raises."""
        serving = asyncio.ensure_future(app(scope, receive, send))
        watching = asyncio.ensure_future(self._until_revoked(token_id))
        try:
            await asyncio.wait((serving, watching), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
                return
            watching.result()
            serving.cancel()
            await asyncio.wait((serving,))
            with suppress(RuntimeError, OSError):  # it was closed meanwhile
                await send({"type": "websocket.close", "code": REVOKED, "reason": REASON})
        finally:
            for task in (serving, watching):
                task.cancel()
            await asyncio.gather(serving, watching, return_exceptions=True)

    async def _until_revoked(self, token_id: str) -> None:
        self._open[token_id] += 1
        try:
            while True:
                await asyncio.sleep(EVERY_S)
                if token_id not in await self._look():
                    return
        finally:
            self._open.subtract((token_id,))
            self._open += Counter()  # without those that nobody holds open

    async def _look(self) -> AbstractSet[str]:
        """The tokens that open something; what cannot be read just now stays open."""
        loop = asyncio.get_running_loop()
        async with self._one:
            open_ids = frozenset(self._open)
            if loop.time() - self._looked_s < EVERY_S / 2 and open_ids <= self._known:
                return self._usable
            try:
                self._usable = await self._tokens.usable(open_ids)
            except StoreUnavailable as error:
                structlog.get_logger().warning("tokens of open sockets not read", reason=str(error))
                return open_ids
            self._looked_s, self._known = loop.time(), open_ids
            return self._usable
