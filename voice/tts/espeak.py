"""The offline voice: espeak-ng in this process, streaming, cancellable, 8 kHz, at a telephone's level.

espeak-ng is GPL-3.0-or-later. It comes with the optional extra `cordboard[offline]`, is imported here alone and only
when a voice is made; without the extra, making one raises ProviderAbsent. The README says what installing it means.

The library has one global state and aborts the process when two threads use it: one thread of ours owns it, and all
voices of the process queue there. That is cheap: it speaks some 500 times faster than real time.
"""

import asyncio
import ctypes
import functools
import importlib
import queue
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import soxr
import structlog

from voice.audio import SAMPLE_RATE_HZ
from voice.errors import ProviderAbsent, ProviderFailed, ProviderLate, origin_of

PROVIDER: Final = "espeak"
LEVEL_DB: Final = -20.0
"""Level of speech, pauses left out, relative to full scale: what carriers' own prompts have, with room for peaks."""
LONGEST_TEXT: Final = 4000
"""Characters; five minutes of speech, which bounds what one call can make this process hold."""
PITCH: Final = 50
"""How high it speaks where nothing else is wanted, of 0 to 99."""

_SYNCHRONOUS: Final = 2
_CHUNK_MS: Final = 40
_DONT_EXIT: Final = 0x8000
_UTF8: Final = 1
_RATE: Final = 1
_PITCH: Final = 3
_SILENT: Final = 0.01
_LEAD_SAMPLES: Final = 80
_LATER_CHUNK_SAMPLES: Final = 1600
"""After the first chunk, audio is handed over in pieces of 200 ms: one hop to the event loop each."""
_CALIBRATION: Final = "Thank you for calling. Your order number is four seven one two nine, and it was sent on Tuesday."
_VOICES: Final = {"en": "en-us", "es": "es-419", "fr": "fr-fr", "pt": "pt-br"}

_Samples = npt.NDArray[np.float32]
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """A TextToSpeech (voice.tts.port). Making the first one loads the library, some 30 ms: do it at start."""

    def __init__(self, variant: str = "", words_per_minute: int = 160, pitch: int = PITCH, voice: str = "") -> None:
        """variant: one of espeak-ng's timbres ("f3", "Annie"); empty: its own. pitch: 0 to 99.

        voice: one of its voices ("en-gb-scotland"), for every language; empty: the usual one of each.
        Raises ProviderAbsent where there is no such voice or timbre.
        """
        self._engine = _engine()
        if variant and variant not in self._engine.variants:
            raise ProviderAbsent(
                PROVIDER, f"there is no variant {variant!r}; known: {', '.join(self._engine.variants)}"
            )
        self._chosen = voice
        self._variant = f"+{variant}" if variant else ""
        self._words_per_minute = words_per_minute
        self._pitch = pitch
        self._engine.do(functools.partial(self._engine.gain, self._manner("en")))

    @property
    def name(self) -> str:
        """Engine, voice and settings in one word."""
        more = f"-p{self._pitch}" if self._pitch != PITCH else ""
        return f"espeak{self._variant}-{self._words_per_minute}{more}{self._chosen and f'-{self._chosen}'}"

    @property
    def trouble(self) -> str:
        """How the engine last failed; empty as soon as it speaks again."""
        return self._engine.trouble

    async def speak(self, text: str, language: str, deadline_ms: int) -> AsyncGenerator[bytes, None]:
        """Yield PCM16 mono 8 kHz as it is made; closing the iterator cancels. A text without words yields nothing.

        Raises ProviderLate when no audio came within deadline_ms, ProviderAbsent for a language it has no voice for,
        and ProviderFailed for a text beyond LONGEST_TEXT or when the engine fails: all of them perhaps in the middle.
        """
        if len(text) > LONGEST_TEXT:
            raise ProviderFailed(PROVIDER, f"a text of {len(text)} characters is too long; split it into clauses")
        job = _Job(text, self._manner(language), asyncio.get_running_loop())
        self._engine.enqueue(functools.partial(self._engine.speak, job))
        try:
            while chunk := await self._next(job, deadline_ms):
                yield chunk
            if job.failure is not None:
                raise job.failure
        finally:
            job.cancelled.set()

    async def _next(self, job: "_Job", deadline_ms: int) -> bytes:
        try:
            async with asyncio.timeout(deadline_ms / 1000):
                return await job.chunks.get()
        except TimeoutError:
            self._engine.trouble = f"no audio within {deadline_ms} ms"
            raise ProviderLate(PROVIDER, self._engine.trouble) from None

    def _manner(self, language: str) -> "_Manner":
        tag = language.lower().replace("_", "-")
        usual = _VOICES.get(tag, _VOICES.get(tag.partition("-")[0], tag.partition("-")[0]))
        return _Manner((self._chosen or usual) + self._variant, self._words_per_minute, self._pitch)


@dataclass(frozen=True, slots=True)
class _Manner:
    """How a text is spoken."""

    voice: str
    words_per_minute: int
    pitch: int


@dataclass(slots=True)
class _Job:
    """One text on its way through the engine's thread."""

    text: str
    manner: _Manner
    loop: asyncio.AbstractEventLoop
    chunks: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    """Bounded by LONGEST_TEXT; an empty chunk is the end."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    failure: ProviderAbsent | ProviderFailed | None = None

    def hand_over(self, chunk: bytes) -> bool:
        """Give a chunk to the event loop; False when nobody listens any more."""
        try:
            self.loop.call_soon_threadsafe(self.chunks.put_nowait, chunk)
        except RuntimeError:  # the loop was closed
            return False
        return not self.cancelled.is_set()


class _Engine:
    """The library and the one thread that may call it. Everything but `do` and `enqueue` runs there."""

    def __init__(self, library_path: str, data_path: str) -> None:
        """Load the library. Raises ProviderAbsent when it is broken."""
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._gains: dict[_Manner, float] = {}
        self._take: Callable[[_Samples], bool] = _nobody
        self._broken: Exception | None = None
        """What was raised while the library was speaking: nothing can be raised through it."""
        self._rate_hz = 0
        self.trouble = ""
        """How it last failed; empty as soon as it speaks again."""
        self.variants = tuple(sorted(path.name for path in Path(data_path, "voices", "!v").glob("*")))
        threading.Thread(target=self._run, name="espeak", daemon=True).start()
        self.do(functools.partial(self._load, library_path, data_path))

    def enqueue(self, work: Callable[[], None]) -> None:
        """Have this done on the engine's thread, after what waits there."""
        self._work.put(work)

    def do(self, work: Callable[[], object]) -> None:
        """Have this done and wait for it; raises what it raises."""
        done: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

        def attempt() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 it is raised where it is waited for; the thread has others' work
                done.put(error)
            else:
                done.put(None)

        self.enqueue(attempt)
        error = done.get()
        if error is not None:
            raise error

    def _run(self) -> None:
        while True:
            self._work.get()()

    def _load(self, library_path: str, data_path: str) -> None:
        try:
            self._library: Any = ctypes.CDLL(library_path)
        except OSError as error:
            raise ProviderAbsent(PROVIDER, f"the library cannot be loaded: {error}") from error
        self._rate_hz = self._library.espeak_Initialize(_SYNCHRONOUS, _CHUNK_MS, data_path.encode(), _DONT_EXIT)
        if self._rate_hz <= 0:
            raise ProviderAbsent(PROVIDER, f"the library does not start with the data in {data_path}")
        self._callback = _Callback(self._on_samples)  # kept: the library calls it later
        self._library.espeak_SetSynthCallback(self._callback)

    def _on_samples(self, wave: Any, count: int, _events: Any) -> int:
        if not wave or count <= 0:
            return 0
        try:
            samples = np.ctypeslib.as_array(wave, (count,)).astype(np.float32) / 32768.0
            return 0 if self._take(samples) else 1
        except Exception as error:  # noqa: BLE001 what is raised here would be lost in the library, and audio with it
            self._broken = error
            return 1

    def _synthesize(self, text: str, manner: _Manner, take: Callable[[_Samples], bool]) -> None:
        if self._library.espeak_SetVoiceByName(manner.voice.encode()) != 0:
            raise ProviderAbsent(PROVIDER, f"there is no voice {manner.voice!r}")
        self._library.espeak_SetParameter(_RATE, manner.words_per_minute, 0)
        self._library.espeak_SetParameter(_PITCH, manner.pitch, 0)
        self._take = take
        spoken = text.replace("\0", " ").encode(errors="replace")
        status = self._library.espeak_Synth(spoken, len(spoken) + 1, 0, 1, 0, _UTF8, None, None)
        self._take = _nobody  # nothing of a call is kept
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken
        if status != 0:
            raise ProviderFailed(PROVIDER, f"the library says {status}")

    def gain(self, manner: _Manner) -> float:
        """What brings this voice to LEVEL_DB; measured once."""
        if manner not in self._gains:
            parts: list[_Samples] = []

            def keep(part: _Samples) -> bool:
                parts.append(part)
                return True

            self._synthesize(_CALIBRATION, manner, keep)
            if not parts:
                raise ProviderAbsent(PROVIDER, f"the voice {manner.voice!r} says nothing")
            samples = np.concatenate(parts)
            frames = samples[: samples.size // 441 * 441].reshape(-1, 441)
            power = np.sort(np.mean(frames * frames, axis=1))
            self._gains[manner] = 10 ** (LEVEL_DB / 20) / float(np.sqrt(np.mean(power[power.size // 3 :])))
        return self._gains[manner]

    def speak(self, job: _Job) -> None:
        """Synthesize a job into its queue. Whatever breaks, its listener is told and the thread takes the next."""
        try:
            if not job.cancelled.is_set():
                self._fill(job)
                self.trouble = ""
        except ProviderAbsent as error:
            job.failure = error
        except Exception as error:  # noqa: BLE001 one text that cannot be spoken must not silence all calls
            where = origin_of(error)
            structlog.get_logger().error("voice failed", provider=PROVIDER, where=where, pii_error=repr(error))
            self.trouble = f"the last text could not be spoken ({type(error).__name__})"
            job.failure = ProviderFailed(PROVIDER, where)
        job.hand_over(b"")

    def _fill(self, job: _Job) -> None:
        path = _ToTelephone(job, self._rate_hz, self.gain(job.manner))
        self._synthesize(job.text, job.manner, path.take)
        path.finish()


def _nobody(_samples: _Samples) -> bool:
    """Takes nothing; stops the engine."""
    return False


class _ToTelephone:
    """From the engine's samples to PCM16 at 8 kHz: resampled, levelled, leading silence trimmed, in few pieces."""

    def __init__(self, job: _Job, rate_hz: int, gain: float) -> None:
        self._job = job
        self._gain = gain
        self._resample = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
        self._pending: list[_Samples] = []
        self._begun = False

    def take(self, samples: _Samples) -> bool:
        """Take more; False to stop the engine."""
        if self._job.cancelled.is_set():
            return False
        self._pending.append(self._resample.resample_chunk(samples))
        return self._flush(_LATER_CHUNK_SAMPLES if self._begun else 1)

    def finish(self) -> None:
        """Hand over what is left."""
        self._pending.append(self._resample.resample_chunk(np.zeros(0, np.float32), last=True))
        self._flush(1)

    def _flush(self, enough: int) -> bool:
        if sum(part.size for part in self._pending) < enough:
            return True
        samples = np.concatenate(self._pending)
        self._pending = []
        if not self._begun:
            loud = np.flatnonzero(np.abs(samples) > _SILENT)
            if loud.size == 0:
                return True
            self._begun = True
            samples = samples[max(0, int(loud[0]) - _LEAD_SAMPLES) :]
        pcm = np.clip(samples * (self._gain * 32768.0), -32768, 32767).astype("<i2")
        return self._job.hand_over(pcm.tobytes())


@functools.cache
def _engine() -> _Engine:
    """The process's one engine. Raises ProviderAbsent."""
    try:
        loader = importlib.import_module("espeakng_loader")
    except ImportError as error:
        raise ProviderAbsent(PROVIDER, "install the offline voice: pip install 'cordboard[offline]'") from error
    return _Engine(loader.get_library_path(), loader.get_data_path())
