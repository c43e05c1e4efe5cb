"""Speech to text by faster-whisper: one shared model a process, bounded workers, whole utterances only.

Whisper always encodes 30 s: its cost is the same for a "yes" as for a story, about 0.7 s of CPU with `tiny` and 2 s
with `base` (docs/speech.md), so it is for machines with a GPU, or few calls. No partials come. The model hears 16 kHz;
telephone audio is resampled here, for pipecat's own service does not.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import soxr

from voice.audio import SAMPLE_RATE_HZ, pcm_to_samples
from voice.errors import ProviderAbsent, ProviderFailed, ProviderLate
from voice.stt.port import Expectation, Hypothesis, Recognition, Result, Transcript, Unrecognised, Vocabulary

PROVIDER: Final = "whisper"
MODEL_RATE_HZ: Final = 16_000
LONGEST_S: Final = 28
"""What is beyond a window of Whisper is cut: nobody answers a question for so long without a pause."""
WAITING_PER_WORKER: Final = 3
"""Utterances that may wait for each worker; the next one is told busy at once rather than late."""
SURE: Final = 0.7
"""Whisper's own probability from which on an utterance is in another language of the line than the call's."""
LANGUAGE_FROM_S: Final = 1.0
"""Shorter utterances are names, digits and "yes": they tell no language."""
NO_SPEECH: Final = 0.6
"""Whisper's own probability that a segment holds no speech, above which its words are not believed: its paper's."""


@dataclass(frozen=True, slots=True)
class _Utterance:
    pcm: bytes
    start_ms: int
    end_ms: int
    due_s: float
    """Monotonic instant at which the result is due."""
    language: str = ""
    """In which it is expected; empty: as the recogniser was made."""
    others: tuple[str, ...] = ()
    """In which it may be as well."""


class WhisperStt:
    """A SpeechToText (voice.stt.port). Load it at start: `await start()`."""

    def __init__(
        self,
        model: str,
        *,
        may_fetch: bool = False,
        device: str = "auto",
        compute_type: str = "default",
        workers: int = 1,
        language: str = "en",
    ) -> None:
        """model: a folder with a CTranslate2 model, or the name of one that may be fetched from its hub."""
        self._name = model
        self._may_fetch = may_fetch
        self._device = device
        self._compute_type = compute_type
        self._workers = workers
        self._language = language
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="whisper")
        self._model: Any = None
        self._waiting = 0

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        return "speech"

    @property
    def trouble(self) -> str:
        """Never any: a model that fails, fails utterance by utterance."""
        return ""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Nothing: it listens for whatever is said."""

    async def start(self) -> None:
        """Load the model: seconds. Raises ProviderAbsent with what to configure."""
        self._model = await asyncio.get_running_loop().run_in_executor(self._pool, self._load)

    async def aclose(self) -> None:
        """Let running work finish and release the model."""
        await asyncio.to_thread(self._pool.shutdown, wait=True, cancel_futures=True)
        self._model = None

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        del call_id, deadline_ms
        if self._model is None:
            raise ProviderFailed(PROVIDER, "the model is not loaded; start() comes first")
        return _Recognition(self)

    async def transcribe(self, utterance: _Utterance) -> Transcript | Unrecognised:
        """One utterance; what comes too late is Unrecognised. Never raises."""
        span = (utterance.start_ms, utterance.end_ms)
        if self._waiting >= self._workers * (1 + WAITING_PER_WORKER):
            return Unrecognised("busy", *span)
        self._waiting += 1
        job = asyncio.get_running_loop().run_in_executor(self._pool, self._words, utterance)
        job.add_done_callback(self._done)
        try:
            async with asyncio.timeout(max(0.0, utterance.due_s - time.monotonic())):
                text, confidence = await asyncio.shield(job)
        except TimeoutError:
            return Unrecognised("late", *span)
        except (ProviderFailed, ProviderLate):
            return Unrecognised("late", *span)
        if not text:
            return Unrecognised("noise", *span)
        return Transcript(text, True, *span, confidence, (Hypothesis(text, confidence),))

    def _done(self, job: "asyncio.Future[tuple[str, float]]") -> None:
        self._waiting -= 1
        if not job.cancelled():
            job.exception()  # seen: a result that is late is nobody's any more

    def _load(self) -> Any:
        if not self._name:
            raise ProviderAbsent(PROVIDER, "no model: set CORDBOARD_WHISPER_MODEL to the folder of a CTranslate2 model")
        if not self._may_fetch and not Path(self._name).is_dir():
            raise ProviderAbsent(
                PROVIDER,
                f"{self._name!r} is no folder on this machine, and fetching is off: set CORDBOARD_WHISPER_MODEL to the "
                "folder of a CTranslate2 model, or CORDBOARD_WHISPER_MAY_FETCH=true",
            )
        from faster_whisper import WhisperModel  # noqa: PLC0415 slow to import, for those who use it

        try:
            return WhisperModel(
                self._name,
                device=self._device,
                compute_type=self._compute_type,
                num_workers=self._workers,
                local_files_only=not self._may_fetch,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ProviderAbsent(PROVIDER, f"the model {self._name!r} cannot be loaded: {error}") from error

    def _language_of(self, audio: npt.NDArray[np.float32], utterance: _Utterance) -> str:
        """The language to listen in: that of the call, unless it is surely another one of the line."""
        expected = utterance.language or self._language
        if not self._model.model.is_multilingual:
            return "en"
        if not utterance.others or len(audio) < LANGUAGE_FROM_S * MODEL_RATE_HZ:
            return expected
        _, _, chances = self._model.detect_language(audio)
        likely = max(utterance.others, key=lambda code: dict(chances).get(code, 0.0))
        return likely if dict(chances).get(likely, 0.0) >= SURE else expected

    def _words(self, utterance: _Utterance) -> tuple[str, float]:
        """Text and confidence of PCM16 8 kHz; on a worker's thread."""
        pcm = utterance.pcm[: LONGEST_S * SAMPLE_RATE_HZ * 2]
        samples = pcm_to_samples(pcm).astype(np.float32) / 32768
        audio = soxr.resample(samples, SAMPLE_RATE_HZ, MODEL_RATE_HZ)
        try:
            language = self._language_of(audio, utterance)
            segments, _ = self._model.transcribe(
                audio, language=language, beam_size=1, temperature=0.0, condition_on_previous_text=False,
                without_timestamps=True, max_new_tokens=96,
            )  # fmt: skip
            kept = [segment for segment in segments if segment.no_speech_prob < NO_SPEECH]
        except RuntimeError as error:
            raise ProviderFailed(PROVIDER, str(error)) from error
        text = " ".join(segment.text.strip() for segment in kept).strip()
        likelihood = max((segment.avg_logprob for segment in kept), default=-math.inf)
        return text, math.exp(min(0.0, likelihood))


class _Recognition:
    """One caller's. Its results are made where they are asked for: nothing runs when nobody iterates."""

    def __init__(self, stt: WhisperStt) -> None:
        self._stt = stt
        self._said: asyncio.Queue[_Utterance | None] = asyncio.Queue()
        self._pcm: bytearray | None = None
        self._start_ms = 0
        self._expected: Expectation | None = None

    def expect(self, expectation: Expectation) -> None:
        """Whisper listens to everything alike, but for the language."""
        self._expected = expectation

    def speech_started(self, at_ms: int) -> None:
        self._pcm, self._start_ms = bytearray(), at_ms

    def write(self, pcm: bytes, at_ms: int) -> None:
        del at_ms
        if self._pcm is not None:
            self._pcm += pcm

    def speech_paused(self, at_ms: int) -> None:
        """Nothing: a window of Whisper costs the same whatever is in it."""

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        if self._pcm is None:
            return
        pcm, self._pcm = bytes(self._pcm), None
        spoken = (self._expected.language, self._expected.others) if self._expected is not None else ("", ())
        due_s = time.monotonic() + deadline_ms / 1000
        self._said.put_nowait(_Utterance(pcm, self._start_ms, at_ms, due_s, *spoken))

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (utterance := await self._said.get()) is not None:
            yield await self._stt.transcribe(utterance)

    async def aclose(self) -> None:
        self._said.put_nowait(None)
