"""Tells the sound of telephone keys from other sound, frame by frame. Pure.

Carriers report keys as messages and may leave their tones in the audio: a recording of them is a recording of the
digits. ITU-T Q.23: each key is one of four low tones together with one of four high ones; Q.24: each within 1.8 %.
"""

from typing import Final

import numpy as np

from voice.audio import FRAME_ULAW_BYTES, ulaw_to_pcm

LOW_HZ: Final = (697.0, 770.0, 852.0, 941.0)
HIGH_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)
_RATE_HZ: Final = 8000
_LEAST_LEVEL: Final = 10 ** (-45 / 20) * 32768
"""Root mean square below which nothing is looked for: Q.24 asks receivers for -25 dBm, and this is far below."""
_BOTH: Final = 0.6
"""Least share of a frame's power in one low and one high tone: voiced speech has harmonics everywhere."""
_EACH: Final = 0.05
"""Least share of each of the two."""
_LEAST_SAMPLES: Final = FRAME_ULAW_BYTES // 2
_WAVES: Final = np.exp(-2j * np.pi * np.outer((*LOW_HZ, *HIGH_HZ), np.arange(FRAME_ULAW_BYTES)) / _RATE_HZ)
"""Eight Goertzel filters at once: a frame is 20 ms, and none of them is longer."""


def holds_key(ulaw: bytes) -> bool:
    """Whether a key's tones sound in any 20 ms of this μ-law audio, 8 kHz. Errs on the side of yes."""
    return any(
        _is_key(ulaw[start : start + FRAME_ULAW_BYTES])
        for start in range(0, len(ulaw), FRAME_ULAW_BYTES)
        if len(ulaw) - start >= _LEAST_SAMPLES
    )


def _is_key(frame: bytes) -> bool:
    samples = np.frombuffer(ulaw_to_pcm(frame), dtype="<i2").astype(np.float64)
    power = float(np.mean(samples**2))
    if power < _LEAST_LEVEL**2:
        return False
    # A sine of amplitude a has power a²/2 and |sum of sample·wave| = a·n/2.
    shares = 2 * np.abs(_WAVES[:, : len(samples)] @ samples) ** 2 / (len(samples) ** 2 * power)
    low, high = float(shares[:4].max()), float(shares[4:].max())
    return low >= _EACH and high >= _EACH and low + high >= _BOTH
