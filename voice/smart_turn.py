"""One vote on whether a caller has finished: smart-turn v3.2, a small model of how turns sound.

One session and one thread for all calls of a process. A vote costs a tenth of a second of CPU, so it is a luxury:
when the thread is busy, late or has had its share, there is none, and nobody waits for it.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import soxr

from voice.audio import SAMPLE_RATE_HZ
from voice.errors import ProviderAbsent
from voice.log_mel import RATE_HZ, log_mel

WINDOW_S: Final = 8
"""What the model looks at: the last seconds of a turn."""
MOST_WAITING: Final = 2
"""Votes under way or waiting for the thread; with more, none would be in time."""
SHARE: Final = 0.25
"""Of one core, on average."""
BURST_S: Final = 1.0
"""CPU that may be spent at once after a rest."""
_FILE: Final = Path("audio", "turn", "smart_turn", "data", "smart-turn-v3.2-cpu.onnx")


class TurnVote(Protocol):
    """Who can tell by the sound whether a turn is over."""

    async def vote(self, pcm: bytes, deadline_ms: int) -> float | None:
        """Probability that the turn is over after this audio (PCM16, 8 kHz); None when it cannot be had in time."""


def bundled_model() -> Path | None:
    """The model's file, which pipecat brings along (BSD-2-Clause); None when it is not there. Imports nothing."""
    spec = find_spec("pipecat")
    for folder in (spec.submodule_search_locations or []) if spec is not None else []:
        if (file := Path(folder) / _FILE).is_file():
            return file
    return None


class SmartTurn:
    """The model. Open it once, at start: that takes 0.2 s."""

    def __init__(
        self,
        file: Path,
        clock_s: Callable[[], float] = time.monotonic,
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        """Raises ProviderAbsent when the file is no such model. cpu_s: what the thread that asks has spent, in s."""
        self._session = _session(file)
        self._clock_s = clock_s
        self._cpu_s = cpu_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="smart-turn")
        self._waiting = 0
        self._allowance_s = BURST_S
        self._counted_at_s = clock_s()
        self._closed = False

    async def vote(self, pcm: bytes, deadline_ms: int) -> float | None:
        """Probability that the turn is over after this audio (PCM16, 8 kHz, its last 8 s count), or None.

        None at once when others wait or the share of CPU is spent; None when the thread is not free by the deadline.
        """
        now_s = self._clock_s()
        self._allowance_s = min(BURST_S, self._allowance_s + SHARE * (now_s - self._counted_at_s))
        self._counted_at_s = now_s
        if self._closed or self._waiting >= MOST_WAITING or self._allowance_s <= 0 or not pcm:
            return None
        self._waiting += 1
        loop = asyncio.get_running_loop()
        judging = self._thread.submit(self._judge, pcm, now_s + deadline_ms / 1000)
        judging.add_done_callback(lambda done: loop.call_soon_threadsafe(self._over, done))
        return (await asyncio.wrap_future(judging))[0]

    async def aclose(self) -> None:
        """Let go of the thread; a vote under way is given first."""
        self._closed = True
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    def _over(self, judging: "Future[tuple[float | None, float]]") -> None:
        """A vote is over; it cost what it cost, whether or not anybody waited for it to the end."""
        self._waiting -= 1
        if not judging.cancelled() and judging.exception() is None:
            self._allowance_s -= judging.result()[1]

    def _judge(self, pcm: bytes, until_s: float) -> tuple[float | None, float]:
        if self._clock_s() > until_s:
            return None, 0.0
        began_s = self._cpu_s()
        chance = self.judge(pcm)
        return chance, self._cpu_s() - began_s

    def judge(self, pcm: bytes) -> float:
        """The same as vote, here and now. Takes 0.1 s of CPU."""
        speech = np.frombuffer(pcm, dtype="<i2")[-WINDOW_S * SAMPLE_RATE_HZ :].astype(np.float32) / 32768.0
        features = log_mel(soxr.resample(speech, SAMPLE_RATE_HZ, RATE_HZ, quality="HQ"), WINDOW_S)
        (chances,) = self._session.run(None, {"input_features": features[None]})
        return float(np.ravel(chances)[0])


def _session(file: Path) -> Any:
    from onnxruntime import InferenceSession, SessionOptions  # type: ignore[import-untyped]  # noqa: PLC0415 0.3 s

    options = SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = InferenceSession(str(file), sess_options=options, providers=["CPUExecutionProvider"])
        wanted = [one.name for one in session.get_inputs()]
    except Exception as error:  # noqa: BLE001 onnxruntime raises what it likes for a broken file
        raise ProviderAbsent("smart-turn", f"{file} cannot be opened: {error}") from None
    if wanted != ["input_features"]:
        raise ProviderAbsent("smart-turn", f"{file} is another model: it takes {wanted}, not input_features")
    return session
