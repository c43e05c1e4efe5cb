"""The ports to a caller: the media of a call, and text messages, whichever carrier brings them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Literal, Protocol

Fault = Literal[
    "malformed", "oversized", "out_of_order", "duplicate", "missing", "wrong_stream", "unknown", "bad_format", "flood"
]
"""What can be wrong with something that a carrier sent."""


@dataclass(frozen=True, slots=True)
class Started:
    """The stream is open. Comes first, once."""

    call_sid: str
    stream_sid: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audio:
    """Caller audio: G.711 μ-law, 8 kHz."""

    ulaw: bytes
    timestamp_ms: int
    """Presentation time since the stream's start, by the carrier's clock."""


@dataclass(frozen=True, slots=True)
class Dtmf:
    """One key, pressed by the caller."""

    digit: str


@dataclass(frozen=True, slots=True)
class Marked:
    """Our mark came back: what was queued before it was played or cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """The carrier says that the stream is over: the call ended or left us."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """Something arrived that the protocol does not allow; it was skipped. Counted, never fatal by itself."""

    fault: Fault
    detail: str
    """For logs; never holds payload."""
    count: int = 1


MediaEvent = Started | Audio | Dtmf | Marked | Stopped | Faulty


class MediaLost(Exception):
    """The socket went away without saying goodbye, or cannot be written to."""


class MediaSocket(Protocol):
    """A caller's media, both ways. Carriers differ; this does not."""

    def __aiter__(self) -> AsyncIterator[MediaEvent]:
        """Events in order, ending after Stopped. Raises MediaLost when the socket breaks or closes without one."""

    async def play(self, ulaw: bytes) -> None:
        """Queue μ-law at the carrier behind what is queued already. Raises MediaLost."""

    async def mark(self, name: str) -> None:
        """Ask for a Marked when all that was queued so far was played or cleared. Raises MediaLost."""

    async def clear(self) -> None:
        """Drop what the carrier has not played yet. Raises MediaLost."""

    async def close(self, code: int, reason: str) -> None:
        """Close the socket with a WebSocket code. Safe to call twice."""


TextState = Literal["accepted", "sent", "delivered", "failed"]
"""How far a text has come; `delivered` is the handset's word, `failed` the carrier's."""


@dataclass(frozen=True, slots=True)
class Texted:
    """The carrier has taken a text."""

    text_id: str
    """The carrier's id, with which news of it come later."""


class Messages(Protocol):
    """Text messages to callers."""

    async def send(self, to: str, text: str, key: str, deadline_ms: int) -> Texted:
        """Text this to an E.164 number. The same key is sent once: asked again, it gives the first answer.

        Raises CarrierLate, CarrierFailed, CarrierRefused or NotTextable (telephony.errors). Attempts that may help are
        made within the deadline. Neither text nor number enters a log.
        """
