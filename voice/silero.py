"""Silero VAD at 8 kHz: one model in the process, one memory per call. The gate's second opinion (voice.vad).

The model (MIT licence) comes with pipecat's package, whose code is not imported here, nor is any runtime for it
(voice.silero_network). It runs inline where the frames are; nothing is loaded or allocated per call but 1 kB of memory.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from voice.errors import ProviderAbsent
from voice.silero_network import WINDOW, Memory, Network
from voice.silero_weights import NotSilero, weights

_INSTALL: Final = "install pipecat-ai 1.14"
_WARMING_WINDOWS: Final = 3

Samples = npt.NDArray[np.float32]

__all__ = ["WINDOW", "Silero", "SileroVoice", "bundled_model"]


def bundled_model() -> Path:
    """Where pipecat's package keeps the model. Raises ProviderAbsent where it has none; a retry does not help."""
    package = find_spec("pipecat")
    for folder in (package.submodule_search_locations if package is not None else None) or ():
        path = Path(folder) / "audio" / "vad" / "data" / "silero_vad.onnx"
        if path.exists():
            return path
    raise ProviderAbsent("silero", f"its model is not where pipecat-ai keeps it: {_INSTALL}")


class Silero:
    """The model, loaded and warm once constructed: 1 MB, once per process, before calls are taken."""

    def __init__(self, path: Path | None = None) -> None:
        """Path: of the ONNX file; None: the bundled one. Raises ProviderAbsent."""
        path = path or bundled_model()
        try:
            self._network = Network(weights(path.read_bytes()))
        except NotSilero as problem:
            raise ProviderAbsent("silero", f"{path.name} is another model: {problem}; {_INSTALL}") from problem
        self.voice().hear(np.zeros((_WARMING_WINDOWS, WINDOW), dtype=np.float32))

    def voice(self) -> "SileroVoice":
        """A memory of its own, for one call."""
        return SileroVoice(self._network)


class SileroVoice:
    """One caller's audio, windows of 32 ms. Not shared between threads."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._memory = Memory.blank()

    def restart(self) -> None:
        """What comes next does not continue what came before."""
        self._memory = Memory.blank()

    def hear(self, windows: Samples) -> Sequence[float]:
        """How likely each is speech, 0 to 1. Shape (n, 256), −1 to 1; they continue the windows before."""
        likely: list[float] = self._network.likelihoods(windows, self._memory).tolist()
        return likely
