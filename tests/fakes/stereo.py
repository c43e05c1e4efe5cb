"""A recording as an independent reader sees it."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt


def sound(path: Path) -> npt.NDArray[np.int16]:
    """Samples of both channels, read by the standard library: shape (n, 2)."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").reshape(-1, 2)
