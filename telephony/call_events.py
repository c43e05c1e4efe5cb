"""What can happen to a call, and what is then to be done: the events and actions of telephony.call."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

Outcome = Literal[
    "completed", "message_taken", "transferred", "caller_hung_up", "caller_silent", "media_lost", "refused", "failed"
]

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""How a call can end; every call ends in one.

completed       the caller got what there was to get, and we said goodbye
message_taken   the caller left a message for a person
transferred     an agent took the caller over, and the call ended with them
caller_hung_up  the caller, or the carrier for the caller, ended it before we did
caller_silent   nobody answered our check-ins
media_lost      the audio broke and did not come back in time
refused         we did not take the call: unknown number, closed, overloaded, or a bad token
failed          an error of ours or of the carrier ended it
"""


@dataclass(frozen=True, slots=True)
class Rang:
    """The carrier asked what to do with a new call, and was is told to open a stream."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """A stream of this call began, and its token was good."""

    at_ms: int
    stream_sid: str
    stream_number: int
    """The number that its token was issued for."""


@dataclass(frozen=True, slots=True)
class StreamStopped:
    """The carrier said that the stream is over: the caller left it."""

    at_ms: int
    stream_number: int


@dataclass(frozen=True, slots=True)
class StreamBroken:
    """The socket went away without a word, or fell silent."""

    at_ms: int
    stream_number: int
    how: str
    """closed, reset, silent or failed (by an error of ours), as in the event call.media_lost."""


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The carrier asked what to do now that the stream is over."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class HangUpWanted:
    """We want the call to end: once the last words were heard, if there is someone to hear them."""

    at_ms: int
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class LastWordsHeard:
    """All that we had to say was played."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class CarrierStatus:
    """The carrier told how the call is, in its words; such messages come late, twice and in any order."""

    at_ms: int
    status: str


@dataclass(frozen=True, slots=True)
class MessageLeft:
    """The carrier recorded a message: it took it in our place, and nothing else of the call follows."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MovingAway:
    """The carrier is about to be told to put the caller through: our stream will end, and is not missed."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class ComeBack:
    """They could not be put through, or are to come back from the agent."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class WithAgent:
    """Whether an agent has the caller now."""

    at_ms: int
    there: bool


@dataclass(frozen=True, slots=True)
class BeginConversation:
    """Greet the caller: the first stream is open."""

    stream_number: int


@dataclass(frozen=True, slots=True)
class ContinueConversation:
    """Go on where the call broke off, without a second greeting."""

    stream_number: int
    gap_ms: int
    """From the loss being noticed to the new stream; 0 when it replaced one that had not been missed."""


@dataclass(frozen=True, slots=True)
class OfferStream:
    """Answer the carrier with a new stream of this number."""

    stream_number: int


@dataclass(frozen=True, slots=True)
class TakeMessage:
    """Answer the carrier with recording a message: no stream of this call lasts. MessageLeft tells of it, if one is."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call at the carrier, if there is a way to tell it."""


@dataclass(frozen=True, slots=True)
class CloseMedia:
    """Close this stream's socket. It may be closed already."""

    stream_number: int
    code: int
    """WebSocket close code: 1000 done, 1001 given up, 1008 not ours to talk to any more."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The call is over. Comes exactly once, and last."""

    outcome: Outcome
    reason: str
    at_ms: int
    """When it ended, which may be known only later."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is stale, early or doubled."""

    reason: str


CallEvent = (
    Rang
    | StreamStarted
    | StreamStopped
    | StreamBroken
    | ResumeAsked
    | HangUpWanted
    | LastWordsHeard
    | CarrierStatus
    | MessageLeft
    | MovingAway
    | ComeBack
    | WithAgent
)
CallAction = (
    BeginConversation | ContinueConversation | OfferStream | TakeMessage | HangUp | CloseMedia | Finish | Ignored
)
