"""The caller's audio on its way in: onto the call's clock, into the recording, through the gate, to the recogniser."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from telephony.dtmf_tones import holds_key
from telephony.ports import Audio
from voice.audio import (
    FRAME_MS,
    FRAME_ULAW_BYTES,
    PCM_BYTES_PER_MS,
    ULAW_BYTES_PER_MS,
    silence_ulaw,
    ulaw_frames,
    ulaw_to_pcm,
)
from voice.vad import SpeechEnded, SpeechGate, SpeechJudged, SpeechPaused, SpeechResumed, SpeechStarted, SpeechSustained

BATCH_MS = 60
"""Audio goes to the recogniser in pieces of this length: per-frame hops are what costs CPU (a frame is 20 ms)."""

RECENT_MS: Final = 8000
"""The last sound is kept so long, for those who judge by it whether a turn is over."""

TONES_MS: Final = 2000
"""So long after a secret its last keys may still be on their way in the audio."""

FINAL_DEADLINE_MS = 2200
"""From the end of speech to its words: whoever joins the stages gives the recogniser so long. With the longest wait for
the end of a turn (640 ms) the caller is asked again before 3 s of silence."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller began to speak; their audio follows."""

    at_ms: int
    audio_from_ms: int
    """Instant of the audio that follows: before at_ms by the pre-roll."""
    strength: float = 1.0
    """How much it resembles a caller's voice (voice.vad)."""
    judged: bool = False
    """SpeechResembles follows: how it sounds decides whether the assistant is held."""


@dataclass(frozen=True, slots=True)
class SpeechResembles:
    """What the sound over the assistant is like so far."""

    at_ms: int
    since_ms: int
    """Of it that was judged, nominally (voice.vad, JUDGED_MS)."""
    meant_by: float
    """Log odds against an acknowledgement (voice.acknowledging)."""


@dataclass(frozen=True, slots=True)
class SpeechGoesOn:
    """The caller goes on speaking."""

    at_ms: int
    voiced_ms: int
    """Voice so far, pauses not counted."""


@dataclass(frozen=True, slots=True)
class SpeechPauses:
    """The caller is quiet for the moment."""

    at_ms: int
    """Instant at which the pause began: before now."""


@dataclass(frozen=True, slots=True)
class SpeechResumes:
    """The caller goes on after a pause; only those who listen to signs of speech are told."""

    at_ms: int
    paused_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """PCM16 mono 8 kHz for the recogniser."""

    pcm: bytes
    at_ms: int
    """Instant of the first sample."""


@dataclass(frozen=True, slots=True)
class SpeechOver:
    """The caller has been quiet for as long as was waited for."""

    at_ms: int
    """Instant at which speech ended: before now by the wait."""


SpeechSign = SpeechBegan | SpeechPauses | SpeechResumes | SpeechOver
"""What how long to wait depends on."""
HearingOutput = SpeechBegan | SpeechResembles | SpeechGoesOn | SpeechPauses | Heard | SpeechOver


class Tap(Protocol):
    """Where the caller's audio is recorded."""

    def caller(self, at_ms: int, ulaw: bytes) -> None:
        """Take μ-law whose first byte is at this instant."""


def _nowhere(_output: HearingOutput) -> None:
    """Where outputs go before a pipeline listens."""


def _nobody(_sign: SpeechSign) -> None:
    """Who listens to signs of speech until somebody does."""


class Hearing:
    """One stream of one call. Synchronous: a frame in, what the recogniser is to get out."""

    def __init__(
        self,
        gate: SpeechGate,
        tap: Tap,
        wants: Literal["speech", "continuous"],
        anchor: Callable[[int], int],
    ) -> None:
        """Anchor is asked once, with the first frame's timestamp: the call's instant of this stream's timestamp 0."""
        self._gate = gate
        self._tap = tap
        self._continuous = wants == "continuous"
        self._anchor = anchor
        self._offset_ms: int | None = None
        self._emit: Callable[[HearingOutput], None] = _nowhere
        self._sign: Callable[[SpeechSign], None] = _nobody
        self._recent: deque[bytes] = deque(maxlen=RECENT_MS // FRAME_MS)
        self._batch = bytearray()
        self._batch_ms = 0
        self._speaking = False
        self._deaf = False
        self._with_others = False
        self._tones_until_ms = 0
        """Until then keys of a secret may still sound."""

    def on_output(self, emit: Callable[[HearingOutput], None]) -> None:
        """Where the outputs go."""
        self._emit = emit

    def on_speech(self, tell: Callable[[SpeechSign], None]) -> None:
        """Who is told at once, before the outputs go anywhere: they may change how long the pause is waited out."""
        self._sign = tell

    def recent(self, most_ms: int) -> bytes:
        """PCM16 of the last sound, at most so much (and at most RECENT_MS)."""
        return b"".join(self._recent)[-most_ms * PCM_BYTES_PER_MS :]

    def wait_for_pause(self, hangover_ms: int) -> None:
        """How long the caller must be quiet before speech counts as over, from now on."""
        self._gate.hangover_ms = hangover_ms

    def listen_for(self, kind: str) -> None:
        """What the caller is expected to answer (voice.stt.port, Expectation): a single word is easily overheard."""
        self._gate.listen_for(kind)

    def deafen(self, deaf: bool) -> None:
        """Whether nothing that the caller says or keys is heard or recorded from now on: they key in a secret."""
        self._deaf = deaf

    def overhear(self, whether: bool) -> None:
        """Whether somebody else may speak there, too: it is recorded, and nobody's turn."""
        self._with_others = whether

    def over_voice(self, *, judge: bool) -> None:
        """Whether what the caller says from now on may be an acknowledgement and is judged by its sound."""
        self._gate.judging = judge

    def audio(self, audio: Audio) -> None:
        """Take what the carrier sent."""
        if self._offset_ms is None:
            self._offset_ms = self._anchor(audio.timestamp_ms)
        at_ms = self._offset_ms + audio.timestamp_ms
        ulaw = self._without_secrets(audio.ulaw, at_ms) if self._deaf or at_ms < self._tones_until_ms else audio.ulaw
        self._tap.caller(at_ms, ulaw)
        if self._with_others:
            ulaw = silence_ulaw(len(ulaw) // ULAW_BYTES_PER_MS)
        if len(ulaw) == FRAME_ULAW_BYTES:
            self._frame(ulaw_to_pcm(ulaw), at_ms)
            return
        for index, frame in enumerate(ulaw_frames(ulaw)):
            self._frame(ulaw_to_pcm(frame), at_ms + index * FRAME_MS)

    def _without_secrets(self, ulaw: bytes, at_ms: int) -> bytes:
        """Silence in place of a secret; just behind it, in place of the last keys' tones."""
        silence = silence_ulaw(len(ulaw) // ULAW_BYTES_PER_MS)
        if self._deaf:
            self._tones_until_ms = at_ms + TONES_MS
            return silence
        if not holds_key(ulaw):
            return ulaw
        self._tap.caller(at_ms - FRAME_MS, silence_ulaw(FRAME_MS))  # it began in the frame before
        return silence

    def _frame(self, pcm: bytes, at_ms: int) -> None:
        fresh = True
        self._recent.append(pcm)
        for event in self._gate.process(pcm, at_ms):
            if isinstance(event, SpeechStarted):
                self._flush()
                self._speaking = True
                audio_from_ms = event.at_ms if self._continuous else event.pre_roll_at_ms
                began = SpeechBegan(event.at_ms, audio_from_ms, event.strength, event.judged)
                self._sign(began)
                self._emit(began)
                if not self._continuous:
                    self._add(event.pre_roll, event.pre_roll_at_ms)
                    fresh = False  # the pre-roll ends with this frame
            elif isinstance(event, SpeechEnded):
                if self._continuous or self._speaking:
                    self._add(pcm, at_ms)
                fresh = False
                self._flush()
                self._speaking = False
                self._sign(SpeechOver(event.at_ms))
                self._emit(SpeechOver(event.at_ms))
            else:
                self._goes_on(event)
        if fresh and (self._continuous or self._speaking):
            self._add(pcm, at_ms)

    def _goes_on(self, event: SpeechJudged | SpeechSustained | SpeechPaused | SpeechResumed) -> None:
        match event:
            case SpeechJudged():
                self._emit(SpeechResembles(event.at_ms, event.since_ms, event.meant_by))
            case SpeechSustained():
                self._emit(SpeechGoesOn(event.at_ms, event.voiced_ms))
            case SpeechPaused():
                self._sign(SpeechPauses(event.at_ms))
                self._emit(SpeechPauses(event.at_ms))
            case SpeechResumed():
                self._sign(SpeechResumes(event.at_ms, event.paused_ms))

    def _add(self, pcm: bytes, at_ms: int) -> None:
        if not self._batch:
            self._batch_ms = at_ms
        self._batch += pcm
        if len(self._batch) >= BATCH_MS * PCM_BYTES_PER_MS:
            self._flush()

    def _flush(self) -> None:
        if self._batch:
            self._emit(Heard(bytes(self._batch), self._batch_ms))
            self._batch.clear()
