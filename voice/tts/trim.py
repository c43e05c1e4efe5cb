"""Leading silence of a voice's audio, taken off while it comes: what nobody hears must not cost a caller time. Pure."""

from typing import Final

import numpy as np

from voice.audio import pcm_to_samples

_SILENT: Final = 328
"""One percent of full scale, as the offline voice has it: below it nothing is heard on a telephone."""
_LEAD_SAMPLES: Final = 80
"""10 ms stay before the first sound, so that its onset is not cut."""


class LeadingSilence:
    """Takes one text's audio, gives it back without the silence it begins with."""

    def __init__(self) -> None:
        self._begun = False
        self._odd = b""

    @property
    def begun(self) -> bool:
        """Whether anything sounded yet."""
        return self._begun

    def take(self, pcm: bytes) -> bytes:
        """PCM16 in whatever pieces, half samples included; gives whole samples, perhaps none."""
        pcm = self._odd + pcm
        whole = len(pcm) // 2 * 2
        pcm, self._odd = pcm[:whole], pcm[whole:]
        if self._begun or not pcm:
            return pcm
        loud = np.flatnonzero(np.abs(pcm_to_samples(pcm).astype(np.int32)) > _SILENT)
        if loud.size == 0:
            return b""
        self._begun = True
        return pcm[2 * max(0, int(loud[0]) - _LEAD_SAMPLES) :]
