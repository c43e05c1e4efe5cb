"""The port to speech recognition: what a recogniser is told and what it says."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

COVERS_MS: Final = 300
"""A result answers an utterance when it ends at most this much before it: the gate ends with the last sound, a
recogniser with the last word. voice.turns reads results with the same tolerance."""
ExpectedKind = Literal["open", "yes_no", "digits", "menu", "spelled"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller was just asked, so that a recogniser can listen for it."""

    kind: ExpectedKind = "open"
    vocabulary: str = ""
    """Name of a vocabulary prepared at start (Vocabulary.name); empty: the line's open vocabulary."""
    min_digits: int = 0
    """Fewest digits of a complete answer, when kind is digits."""
    max_digits: int = 0
    """Most digits of a complete answer, when kind is digits."""
    language: str = "en"
    """In which the caller is expected to speak, of ISO 639-1; what a recogniser cannot hear it does not follow."""
    others: tuple[str, ...] = ()
    """In which they may speak as well."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Phrases of one dialogue state, from which offline recognisers build a grammar or a language model."""

    name: str
    kind: ExpectedKind
    phrases: tuple[str, ...]
    """What callers say here, lower case, as words. `<digits>` stands for spoken digits, `<name>` for a name."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of an utterance."""

    text: str
    confidence: float
    """0 to 1; comparable within one recogniser only."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """Words of one utterance. Partials replace each other; exactly one final ends an utterance."""

    text: str
    final: bool
    start_ms: int
    """Instant at which speech began, on the call's clock."""
    end_ms: int
    """Instant at which speech ended (final) or up to which it was heard (partial)."""
    confidence: float = 0.0
    alternatives: tuple[Hypothesis, ...] = ()
    """Best first; the first has the same text. Empty on partials."""
    settled: bool = False
    """All that was said up to end_ms is in it and will not change: the answer to speech_paused, and every final."""
    ends_turn: bool = False
    """The recogniser, which detects turns itself, says that the caller's turn is over with this final."""

    def __post_init__(self) -> None:
        if self.final and not self.settled:
            object.__setattr__(self, "settled", True)


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """The end of an utterance for which no words came: busy and late are the recogniser's fault, noise is not."""

    reason: Literal["busy", "late", "noise"]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class EagerEnd:
    """The recogniser thinks that the caller's turn may be over: what costs nothing may begin. Ends no utterance."""

    at_ms: int
    """Instant up to which it has heard."""
    text: str
    """The turn so far."""
    confidence: float
    """That the turn is over, 0 to 1."""


@dataclass(frozen=True, slots=True)
class TurnGoesOn:
    """The turn of the last EagerEnd was not over: what was begun for it is worth nothing. Ends no utterance."""

    at_ms: int
    """Instant up to which the recogniser has heard."""


@dataclass(frozen=True, slots=True)
class ProviderSwitched:
    """Another recogniser listens from now on; what was said and not yet understood is told to it again."""

    at_ms: int
    """Instant up to which audio had come."""
    provider: str
    """The one that was left."""
    successor: str
    """The one that listens now; the same name after a new connection."""
    reason: str
    """broken, silent, late, refused or absent."""
    replayed_ms: int
    """Audio that was told again."""


Result = Transcript | Unrecognised | EagerEnd | TurnGoesOn | ProviderSwitched
"""What a recogniser says. EagerEnd and TurnGoesOn come only from one that detects turns, ProviderSwitched from several
behind one another."""


class Recognition(Protocol):
    """One caller's recogniser. Its five inputs are synchronous, cheap and never raise; results come from iterating.

    Iteration ends after aclose(). Every utterance that was begun and ended yields exactly one final Transcript or one
    Unrecognised, in order, at the latest deadline_ms after its end was told. One that detects turns itself may answer
    several utterances of a turn at once, by a result whose span covers them (COVERS_MS) and that comes at the latest
    deadline_ms after the end of the last one; and an utterance before its end was told. Iteration raises ProviderFailed
    when the recogniser is gone in the middle of the call; voice.stt.failover then goes on with another.
    """

    def expect(self, expectation: Expectation) -> None:
        """Listen for this from the next utterance on."""

    def speech_started(self, at_ms: int) -> None:
        """Begin an utterance; the audio written next starts at this instant (pre-roll included)."""

    def write(self, pcm: bytes, at_ms: int) -> None:
        """Take PCM16 mono 8 kHz of any length, whose first sample is at this instant."""

    def speech_paused(self, at_ms: int) -> None:
        """The caller pauses: the words so far are wanted now. More audio of the utterance may follow, or its end."""

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        """End the utterance; its final result is due within deadline_ms."""

    def __aiter__(self) -> AsyncIterator[Result]:
        """Results in order."""

    async def aclose(self) -> None:
        """Release what this call held. Safe to call twice."""


class SpeechToText(Protocol):
    """A recogniser, shared by all calls of a process."""

    @property
    def wants(self) -> Literal["speech", "continuous"]:
        """Whether it is fed utterances only (with pre-roll) or every frame."""

    @property
    def trouble(self) -> str:
        """What is wrong with it now, for people; empty when nothing is."""

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        """Listen with these instead of those of the start; open calls go on, and are heard with those named in them.

        Returns once every call is heard with them. Raises ProviderLate or ProviderFailed, and then nothing changes.
        """

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        """Begin to listen to one caller. Raises ProviderLate or ProviderFailed (voice.errors); both may be retried."""
