"""The Media Streams protocol, our side of it, without a socket or a clock: messages in, events and messages out.

    stream = MediaStream(opened_ms)
    for decision in stream.receive(message, at_ms): ...   # MediaEvents; a Refuse says: close the socket with this code
    for decision in stream.tick(now_ms): ...              # when stream.deadline_ms has passed
    socket.send(stream.play(ulaw)); socket.send(stream.mark("greeting:g1:0")); socket.send(stream.clear())

Every instant is in milliseconds on one clock with any zero: only differences count. Nothing that a carrier or an
attacker sends raises. wire.py has the messages, timeline.py the order, limits.py what is too much.
"""

import base64
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from telephony.ports import Audio, Dtmf, Fault, Faulty, Marked, MediaEvent, Started, Stopped
from telephony.twilio import wire
from telephony.twilio.limits import Flood
from telephony.twilio.timeline import Timeline
from voice.audio import SAMPLE_RATE_HZ

MAX_MESSAGE_BYTES: Final = wire.MAX_MESSAGE_BYTES
"""The server's WebSocket limit too (uvicorn: ws_max_size), so that larger messages are not even assembled."""

FIRST_MESSAGE_DEADLINE_MS: Final = 5_000
"""From opening to the first message (reliability.md §0.7): an idle socket costs a file descriptor."""

START_DEADLINE_MS: Final = 5_000
"""From opening to a valid start (reliability.md §2, row 26). Twilio sends it right after `connected`."""

MEDIA_SILENT_MS: Final = 5_000
"""Without a message for so long a stream counts as lost. Twilio sends 50 a second, also when the caller is silent; each
second more is one in which a caller with a dead connection hears nothing."""

BAD_MESSAGES_MAX: Final = 20
"""So many unreadable messages end the stream (reliability.md §2, row 25)."""

MEDIA_FORMAT: Final = (wire.ENCODING, SAMPLE_RATE_HZ, 1)
"""Encoding, sample rate in Hz and channels that are understood: the only ones Twilio documents."""

RefuseReason = Literal["no_start", "out_of_turn", "bad_format", "bad_messages", "flood", "silent"]

_REMEMBERED_KEYS: Final = 64

# RFC 6455 §7.4.1: 1002 protocol error, 1003 unacceptable data, 1008 policy, 1009 too big.
_CODES: Final[Mapping[str, int]] = {
    "no_start": 1008,
    "out_of_turn": 1002,
    "bad_format": 1003,
    "flood": 1008,
    "silent": 1008,
    "malformed": 1003,
    "oversized": 1009,
    "wrong_stream": 1008,
}


@dataclass(frozen=True, slots=True)
class Refuse:
    """This stream is over, by our decision: close the socket. Nothing is received afterwards."""

    code: int
    """WebSocket close code."""
    reason: RefuseReason
    detail: str
    """For logs; never holds payload."""


class NotStarted(RuntimeError):
    """Audio was to be sent on a stream that has not started: our own misuse."""


Decision = MediaEvent | Refuse


class MediaStream:
    """One Media Streams socket. `receive` and `tick` give events in order; a Refuse is the last one.

    Audio comes in frames of exactly 20 ms on a gapless timeline (timeline.py). Keys and marks are told once each.
    """

    def __init__(self, opened_ms: int) -> None:
        self._state: Literal["opened", "started", "stopped", "refused"] = "opened"
        self._opened_ms = opened_ms
        self._heard_ms: int | None = None
        self._timelines = {"inbound": Timeline()}
        """By the carrier's name of the track."""
        self._flood = Flood(opened_ms)
        self._keys: dict[tuple[int, str], None] = {}
        self._faults: Counter[str] = Counter()
        self._bad_messages = 0
        self._stream_sid = ""
        self._quoted_sid = ""

    @property
    def started(self) -> bool:
        """Whether audio may be sent: from a valid start on."""
        return self._stream_sid != ""

    @property
    def stream_sid(self) -> str:
        """The carrier's name for this stream; empty before it started."""
        return self._stream_sid

    @property
    def faults(self) -> Mapping[str, int]:
        """How often each fault occurred, by the names of telephony.ports.Faulty."""
        return dict(self._faults)

    @property
    def deadline_ms(self) -> int | None:
        """When to call tick; None once the stream is over."""
        if self._state == "opened":
            return self._opened_ms + (FIRST_MESSAGE_DEADLINE_MS if self._heard_ms is None else START_DEADLINE_MS)
        if self._state != "started" or self._heard_ms is None:
            return None
        silent_ms = self._heard_ms + MEDIA_SILENT_MS
        waiting = (timeline.deadline_ms for timeline in self._timelines.values())
        return min([silent_ms, *(due_ms for due_ms in waiting if due_ms is not None)])

    def receive(self, message: str | bytes, at_ms: int) -> list[Decision]:
        """Take one WebSocket message, text as str and binary as bytes."""
        if self._state == "refused":
            return []
        if not self._flood.allows_message(at_ms):
            return self._flooded(at_ms)
        try:
            decoded = wire.decode(message)
        except wire.Undecodable as error:
            return self._overdue(at_ms) or self._fault(error.fault, error.detail)
        overdue = self._overdue(at_ms)
        if overdue:
            return overdue
        self._heard_ms = at_ms
        return self._take(decoded, at_ms)

    def tick(self, now_ms: int) -> list[Decision]:
        """Let time pass: stop waiting for late frames, for a start, for a socket that fell silent."""
        if self._state not in ("opened", "started"):
            return []
        audio = (event for timeline in self._timelines.values() for event in timeline.tick(now_ms))
        return [*self._counted(list(audio)), *self._overdue(now_ms)]

    def play(self, ulaw: bytes) -> str:
        """Write the message that queues this μ-law (8 kHz, any length but none) at the carrier. Raises NotStarted."""
        self._require_started()
        if not ulaw:
            raise ValueError("no audio to play: Twilio answers an empty payload with warning 31951")
        payload = base64.b64encode(ulaw).decode("ascii")
        return f'{{"event":"media","streamSid":{self._quoted_sid},"media":{{"payload":"{payload}"}}}}'

    def mark(self, name: str) -> str:
        """Write the message that asks for this mark to come back. Raises NotStarted."""
        self._require_started()
        if not name:
            raise ValueError("a mark needs a name: Twilio answers one without with warning 31951")
        return f'{{"event":"mark","streamSid":{self._quoted_sid},"mark":{{"name":{json.dumps(name)}}}}}'

    def clear(self) -> str:
        """Write the message that drops what is not yet played; pending marks then return at once. Raises NotStarted."""
        self._require_started()
        return f'{{"event":"clear","streamSid":{self._quoted_sid}}}'

    def _require_started(self) -> None:
        if not self.started:
            raise NotStarted("nothing can be sent before the carrier's start message")

    def _take(self, message: wire.CarrierMessage, at_ms: int) -> list[Decision]:
        match message:
            case wire.Connected():
                return self._connected(message)
            case wire.Start():
                return self._start(message)
        if self._state == "opened":
            return self._refuse("out_of_turn", f"{type(message).__name__.lower()} before start")
        if self._state == "stopped":
            return self._fault("out_of_order", f"{type(message).__name__.lower()} after stop")
        if message.stream_sid != self._stream_sid:
            return self._fault("wrong_stream", "not the stream that started here")
        match message:
            case wire.Media():
                return self._media(message, at_ms)
            case wire.Key():
                return self._key(message)
            case wire.Mark():
                return [Marked(message.name)]
            case wire.Stop():
                self._state = "stopped"
                rest = (event for timeline in self._timelines.values() for event in timeline.flush())
                return [*self._counted(list(rest)), Stopped()]

    def _connected(self, message: wire.Connected) -> list[Decision]:
        if message.protocol != "Call" or message.version.partition(".")[0] != "1":
            return self._fault("unknown", "a protocol other than Call, version 1")
        return [] if self._state == "opened" else self._fault("duplicate", "connected again")

    def _start(self, message: wire.Start) -> list[Decision]:
        if self._state != "opened":
            return self._refuse("out_of_turn", "second start")
        if message.media_format != MEDIA_FORMAT or "inbound" not in message.tracks:
            expected = f"{MEDIA_FORMAT[0]} at {MEDIA_FORMAT[1]} Hz, {MEDIA_FORMAT[2]} channel, inbound"
            return [
                *self._fault("bad_format", f"not {expected}"),
                *self._refuse("bad_format", f"only {expected} is understood"),
            ]
        self._state = "started"
        self._stream_sid = message.stream_sid
        self._quoted_sid = json.dumps(message.stream_sid)
        listens = message.parameters.get(wire.STREAM_PARAMETER) == wire.LISTENING
        if listens:
            self._timelines["outbound"] = Timeline("heard")
            self._flood.expect(2)
        return [Started(message.call_sid, message.stream_sid, message.parameters, listens)]

    def _media(self, message: wire.Media, at_ms: int) -> list[Decision]:
        timeline = self._timelines.get(message.track)
        if timeline is None:
            return self._fault("unknown", f"a track other than {' and '.join(self._timelines)}")
        if not self._flood.allows_audio(len(message.ulaw), at_ms):
            return self._flooded(at_ms)
        return self._counted(timeline.add(message.chunk, message.timestamp_ms, message.ulaw, at_ms))

    def _key(self, message: wire.Key) -> list[Decision]:
        # A key told twice is a wrong order number. Sequence numbers count from 1; 0 is one that does not count.
        key = (message.sequence, message.digit)
        if message.sequence and key in self._keys:
            return self._fault("duplicate", f"key with sequence number {message.sequence}")
        self._keys[key] = None
        if len(self._keys) > _REMEMBERED_KEYS:
            del self._keys[next(iter(self._keys))]
        return [Dtmf(message.digit)]

    def _flooded(self, at_ms: int) -> list[Decision]:
        self._faults["flood"] += 1
        dropped = Faulty("flood", "faster than a call can be")
        if self._flood.must_end(at_ms):
            return [dropped, *self._refuse("flood", "faster than a call can be, and did not stop")]
        return [dropped]

    def _overdue(self, now_ms: int) -> list[Decision]:
        """Refuse, if what should have come by now has not."""
        if self._state == "opened":
            limit_ms = FIRST_MESSAGE_DEADLINE_MS if self._heard_ms is None else START_DEADLINE_MS
            if now_ms >= self._opened_ms + limit_ms:
                return self._refuse("no_start", f"no start within {limit_ms} ms")
        if self._state == "started" and self._heard_ms is not None and now_ms >= self._heard_ms + MEDIA_SILENT_MS:
            return self._refuse("silent", f"no message for {MEDIA_SILENT_MS} ms")
        return []

    def _fault(self, fault: Fault, detail: str) -> list[Decision]:
        self._faults[fault] += 1
        found: list[Decision] = [Faulty(fault, detail)]
        if fault in ("malformed", "oversized", "wrong_stream"):
            self._bad_messages += 1
            if self._bad_messages >= BAD_MESSAGES_MAX:
                found += self._refuse("bad_messages", f"{BAD_MESSAGES_MAX} unusable messages", _CODES[fault])
        return found

    def _counted(self, events: list[Audio | Faulty]) -> list[Decision]:
        for event in events:
            if isinstance(event, Faulty):
                self._faults[event.fault] += event.count
        return list(events)

    def _refuse(self, reason: RefuseReason, detail: str, code: int | None = None) -> list[Decision]:
        self._state = "refused"
        return [Refuse(_CODES[reason] if code is None else code, reason, detail)]
