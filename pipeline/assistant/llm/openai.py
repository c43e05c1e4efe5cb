"""Language models of OpenAI and of every server that speaks its chat completions (vLLM, Ollama, Groq and many more).

Retries and routes are not the client's: it tries once, and says within its deadline what became of it.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from pipeline.assistant.llm.openai_wire import Events, LimitName, Reply, ReplyUnusable, body
from pipeline.assistant.llm.port import ModelPart, ModelRequest
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused

OPENAI_URL: Final = "https://api.openai.com/v1"
STALL_MS: Final = 1500
"""A reply that has begun and then shows nothing for so long has stalled."""
CHECK_MS: Final = 3000
_LAST_S: Final = 0.3
"""So long after its last word a reply is kept open for what it cost, and for its connection to be used again."""
_CONNECT_S: Final = 2.0
_SILENT_S: Final = 20.0
"""Behind all deadlines of ours: no read of the socket lasts longer."""
_KEEP_S: Final = 120.0
"""A connection is kept for so long without use: callers think, and a new one costs a handshake in a turn."""
_CONNECTIONS: Final = 200
_NO_KEY: Final = "none"
"""For servers that want none; the client insists on one."""
_NO_LIST: Final = frozenset({404, 405, 501})
_USED_UP: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})

T = TypeVar("T")


class OpenAiModel:
    """One model at one server."""

    def __init__(self, model: str, api_key: str, base_url: str = OPENAI_URL, *, stall_ms: int = STALL_MS) -> None:
        """api_key may be empty for a server that wants none."""
        self._model = model
        self._host = urlsplit(base_url).netloc
        self._trouble = ""
        self._stall_s = stall_ms / 1000
        # OpenAI's newer models take no max_tokens; other servers often know nothing else.
        self._limit_name: LimitName = "max_completion_tokens" if self._host == "api.openai.com" else "max_tokens"
        self._client = openai.AsyncOpenAI(
            api_key=api_key or _NO_KEY,
            base_url=base_url,
            max_retries=0,
            timeout=openai.Timeout(_SILENT_S, connect=_CONNECT_S, pool=_CONNECT_S),
            http_client=openai.DefaultAsyncHttpxClient(
                limits=httpx2.Limits(
                    max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=_KEEP_S
                )
            ),
        )
        # The client takes these from the environment; here only the settings do that.
        self._client.organization = self._client.project = None
        # Imported at first use: now, not in a call. Its bytes are read here: the client's own iterators are left
        # unfinished when a reply is closed, and the garbage collector then ends them in tasks that nobody waits for.
        self._completions = self._client.chat.completions.with_streaming_response

    @property
    def name(self) -> str:
        return f"{self._model} at {self._host}"

    @property
    def trouble(self) -> str:
        return self._trouble

    async def reply(self, request: ModelRequest, deadline_ms: int) -> AsyncGenerator[ModelPart, None]:
        loop = asyncio.get_running_loop()
        patience_s = deadline_ms / 1000  # what waiting may last in all; a consumer that takes its time costs none of it
        late = f"no sign of a reply within {deadline_ms} ms"
        events, reply = Events(), Reply(request.tools)
        async with AsyncExitStack() as stack:
            asking = self._completions.create(**body(request, request.model or self._model, self._limit_name))
            waits_s = loop.time()
            answer = await self._within(waits_s + patience_s, stack.enter_async_context(asking), late)
            pieces = answer.http_response.aiter_bytes()
            stack.push_async_callback(_unwind, pieces)
            patience_s -= loop.time() - waits_s
            while True:
                waits_s = loop.time()
                try:
                    data = await self._within(waits_s + patience_s, anext(pieces, None), late)
                except ProviderError:
                    if reply.finish:  # all is said; what it cost stays unknown
                        break
                    raise
                if data is None:
                    break
                patience_s -= loop.time() - waits_s
                for parts, progress in self._read(events, reply, data):
                    for part in parts:
                        yield part
                    if progress:
                        late, patience_s = "the reply stalled", _LAST_S if reply.finish else self._stall_s
            with self._told():
                reply.end()

    async def warm(self) -> None:
        with suppress(ProviderError):  # the first request will meet the same, and has somewhere to go
            await self.check()

    async def check(self, deadline_ms: int = CHECK_MS) -> None:
        """Ask for the list of models: it opens a connection, shows whether the key is good, and costs nothing.

        Raises ProviderRefused (the key), ProviderFailed or ProviderLate (the server). A server that keeps no such list
        is taken as it is; a model that is not in it becomes a trouble.
        """
        due_s = asyncio.get_running_loop().time() + deadline_ms / 1000
        try:
            names = await self._within(due_s, self._listed(), f"no answer within {deadline_ms} ms")
        except ProviderError as error:
            self._trouble = str(error)
            raise
        known = not names or self._model in names
        self._trouble = "" if known else f"{self.name}: the server's list has no such model"

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _listed(self) -> list[str]:
        """The server's models; empty when it keeps no list."""
        try:
            answer = await self._client.models.with_raw_response.list()
            return [listed.id for listed in _Models.model_validate_json(answer.content).data]
        except openai.APIStatusError as error:
            if error.status_code in _NO_LIST:
                return []
            raise
        except ValidationError:
            raise ProviderFailed(self.name, "what answers is no server of language models") from None

    def _read(self, events: Events, reply: Reply, data: bytes) -> Iterator[tuple[list[ModelPart], bool]]:
        with self._told():
            for event in events.add(data):
                parts, progress = reply.add(event)
                self._trouble = "" if progress else self._trouble
                yield parts, progress

    async def _within(self, due_s: float, awaited: Awaitable[T], late: str) -> T:
        with self._told():
            try:
                async with asyncio.timeout_at(due_s):
                    return await awaited
            except TimeoutError:
                raise ProviderLate(self.name, late) from None

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The client's errors as ours. Their texts may quote what a caller said: only their codes are kept."""
        try:
            yield
        except openai.APITimeoutError:
            raise ProviderLate(self.name, "the connection timed out") from None
        except openai.APIConnectionError as error:
            raise ProviderFailed(self.name, f"cannot be reached ({type(error.__cause__).__name__})") from None
        except openai.APIStatusError as error:
            raise self._status(error) from None
        except httpx2.TimeoutException:
            raise ProviderLate(self.name, "the connection timed out") from None
        except (httpx2.RequestError, ssl.SSLError) as error:
            raise ProviderFailed(self.name, f"the connection broke ({type(error).__name__})") from None
        except ReplyUnusable as error:
            raise ProviderFailed(self.name, str(error)) from None

    def _status(self, error: openai.APIStatusError) -> ProviderError:
        status, code = error.status_code, _code(error)
        if status in {401, 403}:
            refused = ProviderRefused(self.name, f"the key is not accepted (HTTP {status}{code})")
        elif status == 402 or (status == 429 and error.code in _USED_UP):
            refused = ProviderRefused(self.name, f"nothing is left to spend (HTTP {status}{code})")
        elif status == 404:
            refused = ProviderRefused(self.name, f"there is no such model or address (HTTP 404{code})")
        else:
            return ProviderFailed(self.name, f"HTTP {status}{code}")
        self._trouble = str(refused)
        return refused


class _Listed(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Listed]


async def _unwind(pieces: AsyncIterator[bytes]) -> None:
    """Let an iterator come to its end by itself: at once, if it has to wait for anything."""
    with suppress(TimeoutError, httpx2.RequestError, ssl.SSLError):
        async with asyncio.timeout(0):
            async for _ in pieces:
                pass


def _code(error: openai.APIError) -> str:
    code = re.sub(r"[^\w.-]", "", error.code or "")[:40]
    return f", {code}" if code else ""
