"""A recogniser that is told what callers say: the next text for each utterance, whatever it sounds like."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from voice.errors import ProviderFailed
from voice.stt.port import Expectation, Hypothesis, Recognition, Result, Transcript, Unrecognised, Vocabulary

NOISE, BUSY, LATE = "", "<busy>", "<late>"
"""Texts that stand for an utterance without words, and why there are none."""
_WHY: dict[str, Literal["noise", "busy", "late"]] = {NOISE: "noise", BUSY: "busy", LATE: "late"}


class ToldStt:
    """A SpeechToText (voice.stt.port). `texts` is shared by all calls."""

    def __init__(self, texts: Sequence[str], delay_s: float = 0.1) -> None:
        self.texts = list(texts)
        self.of_call: dict[str, list[str]] = {}
        """What single calls say, by their id, in place of `texts`."""
        self.delay_s = delay_s
        self.expected: list[Expectation] = []
        self.settles = False
        """Whether pauses are answered with the words so far, a moment later."""
        self.refusals = 0
        """So many calls are refused first."""

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        return "speech"

    @property
    def trouble(self) -> str:
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """It hears what it is told."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        del deadline_ms
        if self.refusals:
            self.refusals -= 1
            raise ProviderFailed("told", "no more of us")
        return _ToldRecognition(self, call_id)


class _ToldRecognition:
    def __init__(self, stt: ToldStt, call_id: str) -> None:
        self._stt = stt
        self._call_id = call_id
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()
        self._start_ms = 0

    @property
    def _texts(self) -> list[str]:
        return self._stt.of_call.get(self._call_id, self._stt.texts)

    def expect(self, expectation: Expectation) -> None:
        self._stt.expected.append(expectation)

    def speech_started(self, at_ms: int) -> None:
        self._start_ms = at_ms

    def write(self, pcm: bytes, at_ms: int) -> None:
        pass

    def speech_paused(self, at_ms: int) -> None:
        texts = self._texts
        if self._stt.settles and texts and texts[0] not in _WHY:
            words = Transcript(texts[0], False, self._start_ms, at_ms, 0.9, settled=True)
            asyncio.get_running_loop().call_later(self._stt.delay_s, self._results.put_nowait, words)

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        del deadline_ms
        texts = self._texts
        text = texts.pop(0) if texts else NOISE
        result: Transcript | Unrecognised = (
            Transcript(text, True, self._start_ms, at_ms, 0.9, (Hypothesis(text, 0.9),))
            if text not in _WHY
            else Unrecognised(_WHY[text], self._start_ms, at_ms)
        )
        asyncio.get_running_loop().call_later(self._stt.delay_s, self._results.put_nowait, result)

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result

    async def aclose(self) -> None:
        self._results.put_nowait(None)
