"""Whether speech can be found in what an ear received: sound is compared with sound, not with transcripts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import SAMPLE_RATE_HZ, pcm_to_samples, ulaw_to_pcm

SAME: Final = 0.5
"""From here on it is the same recording: coded twice and mixed with a murmur it stays above 0.9; other speech of the
same voice stays below 0.35."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where something resembles what was looked for most."""

    at_ms: int
    likeness: float
    """Normalized correlation, 0 to 1."""

    @property
    def same(self) -> bool:
        """Whether it is that recording."""
        return self.likeness >= SAME


def find(speech: bytes, ear: bytes) -> Found:
    """Look for speech (μ-law, 8 kHz) in what an ear received (the same)."""
    wanted, heard = _samples(speech), _samples(ear)
    if not wanted.size or heard.size < wanted.size:
        return Found(0, 0.0)
    size = 1 << int(np.ceil(np.log2(heard.size + wanted.size)))
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    match = np.fft.irfft(spectrum, size)[: heard.size - wanted.size + 1]
    power = np.concatenate(([0.0], np.cumsum(heard**2)))
    energy = power[wanted.size :] - power[: -wanted.size]
    floor = 1e-3 * float(np.sum(wanted**2))
    likeness = match / np.sqrt(np.sum(wanted**2) * np.maximum(energy, floor))
    place = int(np.argmax(likeness))
    return Found(place * 1000 // SAMPLE_RATE_HZ, round(float(max(likeness[place], 0.0)), 3))


def _samples(ulaw: bytes) -> npt.NDArray[np.float64]:
    return pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.float64) / 32768
