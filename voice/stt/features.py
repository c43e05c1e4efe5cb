"""What the offline recogniser hears: cepstra of telephone speech, from the bands that a telephone carries. Pure.

The acoustic model was trained on 25 mel bands from 130 to 6800 Hz; a telephone carries about 300 to 3400 Hz. Instead
of inventing the missing bands by upsampling, we compute exactly those of the model's bands that exist in 8 kHz audio
(18 of them) and `telephone_model` projects the model onto the same bands. Both sides use the numbers of this module.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from voice.audio import SAMPLE_RATE_HZ

Floats = npt.NDArray[np.float64]

MODEL_BANDS: Final = 25
MODEL_LOW_HZ: Final = 130.0
MODEL_HIGH_HZ: Final = 6800.0
FIRST_BAND: Final = 1
BANDS: Final = 18
"""Bands 1 to 18 of the model, 203 to 3813 Hz: measured best among the neighbouring choices (docs/speech.md)."""
CEPSTRA: Final = 13
LIFTER: Final = 22
FRAME_STEP_MS: Final = 10
_STEP: Final = 80
_WINDOW: Final = 205
"""25.625 ms, the model's own window."""
_FFT: Final = 256
_PREEMPHASIS: Final = 0.97
_NOISE_FLOOR_DB: Final = 45.0
"""A floor this far below each band's loudest frame is added: it hides the differences between one line's silence and
another's, which the model never heard."""


def _band_edges_hz() -> Floats:
    low, high = 2595.0 * np.log10(1.0 + np.array([MODEL_LOW_HZ, MODEL_HIGH_HZ]) / 700.0)
    mels = np.linspace(low, high, MODEL_BANDS + 2)
    edges: Floats = 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    return edges[FIRST_BAND : FIRST_BAND + BANDS + 2]


def _filters() -> Floats:
    bin_hz = SAMPLE_RATE_HZ / _FFT
    edges = np.round(_band_edges_hz() / bin_hz) * bin_hz
    bins = np.arange(_FFT // 2 + 1) * bin_hz
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangle = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))
    weights: Floats = np.clip(triangle, 0.0, None) * 2.0 / (high - low)
    return weights.T.copy()


def cosines(bands: int) -> Floats:
    """The orthonormal DCT-II that turns log band energies into cepstra: shape (bands, bands), row k is quefrency k."""
    quefrency, band = np.arange(bands)[:, None], np.arange(bands)[None]
    matrix: Floats = np.cos(np.pi * quefrency * (band + 0.5) / bands) * np.sqrt(2.0 / bands)
    matrix[0] /= np.sqrt(2.0)
    return matrix


def lifter() -> Floats:
    """The weight of each of the 13 cepstra."""
    weights: Floats = 1.0 + LIFTER / 2.0 * np.sin(np.pi * np.arange(CEPSTRA) / LIFTER)
    return weights


_FILTERS: Final = _filters()
_TO_CEPSTRA: Final = (lifter()[:, None] * cosines(BANDS)[:CEPSTRA]).T.copy()
_HAMMING: Final = np.hamming(_WINDOW)


def band_energies(pcm: bytes) -> Floats:
    """Log energies of the telephone's bands, every 10 ms: shape (frames, 18); no rows for less than 26 ms of PCM16."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    count = 1 + (samples.size - _WINDOW) // _STEP
    if count < 1:
        return np.zeros((0, BANDS))
    emphasised = np.append(samples[0], samples[1:] - _PREEMPHASIS * samples[:-1])
    windows = np.lib.stride_tricks.sliding_window_view(emphasised, _WINDOW)[::_STEP][:count]
    power = np.abs(np.fft.rfft(windows * _HAMMING, _FFT)) ** 2
    energies: Floats = np.log(np.maximum(power @ _FILTERS, 1.0))
    return energies


def cepstra(energies: Floats, loudest: Floats | None = None, mean: Floats | None = None) -> bytes:
    """Cepstra as the decoder takes them (float32, 13 to a frame), with the noise floor laid in and the mean removed.

    `loudest` (shape (18,)) and `mean` (shape (13,)) stand in for the utterance's own while it is still being spoken.
    """
    if not len(energies):
        return b""
    raised = raised_cepstra(energies, loudest)
    centred = raised - (raised.mean(axis=0) if mean is None else mean)
    return centred.astype("<f4").tobytes()


def raised_cepstra(energies: Floats, loudest: Floats | None = None) -> Floats:
    """Cepstra with the noise floor laid in, mean not yet removed: shape (frames, 13)."""
    ceiling = energies.max(axis=0) if loudest is None else loudest
    floored = np.logaddexp(energies, ceiling - _NOISE_FLOOR_DB * np.log(10.0) / 10.0)
    result: Floats = floored @ _TO_CEPSTRA
    return result
