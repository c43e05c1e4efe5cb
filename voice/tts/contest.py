"""One text, asked of a voice and, when that is late, again over another connection: who speaks first is heard."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from voice.errors import ProviderError, ProviderFailed, ProviderLate
from voice.hedge import Hedge
from voice.tts.port import Aligned, AskedTwice, SpeaksApart, TellsWords, TextToSpeech
from voice.tts.trim import LeadingSilence

PATIENCE_MS: Final = 30_000
"""What a voice is told as its deadline: its lateness is judged by who asks."""

HURRY_MS: Final = 20
"""In place of the usual wait when the caller waits already; a voice that begins within it is not asked twice."""

Speech = AsyncGenerator[Aligned, None]
_Sign = tuple[Speech, Aligned | ProviderError]
"""Whose, and its first sound or why there is none."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A voice that speaks."""

    first: Aligned
    """Its first sound."""
    rest: Speech
    """What follows; whoever has it closes it."""


class Contest:
    """What is asked for one text. Asks once unless the voice has another connection and the hedge allows it."""

    def __init__(
        self, voice: TextToSpeech, hedge: Hedge, text: str, language: str, tell: Callable[[AskedTwice], None]
    ) -> None:
        """hedge: shared by all texts of this voice. tell: of a text that was asked for twice."""
        self._voice = voice
        self._hedge = hedge
        self._text = text
        self._language = language
        self._tell = tell
        self._asked: list[Speech] = []

    async def begun(self, due_ms: int, *, late: bool = False) -> Begun:
        """The voice, once it speaks. due_ms: instant of the loop's clock at which it is late.

        late: the caller waits already; it is asked twice at once, as often as it is asked twice at all.
        Raises ProviderLate, or what the voice raises when nobody is left who may speak.
        """
        began_ms = now_ms()
        self._hedge.asked()
        winner: Speech | None = None
        try:
            wait_ms = self._hedge.wait_ms
            wait_ms = min(wait_ms, HURRY_MS) if wait_ms is not None and late else wait_ms
            sign = await self._sign(due_ms if wait_ms is None else began_ms + wait_ms, due_ms)
            if not isinstance(sign[1], ProviderError):
                winner = sign[0]
        finally:
            for speech in self._asked:
                if speech is not winner:
                    await speech.aclose()
        hurried = late and len(self._asked) > 1  # too early to tell what the first one would have taken
        if isinstance(sign[1], Aligned | ProviderLate) and not hurried:
            self._hedge.took(now_ms() - began_ms)
        if len(self._asked) > 1:
            self._tell(AskedTwice(self._voice.name, len(self._text), wait_ms or 0, winner is self._asked[1]))
        if isinstance(sign[1], ProviderError):
            raise sign[1]
        return Begun(sign[1], sign[0])

    async def _sign(self, alone_until_ms: int, due_ms: int) -> _Sign:
        """The first sound of whoever is first; else the first request's error."""
        signs: asyncio.Queue[_Sign] = asyncio.Queue(2)  # one of each
        failed: list[_Sign] = []
        async with asyncio.TaskGroup() as tasks:
            listening = [tasks.create_task(self._listen(self._ask(apart=False), signs))]
            until_ms = min(alone_until_ms, due_ms)
            while True:
                sign = await _next(signs, until_ms)
                if sign is None and until_ms < due_ms:
                    until_ms = due_ms
                    if isinstance(self._voice, SpeaksApart) and self._hedge.may:
                        self._hedge.asked_again()
                        listening.append(tasks.create_task(self._listen(self._ask(apart=True), signs)))
                    continue
                if sign is None:
                    failed.append((self._asked[0], ProviderLate(self._voice.name, "no audio in time")))
                elif isinstance(sign[1], ProviderError):
                    failed.append(sign)
                    if len(failed) < len(self._asked):
                        continue
                break
            for each in listening:
                each.cancel()
        return failed[0] if sign is None or isinstance(sign[1], ProviderError) else sign

    def _ask(self, *, apart: bool) -> Speech:
        speech = _audible(self._voice, self._text, self._language, apart=apart)
        self._asked.append(speech)
        return speech

    async def _listen(self, speech: Speech, signs: "asyncio.Queue[_Sign]") -> None:
        """Tell the first sound, or why there is none."""
        try:
            signs.put_nowait((speech, await anext(speech)))
        except StopAsyncIteration:
            signs.put_nowait((speech, ProviderFailed(self._voice.name, "ended a text without any audio")))
        except ProviderError as error:
            signs.put_nowait((speech, error))


async def _audible(voice: TextToSpeech, text: str, language: str, *, apart: bool = False) -> Speech:
    """What a voice says of a text, from its first sound on."""
    trim = LeadingSilence()
    async with aclosing(_said(voice, text, language, apart=apart)) as pieces:
        async for piece in pieces:
            if pcm := trim.take(piece.pcm):
                yield Aligned(pcm, piece.said)


async def _said(voice: TextToSpeech, text: str, language: str, *, apart: bool) -> Speech:
    if apart and isinstance(voice, SpeaksApart):
        speech = voice.speak_apart(text, language, PATIENCE_MS)
    elif isinstance(voice, TellsWords):
        speech = voice.speak_aligned(text, language, PATIENCE_MS)
    else:
        async with aclosing(voice.speak(text, language, PATIENCE_MS)) as chunks:
            async for chunk in chunks:
                yield Aligned(chunk, None)
        return
    async with aclosing(speech) as pieces:
        async for piece in pieces:
            yield piece


async def _next(signs: "asyncio.Queue[_Sign]", until_ms: int) -> _Sign | None:
    try:
        async with asyncio.timeout_at(until_ms / 1000):
            return await signs.get()
    except TimeoutError:
        return None


def now_ms() -> int:
    """The clock of all that is late: the event loop's."""
    return int(asyncio.get_running_loop().time() * 1000)
