"""The ports to a carrier: the media of a call, its legs, and text messages, whichever carrier brings them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
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
    listens: bool = False
    """It carries both sides of a call that is elsewhere, and plays nothing."""


Track = Literal["caller", "heard"]
"""Whose sound: the caller's, or what the caller hears. Only a stream that listens carries the second."""


@dataclass(frozen=True, slots=True)
class Audio:
    """One side's audio: G.711 μ-law, 8 kHz."""

    ulaw: bytes
    timestamp_ms: int
    """Presentation time since the stream's start, by the carrier's clock."""
    track: Track = "caller"


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


LegStatus = Literal["queued", "ringing", "in_progress", "completed", "busy", "no_answer", "failed", "canceled"]
"""How a leg is; from `completed` on it is over."""

AnsweredBy = Literal["", "human", "machine", "fax", "unknown"]
"""Who answered, as the carrier heard it; empty: not known yet, or not asked for."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One telephone connection between the carrier and somebody."""

    sid: str
    """The carrier's id."""
    status: LegStatus
    answered_by: AnsweredBy = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended; it never comes back."""
        return self.status not in ("queued", "ringing", "in_progress")


@dataclass(frozen=True, slots=True)
class Dialling:
    """A leg that is to be made: who is called, and where the carrier asks what to do once somebody answers."""

    to: str
    """E.164, or a SIP address with its headers (telephony.sip)."""
    from_: str
    """A number of the account, or one that it may show."""
    url: str
    """Asked, signed, for the markup when somebody has answered."""
    status_url: str
    """Told, signed, that it rings, is answered and is over."""
    amd_url: str = ""
    """Told whether a person or a machine answered, while the leg goes on; empty: not asked."""
    ring_s: int = 20
    """How long it rings. Carriers add up to 5 s."""


@dataclass(frozen=True, slots=True)
class Joining:
    """A leg that is to be made right into a conference, without anything being asked of whoever answers."""

    to: str
    """E.164, a SIP address, `client:` or `app:` and a name: an application of ours can take part, too."""
    from_: str
    muted: bool = False
    coaching: str = ""
    """The sid of the only leg that is to hear it."""
    ends_with_it: bool = False
    """Whether the conference is over when this leg leaves."""
    status_url: str = ""
    """Told of the conference's comings and goings, if it begins with this leg."""
    ring_s: int = 20
    jitter: Literal["off", "small", "medium", "large"] = "small"
    """The buffer that its sound passes on its way into the conference."""


@dataclass(frozen=True, slots=True)
class Participant:
    """One leg in a conference."""

    sid: str
    """The leg's."""
    label: str
    """Ours; empty: it was given none."""
    muted: bool = False
    on_hold: bool = False
    coaching: str = ""
    """The sid of the only leg that hears it; empty: all do."""


@dataclass(frozen=True, slots=True)
class ListeningStream:
    """A stream that brings us both sides of a leg, and plays nothing, whatever else the leg does."""

    name: str
    """Of this leg, used once: a stream that is started again has another one."""
    url: str
    """wss://… without a query."""
    token: str
    """One-time (telephony.token): the stream is not taken without it."""
    status_url: str = ""
    """Told, signed, that it runs, fails and is over; empty: nobody is."""


class CallControl(Protocol):
    """What a carrier does with legs besides carrying their sound.

    All methods raise CarrierLate after deadline_ms, CarrierFailed when the carrier broke or was not reached after all
    attempts, CarrierRefused when it turns us away, LegGone when leg or conference are over (telephony.errors). Attempts
    that may help are made within the deadline. After CarrierLate and CarrierFailed what was asked for may have been
    done, or may still be done. Neither numbers nor addresses enter a log.

    A conference is named by `room`, a participant (`who`) by its label or its leg's sid.
    """

    async def dial(self, key: str, wanted: Dialling, deadline_ms: int, *, since: datetime | None = None) -> Leg:
        """Make a leg, once per key. Raises NotDiallable, too.

        since: it was perhaps asked for then, by a process that died: what was made from then on is looked up first.
        """

    async def find(self, wanted: Dialling, since: datetime, deadline_ms: int) -> Leg | None:
        """A leg of this kind that was made since then and is not known under any key. None: there is none.

        Raises CarrierFailed if there are several: it cannot be told which.
        """

    async def move(self, sid: str, markup: str, deadline_ms: int, *, room: str = "", again: bool = False) -> None:
        """Have a leg do something else from now on. room: the conference that it ends up in, if it is one.

        again: it was perhaps asked for before, by a process that died. What is asked of a leg later holds: an earlier
        move that is still tried is given up. Raises Overtaken then.
        After a lost answer nothing is asked for twice if the leg is in that conference: to be moved once more would
        take it out, and end the conference.
        """

    async def end(self, sid: str, deadline_ms: int) -> None:
        """End a leg, or its ringing. One that is over stays so, without an error."""

    async def leg(self, sid: str, deadline_ms: int) -> Leg:
        """How a leg is."""

    async def participants(self, room: str, deadline_ms: int) -> tuple[Participant, ...]:
        """Who is in a conference; nobody, if there is none of this name now."""

    async def rooms(self, deadline_ms: int) -> tuple[str, ...]:
        """The names of the conferences that somebody is in."""

    async def join(self, room: str, label: str, wanted: Joining, deadline_ms: int) -> Leg:
        """Call somebody right into a conference, which begins with it if need be. Once per room and label."""

    async def hold(self, room: str, who: str, deadline_ms: int, *, url: str = "") -> None:
        """Have a participant neither hear nor be heard; it hears what url says, or the carrier's music."""

    async def unhold(self, room: str, who: str, deadline_ms: int) -> None:
        """Take a participant back from hold."""

    async def mute(self, room: str, who: str, muted: bool, deadline_ms: int) -> None:
        """Let a participant be heard, or not."""

    async def coach(self, room: str, who: str, whom: str, deadline_ms: int) -> None:
        """Let a participant be heard by one leg (its sid) alone; whom empty: by all again."""

    async def announce(self, room: str, url: str, deadline_ms: int, *, who: str = "") -> None:
        """Let all of a conference, or one of it, hear what this address says."""

    async def remove(self, room: str, who: str, deadline_ms: int) -> None:
        """Take a participant out of a conference. One that is not there stays away, without an error."""

    async def listen(self, sid: str, stream: ListeningStream, deadline_ms: int) -> None:
        """Have a leg's sound come to us from now on, what it says and what it hears. Once per name.

        Whether it comes, its socket tells: a carrier takes the request before it has reached us, and lists no streams.
        """

    async def stop_listening(self, sid: str, name: str, deadline_ms: int) -> None:
        """Have the leg's stream of this name come no longer. One that is over stays so, without an error."""
