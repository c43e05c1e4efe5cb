"""A server's API as the command line uses it."""

import asyncio
import json
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Any

import aiohttp

from server.cli.own_server import Reachable


class Api:
    """Reads calls from a server, authorised by its access token."""

    def __init__(self, session: aiohttp.ClientSession, server: Reachable) -> None:
        self._session = session
        self._url = server.url
        self._headers = {"Authorization": f"Bearer {server.access_token}"}

    async def lines(self) -> list[dict[str, Any]]:
        """The lines that it answers, in the order of its settings. Raises aiohttp.ClientError."""
        async with self._session.get(f"{self._url}/api/lines", headers=self._headers) as answer:
            answer.raise_for_status()
            told: dict[str, Any] = await answer.json()
            found: list[dict[str, Any]] = told["lines"]
            return found

    async def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """Give the API a command of version 1. Raises aiohttp.ClientError."""
        headers = {**self._headers, "Idempotency-Key": token_hex(16)}
        url = f"{self._url}/api/v1/{path}"
        async with self._session.request(method, url, headers=headers, json=body) as answer:
            answer.raise_for_status()

    async def packet(self, transfer_id: str) -> dict[str, Any] | None:
        """What agents were told of a transfer; None: nothing. Raises aiohttp.ClientError."""
        url = f"{self._url}/api/v1/transfers/{transfer_id}/packet"
        async with self._session.get(url, headers=self._headers) as answer:
            if answer.status == 404:
                return None
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def call(self, call_id: str) -> dict[str, Any]:
        """The call as JSON. Raises aiohttp.ClientError."""
        async with self._session.get(f"{self._url}/api/calls/{call_id}", headers=self._headers) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def ended_call(self, call_id: str, wait_s: float = 10.0) -> dict[str, Any]:
        """The call once it has an outcome, or as it is after wait_s."""
        async with asyncio.timeout(wait_s + 30):
            until_s = asyncio.get_running_loop().time() + wait_s
            while True:
                found = await self.call(call_id)
                if found["outcome"] is not None or asyncio.get_running_loop().time() > until_s:
                    return found
                await asyncio.sleep(0.1)

    async def events(self, call_id: str) -> AsyncIterator[dict[str, Any]]:
        """The call's events as they happen, over reconnections, until it has ended or the API is closed to us."""
        after = 0
        while True:
            try:
                async with self._session.ws_connect(
                    f"{self._url}/api/calls/{call_id}/live?after={after}", headers=self._headers
                ) as feed:
                    async for message in feed:
                        event = json.loads(message.data)
                        if "seq" in event:
                            after = event["seq"]
                            yield event
                        if event.get("kind") == "call.ended":
                            return
            except aiohttp.WSServerHandshakeError as refused:
                if refused.status in (401, 403):
                    return
            except aiohttp.ClientError:
                pass  # the server is being restarted
            await asyncio.sleep(0.2)
