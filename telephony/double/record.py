"""What the double writes down about a call: what it requested, executed, streamed and complained about."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from telephony.double.ear import Ear
from telephony.double.twiml import Say, Verb

EndedBy = Literal["caller", "application", "hangup", "rejected", "end_of_twiml", "failed", "peer"]
"""caller: hung up · application: through `update`, as `calls.update(status="completed")` does · hangup: `<Hangup>` ·
rejected: `<Reject>` · end_of_twiml: nothing was left to do · failed: no usable TwiML · peer: it was dialled by another
call, which is over or has gone on."""

StreamEndedBy = Literal["application", "broken", "protocol", "lost", "call_over"]
"""application: it closed the socket in order · broken: the connection went away · protocol: not a WebSocket any more ·
lost: a test took it away (`lose`) · call_over: the call ended or was redirected, Twilio sent `stop`."""

WARNINGS: Final = frozenset({31951, 12200})
"""Codes that Twilio files as warnings; the others are errors."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What Twilio's debugger would show."""

    at_ms: int
    code: int
    """Twilio's error code; 0: something that the double does not play."""
    detail: str

    @property
    def severity(self) -> Literal["warning", "error"]:
        """How Twilio files it."""
        return "warning" if self.code in WARNINGS else "error"


Purpose = Literal[
    "voice", "redirect", "gather", "record", "play", "stream_status", "call_status", "fallback", "update",
    "dial", "whisper", "wait", "enqueue", "amd", "conference", "assignment", "task",
]  # fmt: skip
"""What a request was made for. whisper: a document for whoever was dialled, before the bridge · wait: what a caller
hears who waits in a queue or a conference · amd: who answered · assignment, task: TaskRouter."""


@dataclass(frozen=True, slots=True)
class WebhookMade:
    """One HTTP request to the application, retries included."""

    at_ms: int
    purpose: Purpose
    method: str
    url: str
    params: Mapping[str, str]
    status: int | None
    """None: no answer came."""
    took_ms: int
    attempts: int = 1
    error: str = ""


@dataclass(frozen=True, slots=True)
class Executed:
    """One verb that was begun."""

    at_ms: int
    verb: Verb


@dataclass(frozen=True, slots=True)
class StreamMade:
    """One media stream from beginning to end."""

    stream_sid: str
    url: str
    parameters: Mapping[str, str]
    start_ms: int
    end_ms: int
    ended_by: StreamEndedBy
    close_code: int | None
    """The WebSocket code that the application closed with."""
    close_reason: str
    frames: int


@dataclass(frozen=True, slots=True)
class Pacing:
    """How punctual the double itself was: judge an application's lateness only when this is small."""

    frames: int = 0
    worst_ms: float = 0.0
    over_20_ms: int = 0
    """Frames that left more than 20 ms after they should have."""


@dataclass(slots=True)
class CallLog:
    """Filled while the call runs."""

    problems: list[Problem] = field(default_factory=list)
    webhooks: list[WebhookMade] = field(default_factory=list)
    executed: list[Executed] = field(default_factory=list)
    streams: list[StreamMade] = field(default_factory=list)
    recordings: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoubleResult:
    """A finished call."""

    call_sid: str
    ended_by: EndedBy
    duration_ms: int
    """From answering to the end."""
    executed: tuple[Executed, ...]
    webhooks: tuple[WebhookMade, ...]
    problems: tuple[Problem, ...]
    streams: tuple[StreamMade, ...]
    recordings: Mapping[str, bytes]
    """What `<Record>` took: μ-law by RecordingSid."""
    pacing: Pacing
    ear: Ear

    @property
    def said(self) -> tuple[str, ...]:
        """The texts of `<Say>` that were begun."""
        return tuple(each.verb.text for each in self.executed if isinstance(each.verb, Say))
