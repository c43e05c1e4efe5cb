"""What a person says to the caller, in words: a recogniser that listens along and never takes the floor."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from pipeline.hearing import FINAL_DEADLINE_MS, Hearing, HearingOutput, SpeechBegan, SpeechOver, SpeechPauses
from pipeline.hearing import Heard as HeardAudio
from telephony.ports import Audio
from voice.errors import ProviderError, origin_of
from voice.stt.port import Expectation, Recognition, SpeechToText, Transcript
from voice.vad import SpeechGate

OPEN_MS: Final = 2000
CLOSE_S: Final = 1.0
MOST_WAITING: Final = 200

Wrote = Callable[[Transcript], None]
"""Told what was said: finals, with words."""


class Overhearing:
    """One person's speech into words. `heard` is synchronous; `run` is its one task."""

    def __init__(self, stt: SpeechToText, name: str, gate: SpeechGate, language: str, wrote: Wrote) -> None:
        """name: of the leg, for the recogniser. wrote: told every utterance."""
        self._stt = stt
        self._name = name
        self._language = language
        self._wrote = wrote
        self._waiting: list[HearingOutput] = []
        """Until the recogniser is there."""
        self._recognition: Recognition | None = None
        self._deaf = False
        self._hearing = Hearing(gate, _Nowhere(), stt.wants, _call_clock)
        self._hearing.on_output(self._take)

    def heard(self, at_ms: int, ulaw: bytes) -> None:
        """20 ms of their sound, on the call's clock."""
        self._hearing.audio(Audio(ulaw, at_ms))

    async def run(self) -> None:
        """Listen until cancelled. Without a recogniser the person is simply not written down."""
        try:
            recognition = await self._stt.open(self._name, OPEN_MS)
            try:
                await self._listen(recognition)
            finally:
                self._recognition = None
                async with asyncio.timeout(CLOSE_S):
                    await recognition.aclose()
        except Exception as error:  # noqa: BLE001 whatever a recogniser does, the call goes on: it is carried beside this task
            self._give_up(error)

    async def _listen(self, recognition: Recognition) -> None:
        recognition.expect(Expectation(language=self._language))
        self._recognition = recognition
        waiting, self._waiting = self._waiting, []
        for output in waiting:
            self._take(output)
        async for result in recognition:
            if isinstance(result, Transcript) and result.final and result.text:
                self._wrote(result)

    def _give_up(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, ProviderError) else origin_of(error)
        structlog.get_logger().warning("agent is not written down", leg=self._name, reason=reason)
        self._deaf = True
        self._waiting.clear()

    def _take(self, output: HearingOutput) -> None:
        if self._recognition is None:
            if not self._deaf and len(self._waiting) < MOST_WAITING:  # overflow: what was said first is written down
                self._waiting.append(output)
            return
        match output:
            case HeardAudio(pcm=pcm, at_ms=at_ms):
                self._recognition.write(pcm, at_ms)
            case SpeechBegan(audio_from_ms=from_ms):
                self._recognition.speech_started(from_ms)
            case SpeechPauses(at_ms=at_ms):
                self._recognition.speech_paused(at_ms)
            case SpeechOver(at_ms=at_ms):
                self._recognition.speech_ended(at_ms, FINAL_DEADLINE_MS)
            case _:
                pass


class _Nowhere:
    """The person's own leg is recorded by the bridge."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """Not here."""


def _call_clock(_timestamp_ms: int) -> int:
    """Instants are those of the call already."""
    return 0
