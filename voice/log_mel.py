"""Log-mel features of 16 kHz speech, as Whisper's encoders take them. Pure.

Slaney's mel scale (linear to 1 kHz, logarithmic above), 80 triangles of equal area, 25 ms Hann windows every 10 ms.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

RATE_HZ: Final = 16_000
MELS: Final = 80
_WINDOW: Final = 400
_HOP: Final = 160
_LINEAR_HZ: Final = 200.0 / 3.0
"""Width of a mel below 1 kHz."""
_LOG_FROM_HZ: Final = 1000.0
_LOG_STEP: Final = np.log(6.4) / 27.0
_FLOOR: Final = 1e-10
_RANGE: Final = 8.0
"""Decades below the loudest that count."""


def log_mel(speech: Samples, seconds: int) -> Samples:
    """Features of shape (80, seconds × 100), float32, about −1…1.

    speech: shape (n,), −1…1. Its last seconds count; shorter speech is preceded by silence.
    """
    whole = seconds * RATE_HZ
    speech = speech[-whole:].astype(np.float32)
    silent = whole - speech.size
    mean = float(speech.sum(dtype=np.float64)) / whole
    variance = float((speech.astype(np.float64) ** 2).sum()) / whole - mean**2
    scale = 1.0 / np.sqrt(variance + 1e-7)
    lead = silent // _HOP * _HOP  # frames that see silence only are all alike: one is computed
    kept = max(0, lead - 3 * _HOP)
    sounding = np.concatenate([np.zeros(silent - kept, np.float32), speech])
    frames = _spectra((sounding - np.float32(mean)) * np.float32(scale))
    power = _TRIANGLES @ frames
    if kept:
        power = np.concatenate([np.repeat(power[:, 1:2], kept // _HOP, axis=1), power], axis=1)
    log = np.log10(np.maximum(power, _FLOOR))
    log = np.maximum(log, log.max() - _RANGE)
    return np.asarray((log + 4.0) / 4.0, dtype=np.float32)


def _spectra(speech: Samples) -> npt.NDArray[np.float64]:
    """Power spectra of shape (201, frames), a frame around each hop; the speech is mirrored at its ends."""
    padded = np.pad(speech.astype(np.float64), _WINDOW // 2, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: speech.size : _HOP]
    spectra = np.fft.rfft(windows * _HANN, axis=-1)
    return np.asarray(spectra.real**2 + spectra.imag**2).T


def _mel_edges_hz() -> npt.NDArray[np.float64]:
    """Where the triangles begin, peak and end: evenly spaced in mels from 0 Hz to 8 kHz."""
    log_from = _LOG_FROM_HZ / _LINEAR_HZ
    highest = log_from + np.log(RATE_HZ / 2 / _LOG_FROM_HZ) / _LOG_STEP
    mels = np.linspace(0.0, highest, MELS + 2)
    above = _LOG_FROM_HZ * np.exp(_LOG_STEP * (mels - log_from))
    return np.where(mels < log_from, mels * _LINEAR_HZ, above)


def _triangles() -> npt.NDArray[np.float64]:
    """Weights of shape (80, 201)."""
    edges = _mel_edges_hz()[:, None]
    bins = np.linspace(0.0, RATE_HZ / 2, _WINDOW // 2 + 1)[None, :]
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling)) * (2.0 / (edges[2:] - edges[:-2]))


_HANN: Final = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(_WINDOW) / _WINDOW)
_TRIANGLES: Final = _triangles()
