"""Several voices as one: when one fails, is late or stops in the middle, the next goes on where it was."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Final, Self

import structlog

from voice.errors import ProviderError, ProviderFailed, ProviderLate
from voice.tts.delivery import Delivery
from voice.tts.port import Aligned, Expects, Rendered, RendersPrompts, Switched, TellsWords, TextToSpeech
from voice.tts.routes import Routes
from voice.tts.trim import LeadingSilence

PROVIDER: Final = "voices"
FIRST_AUDIO_MS: Final = 800
"""A voice that has nothing to hear by then makes room for the next, while there is one."""
_PATIENCE_MS: Final = 30_000
"""What a voice is told as its deadline: its lateness is judged here."""
_LONGEST_MS: Final = 60_000
"""Of one rendered prompt."""


class Failover:
    """A TextToSpeech (voice.tts.port) of several, in order; their health is shared by all calls of a process."""

    def __init__(
        self,
        voices: Sequence[TextToSpeech],
        on_switch: Callable[[Switched], None] | None = None,
        *,
        first_audio_ms: int = FIRST_AUDIO_MS,
        routes: Routes | None = None,
    ) -> None:
        """on_switch: told at once, from the task that speaks; it must neither block nor raise."""
        self._voices = tuple(voices)
        self._on_switch = on_switch
        self._first_audio_ms = first_audio_ms
        self._routes = routes or Routes(len(self._voices))

    def telling(self, on_switch: Callable[[Switched], None]) -> Self:
        """The same voices, with the same health, for one call that wants to know when they change."""
        return type(self)(self._voices, on_switch, first_audio_ms=self._first_audio_ms, routes=self._routes)

    @property
    def name(self) -> str:
        """That of the first: its prompts are the ones to keep."""
        return self._voices[0].name

    @property
    def trouble(self) -> str:
        """What is wrong with any of them, for people; empty when nothing is."""
        told = (voice.trouble or self._routes.trouble(number) for number, voice in enumerate(self._voices))
        return "; ".join(
            f"{voice.name}: {trouble}" for voice, trouble in zip(self._voices, told, strict=True) if trouble
        )

    def expect(self, language: str) -> None:
        """Calls in this language will come."""
        for voice in self._voices:
            if isinstance(voice, Expects):
                voice.expect(language)

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it comes; closing the iterator cancels. A text without words yields nothing.

        The first audio is due within deadline_ms of the last voice that is tried; those before it get 800 ms each.
        Raises the last voice's error when none could go on, perhaps in the middle.
        """
        left = text if any(map(str.isalnum, text)) else ""
        begun = False
        order = self._routes.order(_now_ms())
        order = order if len(order) > 1 else order * 2  # a single voice may try once more: on another connection
        for tried, number in enumerate(order):
            if not left:
                return
            last = tried == len(order) - 1
            due_ms = deadline_ms if last else min(deadline_ms, self._first_audio_ms)
            delivery = Delivery(left, self._routes.slowness(number))
            try:
                async with aclosing(self._spoken(number, left, language, due_ms, delivery)) as speech:
                    async for pcm in speech:
                        yield pcm
            except ProviderError as error:
                begun = begun or delivery.begun
                left = delivery.left() if delivery.begun else left
                self._failed(number, error)
                if last and left:
                    raise
                if left:
                    self._tell(error, order[tried : tried + 2], mid_sentence=begun)
            else:
                self._routes.spoke(number, delivery.slowness())
                return

    async def render(self, text: str, language: str, deadline_ms: int) -> Rendered:
        """One text, whole, by the first voice that can. Raises the last one's error."""
        order = self._routes.order(_now_ms())
        for tried, number in enumerate(order):
            try:
                return await self._rendered(self._voices[number], text, language, deadline_ms)
            except ProviderError as error:
                self._failed(number, error)
                if tried == len(order) - 1:
                    raise
                self._tell(error, order[tried : tried + 2], mid_sentence=False)
        raise ProviderFailed(PROVIDER, "there is no voice")

    async def _rendered(self, voice: TextToSpeech, text: str, language: str, deadline_ms: int) -> Rendered:
        if isinstance(voice, RendersPrompts):
            return await voice.render(text, language, deadline_ms)
        pcm = bytearray()
        async with aclosing(voice.speak(text, language, deadline_ms)) as speech:
            async for chunk in speech:
                pcm += chunk
                if len(pcm) > _LONGEST_MS * 16:
                    raise ProviderFailed(voice.name, f"a prompt of more than {_LONGEST_MS} ms")
        if not pcm:
            raise ProviderFailed(voice.name, f"no audio for a text of {len(text)} characters")
        return Rendered(bytes(pcm), voice.name)

    async def _spoken(
        self, number: int, text: str, language: str, due_ms: int, delivery: Delivery
    ) -> AsyncGenerator[bytes, None]:
        """One voice's audio of a text. Raises ProviderLate when it is late or has stopped."""
        voice, trim = self._voices[number], LeadingSilence()
        waits_since_ms = _now_ms()
        first_due_ms = waits_since_ms + due_ms
        async with aclosing(_aligned(voice, text, language)) as pieces:
            while True:
                limit_ms = delivery.stopped_at_ms(waits_since_ms) if delivery.begun else first_due_ms
                try:
                    async with asyncio.timeout_at(limit_ms / 1000):
                        piece = await anext(pieces, None)
                except TimeoutError:
                    raise ProviderLate(voice.name, "stopped" if delivery.begun else "no audio in time") from None
                if piece is None:
                    break
                if pcm := trim.take(piece.pcm):
                    delivery.add(pcm, piece.said, _now_ms())
                    yield pcm
                    waits_since_ms = _now_ms()
        if not delivery.begun:
            raise ProviderFailed(voice.name, "ended a text without any audio")
        if delivery.ended_early():
            raise ProviderFailed(voice.name, "ended a text before its end")

    def _failed(self, number: int, error: ProviderError) -> None:
        trouble = str(error).removeprefix(f"{error.provider}: ")
        rest_ms = self._routes.failed(number, _now_ms(), trouble, retryable=error.retryable)
        structlog.get_logger().warning(
            "voice failed", provider=self._voices[number].name, reason=type(error).__name__, rests_ms=rest_ms
        )

    def _tell(self, error: ProviderError, numbers: Sequence[int], *, mid_sentence: bool) -> None:
        before, after = numbers
        if self._on_switch is not None and before != after:
            names = self._voices[before].name, self._voices[after].name
            self._on_switch(Switched(*names, str(error), mid_sentence))


async def _aligned(voice: TextToSpeech, text: str, language: str) -> AsyncGenerator[Aligned, None]:
    if isinstance(voice, TellsWords):
        async with aclosing(voice.speak_aligned(text, language, _PATIENCE_MS)) as pieces:
            async for piece in pieces:
                yield piece
        return
    async with aclosing(voice.speak(text, language, _PATIENCE_MS)) as chunks:
        async for chunk in chunks:
            yield Aligned(chunk, None)


def _now_ms() -> int:
    return int(asyncio.get_running_loop().time() * 1000)
