"""Several voices as one: when one fails, is late or stops in the middle, the next goes on where it was.

A voice that is merely slower than usual is asked a second time over another connection (voice.tts.contest), not
replaced: callers hear one voice as long as it works.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from copy import copy
from typing import Final, Self

import structlog

from voice.errors import ProviderError, ProviderFailed, ProviderLate
from voice.hedge import Hedge, Wait
from voice.tts.contest import Contest, now_ms
from voice.tts.delivery import Delivery
from voice.tts.port import Aligned, AskedTwice, Expects, Rendered, RendersPrompts, Switched, TextToSpeech
from voice.tts.routes import Routes

PROVIDER: Final = "voices"
FIRST_AUDIO_MS: Final = 800
"""A voice that has nothing to hear by then makes room for the next, while there is one."""
_LONGEST_MS: Final = 60_000
"""Of one rendered prompt."""


class Failover:
    """A TextToSpeech that TellsWords (voice.tts.port), of several in order; calls of a process share their health."""

    def __init__(
        self,
        voices: Sequence[TextToSpeech],
        tell: Callable[[Switched | AskedTwice], None] | None = None,
        *,
        first_audio_ms: int = FIRST_AUDIO_MS,
        hedge_ms: Wait = 0,
    ) -> None:
        """tell: told at once, from the task that speaks; it must neither block nor raise.

        hedge_ms: so long the first audio is waited for before the same voice is asked again; 0: it is not.
        """
        self._voices = tuple(voices)
        self._tell = tell or _nobody
        self._late: Callable[[], bool] = lambda: False
        self._first_audio_ms = first_audio_ms
        self._routes = Routes(len(self._voices))
        self._hedges = tuple(Hedge(hedge_ms) for _ in self._voices)

    def telling(self, tell: Callable[[Switched | AskedTwice], None], late: Callable[[], bool] = lambda: False) -> Self:
        """The same voices, with the same health, for one call that wants to know when they change.

        late: whether this call's caller waits longer than is usual already: then the voice is asked twice at once.
        """
        told = copy(self)
        told._tell, told._late = tell, late  # noqa: SLF001 its own class
        return told

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
        async with aclosing(self.speak_aligned(text, language, deadline_ms)) as pieces:
            async for piece in pieces:
                yield piece.pcm

    async def speak_aligned(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[Aligned, None]:
        """The same, with the place in the text that each piece reaches, if the voice that begins it tells.

        Of another that goes on and does not tell, the place is estimated, as it is when that one breaks.
        """
        left = text if any(map(str.isalnum, text)) else ""
        begun = False
        exact: bool | None = None
        order = self._routes.order(now_ms())
        order = order if len(order) > 1 else order * 2  # a single voice may try once more: on another connection
        for tried, number in enumerate(order):
            if not left:
                return
            last = tried == len(order) - 1
            due_ms = deadline_ms if last else min(deadline_ms, self._first_audio_ms)
            delivery = Delivery(left, self._routes.slowness(number))
            try:
                async with aclosing(self._spoken(number, left, language, due_ms, delivery)) as speech:
                    async for piece in speech:
                        exact = piece.said is not None if exact is None else exact
                        reached = delivery.reached if piece.said is None and exact else piece.said
                        yield Aligned(piece.pcm, len(text) - len(left) + (reached or 0) if exact else None)
            except ProviderError as error:
                begun = begun or delivery.begun
                left = delivery.left() if delivery.begun else left
                self._failed(number, error)
                if last and left:
                    raise
                if left:
                    self._changed(error, order[tried : tried + 2], mid_sentence=begun)
            else:
                self._routes.spoke(number, delivery.slowness())
                return

    async def render(self, text: str, language: str, deadline_ms: int) -> Rendered:
        """One text, whole, by the first voice that can. Raises the last one's error."""
        order = self._routes.order(now_ms())
        for tried, number in enumerate(order):
            try:
                return await self._rendered(self._voices[number], text, language, deadline_ms)
            except ProviderError as error:
                self._failed(number, error)
                if tried == len(order) - 1:
                    raise
                self._changed(error, order[tried : tried + 2], mid_sentence=False)
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
    ) -> AsyncGenerator[Aligned, None]:
        """One voice's audio of a text. Raises ProviderLate when it is late or has stopped."""
        voice = self._voices[number]
        contest = Contest(voice, self._hedges[number], text, language, self._tell)
        begun = await contest.begun(now_ms() + due_ms, late=self._late())
        async with aclosing(begun.rest) as pieces:
            piece: Aligned | None = begun.first
            while piece is not None:
                delivery.add(piece.pcm, piece.said, now_ms())
                yield piece
                try:
                    async with asyncio.timeout_at(delivery.stopped_at_ms(now_ms()) / 1000):
                        piece = await anext(pieces, None)
                except TimeoutError:
                    raise ProviderLate(voice.name, "stopped") from None
        if delivery.ended_early():
            raise ProviderFailed(voice.name, "ended a text before its end")

    def _failed(self, number: int, error: ProviderError) -> None:
        trouble = str(error).removeprefix(f"{error.provider}: ")
        rest_ms = self._routes.failed(number, now_ms(), trouble, retryable=error.retryable)
        structlog.get_logger().warning(
            "voice failed", provider=self._voices[number].name, reason=type(error).__name__, rests_ms=rest_ms
        )

    def _changed(self, error: ProviderError, numbers: Sequence[int], *, mid_sentence: bool) -> None:
        before, after = numbers
        if before != after:
            names = self._voices[before].name, self._voices[after].name
            self._tell(Switched(*names, str(error), mid_sentence))


def _nobody(_told: Switched | AskedTwice) -> None:
    """Who is told while no call wants to know."""
