"""Whether a frame is a voice: webrtcvad and an adaptive energy floor always, Silero where they are unsure.

webrtcvad alone takes music and hum for speech (38 % of the frames in real pauses of noisy recordings); energy alone
takes clicks and breath for it. Silero tells all of these from speech, at fifty times the cost, and follows the end of
a word late; so it is asked only for what stands out from the noise, and where the level has gone the voice has too.
"""

from typing import Final

import numpy as np
import webrtcvad

from voice.audio import FRAME_MS, SAMPLE_RATE_HZ
from voice.noise_floor import NoiseFloor
from voice.onset import measured
from voice.second_opinion import Haste, Likelihood, SecondOpinion

_AGGRESSIVENESS: Final = 2
_STANDS_OUT_DB: Final = 4.0
"""Above the noise: less than a voice does (voice.noise_floor), so that Silero hears a word from its beginning."""
_LIKELY: Final = 0.5
_SURELY: Final = 0.9
_ENDING: Final = 2
"""Frames for which only Silero takes it for a voice, after which it is asked at once: words may end here."""
_BEGINNING: Final = 5
"""Frames for which only the first stage takes it for a voice, during which Silero is asked at once."""


class VoiceDetector:
    """One caller's frames. Without Silero the first stage alone decides."""

    def __init__(self, silero: Likelihood | None = None) -> None:
        self.first = False
        """The first stage takes the frame for a voice."""
        self.levels = NoiseFloor()
        self.opinion = SecondOpinion(silero) if silero is not None else None
        self._vad = webrtcvad.Vad(_AGGRESSIVENESS)
        self._voice = False
        self._differing = 0

    def forget(self) -> None:
        """Frames are missing."""
        if self.opinion is not None:
            self.opinion.forget()

    def take(self, pcm: bytes, *, speaking: bool) -> bool:
        """Whether these 20 ms of PCM16, 8 kHz, are a voice, of a caller who speaks or does not."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        self.levels.take(samples, speaking=speaking)
        self.first = self.levels.loud and bool(self._vad.is_speech(pcm, SAMPLE_RATE_HZ))
        if self.opinion is None:
            return self.first
        stands_out = self.levels.above_noise_db > _STANDS_OUT_DB
        likely = self.opinion.hear(samples, self._haste(self.opinion), stands_out=stands_out)
        self._voice = likely >= _LIKELY and not self.levels.gone
        return self._voice

    def likely(self, least: float) -> bool:
        """Silero takes it for speech with at least this likelihood; yes without Silero."""
        return self.opinion is None or self.opinion.likely >= least

    @property
    def gone_ms(self) -> int:
        """For how long the level has been that of no voice; 0 while it is not, or that is not certain yet."""
        return self.levels.low_frames * FRAME_MS if self.opinion is not None and self.levels.gone else 0

    def strength(self, pcm: bytes) -> float:
        """How much a sound's beginning, PCM16 up to the frame just taken, resembles a caller's voice: 0 to 1."""
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        likely = self.opinion.best if self.opinion is not None else 1.0
        return measured(samples, likely, self.levels.noise_db).strength

    def _haste(self, opinion: SecondOpinion) -> Haste:
        self._differing = self._differing + 1 if self.first != self._voice else 0
        if self._voice and (self.levels.gone or self._differing == _ENDING):
            return "now"
        begins = opinion.beginning and self.levels.above_noise_db > _STANDS_OUT_DB
        if not self._voice and (begins or (self.first and self._differing <= _BEGINNING)):
            return "now"
        agreed = self.first == self._voice and not (1 - _SURELY < opinion.likely < _SURELY)
        return "whenever" if agreed else "soon"
