"""A voice that needs no engine: a tone, as long as the text, made at once."""

from collections.abc import AsyncGenerator

import numpy as np

from voice.audio import SAMPLE_RATE_HZ

MS_PER_CHARACTER = 60


class ToneVoice:
    """A TextToSpeech (voice.tts.port)."""

    name = "tone"
    trouble = ""

    def __init__(self, ms_per_character: int = MS_PER_CHARACTER) -> None:
        self._ms_per_character = ms_per_character

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        del language, deadline_ms
        samples = len(text) * self._ms_per_character * SAMPLE_RATE_HZ // 1000
        tone = np.sin(np.arange(samples) * (2 * np.pi * 300 / SAMPLE_RATE_HZ)) * 6000
        yield tone.astype("<i2").tobytes()
