"""Silero VAD at 8 kHz: one model in the process, one memory per call. The gate's second opinion (voice.vad).

The model (MIT licence) comes with pipecat's package, whose code is not imported here. A window takes 0.1 to 0.5 ms of
one core (benchmarks/voice_activity.py), so it runs inline where the frames are; nothing is loaded or allocated per call
but 2 kB of state. An onnxruntime session may be asked from several threads at once; one SileroVoice may not.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]

from voice.audio import SAMPLE_RATE_HZ
from voice.errors import ProviderAbsent

WINDOW: Final = 256
"""Samples that are judged together: 32 ms."""

_CONTEXT: Final = 32
"""Samples before a window that the model wants to see again."""
_STATE: Final = (2, 1, 128)
_RATE: Final = np.array(SAMPLE_RATE_HZ, dtype=np.int64)
_WARMING_WINDOWS: Final = 3

Samples = npt.NDArray[np.float32]


def bundled_model() -> Path:
    """Where pipecat's package keeps the model. Raises ProviderAbsent where it has none; a retry does not help."""
    package = find_spec("pipecat")
    for folder in (package.submodule_search_locations if package is not None else None) or ():
        path = Path(folder) / "audio" / "vad" / "data" / "silero_vad.onnx"
        if path.exists():
            return path
    raise ProviderAbsent("silero", "its model is not where pipecat-ai keeps it: install pipecat-ai 1.14")


class Silero:
    """The model, loaded and warm once constructed: 0.1 s and 12 MB, so once per process, before calls are taken."""

    def __init__(self, path: Path | None = None) -> None:
        """Path: of the ONNX file; None: the bundled one. Raises ProviderAbsent."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(path or bundled_model()), options, providers=["CPUExecutionProvider"]
        )
        voice = self.voice()
        for _ in range(_WARMING_WINDOWS):
            voice.hear(np.zeros(WINDOW, dtype=np.float32))

    def voice(self) -> "SileroVoice":
        """A memory of its own, for one call."""
        return SileroVoice(self._session)


class SileroVoice:
    """One caller's audio, window by window."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session
        self._input = np.zeros((1, _CONTEXT + WINDOW), dtype=np.float32)
        self._state: npt.NDArray[np.float32] = np.zeros(_STATE, dtype=np.float32)

    def restart(self) -> None:
        """What comes next does not continue what came before."""
        self._input.fill(0.0)
        self._state = np.zeros(_STATE, dtype=np.float32)

    def hear(self, window: Samples) -> float:
        """How likely this is speech, 0 to 1. Shape (256,), −1 to 1; continues the window before."""
        self._input[0, :_CONTEXT] = self._input[0, -_CONTEXT:]
        self._input[0, _CONTEXT:] = window
        likely, self._state = self._session.run(None, {"input": self._input, "state": self._state, "sr": _RATE})
        return float(likely[0, 0])
