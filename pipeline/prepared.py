"""Audio that is being made before it is wanted, or just when it is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from voice.errors import ProviderError
from voice.tts.port import Aligned, TellsWords, TextToSpeech

FIRST_AUDIO_DEADLINE_MS = 1500


class Prepared:
    """One text's audio. Iterate once."""

    def __init__(self, tts: TextToSpeech, spoken: str, language: str, tasks: asyncio.TaskGroup) -> None:
        """Spoken: as the voice takes it (voice.phrasing.speakable)."""
        self._chunks: asyncio.Queue[Aligned | ProviderError | None] = asyncio.Queue()
        self._making = tasks.create_task(self._make(tts, spoken, language))

    def drop(self) -> None:
        """It is not wanted: the voice is told to stop."""
        self._making.cancel()

    async def __aiter__(self) -> AsyncGenerator[Aligned, None]:
        """Its audio in order, with the place in the text that it reaches, where known. Raises what the voice raises."""
        while (chunk := await self._chunks.get()) is not None:
            if isinstance(chunk, ProviderError):
                raise chunk
            yield chunk

    async def _make(self, tts: TextToSpeech, spoken: str, language: str) -> None:
        try:
            if isinstance(tts, TellsWords):
                async with aclosing(tts.speak_aligned(spoken, language, FIRST_AUDIO_DEADLINE_MS)) as pieces:
                    async for piece in pieces:
                        self._chunks.put_nowait(piece)
            else:
                async with aclosing(tts.speak(spoken, language, FIRST_AUDIO_DEADLINE_MS)) as speech:
                    async for pcm in speech:
                        self._chunks.put_nowait(Aligned(pcm, None))
            self._chunks.put_nowait(None)
        except ProviderError as error:
            self._chunks.put_nowait(error)
