"""A server on loopback that speaks OpenAI's chat completions, streaming, and misbehaves on demand.

It echoes the last user message, or says what a script has for it; its log tells when it did what, so that a benchmark
can take its service times off.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from aiohttp import web

KEY = "sk-of-this-test"
MODEL = "test-model"

Delay = float | Callable[[], float]
"""Milliseconds, or what draws them."""
Fault = Literal[
    "",
    "wrong_key",  # 401 whatever the key
    "no_quota",  # 429, nothing left to spend
    "rate_limit",  # 429, too many requests
    "broken",  # 500
    "no_model",  # 404
    "half_dead",  # takes the request, never answers
    "headers_only",  # answers 200, then nothing
    "pings",  # answers 200, then only comments that keep the connection alive
    "malformed",  # a chunk that is no JSON, after one that is
    "nonsense",  # chunks that are JSON, but no chunks
    "html",  # 200 with a page
    "error_chunk",  # an error in the stream, after the first token
    "empty",  # stops without a word
    "filtered",  # stops with content_filter
    "stall",  # nothing more after `stop_after` tokens; the socket stays open
    "cut",  # the socket is closed after `stop_after` tokens
    "unfinished",  # the stream ends properly after `stop_after` tokens, but no reason is given
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the peer makes; arguments are sent as they are, in fragments."""

    name: str
    arguments: str = "{}"
    call_id: str = "call_1"


@dataclass(frozen=True, slots=True)
class Scripted:
    """A reply."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()


class Served(NamedTuple):
    """What the peer did: request, first_token, done, refused, closed (by the client)."""

    what: str
    at_s: float
    """time.monotonic()."""


@dataclass
class OpenAiPeer:
    """Its behaviour; any of it may be changed while it runs."""

    replies: Mapping[str, Scripted] | Callable[[Mapping[str, Any]], Scripted] = field(default_factory=dict)
    """By the last user message, or made from the whole request; what is not there is echoed."""
    first_token_ms: Delay = 0
    between_tokens_ms: Delay = 0
    slowness: float = 1
    """Factor on both."""
    fault: Fault = ""
    stop_after: int = 3
    fragment: int = 5
    """Characters of a fragment of arguments."""
    counts: bool = True
    """Whether it sends what a reply cost."""
    lists_models: bool = True
    url: str = ""
    log: list[Served] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    """Client ports seen: how many connections were opened."""
    open: int = 0
    """Replies being written now."""
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while there are none."""

    def __post_init__(self) -> None:
        self.idle.set()

    def served(self, what: str) -> int:
        """How often."""
        return sum(entry.what == what for entry in self.log)

    async def models(self, request: web.Request) -> web.StreamResponse:
        self._seen(request)
        if self.fault in {"half_dead", "html"}:
            return await self._page()
        if not self.lists_models:
            return web.Response(status=404)
        return self._refusal(request) or web.json_response({"object": "list", "data": [{"id": MODEL}]})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        self._seen(request)
        asked = await request.json()
        self.requests.append(asked)
        self._note("request")
        self.open += 1
        self.idle.clear()
        try:
            return self._refusal(request) or await self._stream(request, asked)
        except (ConnectionResetError, asyncio.CancelledError):
            self._note("closed")
            raise
        finally:
            self.open -= 1
            if not self.open:
                self.idle.set()

    def _seen(self, request: web.Request) -> None:
        self.headers.append(request.headers)
        if request.transport is not None:
            self.connections.add(request.transport.get_extra_info("peername")[1])

    def _refusal(self, request: web.Request) -> web.Response | None:
        refusals = {
            "wrong_key": (401, "invalid_api_key"),
            "no_quota": (429, "insufficient_quota"),
            "rate_limit": (429, "rate_limit_exceeded"),
            "broken": (500, "server_error"),
            "no_model": (404, "model_not_found"),
        }
        status, code = refusals.get(self.fault, (0, ""))
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            status, code = refusals["wrong_key"]
        if not status:
            return None
        self._note("refused")
        error = {"message": "Incorrect: a text that quotes my card number 4111", "type": "error", "code": code}
        return web.json_response({"error": error}, status=status)

    async def _page(self) -> web.Response:
        if self.fault == "half_dead":
            await asyncio.Event().wait()
        return web.Response(text="<html>It works!</html>", content_type="text/html")

    async def _stream(self, request: web.Request, asked: Mapping[str, Any]) -> web.StreamResponse:
        if self.fault in {"half_dead", "html"}:
            return await self._page()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        if self.fault == "headers_only":
            await asyncio.Event().wait()
        while self.fault == "pings":
            await response.write(b": ping\n\n")
            await asyncio.sleep(0.02)
        await asyncio.sleep(self._drawn_s(self.first_token_ms))
        async with aclosing(self._chunks(asked)) as chunks:
            await self._send(response, chunks)
        if self.fault == "stall":
            await asyncio.Event().wait()
        if self.fault == "cut":
            assert request.transport is not None
            request.transport.abort()
            return response
        if self.fault != "unfinished":
            await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        self._note("done")
        return response

    async def _send(self, response: web.StreamResponse, chunks: AsyncIterator[str]) -> None:
        sent = 0
        async for chunk in chunks:
            if sent > 1:  # the role and the first token come together
                await asyncio.sleep(self._drawn_s(self.between_tokens_ms))
            await response.write(f"data: {chunk}\n\n".encode())
            if sent == 1:  # the first chunk holds the role only
                self._note("first_token")
            sent += 1
            if self.fault in {"stall", "cut", "unfinished"} and sent > self.stop_after:
                return

    async def _chunks(self, asked: Mapping[str, Any]) -> AsyncGenerator[str, None]:
        scripted = self._reply(asked)
        yield _chunk({"role": "assistant", "content": ""})
        if self.fault == "nonsense":
            yield '{"choices": "none", "usage": []}'
            return
        if self.fault not in {"empty", "filtered"}:
            for number, word in enumerate(_tokens(scripted.text)):
                yield _chunk({"content": word})
                if number == 0 and self.fault == "malformed":
                    yield '{"id": "chatcmpl-1", "choices": [{'
                if number == 0 and self.fault == "error_chunk":
                    yield json.dumps({"error": {"message": "overloaded with my card 4111", "code": "overloaded"}})
            for chunk in self._tool_chunks(scripted.calls):
                yield chunk
        reason = "content_filter" if self.fault == "filtered" else "tool_calls" if scripted.calls else "stop"
        yield _chunk({}, reason)
        if self.counts and asked.get("stream_options", {}).get("include_usage"):
            tokens = len(_tokens(scripted.text))
            usage: dict[str, Any] = {"prompt_tokens": 12, "completion_tokens": tokens, "total_tokens": 12 + tokens}
            usage["prompt_tokens_details"] = {"cached_tokens": 4}
            yield json.dumps({**_HEAD, "choices": [], "usage": usage})

    def _reply(self, asked: Mapping[str, Any]) -> Scripted:
        if callable(self.replies):
            return self.replies(asked)
        said = next((m["content"] for m in reversed(asked["messages"]) if m["role"] == "user"), "")
        return self.replies.get(said, Scripted(said))

    def _tool_chunks(self, calls: tuple[ToolCall, ...]) -> list[str]:
        chunks = []
        for index, call in enumerate(calls):
            function: dict[str, Any] = {"name": call.name, "arguments": ""}
            head = {"index": index, "id": call.call_id, "type": "function", "function": function}
            chunks.append(_chunk({"tool_calls": [head]}))
            for start in range(0, len(call.arguments), self.fragment):
                piece = {"index": index, "function": {"arguments": call.arguments[start : start + self.fragment]}}
                chunks.append(_chunk({"tool_calls": [piece]}))
        return chunks

    def _drawn_s(self, delay: Delay) -> float:
        return (delay() if callable(delay) else delay) * self.slowness / 1000

    def _note(self, what: str) -> None:
        self.log.append(Served(what, time.monotonic()))


@asynccontextmanager
async def openai_peer(peer: OpenAiPeer | None = None) -> AsyncIterator[OpenAiPeer]:
    """Serve on a free loopback port until the block ends; whoever is still being served is cut off."""
    peer = peer or OpenAiPeer()
    app = web.Application()
    app.router.add_get("/v1/models", peer.models)
    app.router.add_post("/v1/chat/completions", peer.complete)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.2)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield peer
    finally:
        await runner.cleanup()


_HEAD = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL}


def _chunk(delta: Mapping[str, Any], reason: str | None = None) -> str:
    return json.dumps({**_HEAD, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})


def _tokens(text: str) -> list[str]:
    """Words with the blank before them, as models write."""
    words = text.split(" ")
    return [word if number == 0 else f" {word}" for number, word in enumerate(words) if word or number]
