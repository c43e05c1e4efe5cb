"""When a caller speaks: frames that are a voice (voice.detector) into events, in the media loop, 20 ms at a time.

Speech starts when most of the last frames are voice, and is told of as soon as it resembles a caller's voice
(voice.onset), at the latest after 140 ms; it ends when there was no voice for `hangover_ms`. Measured by
benchmarks/voice_activity.py and benchmarks/speech_gate.py, where the constants are tuned too.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

from voice.acknowledging import LEAD_MS
from voice.acknowledging_weights import FADED
from voice.audio import FRAME_MS, FRAME_PCM_BYTES, PCM_BYTES_PER_MS
from voice.detector import VoiceDetector
from voice.overlap import HOLD_FROM
from voice.second_opinion import Likelihood

HANGOVER_MS: Final = 500
PRE_ROLL_MS: Final = 300
"""Audio before the onset that goes to the recogniser: consonants that carry little energy begin a word."""
SUSTAINED_MS: Final = (240, 700)
"""So much voice is told of: more than a cough has (docs/speech.md), and more than an acknowledgement has."""
PAUSED_MS: Final = 100
"""Quiet after which a pause is told of; closures inside words are shorter."""
LONGEST_MS: Final = 20_000
"""Speech is cut here and begins anew, so that a recogniser's utterance is bounded whatever the noise."""

JUDGED_MS: Final = (140, 220, 260, 320)
"""When a sound over the assistant is judged, counted from where it began: voice.overlap says why."""
_CONSONANT_MS: Final = 160
"""At most so long before the first voice a sound may have begun."""
_CLOSURE_FRAMES: Final = 5
"""So long its level may be low before that."""
_GROWN_MS: Final = 180
"""A weak onset has so much voice before it may grow into one that is judged: coughs in threes have less."""
_MOST_FADED: Final = 6
"""Frames at the line's noise take from the odds that a sound is meant, up to so many of them."""

_ONSET_WINDOW: Final = 5
_ONSET_VOTES: Final = 3
_ONSET_FRAMES: Final = 7
"""After so much since the first voice (140 ms) a weak onset is told of too; a strong one is told of at once."""
_MEASURED_AGAIN_MS: Final = 60
"""A weak onset may grow into a voice: measured again after so much more of it."""
_KEPT_FRAMES: Final = max(PRE_ROLL_MS // FRAME_MS + _ONSET_FRAMES, (LEAD_MS + JUDGED_MS[-1]) // FRAME_MS + 10)
_LEAST_LIKELY: Final = 0.5
_LEAST_LIKELY_ASKED: Final = 0.2
"""To begin while a single word is expected: a short answer is worth a noise or two."""
_SHORT_ANSWERS: Final = frozenset({"yes_no", "menu", "digits"})


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
    judged: bool = False
    """SpeechJudged follows, once it resembles a voice enough to hold the assistant."""


@dataclass(frozen=True, slots=True)
class SpeechJudged:
    """Whether the sound so far is an acknowledgement. Once at each of JUDGED_MS, while the assistant is heard."""

    at_ms: int
    since_ms: int
    """One of JUDGED_MS."""
    meant_by: float
    """Log odds that it is no acknowledgement (voice.acknowledging), less where it has faded."""


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


GateEvent = SpeechStarted | SpeechJudged | SpeechSustained | SpeechPaused | SpeechResumed | SpeechEnded


class Judge(Protocol):
    """Tells acknowledgements from what is meant (voice.acknowledging)."""

    def meant_by(self, pcm: bytes) -> float:
        """Log odds, of PCM16 from LEAD_MS before a sound up to now."""


class SpeechGate:
    """One caller's gate. Not shared between calls, nor between threads."""

    def __init__(
        self, hangover_ms: int = HANGOVER_MS, silero: Likelihood | None = None, judge: Judge | None = None
    ) -> None:
        self.hangover_ms = hangover_ms
        """Quiet after which speech has ended; may be set at any time, and counts for the pause that goes on then."""
        self.judging = False
        """Sounds that begin now are judged, if there is a judge: the assistant is heard."""
        self._judge = judge
        self._judged = 0
        """How many of JUDGED_MS are over, or all of them for a sound that is not judged."""
        self._detector = VoiceDetector(silero)
        self._least_likely = _LEAST_LIKELY
        self._recent: deque[bytes] = deque(maxlen=_KEPT_FRAMES)
        self._votes: deque[bool] = deque(maxlen=_ONSET_FRAMES)
        self._next_ms = 0
        self._onset_ms: int | None = None
        self._voiced_ms = 0
        self._last_voice_ms = 0
        self._paused = False
        self._strong = False
        self._told_ms = 0
        self._rose_ms: int | None = None
        """Instant at which the level rose from the noise, while nobody speaks or before speech was told of."""
        self._quiet_frames = 0

    @property
    def speaking(self) -> bool:
        """Whether speech has started and not ended."""
        return self._onset_ms is not None

    def listen_for(self, kind: str) -> None:
        """What the caller is expected to answer (voice.stt.port): a single word is let in more willingly."""
        self._least_likely = _LEAST_LIKELY_ASKED if kind in _SHORT_ANSWERS else _LEAST_LIKELY

    def process(self, pcm: bytes, at_ms: int) -> list[GateEvent]:
        """Take 20 ms (320 bytes of PCM16, 8 kHz) that start at this instant. Raises ValueError on another size."""
        if len(pcm) != FRAME_PCM_BYTES:
            raise ValueError(f"a frame is {FRAME_PCM_BYTES} bytes, not {len(pcm)}")
        if at_ms != self._next_ms:  # frames are missing: what is kept would not be continuous
            self._recent.clear()
            self._votes.clear()
            self._detector.forget()
        self._next_ms = at_ms + FRAME_MS
        self._recent.append(pcm)
        voice = self._detector.take(pcm, speaking=self.speaking)
        if self._onset_ms is not None:
            return self._go_on(at_ms, self._onset_ms, voice=voice)
        self._follow_level(at_ms)
        self._votes.append(voice or self._detector.first)
        votes = sum(list(self._votes)[-_ONSET_WINDOW:])
        return self._begin(at_ms) if votes >= _ONSET_VOTES and self._detector.likely(self._least_likely) else []

    def _begin(self, at_ms: int) -> list[GateEvent]:
        votes = list(self._votes)
        since = len(votes) - votes.index(True)
        strength = self._detector.strength(b"".join(list(self._recent)[-since:]))
        if strength < HOLD_FROM and since < _ONSET_FRAMES and votes[-1]:
            return []
        self._onset_ms = at_ms - (since - 1) * FRAME_MS
        self._voiced_ms = sum(votes) * FRAME_MS
        self._last_voice_ms = self._next_ms - votes[::-1].index(True) * FRAME_MS
        self._paused, self._strong, self._told_ms = False, strength >= HOLD_FROM, 0
        kept = since + PRE_ROLL_MS // FRAME_MS
        pre_roll = b"".join(list(self._recent)[-kept:])
        judged = self.judging and self._judge is not None
        self._judged = 0 if judged else len(JUDGED_MS)
        begins_ms = self._next_ms - len(pre_roll) // PCM_BYTES_PER_MS
        return [SpeechStarted(self._onset_ms, begins_ms, pre_roll, strength, judged)]

    def _go_on(self, at_ms: int, onset_ms: int, *, voice: bool) -> list[GateEvent]:
        events = self._judgement(onset_ms)
        if voice:
            if self._paused:
                events.append(SpeechResumed(at_ms, at_ms - self._last_voice_ms))
            self._last_voice_ms = at_ms + FRAME_MS
            self._voiced_ms += FRAME_MS
            events += self._sustained()
            self._paused = False
        else:
            fell_ms = self._next_ms - self._detector.gone_ms
            self._last_voice_ms = max(onset_ms, min(self._last_voice_ms, fell_ms))
            if not self._paused and self._next_ms - self._last_voice_ms >= PAUSED_MS:
                self._paused = True
                events.append(SpeechPaused(self._last_voice_ms))
        if self._next_ms - self._last_voice_ms >= self.hangover_ms or self._next_ms - onset_ms >= LONGEST_MS:
            self._onset_ms = None
            self._votes.clear()
            self._forget_until(self._last_voice_ms)
            events.append(SpeechEnded(self._last_voice_ms))
        return events

    def _follow_level(self, at_ms: int) -> None:
        """When the sound began: "s" and "h" are heard before any voice."""
        self._quiet_frames = 0 if self._detector.levels.loud else self._quiet_frames + 1
        if self._quiet_frames > _CLOSURE_FRAMES:
            self._rose_ms = None
        elif self._rose_ms is None:
            self._rose_ms = at_ms

    def _judgement(self, onset_ms: int) -> list[GateEvent]:
        """What is due now. A sound that resembles no voice yet (a cough) is not judged."""
        if self._judge is None or self._judged == len(JUDGED_MS):
            return []
        began_ms = onset_ms if self._rose_ms is None else max(onset_ms - _CONSONANT_MS, min(self._rose_ms, onset_ms))
        due_ms = JUDGED_MS[self._judged]
        if self._next_ms - began_ms < due_ms:
            return []
        sound = b"".join(list(self._recent)[-(LEAD_MS + self._next_ms - began_ms) // FRAME_MS :])
        if not self._strong:
            grown = self._voiced_ms >= _GROWN_MS
            self._strong = grown and self._detector.strength(sound[-_ONSET_FRAMES * FRAME_PCM_BYTES :]) >= HOLD_FROM
            if not self._strong:
                return []
        self._judged += 1
        faded = FADED * min(self._detector.levels.low_frames, _MOST_FADED)
        return [SpeechJudged(self._next_ms, due_ms, self._judge.meant_by(sound) - faded)]

    def _sustained(self) -> list[GateEvent]:
        """Tell that speech goes on: at once if its onset was strong, else when it has become so, at last anyway."""
        due_ms = max((each for each in SUSTAINED_MS if self._told_ms < each <= self._voiced_ms), default=None)
        if due_ms is None or not (due_ms == SUSTAINED_MS[-1] or self._grown_strong()):
            return []
        self._told_ms = due_ms
        return [SpeechSustained(self._next_ms, self._voiced_ms)]

    def _grown_strong(self) -> bool:
        if not self._strong and self._voiced_ms % _MEASURED_AGAIN_MS == 0:
            self._strong = self._detector.strength(b"".join(list(self._recent)[-_ONSET_FRAMES:])) >= HOLD_FROM
        return self._strong

    def _forget_until(self, at_ms: int) -> None:
        """Keep only what came after the last voice, so that no word is in the audio of two stretches of speech."""
        keep = max(0, (self._next_ms - at_ms) // FRAME_MS)
        while len(self._recent) > keep:
            self._recent.popleft()
