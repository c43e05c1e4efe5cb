"""The offline recogniser in virtual time: real audio through the real decoder, its result after a set time."""

import asyncio
from collections.abc import Sequence
from typing import Final, Literal

from voice.audio import PCM_BYTES_PER_MS
from voice.errors import ProviderFailed
from voice.stt.decoding import Decoding
from voice.stt.listening import Listening, Readings, Utterance
from voice.stt.port import Recognition, Vocabulary

TOOK_S: Final = 0.25
"""From the end of an utterance to its result; real ones take 0.05 to 0.2 s of CPU for a second of speech."""
_PARTIAL_EVERY_BYTES: Final = 240 * PCM_BYTES_PER_MS


class VirtualEars:
    """A SpeechToText (voice.stt.port) for one call at a time."""

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Utterances only, as the recogniser that it stands for."""
        return "speech"

    @property
    def trouble(self) -> str:
        """Nothing."""
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Lines do not change while a benchmark runs. Raises ProviderFailed."""
        del vocabularies
        raise ProviderFailed("virtual ears", "they know the vocabularies of their start only")

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Begin to listen to the caller."""
        del call_id, deadline_ms
        return Listening(_AtOnce(self._decoding))


class _AtOnce:
    """An Engine (voice.stt.listening) that decodes where it stands, while virtual time stands still."""

    def __init__(self, decoding: Decoding) -> None:
        self._decoding = decoding
        self._unheard_bytes = 0
        self._due: dict[Utterance, asyncio.TimerHandle] = {}

    def submit(self, utterance: Utterance) -> None:
        self._decoding.begin(utterance.expectation)
        self._unheard_bytes = 0

    def write(self, utterance: Utterance, pcm: bytes) -> None:
        utterance.audio += pcm
        self._decoding.hear(pcm)
        self._unheard_bytes += len(pcm)
        if self._unheard_bytes >= _PARTIAL_EVERY_BYTES:
            self._unheard_bytes = 0
            text = self._decoding.partial()
            if text:
                utterance.on_partial(text)

    def end(self, utterance: Utterance, deadline_ms: int) -> None:
        del deadline_ms
        utterance.ended = True
        readings = self._decoding.finish()
        loop = asyncio.get_running_loop()
        self._due[utterance] = loop.call_later(TOOK_S, self._tell, utterance, readings)

    def drop(self, utterance: Utterance) -> None:
        due = self._due.pop(utterance, None)
        if due is not None:
            due.cancel()

    def _tell(self, utterance: Utterance, readings: Readings) -> None:
        del self._due[utterance]
        utterance.on_done(readings)
