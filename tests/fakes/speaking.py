"""A caller of a recogniser, without a call: sounds and silence on a clock of its own, as fast as they are taken."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from voice.stt.port import EagerEnd, ProviderSwitched, Recognition, Result, Transcript, TurnGoesOn, Unrecognised

PIECE_MS = 60
HANGOVER_MS = 420
"""What the speech gate waits before it says that speech is over."""


def sound(duration_ms: int) -> bytes:
    """PCM16 of a tone that counts as speech."""
    at = np.arange(duration_ms * 8)
    return (9000 * np.sin(at * 2 * np.pi * 300 / 8000)).astype("<i2").tobytes()


class Speaker:
    """Speaks into one recogniser, in the order of a call in which every frame is handed on."""

    def __init__(self, recognition: Recognition, at_ms: int = 0, *, pace: float = 0.0) -> None:
        """pace: seconds of real time for a second of audio; 0: none, only a turn of the event loop for each piece."""
        self.recognition = recognition
        self.at_ms = at_ms
        self.pace = pace
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for result in self.recognition:
                self.results.append(result)
                self._news.set()
        except Exception as error:  # noqa: BLE001 the test looks at it
            self.error = error
        self._news.set()

    async def write(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), PIECE_MS * 16):
            piece = pcm[start : start + PIECE_MS * 16]
            self.recognition.write(piece, self.at_ms)
            self.at_ms += len(piece) // 16
            await asyncio.sleep(self.pace * len(piece) / 16000)

    async def quiet(self, duration_ms: int) -> None:
        await self.write(bytes(duration_ms * 16))

    async def say(self, speech_ms: int, deadline_ms: int = 2500, *, pause: bool = True) -> tuple[int, int]:
        """One utterance, its pause and its end; its span."""
        start_ms = self.at_ms
        self.recognition.speech_started(start_ms)
        await self.write(sound(speech_ms))
        end_ms = self.at_ms
        await self.quiet(120)
        if pause:
            self.recognition.speech_paused(end_ms)
        await self.quiet(HANGOVER_MS - 120)
        self.recognition.speech_ended(end_ms, deadline_ms)
        return start_ms, end_ms

    async def until(self, count: int, timeout_s: float = 5.0) -> list[Transcript | Unrecognised]:
        """Wait for so many results that end utterances, or for the end of iteration."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while len(self.over) < count and self.error is None and not self._reading.done():
                    self._news.clear()
                    await self._news.wait()
        return self.over

    @property
    def over(self) -> list[Transcript | Unrecognised]:
        return [
            one for one in self.results if isinstance(one, Unrecognised) or (isinstance(one, Transcript) and one.final)
        ]

    @property
    def texts(self) -> list[str]:
        """What was understood; of utterances without words, why there are none."""
        return [one.text if isinstance(one, Transcript) else f"<{one.reason}>" for one in self.over]

    def partials(self) -> list[Transcript]:
        return [one for one in self.results if isinstance(one, Transcript) and not one.final]

    def told(self, *kinds: type[EagerEnd | TurnGoesOn | ProviderSwitched]) -> Sequence[Result]:
        return [one for one in self.results if isinstance(one, kinds)]

    async def aclose(self) -> None:
        await self.recognition.aclose()
        await asyncio.wait([self._reading])
