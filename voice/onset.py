"""How much the first sound of a stretch of speech resembles a caller's voice: the reason to hold the assistant. Pure.

The weights are those of a logistic regression over the recordings and the made sounds of benchmarks/onsets.py, fitted
on every second of them and measured on the others (docs/speech.md): coughs, knocks, horns, ringing and noise are told
from voices; a hum ("mm-hm") is a voice in everything that is measured here and counts as one.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import SAMPLE_RATE_HZ

Samples = npt.NDArray[np.float32]

_SEGMENT: Final = 320
_STEP: Final = 160
_LAGS: Final = slice(20, 115)
"""Pitch of 400 down to 70 Hz."""
_FFT: Final = 2048
_HZ: Final = np.fft.rfftfreq(_FFT, 1 / SAMPLE_RATE_HZ)
_HIGH_HZ: Final = 800
_PARTIALS: Final = 3
_PARTIAL_BINS: Final = 10
_FULL_SCALE_DB: Final = 90.3


@dataclass(frozen=True, slots=True)
class Onset:
    """What was measured of the first sound."""

    likely: float
    """Speech, by Silero, the most so far: 0 to 1."""
    above_noise_db: float
    """Of its mean level."""
    periodic: float
    """Highest normalised autocorrelation of any 40 ms at the pitch of a speaker, 0 to 1."""
    high_db: float
    """Its energy above 800 Hz against all of it."""
    tonal: float
    """Share of its energy in its three strongest partials, 0 to 1."""

    @property
    def strength(self) -> float:
        """How much it resembles a caller's voice, 0 to 1."""
        evidence = (
            6.10 * self.likely
            + 0.068 * min(self.above_noise_db, 30.0)
            + 5.27 * self.periodic
            + 0.11 * max(self.high_db, -25.0)
            + 6.48 * self.tonal
            - 13.13
        )
        return 1.0 / (1.0 + math.exp(-evidence))


def measured(samples: Samples, likely: float, noise_db: float) -> Onset:
    """Measure the samples since the first voice: PCM16's range, 20 to 200 ms."""
    power = float(samples @ samples) / samples.size
    level_db = 10.0 * math.log10(power + 1.0) - _FULL_SCALE_DB
    starts = range(0, max(1, samples.size - _SEGMENT + 1), _STEP)
    periodic = max(_periodic(samples[start : start + _SEGMENT]) for start in starts)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size), _FFT)) ** 2
    total = float(spectrum.sum()) + 1.0
    high_db = 10.0 * math.log10(float(spectrum[_HZ > _HIGH_HZ].sum()) / total + 1e-9)
    return Onset(likely, level_db - noise_db, periodic, high_db, _in_partials(spectrum) / total)


def _periodic(segment: Samples) -> float:
    if segment.size <= _LAGS.stop:
        return 0.0
    products = np.correlate(segment, segment, "full")[segment.size - 1 :][_LAGS]
    energy = np.concatenate([[0.0], np.cumsum(segment.astype(np.float64) ** 2)])
    lags = np.arange(_LAGS.start, _LAGS.stop)
    norms = np.sqrt((energy[-1] - energy[lags]) * energy[segment.size - lags])
    return float(np.max(products / np.maximum(norms, 1.0)))


def _in_partials(spectrum: npt.NDArray[np.float64]) -> float:
    left, found = spectrum.copy(), 0.0
    for _ in range(_PARTIALS):
        peak = int(left.argmax())
        around = slice(max(0, peak - _PARTIAL_BINS), peak + _PARTIAL_BINS + 1)
        found += float(left[around].sum())
        left[around] = 0.0
    return found
