"""Utterances into audio, one after the other, cancellable: prompts made in advance at once, all else by the voice."""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import structlog

from pipeline.pace import Made
from pipeline.prepared import Prepared
from voice.audio import ulaw_to_pcm
from voice.errors import ProviderError
from voice.phrasing import speakable
from voice.tts.port import TextToSpeech

MOST_PREPARED = 3
"""Texts of which audio is made before they are to be said."""
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
    words: str | None = None
    """The words that end in it; None when the voice does not tell which."""


@dataclass(frozen=True, slots=True)
class VoiceOver:
    """All audio of this utterance has come."""

    utterance: str


@dataclass(frozen=True, slots=True)
class VoiceFailed:
    """The rest of this utterance does not come, nor what waited behind it."""

    utterance: str


Voiced = VoiceBegan | VoiceAudio | VoiceOver | VoiceFailed


class Words:
    """The words of a text, handed out as a voice reaches them. Pure."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [match.end() for match in re.finditer(r"\S+", text)]
        self._told = 0

    def upto(self, said: int) -> str:
        """The words that end at or before this place and were not told yet."""
        end = max((end for end in self._ends if end <= said), default=0)
        words, self._told = self._text[self._told : end].strip(), max(self._told, end)
        return words


class Voicing:
    """One stream's synthesis. `speak` and `interrupt` are synchronous; `run` is its one task."""

    def __init__(
        self, tts: TextToSpeech, prompts: Made, language: str, voices: Mapping[str, TextToSpeech] | None = None
    ) -> None:
        """voices: by language, those that do not speak with tts."""
        self._voices = voices or {}
        self._tts = tts
        self._prompts = prompts
        self._language = language
        self._languages: dict[str, str] = {}
        self._waiting: deque[tuple[str, str, str]] = deque()
        self._wake = asyncio.Event()
        self._speaking: asyncio.Task[None] | None = None
        self._prepared: dict[tuple[str, str], Prepared] = {}
        self._tasks: asyncio.TaskGroup | None = None

    def says_in(self, utterance: str, language: str) -> None:
        """This utterance, and what follows it, is said in this language."""
        self._language = self._languages[utterance] = language

    def speak(self, utterance: str, text: str) -> None:
        """Synthesize this after what waits already."""
        language = self._languages.pop(utterance, self._language)
        self._waiting.append((utterance, text, language))
        if self._speaking is not None and len(self._waiting) == 1:
            self.prepare(text, language)  # the next one: its first audio is there when the last of this one was said
        self._wake.set()

    def prepare(self, text: str, language: str = "") -> None:
        """Begin to synthesize what may be said soon; nothing is said of it unless `speak` comes."""
        language = language or self._language
        known = (text, language) in self._prepared or self._prompts.get(text, language) is not None
        if self._tasks is not None and not known and len(self._prepared) < MOST_PREPARED:
            spoken = speakable(text, language)
            self._prepared[(text, language)] = Prepared(self._voice(language), spoken, language, self._tasks)

    def _voice(self, language: str) -> TextToSpeech:
        return self._voices.get(language, self._tts)

    def forget(self) -> Sequence[str]:
        """Stop preparing what does not wait to be said; the texts, which the voice was asked for in vain."""
        wanted = {(text, language) for _, text, language in self._waiting}
        unwanted = [made for made in self._prepared if made not in wanted]
        for made in unwanted:
            self._prepared.pop(made).drop()
        return [text for text, _ in unwanted]

    def interrupt(self) -> None:
        """Drop what waits and stop what is being synthesized."""
        self._waiting.clear()
        self.forget()
        if self._speaking is not None:
            self._speaking.cancel()

    async def run(self, emit: Callable[[Voiced], Awaitable[None]]) -> None:
        """Synthesize until cancelled.

        An utterance that fails is logged, and what waits behind it is dropped: whoever is told decides what comes then.
        """
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    utterance, text, language = self._waiting.popleft()
                    self._speaking = tasks.create_task(self._speak(utterance, text, language, emit))
                    if self._waiting:
                        self.prepare(*self._waiting[0][1:])
                    await asyncio.wait([self._speaking])
                    self._speaking = None

    async def _speak(self, utterance: str, text: str, language: str, emit: Callable[[Voiced], Awaitable[None]]) -> None:
        await emit(VoiceBegan(utterance))
        ready = self._prompts.get(text, language)
        if ready is not None:
            await emit(VoiceAudio(utterance, ulaw_to_pcm(ready)))
        elif not await self._synthesized(utterance, text, language, emit):
            self._waiting.clear()
            await emit(VoiceFailed(utterance))
            return
        await emit(VoiceOver(utterance))

    async def _synthesized(
        self, utterance: str, text: str, language: str, emit: Callable[[Voiced], Awaitable[None]]
    ) -> bool:
        """Whether the voice made all of it."""
        made = False
        spoken = speakable(text, language)
        assert self._tasks is not None  # noqa: S101  # run is at work
        voice = self._voice(language)
        audio = self._prepared.pop((text, language), None) or Prepared(voice, spoken, language, self._tasks)
        words = Words(text) if spoken == text else None
        try:
            async with aclosing(aiter(audio)) as pieces:
                async for piece in pieces:
                    made = True
                    told = words.upto(piece.said) if words is not None and piece.said is not None else None
                    await emit(VoiceAudio(utterance, piece.pcm, told))
        except ProviderError as error:
            _log.error("utterance not spoken", provider=error.provider, begun=made, pii_error=str(error))
            return False
        finally:
            audio.drop()
        if not made and any(sign.isalnum() for sign in spoken):
            _log.error("utterance not spoken", provider=voice.name, begun=False)
            return False
        return True
