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


Voiced = VoiceBegan | VoiceAudio | VoiceOver


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
        """Synthesize until cancelled. An utterance that fails is logged and ends without audio, unheard."""
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
        else:
            try:
                async with aclosing(
                    self._tts.speak(speakable(text, self._language), self._language, FIRST_AUDIO_DEADLINE_MS)
                ) as speech:
                    async for pcm in speech:
                        await emit(VoiceAudio(utterance, pcm))
            except ProviderError as error:
                structlog.get_logger().error("utterance not spoken", provider=error.provider, pii_error=str(error))
        await emit(VoiceOver(utterance))
