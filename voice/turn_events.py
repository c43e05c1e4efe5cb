"""What turn taking is told and what it decides (voice.turns)."""

from dataclasses import dataclass
from typing import Final, Literal

FloorHolder = Literal["caller", "assistant", "nobody"]
UnheardReason = Literal["busy", "late", "noise"]

NO_INPUT_MS: Final = 7000
"""How long a caller may think before being asked again, unless the question says otherwise."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller's speech begins at this instant (without pre-roll)."""

    at_ms: int
    strength: float = 1.0
    """How much its first 100 ms resemble a caller's voice (voice.vad): 0 to 1."""
    judged: bool = False
    """SpeechJudged follows."""


@dataclass(frozen=True, slots=True)
class SpeechJudged:
    """How much the sound so far is that of somebody who wants to speak (voice.vad)."""

    at_ms: int
    since_ms: int
    """From the first voice."""
    meant_by: float
    """Log odds against an acknowledgement."""


@dataclass(frozen=True, slots=True)
class SpeechSustained:
    """The caller goes on speaking; told more than once (voice.vad)."""

    at_ms: int
    voiced_ms: int
    """Voice since the speech began, pauses not counted."""


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The caller has been quiet for a moment, since this instant, and may go on."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller's speech ended at this instant; it is told only after the wait for a pause."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class PartialHeard:
    """Words so far."""

    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class FinalHeard:
    """The words of a stretch of speech."""

    at_ms: int
    text: str
    alternatives: tuple[str, ...]
    """Other readings, best first; the first may repeat the text."""
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Unheard:
    """No words for a stretch of speech."""

    at_ms: int
    reason: UnheardReason
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """The caller pressed a key; which one is not our business."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class KeysCollected:
    """The keys make an answer, which the dialogue has got: the assistant's move."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class AssistantStarted:
    """The caller begins to hear an utterance."""

    at_ms: int
    utterance: str
    interruptible: bool


@dataclass(frozen=True, slots=True)
class AssistantQuiet:
    """All that was to be said was heard or dropped."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Expecting:
    """The reply is decided, and the caller's answer is awaited as soon as it has been said."""

    at_ms: int
    kind: str
    no_input_ms: int = NO_INPUT_MS
    """Silence after the assistant is quiet before the caller is asked again."""


@dataclass(frozen=True, slots=True)
class CallOver:
    """The call ended: nothing is due any more."""

    at_ms: int


TurnEvent = (
    SpeechStarted
    | SpeechJudged
    | SpeechSustained
    | SpeechPaused
    | SpeechEnded
    | PartialHeard
    | FinalHeard
    | Unheard
    | KeyPressed
    | KeysCollected
    | AssistantStarted
    | AssistantQuiet
    | Expecting
    | CallOver
)


@dataclass(frozen=True, slots=True)
class Interrupt:
    """The caller takes the floor: stop this utterance and what follows it. Once per utterance."""

    utterance: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The caller may be taking the floor: be quiet at once. Resume or Interrupt follows."""

    utterance: str


@dataclass(frozen=True, slots=True)
class Resume:
    """The caller did not take the floor: go on."""

    utterance: str


@dataclass(frozen=True, slots=True)
class Backchannel:
    """The caller said that they are listening; no turn."""

    text: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """What the caller said in this turn; the assistant's move."""

    text: str
    alternatives: tuple[str, ...]
    """Readings of the whole turn, best first; the first is the text."""
    start_ms: int
    end_ms: int
    confidence: float
    """The least of its parts'."""


@dataclass(frozen=True, slots=True)
class TurnUnheard:
    """The caller spoke and no words came; the assistant's move."""

    reason: UnheardReason
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class CallerSilent:
    """The caller did not answer; the assistant's move. 1 and 2 are check-ins, 3 is goodbye."""

    count: int


@dataclass(frozen=True, slots=True)
class FloorChanged:
    """Whose move it is."""

    floor: FloorHolder


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that changed nothing, and why."""

    reason: str


TurnAction = (
    Interrupt | Hold | Resume | Backchannel | TurnComplete | TurnUnheard | CallerSilent | FloorChanged | Ignored
)
