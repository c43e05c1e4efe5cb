"""G.711 μ-law, PCM16 framing and levels: the one leaf that every package may import. Pure: bytes in, bytes out.

Audio in Cordboard is 8 kHz mono in frames of 20 ms: 160 bytes of μ-law on the wire, 320 bytes of PCM16 little-endian.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ: Final = 8000
FRAME_MS: Final = 20
FRAME_ULAW_BYTES: Final = 160
FRAME_PCM_BYTES: Final = 320
ULAW_BYTES_PER_MS: Final = 8
PCM_BYTES_PER_MS: Final = 16
ULAW_SILENCE: Final = 0xFF
"""Positive zero of ITU-T G.711 μ-law."""

_BIAS: Final = 132
_CLIP: Final = 32635


def _decoding_table() -> npt.NDArray[np.int16]:
    code = ~np.arange(256, dtype=np.uint8)
    exponent = (code >> 4) & 0x07
    mantissa = (code & 0x0F).astype(np.int32)
    magnitude = ((mantissa << 3) + _BIAS << exponent) - _BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _encoding_table() -> npt.NDArray[np.uint8]:
    sample = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(sample), _CLIP) + _BIAS
    exponent = np.maximum(np.floor(np.log2(magnitude)).astype(np.int32) - 7, 0)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(sample < 0, 0x80, 0)
    code: npt.NDArray[np.uint8] = (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)
    return code


_LOW: Final = _decoding_table().astype("<u2").astype(np.uint8).tobytes()
_HIGH: Final = (_decoding_table().astype("<u2") >> 8).astype(np.uint8).tobytes()
"""The lower and the upper byte of every code's sample: half the time of numpy, which converts the codes first."""
_ENCODE: Final = np.roll(_encoding_table(), 1 << 15)
"""By sample as an unsigned number."""


def ulaw_to_pcm(ulaw: bytes) -> bytes:
    """Expand G.711 μ-law to PCM16; twice as many bytes."""
    pcm = bytearray(2 * len(ulaw))
    pcm[::2], pcm[1::2] = ulaw.translate(_LOW), ulaw.translate(_HIGH)
    return bytes(pcm)


def pcm_to_ulaw(pcm: bytes) -> bytes:
    """Compress PCM16 to G.711 μ-law; half as many bytes. Raises ValueError on an odd number of bytes."""
    return samples_to_ulaw(pcm_to_samples(pcm))


def samples_to_ulaw(samples: npt.NDArray[np.int16]) -> bytes:
    """Compress samples (shape (n,), int16) to G.711 μ-law, one byte each."""
    return _ENCODE[samples.view(np.uint16).astype(np.intp)].tobytes()


def pcm_to_samples(pcm: bytes) -> npt.NDArray[np.int16]:
    """View PCM16 as samples: shape (n,), int16, read-only. Raises ValueError on an odd number of bytes."""
    return np.frombuffer(pcm, dtype="<i2")


def silence_ulaw(duration_ms: int) -> bytes:
    """Digital silence of this length as μ-law."""
    return bytes([ULAW_SILENCE]) * (duration_ms * ULAW_BYTES_PER_MS)


def ulaw_frames(ulaw: bytes, frame_bytes: int = FRAME_ULAW_BYTES) -> Iterator[bytes]:
    """Cut μ-law into frames of 20 ms; the last one is padded with silence."""
    for start in range(0, len(ulaw), frame_bytes):
        yield ulaw[start : start + frame_bytes].ljust(frame_bytes, bytes([ULAW_SILENCE]))


def level_db(pcm: bytes) -> float:
    """RMS level in dB relative to full scale (0 dB = a full-scale square wave); −96.0 for digital silence."""
    samples = pcm_to_samples(pcm).astype(np.float64)
    if samples.size == 0:
        return -96.0
    power = float(np.mean(samples * samples))
    return max(-96.0, 10.0 * float(np.log10(power / 32768.0**2))) if power > 0.0 else -96.0
