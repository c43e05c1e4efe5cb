"""Whether speech can be found in what an ear received: sound is compared with sound, not with transcripts."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import SAMPLE_RATE_HZ, pcm_to_samples, ulaw_to_pcm

_Samples = npt.NDArray[np.float64]
PIECE_MS: Final = 600
SLIP_MS: Final = 400
"""How far a piece may lie from where the whole does: a jitter buffer drops a frame, or plays silence for one."""
SAME: Final = 0.6
"""From here on it is the same recording. Measured with samples of more than a second: mixed with another voice 0.94 and
more, with 40 ms cut out 0.80 and more, other speech of the same voices 0.39 and less; what is shorter is too alike."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where something resembles what was looked for most."""

    at_ms: int
    likeness: float
    """Normalized correlation of its pieces, on average; 0 to 1."""

    @property
    def same(self) -> bool:
        """Whether it is that recording."""
        return self.likeness >= SAME


def find(speech: bytes, ear: bytes) -> Found:
    """Look for speech (μ-law, 8 kHz) in what an ear received (the same)."""
    wanted, heard = _samples(speech), _samples(ear)
    if not wanted.size or heard.size < wanted.size:
        return Found(0, 0.0)
    place, _ = _best(wanted, heard)
    found = [_near(wanted, heard, begin, place) for begin in _loud_pieces(wanted)]
    likeness = float(np.mean(found)) if found else 0.0
    return Found(place * 1000 // SAMPLE_RATE_HZ, round(max(likeness, 0.0), 3))


def _loud_pieces(wanted: _Samples) -> list[int]:
    """Where its pieces begin, but for those in which nothing is said."""
    size = PIECE_MS * SAMPLE_RATE_HZ // 1000
    power = float(np.mean(wanted**2))
    begins = range(0, max(1, wanted.size - size + 1), size)
    return [begin for begin in begins if np.mean(wanted[begin : begin + size] ** 2) > 0.1 * power]


def _near(wanted: _Samples, heard: _Samples, begin: int, place: int) -> float:
    """How alike a piece is to what was heard about where it should be."""
    size, slip = PIECE_MS * SAMPLE_RATE_HZ // 1000, SLIP_MS * SAMPLE_RATE_HZ // 1000
    piece = wanted[begin : begin + size]
    around = heard[max(0, place + begin - slip) : place + begin + piece.size + slip]
    return _best(piece, around)[1] if around.size >= piece.size else 0.0


def _best(wanted: _Samples, heard: _Samples) -> tuple[int, float]:
    """Where it is most alike, and how much."""
    size = 1 << int(np.ceil(np.log2(heard.size + wanted.size)))
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size))
    match = np.fft.irfft(spectrum, size)[: heard.size - wanted.size + 1]
    power = np.concatenate(([0.0], np.cumsum(heard**2)))
    energy = power[wanted.size :] - power[: -wanted.size]
    floor = 1e-2 * float(np.sum(wanted**2))
    likeness = match / np.sqrt(np.sum(wanted**2) * np.maximum(energy, floor))
    place = int(np.argmax(likeness))
    return place, float(likeness[place])


def _samples(ulaw: bytes) -> _Samples:
    return pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.float64) / 32768
