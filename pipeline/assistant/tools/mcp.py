"""Tools of Model Context Protocol servers, through the official SDK: over stdio, or streamable HTTP.

A connection is opened when it is first needed, kept, and opened again after it broke. Its contexts must be entered and
left by one task: a link's own. Nothing is offered to the server in return: no sampling, no elicitation, no roots.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

import httpx2
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent
from mcp_types import INVALID_PARAMS, METHOD_NOT_FOUND

from pipeline.assistant.tools.egress import MAX_ANSWER_BYTES, AddressRefused, CheckedTransport, Egress
from pipeline.assistant.tools.port import (
    ArgumentsInvalid,
    BackendBroken,
    BackendFailed,
    EgressRefused,
    ToolMalformed,
    ToolRefused,
    ToolSpec,
)
from pipeline.assistant.tools.secrets import SecretMissing, SecretOf, hidden, names, with_secrets

KEY: Final = "cordboard/idempotency-key"
"""Under this name in a request's _meta: an MCP server that keeps keys does nothing twice."""
STREAM_BYTES: Final = 64 * MAX_ANSWER_BYTES
"""Of one connection's answers over HTTP, all together; then it is opened anew."""

Open = Callable[[], AbstractAsyncContextManager[Client]]


def over_stdio(command: Sequence[str]) -> Open:
    """A program of the operator's settings. What it writes to its standard error is not kept: it may name callers."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Client]:
        parameters = StdioServerParameters(command=command[0], args=list(command[1:]))
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123, ASYNC230 - not a file that blocks
            async with Client(stdio_client(parameters, errlog=nowhere)) as client:
                yield client

    return opened


def over_http(url: str, secret_headers: Mapping[str, str], egress: Egress, secret_of: SecretOf) -> Open:
    """A server at an address that the line declares."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Client]:
        headers = {header: with_secrets(value, secret_of) for header, value in secret_headers.items()}
        transport = CheckedTransport(egress, STREAM_BYTES)
        async with (
            httpx2.AsyncClient(transport=transport, headers=headers, trust_env=False, timeout=30) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client

    return opened


class McpLink:
    """A connection to one server, for all of a line's calls."""

    def __init__(self, opening: Open) -> None:
        self._opening = opening
        self._owner: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[Client] | None = None
        self._stop = asyncio.Event()

    async def client(self) -> Client:
        """The connection, opened where there is none. Raises what opening it raises."""
        if self._ready is None or self._owner is None or self._owner.done():
            self._stop = asyncio.Event()
            self._ready = asyncio.get_running_loop().create_future()
            self._owner = asyncio.create_task(self._own(self._ready, self._stop), name="mcp")
        return await asyncio.shield(self._ready)

    def broke(self) -> None:
        """Open a new one next time."""
        self._stop.set()
        self._ready = None

    async def close(self) -> None:
        """Take it down."""
        self._stop.set()
        if self._owner is not None:
            await asyncio.wait([self._owner])

    async def _own(self, ready: "asyncio.Future[Client]", stop: asyncio.Event) -> None:
        try:
            async with self._opening() as client:
                ready.set_result(client)
                await stop.wait()
        except (Exception, asyncio.CancelledError) as failed:
            if not ready.done():
                ready.set_exception(failed)
                ready.exception()  # seen: who asked may have given up
            if isinstance(failed, asyncio.CancelledError):
                raise


class McpRemoteTool:
    """A tool of such a server."""

    def __init__(
        self,
        spec: ToolSpec,
        there: str,
        link: McpLink,
        secret_headers: Mapping[str, str],
        secret_of: SecretOf,
    ) -> None:
        """there: its name on the server."""
        self.spec = spec
        self._there = there
        self._link = link
        self._secret_headers = secret_headers
        self._secret_of = secret_of

    async def ask(self, call: str, arguments: Mapping[str, Any], deadline_ms: int) -> Mapping[str, Any]:
        """See RemoteTool."""
        del deadline_ms  # the runner cancels, and the SDK tells the server
        client = await self._connected()
        try:
            meta: Any = {KEY: call} if self.spec.writes else None
            answer = await client.call_tool(self._there, dict(arguments), meta=meta)
        except MCPError as failed:
            if failed.error.code in {INVALID_PARAMS, METHOD_NOT_FOUND}:
                raise ArgumentsInvalid(self.spec.name, "the server does not take the call") from failed
            self._link.broke()
            raise BackendFailed(self.spec.name, f"MCP error {failed.error.code}") from failed
        except (OSError, httpx2.HTTPError, RuntimeError, ValueError) as failed:
            self._link.broke()
            raise BackendFailed(self.spec.name, f"{type(failed).__name__} on the way") from failed
        secrets = {name: self._secret_of(name) for name in names(self._secret_headers)}
        return dict(hidden(self._result(answer), secrets))

    async def _connected(self) -> Client:
        try:
            return await self._link.client()
        except SecretMissing as missing:
            raise BackendBroken(self.spec.name, f"the secret {missing} is not set") from None
        except Exception as failed:
            self._link.broke()
            for inner in _leaves(failed):
                if isinstance(inner, AddressRefused):
                    raise EgressRefused(self.spec.name, str(inner)) from failed
            raise BackendBroken(self.spec.name, f"no connection ({type(failed).__name__})") from failed

    def _result(self, answer: CallToolResult) -> Mapping[str, Any]:
        texts = [part.text for part in answer.content if isinstance(part, TextContent)]
        if sum(map(len, texts)) > MAX_ANSWER_BYTES:
            raise ToolMalformed(self.spec.name, "the answer is larger than a tool's may be")
        if answer.is_error:
            # A failed write may be half done; what a read refused is just not there.
            error = BackendFailed if self.spec.writes else ToolRefused
            raise error(self.spec.name, "the server's tool failed")
        if isinstance(answer.structured_content, dict):
            return answer.structured_content
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads("".join(texts))
            if isinstance(value, dict):
                return value
        return {"text": "\n".join(texts)}


def _leaves(error: BaseException) -> list[BaseException]:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    found = [error, *(leaf for one in inner for leaf in _leaves(one))]
    return found + (_leaves(error.__cause__) if error.__cause__ is not None else [])
