"""Utterances into audio, one after the other, cancellable: prompts made in advance at once, all else by the voice."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from voice.audio import ulaw_to_pcm
from voice.errors import ProviderError
from voice.phrasing import speakable
from voice.prompts import Prompts
from voice.tts.port import TextToSpeech

FIRST_AUDIO_DEADLINE_MS = 1500

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VoiceBegan:
    """Audio of this utterance follows."""

    utterance: str


@dataclass(frozen=True, slots=True)
class VoiceAudio:
    """PCM16 mono 8 kHz of an utterance, in order."""

    utterance: str
    pcm: bytes


@dataclass(frozen=True, slots=True)
class VoiceOver:
    """All audio of this utterance has come."""

    utterance: str


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """The rest of this utterance does not come, nor what waited behind it."""

    utterance: str


Voiced = VoiceBegan | VoiceAudio | VoiceOver | VoiceFailed


class Voicing:
    """One stream's synthesis. `speak` and `interrupt` are synchronous; `run` is its one task."""

    def __init__(self, tts: TextToSpeech, prompts: Prompts, language: str) -> None:
        self._tts = tts
        self._prompts = prompts
        self._language = language
        self._waiting: deque[tuple[str, str]] = deque()
        self._wake = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None

    def speak(self, utterance: str, text: str) -> None:
        """Synthesize this after what waits already."""
        self._waiting.append((utterance, text))
        self._wake.set()

    def interrupt(self) -> None:
        """Drop what waits and stop what is being synthesized."""
        self._waiting.clear()
        if self._speaking is not None:
            self._speaking.cancel()

    async def run(self, emit: Callable[[Voiced], Awaitable[None]]) -> None:
        """Synthesize until cancelled.

        An utterance that fails is logged, and what waits behind it is dropped: whoever is told decides what comes then.
        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    utterance, text = self._waiting.popleft()
                    self._speaking = tasks.create_task(self._speak(utterance, text, emit))
                    await asyncio.wait([self._speaking])
                    self._speaking = None

    async def _speak(self, utterance: str, text: str, emit: Callable[[Voiced], Awaitable[None]]) -> None:
        await emit(VoiceBegan(utterance))
        ready = self._prompts.get(text, self._language)
        if ready is not None:
            await emit(VoiceAudio(utterance, ulaw_to_pcm(ready)))
        elif not await self._synthesized(utterance, text, emit):
            self._waiting.clear()
            await emit(VoiceFailed(utterance))
            return
        await emit(VoiceOver(utterance))

    async def _synthesized(self, utterance: str, text: str, emit: Callable[[Voiced], Awaitable[None]]) -> bool:
        """Whether the voice made all of it."""
        made = False
        spoken = speakable(text, self._language)
        try:
            async with aclosing(self._tts.speak(spoken, self._language, FIRST_AUDIO_DEADLINE_MS)) as speech:
                async for pcm in speech:
                    made = True
                    await emit(VoiceAudio(utterance, pcm))
        except ProviderError as error:
            _log.error("utterance not spoken", provider=error.provider, begun=made, pii_error=str(error))
            return False
        if not made and any(sign.isalnum() for sign in spoken):
            _log.error("utterance not spoken", provider=self._tts.name, begun=False)
            return False
        return True
