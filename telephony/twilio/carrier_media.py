"""The Media Streams protocol, the carrier's side: what Twilio sends, and how it reads what an application sends.

For doubles and tests: the peer of media.MediaStream, written from the documentation and not from it.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from telephony.twilio import wire

INVALID_MESSAGE: Final = 31951
"""Twilio's warning for a message that it cannot use; raised once per stream."""

PROTOCOL_ERROR: Final = 31924
"""Twilio's error for a breach of the WebSocket protocol, such as a binary message."""


@dataclass(frozen=True, slots=True)
class Play:
    """Audio to put behind what is buffered: G.711 μ-law, 8 kHz, any length."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class MarkWanted:
    """A mark to return when everything buffered before it was played or cleared."""

    name: str


@dataclass(frozen=True, slots=True)
class Clear:
    """Drop what is buffered, and return every pending mark."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the application did wrong, by Twilio's error code. Its message had no effect."""

    code: int
    detail: str


Command = Play | MarkWanted | Clear | Problem


class CarrierStream:
    """One stream as Twilio would send it. Numbers its messages; times are the caller's (`timestamp_ms`)."""

    def __init__(
        self,
        stream_sid: str,
        call_sid: str,
        account_sid: str,
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        self.stream_sid = stream_sid
        self.call_sid = call_sid
        self.account_sid = account_sid
        self.parameters = dict(parameters or {})
        self._sequence = 0
        self._chunk = 0
        self._warned = False

    def connected(self) -> str:
        """Write the first message of the socket."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self) -> str:
        """Write the first message of the stream."""
        return self._numbered(
            "start",
            {
                "accountSid": self.account_sid,
                "streamSid": self.stream_sid,
                "callSid": self.call_sid,
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": self.parameters,
            },
        )

    def media(self, ulaw: bytes, timestamp_ms: int) -> str:
        """Write caller audio: G.711 μ-law, 20 ms as Twilio cuts it, `timestamp_ms` after the stream's start."""
        self._chunk += 1
        return self._numbered(
            "media",
            {
                "track": "inbound",
                "chunk": str(self._chunk),
                "timestamp": str(timestamp_ms),
                "payload": base64.b64encode(ulaw).decode("ascii"),
            },
        )

    def dtmf(self, digit: str) -> str:
        """Write a key that the caller pressed. Its track really is named otherwise than that of media."""
        return self._numbered("dtmf", {"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """Write a mark that returns."""
        return self._numbered("mark", {"name": name})

    def stop(self) -> str:
        """Write the last message of the stream."""
        return self._numbered("stop", {"accountSid": self.account_sid, "callSid": self.call_sid})

    def receive(self, message: str | bytes) -> list[Command]:
        """Read one message of the application. Later invalid messages of a stream go unreported, as Twilio does."""
        if not isinstance(message, str):
            return [Problem(PROTOCOL_ERROR, "binary message")]
        try:
            return [self._command(wire.json_object(message))]
        except wire.Undecodable as error:
            if self._warned:
                return []
            self._warned = True
            return [Problem(INVALID_MESSAGE, error.detail)]

    def _command(self, fields: Mapping[str, Any]) -> Command:
        if fields.get("streamSid") != self.stream_sid:
            raise wire.Undecodable("malformed", "not this stream's streamSid")
        match fields.get("event"):
            case "media":
                return Play(wire.audio(wire.section(fields, "media")))
            case "mark":
                return MarkWanted(wire.text(wire.section(fields, "mark"), "name"))
            case "clear":
                return Clear()
        raise wire.Undecodable("unknown", "no such event")

    def _numbered(self, event: str, body: Mapping[str, Any]) -> str:
        self._sequence += 1
        return json.dumps(
            {"event": event, "sequenceNumber": str(self._sequence), event: body, "streamSid": self.stream_sid}
        )
