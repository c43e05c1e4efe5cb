"""A voice that needs no engine: a tone, as long as the text, made at once. It fails when it is told to."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Literal

import numpy as np

from tests.peers.speech import say
from voice.audio import SAMPLE_RATE_HZ
from voice.errors import ProviderFailed, ProviderLate

MS_PER_CHARACTER = 60
Failing = Literal["at once", "halfway", "late", "without a sound"]
FAILINGS: tuple[Failing, ...] = ("at once", "halfway", "late", "without a sound")


def _never(_text: str) -> Failing | None:
    return None


class ToneVoice:
    """A TextToSpeech (voice.tts.port)."""

    name = "tone"
    trouble = ""

    def __init__(self, ms_per_character: int = MS_PER_CHARACTER) -> None:
        self._ms_per_character = ms_per_character
        self.fails: Callable[[str], Failing | None] = _never
        """How it fails in a text, if it does."""
        self.said: list[str] = []
        """What it was asked for."""

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        del language
        self.said.append(text)
        failing = self.fails(text)
        if failing == "at once":
            raise ProviderFailed(self.name, "told to")
        if failing == "late":
            await asyncio.sleep(deadline_ms / 1000)
            raise ProviderLate(self.name, "told to")
        if failing == "without a sound":
            return
        pcm = self._audio(text)
        if failing == "halfway":
            yield pcm[: len(pcm) // 4 * 2]
            raise ProviderFailed(self.name, "told to, halfway")
        yield pcm

    def _audio(self, text: str) -> bytes:
        samples = len(text) * self._ms_per_character * SAMPLE_RATE_HZ // 1000
        tone = np.sin(np.arange(samples) * (2 * np.pi * 300 / SAMPLE_RATE_HZ)) * 6000
        return bytes(tone.astype("<i2").tobytes())

    def fail(self, word: str, *, times: int = 1000, how: Failing = "at once") -> None:
        """Fail so often in texts with this word."""
        left = times

        def fails(text: str) -> Failing | None:
            nonlocal left
            if word not in text or not left:
                return None
            left -= 1
            return how

        self.fails = fails


class SpelledVoice(ToneVoice):
    """Every letter is a tone of its own, 40 ms long: what of it was heard can be read back (tests.peers.speech)."""

    name = "spelled"

    def _audio(self, text: str) -> bytes:
        return say(text)
