"""One channel of a call on the call's clock, and where sound is in it. Pure: told from the audio alone.

Sound is decided by level in windows of 20 ms. A lone audible window (a click) is not sound: it must not hide dead air.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import ULAW_BYTES_PER_MS, ULAW_SILENCE, pcm_to_samples, ulaw_to_pcm

WINDOW_MS: Final = 20
AUDIBLE_DB: Final = -50.0
"""RMS over a window relative to full scale. Telephone speech lies at −35 to −15 dB, a quiet line below −60 dB."""
SOUND_MS: Final = 40
"""Less than this is a click."""

_WINDOW_BYTES: Final = WINDOW_MS * ULAW_BYTES_PER_MS
_POWER: Final[npt.NDArray[np.float64]] = np.square(pcm_to_samples(ulaw_to_pcm(bytes(range(256)))) / 32768.0)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one instant to another on the call's clock."""

    start_ms: int
    end_ms: int

    @property
    def length_ms(self) -> int:
        """How long it is."""
        return self.end_ms - self.start_ms

    def common(self, other: "Span") -> "Span | None":
        """What two spans share; None when they do not overlap."""
        start, end = max(self.start_ms, other.start_ms), min(self.end_ms, other.end_ms)
        return Span(start, end) if start < end else None


def levels_db(ulaw: bytes) -> npt.NDArray[np.float64]:
    """RMS level of each whole window of 20 ms: shape (n,), dB relative to full scale, −96 for digital silence."""
    whole = len(ulaw) // _WINDOW_BYTES * _WINDOW_BYTES
    windows = _POWER[np.frombuffer(ulaw, dtype=np.uint8, count=whole)].reshape(-1, _WINDOW_BYTES)
    levels: npt.NDArray[np.float64] = 10.0 * np.log10(np.maximum(windows.mean(axis=1), 10**-9.6))
    return levels


class Track:
    """μ-law on a clock in samples (8 per ms); what was never put there is silence. Its past never changes."""

    def __init__(self) -> None:
        self._origin = 0
        self._ulaw = bytearray()
        self._audible = bytearray()
        """1 for each window of the past that is audible; grows as time passes."""

    @property
    def start_ms(self) -> int:
        """The first instant of which anything is known; negative when there was sound before time 0."""
        return self._origin // ULAW_BYTES_PER_MS

    @property
    def end(self) -> int:
        """The sample after the last one."""
        return self._origin + len(self._ulaw)

    def rebase(self, zero_ms: int) -> None:
        """Make this instant the new time 0. Raises ValueError unless it is on the grid of windows."""
        if zero_ms % WINDOW_MS:
            raise ValueError(f"time 0 must lie on the grid of {WINDOW_MS} ms, not at {zero_ms}")
        self._origin -= zero_ms * ULAW_BYTES_PER_MS

    def put(self, sample: int, ulaw: bytes) -> None:
        """Place audio at a sample at or after the end. Raises ValueError when something is there already."""
        if sample < self.end:
            raise ValueError(f"the track is filled until sample {self.end}; {sample} is in its past")
        self._ulaw += bytes([ULAW_SILENCE]) * (sample - self.end) + ulaw

    def cut(self, sample: int) -> bytes:
        """Take away what lies at and after this sample, and give it back."""
        keep = max(0, sample - self._origin)
        removed = bytes(self._ulaw[keep:])
        del self._ulaw[keep:]
        return removed

    def audio(self, start_ms: int, end_ms: int) -> bytes:
        """What sounds between two instants, silence where nothing was put."""
        start, end = (at * ULAW_BYTES_PER_MS - self._origin for at in (start_ms, end_ms))
        lead = bytes([ULAW_SILENCE]) * min(max(0, -start), max(0, end - start))
        body = bytes(self._ulaw[max(0, start) : max(0, end)])
        return (lead + body).ljust(max(0, end - start), bytes([ULAW_SILENCE]))

    def sounds(self, until_ms: int, *, join_ms: int = 0) -> list[Span]:
        """Where it sounds between time 0 and `until_ms`, in order; sounds closer than `join_ms` are one."""
        mask = levels_db(self.audio(0, until_ms)) > AUDIBLE_DB
        edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
        runs = [Span(int(a) * WINDOW_MS, int(b) * WINDOW_MS) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        joined: list[Span] = []
        for run in runs:
            if run.length_ms < SOUND_MS:
                continue
            if joined and run.start_ms - joined[-1].end_ms < join_ms:
                joined[-1] = Span(joined[-1].start_ms, run.end_ms)
            else:
                joined.append(run)
        return joined

    def silences(self, until_ms: int, least_ms: int) -> list[Span]:
        """Where nothing sounds for at least `least_ms` between time 0 and `until_ms`."""
        return gaps(self.sounds(until_ms), until_ms, least_ms)

    def audible_ms(self, since_ms: int, now_ms: int) -> int:
        """How much of the time since an instant was audible, in whole windows."""
        self._settle(now_ms)
        return self._audible.count(1, max(0, self._window(since_ms))) * WINDOW_MS

    def quiet_since_ms(self, now_ms: int) -> int:
        """The end of the last audible window; the track's start when there was none."""
        self._settle(now_ms)
        return self.start_ms + (self._audible.rfind(1) + 1) * WINDOW_MS

    def waits(self, now_ms: int) -> bool:
        """Whether something audible lies ahead."""
        ahead = self._ulaw[max(0, now_ms * ULAW_BYTES_PER_MS - self._origin) :]
        return bool(ahead) and bool((levels_db(bytes(ahead).ljust(_WINDOW_BYTES, b"\xff")) > AUDIBLE_DB).any())

    def _window(self, at_ms: int) -> int:
        return (at_ms - self.start_ms) // WINDOW_MS

    def _settle(self, now_ms: int) -> None:
        """Judge the windows that have become past since the last time."""
        done, whole = len(self._audible), self._window(now_ms)
        if whole > done:
            start_ms = self.start_ms
            past = self.audio(start_ms + done * WINDOW_MS, start_ms + whole * WINDOW_MS)
            self._audible += (levels_db(past) > AUDIBLE_DB).astype(np.uint8).tobytes()


def gaps(sounds: list[Span], until_ms: int, least_ms: int) -> list[Span]:
    """What lies between sounds (in order, not overlapping), from time 0 to `until_ms`, if it lasts long enough."""
    fence = [Span(0, 0), *sounds, Span(until_ms, until_ms)]
    between = (Span(before.end_ms, after.start_ms) for before, after in pairwise(fence))
    return [gap for gap in between if gap.length_ms >= least_ms and gap.length_ms > 0]


def loud_from_ms(ulaw: bytes, where: Span, below_peak_db: float = 20.0) -> int:
    """When this sound becomes loud: the noise that comes before somebody speaks is no speech."""
    levels = levels_db(ulaw)
    loud = np.flatnonzero(levels >= max(AUDIBLE_DB, float(levels.max(initial=-96.0)) - below_peak_db))
    return where.start_ms + int(loud[0]) * WINDOW_MS if loud.size else where.start_ms


def loud_until_ms(ulaw: bytes, where: Span, below_peak_db: float = 12.0) -> int:
    """When speech ends: the last window within `below_peak_db` of the loudest; the span's end when nothing is audible.

    Recordings trail off into silence or noise, and an assistant may rightly answer into that.
    """
    levels = levels_db(ulaw)
    loud = np.flatnonzero(levels >= max(AUDIBLE_DB, float(levels.max(initial=-96.0)) - below_peak_db))
    return where.start_ms + (int(loud[-1]) + 1) * WINDOW_MS if loud.size else where.end_ms
