"""What the playout ledger is told and what it says (voice.playout)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Audio to be said, and what it says. Audio with the same text as before, or with none, goes on saying that."""

    at_ms: int
    utterance: str
    text: str
    ulaw: bytes
    last: bool
    """Nothing more follows for this utterance."""
    broken: bool = False
    """The voice failed: with `last`, the utterance breaks off before the end of its text."""


@dataclass(frozen=True, slots=True)
class MarkReturned:
    """The carrier sent one of our marks back."""

    at_ms: int
    name: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop everything that was enqueued so far."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Hold:
    """The caller may be taking the floor: be quiet at once, and keep what was not heard."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Resume:
    """The caller did not take the floor: say what was held back."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The way to the caller is gone, and with it what was not played yet."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MediaResumed:
    """A new stream reaches the caller; its buffer is empty."""

    at_ms: int


PlayoutEvent = Enqueue | MarkReturned | Interrupt | Hold | Resume | MediaLost | MediaResumed


@dataclass(frozen=True, slots=True)
class SendAudio:
    """Send this μ-law now."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class SendMark:
    """Send a mark of this name now."""

    name: str


@dataclass(frozen=True, slots=True)
class SendClear:
    """Tell the carrier to drop what it has not played."""


@dataclass(frozen=True, slots=True)
class Began:
    """The caller begins to hear an utterance."""

    utterance: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Heard:
    """An utterance is over, and this is what the caller heard of it. Once per utterance."""

    utterance: str
    heard_text: str
    start_ms: int
    """Instant of its first sound; the instant at which it was dropped if none was played."""
    end_ms: int
    """Instant of its last sound."""
    complete: bool
    failed: bool = False
    """It was played to the end of its audio, and that was not all of its text: the voice failed."""


@dataclass(frozen=True, slots=True)
class EarAudio:
    """What the caller heard from this instant on; played already, never taken back; pieces never overlap."""

    at_ms: int
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that changed nothing, and why."""

    reason: str


PlayoutAction = SendAudio | SendMark | SendClear | Began | Heard | EarAudio | Ignored
