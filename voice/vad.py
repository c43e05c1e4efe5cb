"""When a caller speaks: webrtcvad and an adaptive energy floor, inline in the media loop, 20 ms at a time at 8 kHz.

A frame is voice when webrtcvad says so *and* it stands out from the noise. webrtcvad alone takes music and hum for
speech; energy alone takes clicks and breath for it. Speech starts when most of the last frames are voice and ends when
there was none for `hangover_ms`. Measured by benchmarks/speech_gate.py; the constants are tuned there: without the
two means, a caller's line with music 15 dB below the voice stayed open in 9 of 10 files.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import webrtcvad

from voice.audio import FRAME_MS, FRAME_PCM_BYTES, PCM_BYTES_PER_MS, SAMPLE_RATE_HZ

HANGOVER_MS: Final = 500
PRE_ROLL_MS: Final = 300
"""Audio before the onset that goes to the recogniser: consonants that carry little energy begin a word."""
SUSTAINED_MS: Final = (240, 700)
"""So much voice is told of: more than a cough has (docs/speech.md), and more than an acknowledgement has."""
PAUSED_MS: Final = 100
"""Quiet after which a pause is told of; closures inside words are shorter."""
LONGEST_MS: Final = 20_000
"""Speech is cut here and begins anew, so that a recogniser's utterance is bounded whatever the noise."""

_AGGRESSIVENESS: Final = 2
_ONSET_WINDOW: Final = 5
_ONSET_VOTES: Final = 3
_QUIETEST_DB: Final = -52.0
"""Below this nothing is speech: 20 dB under a caller who speaks 12 dB too softly."""
_ABOVE_FLOOR_DB: Final = 9.0
"""Always: over the least level of the last 2 s (5 blocks of 400 ms). Speech pauses within that, hum does not."""
_FLOOR_BLOCK_FRAMES: Final = 20
_FLOOR_BLOCKS: Final = 5
_ABOVE_NOISE_DB: Final = 9.0
"""To begin: over the mean level while nobody speaks. The pre-roll makes up for a word's soft beginning."""
_NOISE_PACE: Final = 0.04
_NOISE_RISE_DB: Final = 0.3
"""Most that one frame raises the mean (15 dB a second), so that a word's own onset does not hide it."""
_BELOW_PEAK_DB: Final = 15.0
"""To go on: within this of the loudest so far, which fades by 3 dB a second. Noise 15 dB below a voice lets it end."""
_PEAK_DECAY_DB: Final = 0.06
_FULL_SCALE_DB: Final = 90.3


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller speaks."""

    at_ms: int
    """Instant of the first voice."""
    pre_roll_at_ms: int
    """Instant at which pre_roll starts."""
    pre_roll: bytes
    """PCM16 from there up to and including the frame just processed: the next frame continues it."""
    strength: float = 1.0
    """How much it resembles a caller's voice so far, 0 to 1."""


@dataclass(frozen=True, slots=True)
class SpeechSustained:
    """The caller has spoken for one of SUSTAINED_MS. Once each per stretch of speech."""

    at_ms: int
    voiced_ms: int
    """Voice since speech started, pauses not counted."""


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The caller has not spoken for PAUSED_MS. Once per pause."""

    at_ms: int
    """Instant at which the last voice ended: before now."""


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The caller speaks again after a pause that was told of."""

    at_ms: int
    """Instant of the first voice."""
    paused_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller has not spoken for hangover_ms."""

    at_ms: int
    """Instant at which the last voice ended: before now."""


GateEvent = SpeechStarted | SpeechSustained | SpeechPaused | SpeechResumed | SpeechEnded


class SpeechGate:
    """One caller's gate. Not shared between calls, nor between threads."""

    def __init__(self, hangover_ms: int = HANGOVER_MS) -> None:
        self.hangover_ms = hangover_ms
        """Quiet after which speech has ended; may be set at any time, and counts for the pause that goes on then."""
        self._vad = webrtcvad.Vad(_AGGRESSIVENESS)
        self._recent: deque[bytes] = deque(maxlen=PRE_ROLL_MS // FRAME_MS + _ONSET_WINDOW)
        self._votes: deque[bool] = deque(maxlen=_ONSET_WINDOW)
        self._minima: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._block_db = 0.0
        self._block_frames = 0
        self._noise_db = _QUIETEST_DB
        self._peak_db = _QUIETEST_DB
        self._next_ms = 0
        self._onset_ms: int | None = None
        self._voiced_ms = 0
        self._last_voice_ms = 0

    @property
    def speaking(self) -> bool:
        """Whether speech has started and not ended."""
        return self._onset_ms is not None

    @property
    def floor_db(self) -> float:
        """The noise that is always there, in dB relative to full scale."""
        return min(*self._minima, self._block_db) if self._minima else self._block_db

    def process(self, pcm: bytes, at_ms: int) -> list[GateEvent]:
        """Take 20 ms (320 bytes of PCM16, 8 kHz) that start at this instant. Raises ValueError on another size."""
        if len(pcm) != FRAME_PCM_BYTES:
            raise ValueError(f"a frame is {FRAME_PCM_BYTES} bytes, not {len(pcm)}")
        if at_ms != self._next_ms:  # frames are missing: what is kept would not be continuous
            self._recent.clear()
            self._votes.clear()
        self._next_ms = at_ms + FRAME_MS
        self._recent.append(pcm)
        voice = self._is_voice(pcm)
        self._votes.append(voice)
        if self._onset_ms is None:
            return self._begin(at_ms) if voice and sum(self._votes) >= _ONSET_VOTES else []
        return self._go_on(at_ms, self._onset_ms, voice=voice)

    def _is_voice(self, pcm: bytes) -> bool:
        samples = np.frombuffer(pcm, dtype="<i2").astype(np.float32)
        power = float(samples @ samples) / samples.size
        level_db = 10.0 * math.log10(power + 1.0) - _FULL_SCALE_DB
        self._track_floor(level_db)
        if self._onset_ms is None:
            beyond_db = self._noise_db + _ABOVE_NOISE_DB
            self._noise_db += min(_NOISE_PACE * (level_db - self._noise_db), _NOISE_RISE_DB)
            self._peak_db = _QUIETEST_DB
        else:
            self._peak_db = max(self._peak_db - _PEAK_DECAY_DB, level_db)
            beyond_db = self._peak_db - _BELOW_PEAK_DB
        loud = level_db > max(self.floor_db + _ABOVE_FLOOR_DB, beyond_db, _QUIETEST_DB)
        return loud and bool(self._vad.is_speech(pcm, SAMPLE_RATE_HZ))

    def _track_floor(self, level_db: float) -> None:
        self._block_db = min(self._block_db, level_db)
        self._block_frames += 1
        if self._block_frames == _FLOOR_BLOCK_FRAMES:
            self._minima.append(self._block_db)
            self._block_db, self._block_frames = 0.0, 0

    def _begin(self, at_ms: int) -> list[GateEvent]:
        votes = list(self._votes)
        self._onset_ms = at_ms - (len(votes) - 1 - votes.index(True)) * FRAME_MS
        self._voiced_ms = sum(votes) * FRAME_MS
        self._last_voice_ms = at_ms + FRAME_MS
        kept = (at_ms - self._onset_ms + FRAME_MS + PRE_ROLL_MS) // FRAME_MS
        pre_roll = b"".join(list(self._recent)[-kept:])
        return [SpeechStarted(self._onset_ms, self._next_ms - len(pre_roll) // PCM_BYTES_PER_MS, pre_roll)]

    def _go_on(self, at_ms: int, onset_ms: int, *, voice: bool) -> list[GateEvent]:
        events: list[GateEvent] = []
        if voice:
            if at_ms - self._last_voice_ms >= PAUSED_MS:
                events.append(SpeechResumed(at_ms, at_ms - self._last_voice_ms))
            self._last_voice_ms = at_ms + FRAME_MS
            before_ms, self._voiced_ms = self._voiced_ms, self._voiced_ms + FRAME_MS
            if any(before_ms < sustained_ms <= self._voiced_ms for sustained_ms in SUSTAINED_MS):
                events.append(SpeechSustained(self._next_ms, self._voiced_ms))
        elif self._next_ms - self._last_voice_ms == PAUSED_MS:
            events.append(SpeechPaused(self._last_voice_ms))
        if self._next_ms - self._last_voice_ms >= self.hangover_ms or self._next_ms - onset_ms >= LONGEST_MS:
            self._onset_ms = None
            self._votes.clear()
            self._forget_until(self._last_voice_ms)
            events.append(SpeechEnded(self._last_voice_ms))
        return events

    def _forget_until(self, at_ms: int) -> None:
        """Keep only what came after the last voice, so that no word is in the audio of two stretches of speech."""
        keep = max(0, (self._next_ms - at_ms) // FRAME_MS)
        while len(self._recent) > keep:
            self._recent.popleft()
