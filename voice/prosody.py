"""How a stretch of speech ended: the level of its last sounds against the rest of it. Pure.

Speakers fade out at the end of a turn and keep their voice up where they go on. Pitch was measured too (median, final
fall, drawn-out syllables) and told no more than chance on the other half of benchmarks.endpointing: it is left out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from voice.audio import SAMPLE_RATE_HZ

LOOKS_BACK_MS: Final = 2000
"""More is not looked at."""
_FRAME: Final = 160
"""Samples: 20 ms."""
_SPEECH_DB: Final = 25.0
"""What is that far below the loudest is no speech."""
_FINAL_FRAMES: Final = 6
"""The last 120 ms: the second half of a syllable."""
_FEWEST_FRAMES: Final = 12


@dataclass(frozen=True, slots=True)
class Ending:
    """The last sounds before a pause."""

    level_db: float
    """Level of the last 120 ms against the louder half of what came before; negative: softer."""


def ending(pcm: bytes) -> Ending | None:
    """Look at speech up to a pause (PCM16, 8 kHz; some of the pause may follow). None: too little speech to compare."""
    samples = np.frombuffer(pcm, dtype="<i2")[-LOOKS_BACK_MS * SAMPLE_RATE_HZ // 1000 :].astype(np.float32)
    frames = samples[samples.size % _FRAME :].reshape(-1, _FRAME)
    if not len(frames):
        return None
    level_db = 10.0 * np.log10((frames**2).mean(axis=1) + 1.0)
    speech = np.flatnonzero(level_db > level_db.max() - _SPEECH_DB)
    if speech.size < _FEWEST_FRAMES + _FINAL_FRAMES:
        return None
    before = np.sort(level_db[speech[:-_FINAL_FRAMES]])
    return Ending(float(level_db[speech[-_FINAL_FRAMES:]].mean() - before[before.size // 2 :].mean()))
