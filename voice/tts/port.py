"""The port to speech synthesis."""

from collections.abc import AsyncGenerator
from typing import Protocol


class TextToSpeech(Protocol):
    """A voice, shared by all calls of a process."""

    @property
    def name(self) -> str:
        """Engine, voice and settings in one word; part of the key of cached prompts."""

    @property
    def trouble(self) -> str:
        """What is wrong with it now, for people; empty when nothing is."""

    def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it is made, leading silence trimmed; closing the iterator cancels.

        Each chunk is due within deadline_ms. Raises ProviderLate or ProviderFailed (voice.errors), perhaps after some
        audio came: retryable.
        """
