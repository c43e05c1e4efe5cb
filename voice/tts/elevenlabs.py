"""ElevenLabs' voices: streamed over shared WebSockets in calls, by the official SDK where there is no hurry."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Self

import httpx
import structlog
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError
from elevenlabs.core.request_options import RequestOptions

from voice.audio import ulaw_to_pcm
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused
from voice.tts.elevenlabs_pool import Pool
from voice.tts.elevenlabs_socket import PROVIDER, Context, Socket, refused
from voice.tts.elevenlabs_wire import OUTPUT_FORMAT, Audio, Reached, language_code, stream_path
from voice.tts.port import Aligned, Rendered
from voice.tts.trim import LeadingSilence

DEFAULT_URL: Final = "https://api.elevenlabs.io"
DEFAULT_MODEL: Final = "eleven_flash_v2_5"
"""The one they recommend where answers are awaited: about 75 ms of their own time to the first audio."""
LONGEST_TEXT: Final = 4000
"""Characters; five minutes of speech, which bounds what one call can make this process hold."""
CHECK_S: Final = 3.0
"""For asking at start whether key and voice are right."""

_ONCE: Final[RequestOptions] = {"max_retries": 0}
"""Whoever calls knows how long a retry is worth waiting for."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of an account."""

    voice_id: str
    name: str
    about: str
    """Accent, gender, age and the like, as far as told."""


@dataclass(frozen=True, slots=True)
class Account:
    """Which voice to use, and whose."""

    api_key: str = field(repr=False)
    voice: str
    """Its id; `voices` lists them."""
    model: str = DEFAULT_MODEL
    url: str = DEFAULT_URL
    """The service's root (https://…); the sockets are at the same place."""

    def __post_init__(self) -> None:
        """Raises ProviderRefused without a key or a voice."""
        if not self.api_key:
            raise ProviderRefused(PROVIDER, "the API key is missing; set CORDBOARD_ELEVENLABS_API_KEY")
        if not self.voice:
            raise ProviderRefused(PROVIDER, "no voice is chosen; set CORDBOARD_ELEVENLABS_VOICE to the id of one")

    def socket_url(self, language: str) -> str:
        """Where the sockets of a language are; as language_code gives it."""
        return "ws" + self.url.rstrip("/").removeprefix("http") + stream_path(self.voice, self.model, language)


class ElevenLabs:
    """A TextToSpeech that TellsWords, SpeaksApart and RendersPrompts (voice.tts.port). Get one from `opened`."""

    def __init__(self, client: AsyncElevenLabs, pool: Pool, voice: str, model: str) -> None:
        self._client, self._pool = client, pool
        self._voice, self._model = voice, model
        self._trouble = ""

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, account: "Account", languages: Collection[str] = (), *, sockets: int = 1
    ) -> AsyncIterator[Self]:
        """A voice whose key was checked, with so many sockets open for each language; closes them in the end.

        Raises ProviderRefused for a wrong key or voice. A service that cannot be reached is a warning, and `trouble`.
        """
        async with _connected(account.api_key, account.url) as client, asyncio.TaskGroup() as tasks:
            pool = Pool(account.socket_url, account.api_key, sockets)
            one = cls(client, pool, account.voice, account.model)
            running = tasks.create_task(pool.run(), name="elevenlabs")
            try:
                await one._check()
                for language in languages:
                    await one._warm(language)
                yield one
            finally:
                running.cancel()

    @property
    def name(self) -> str:
        """Engine, voice and model in one word."""
        return f"elevenlabs-{self._voice}-{self._model}"

    @property
    def trouble(self) -> str:
        """How it last failed; empty as soon as it speaks again."""
        return self._trouble or self._pool.trouble

    def expect(self, language: str) -> None:
        """Have a socket of this language open from now on."""
        self._pool.expect(language_code(self._model, language))

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it comes; closing the iterator drops the rest. A text without words yields nothing.

        Raises ProviderLate, ProviderFailed and ProviderRefused (wrong key, characters used up), perhaps in the middle.
        """
        async with aclosing(self.speak_aligned(text, language, deadline_ms)) as pieces:
            async for piece in pieces:
                yield piece.pcm

    def speak_aligned(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """The same, with the place in the text that each piece reaches, by the service's own alignment."""
        return self._said(text, language, deadline_ms, apart=False)

    def speak_apart(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """The same on a socket that says nothing else, a new one if need be."""
        return self._said(text, language, deadline_ms, apart=True)

    async def _said(self, text: str, language: str, deadline_ms: int, *, apart: bool) -> AsyncGenerator[Aligned, None]:
        if len(text) > LONGEST_TEXT:
            raise ProviderFailed(PROVIDER, f"a text of {len(text)} characters is too long; split it into clauses")
        if not any(map(str.isalnum, text)):
            return
        try:
            async with aclosing(self._pieces(text, language, deadline_ms, apart=apart)) as pieces:
                async for piece in pieces:
                    yield piece
        except ProviderError as error:
            self._trouble = str(error).removeprefix(f"{PROVIDER}: ")
            raise
        self._trouble = ""

    async def render(self, text: str, language: str, deadline_ms: int) -> Rendered:
        """One text, whole, over HTTP. Raises as `speak` does."""
        trim, pcm = LeadingSilence(), bytearray()
        code = language_code(self._model, language)
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                async for chunk in self._client.text_to_speech.convert(
                    self._voice,
                    text=text,
                    model_id=self._model,
                    output_format=OUTPUT_FORMAT,
                    request_options=_ONCE,
                    **({"language_code": code} if code else {}),
                ):
                    pcm += trim.take(ulaw_to_pcm(chunk))
        except (TimeoutError, ApiError, httpx.HTTPError) as error:
            raise _error_of(error, deadline_ms) from error
        if not pcm:
            raise ProviderFailed(PROVIDER, f"no audio for a text of {len(text)} characters")
        return Rendered(bytes(pcm), self.name)

    async def _pieces(
        self, text: str, language: str, deadline_ms: int, *, apart: bool
    ) -> AsyncGenerator[Aligned, None]:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + deadline_ms / 1000
        socket, context = await self._begun(text, language, due_s, apart=apart)
        trim, reached = LeadingSilence(), Reached(text)
        try:
            while (piece := await self._next(socket, context, due_s)) is not None:
                said = reached.take(piece.chars)
                if pcm := trim.take(ulaw_to_pcm(piece.ulaw)):
                    yield Aligned(pcm, said)
                    due_s = loop.time() + deadline_ms / 1000
        finally:
            socket.drop(context)
        if not trim.begun:
            raise ProviderFailed(PROVIDER, "ended a text without any audio")

    async def _begun(self, text: str, language: str, due_s: float, *, apart: bool) -> tuple[Socket, Context]:
        try:
            async with asyncio.timeout_at(due_s):
                return await self._pool.begin(text, language_code(self._model, language), apart=apart)
        except TimeoutError:
            raise ProviderLate(PROVIDER, "no socket within the deadline") from None

    async def _next(self, socket: Socket, context: Context, due_s: float) -> Audio | None:
        try:
            async with asyncio.timeout_at(due_s):
                piece = await context.pieces.get()
        except TimeoutError:
            socket.retire("it was late")
            raise ProviderLate(PROVIDER, "no audio within the deadline") from None
        if isinstance(piece, ProviderError):
            raise piece
        return piece

    async def _check(self) -> None:
        try:
            async with asyncio.timeout(CHECK_S):
                await self._client.voices.get(self._voice, request_options=_ONCE)
        except (TimeoutError, ApiError, httpx.HTTPError) as error:
            told = _error_of(error, int(CHECK_S * 1000))
            if isinstance(told, ProviderRefused) and _code_of(error) != "missing_permissions":  # it may speak, not look
                raise told from error
            if not isinstance(told, ProviderRefused):
                self._trouble = str(told).removeprefix(f"{PROVIDER}: ")
                structlog.get_logger().warning("voice not reached", provider=PROVIDER, reason=self._trouble)

    async def _warm(self, language: str) -> None:
        try:
            await self._pool.warm(language_code(self._model, language))
        except ProviderRefused:
            raise
        except ProviderError as error:
            structlog.get_logger().warning("voice not reached", provider=PROVIDER, reason=str(error))


async def voices(api_key: str, url: str = DEFAULT_URL) -> list[Voice]:
    """The voices that this key may use, by name. Raises ProviderRefused, ProviderFailed or ProviderLate."""
    try:
        async with asyncio.timeout(10), _connected(api_key, url) as client:
            told = await client.voices.get_all(request_options=_ONCE)
    except (TimeoutError, ApiError, httpx.HTTPError) as error:
        raise _error_of(error, 10_000) from error
    found = [
        Voice(one.voice_id, one.name or "", ", ".join(str(label) for label in (one.labels or {}).values() if label))
        for one in told.voices
    ]
    return sorted(found, key=lambda one: (one.name.lower(), one.voice_id))


@asynccontextmanager
async def _connected(api_key: str, url: str) -> AsyncIterator[AsyncElevenLabs]:
    async with httpx.AsyncClient(timeout=10.0) as http:
        yield AsyncElevenLabs(api_key=api_key, base_url=url.rstrip("/"), httpx_client=http)


def _error_of(error: Exception, deadline_ms: int) -> ProviderError:
    if isinstance(error, ApiError):
        return refused(error.status_code or 0, _code_of(error))
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return ProviderLate(PROVIDER, f"no answer within {deadline_ms} ms")
    return ProviderFailed(PROVIDER, f"cannot be reached ({type(error).__name__})")


def _code_of(error: Exception) -> str:
    """The service's own word for what is wrong."""
    body: Any = getattr(error, "body", None)
    detail = body.get("detail") if isinstance(body, dict) else None
    code = (detail.get("status") or detail.get("code")) if isinstance(detail, dict) else None
    return code if isinstance(code, str) else ""
