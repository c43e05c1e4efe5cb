"""A voice that needs no engine: a tone, 60 ms for every character, made at once."""

from collections.abc import AsyncGenerator

import numpy as np

from voice.audio import SAMPLE_RATE_HZ

MS_PER_CHARACTER = 60


class ToneVoice:
    """A TextToSpeech (voice.tts.port)."""

    name = "tone"

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        del language, deadline_ms
        samples = len(text) * MS_PER_CHARACTER * SAMPLE_RATE_HZ // 1000
        tone = np.sin(np.arange(samples) * (2 * np.pi * 300 / SAMPLE_RATE_HZ)) * 6000
        yield tone.astype("<i2").tobytes()
