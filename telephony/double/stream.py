"""One media stream as Twilio speaks it: messages to the application, and what it asks for. Pure.

Written from Twilio's "Media Streams: WebSocket Messages" and its error pages 31924 and 31951, apart from the codec in
telephony/twilio: the two check each other.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from voice.audio import FRAME_MS

BAD_MESSAGE: Final = 31951
"""Warning, once per stream: a message that is not one of media, mark, clear in their documented form."""
PROTOCOL_ERROR: Final = 31924
"""Error: not even the WebSocket or its framing is right; a binary frame, say."""

Track = Literal["inbound", "outbound"]


@dataclass(frozen=True, slots=True)
class PlayAsked:
    """The application wants this heard."""

    ulaw: bytes


@dataclass(frozen=True, slots=True)
class MarkAsked:
    """The application wants to know when what it sent so far has been heard."""

    name: str


@dataclass(frozen=True, slots=True)
class ClearAsked:
    """The application takes back what has not been heard."""


@dataclass(frozen=True, slots=True)
class BadMessage:
    """The application broke the protocol."""

    code: int
    detail: str


Asked = PlayAsked | MarkAsked | ClearAsked | BadMessage

_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "media": frozenset({"event", "streamSid", "media"}),
    "mark": frozenset({"event", "streamSid", "mark"}),
    "clear": frozenset({"event", "streamSid"}),
}


class CarrierStream:
    """The carrier's end of one stream: counts what it sends, judges what it receives."""

    def __init__(
        self,
        *,
        account_sid: str,
        call_sid: str,
        stream_sid: str,
        parameters: Mapping[str, str],
        tracks: tuple[Track, ...] = ("inbound",),
        listens_only: bool = False,
    ) -> None:
        """With `listens_only` it is what `<Start><Stream>` opens: nothing that the application sends is obeyed."""
        self._tracks = tracks
        self._listens_only = listens_only
        self._account_sid = account_sid
        self._call_sid = call_sid
        self.stream_sid = stream_sid
        self._parameters = dict(parameters)
        self._sequence = 0
        self._chunk = 0
        self._chunks: dict[Track, int] = dict.fromkeys(tracks, 0)

    @property
    def frames(self) -> int:
        """How many media messages were made."""
        return self._chunk

    # Twilio → application

    def connected(self) -> str:
        """The first message, before `start`; carries no numbers."""
        return json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})

    def start(self) -> str:
        """The second message."""
        return self._numbered(
            "start",
            start={
                "accountSid": self._account_sid,
                "streamSid": self.stream_sid,
                "callSid": self._call_sid,
                "tracks": list(self._tracks),
                "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
                "customParameters": self._parameters,
            },
        )

    def media(self, ulaw: bytes, track: Track = "inbound") -> str:
        """The next 20 ms of a track; its timestamp counts from the stream's first frame, its chunk the track's frames.

        Whether Twilio counts chunks for each track or for both is not documented: an application must bear either.
        """
        self._chunk += 1
        self._chunks[track] += 1
        chunk = self._chunks[track]
        payload = base64.b64encode(ulaw).decode()
        timestamp = str((chunk - 1) * FRAME_MS)
        return self._numbered(
            "media", media={"track": track, "chunk": str(chunk), "timestamp": timestamp, "payload": payload}
        )

    def dtmf(self, digit: str) -> str:
        """A key; its track is called inbound_track, unlike that of media."""
        return self._numbered("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    def mark(self, name: str) -> str:
        """The application's mark comes back."""
        return self._numbered("mark", mark={"name": name})

    def stop(self) -> str:
        """The last message: the call has ended."""
        return self._numbered("stop", stop={"accountSid": self._account_sid, "callSid": self._call_sid})

    # application → Twilio

    def receive(self, message: str | bytes) -> list[Asked]:
        """What one message asks for. A fault that leaves the meaning clear comes before it; others stand alone."""
        if isinstance(message, bytes):
            return [BadMessage(PROTOCOL_ERROR, f"a binary frame of {len(message)} bytes; only text is valid")]
        if self._listens_only:
            return [BadMessage(BAD_MESSAGE, "a stream of <Start> only listens; nothing can be sent to it")]
        try:
            told = json.loads(message)
        except (ValueError, RecursionError):
            return [BadMessage(BAD_MESSAGE, "not valid JSON")]
        event = told.get("event") if isinstance(told, dict) else None
        if not isinstance(event, str) or event not in _FIELDS:
            return [BadMessage(BAD_MESSAGE, f"unsupported event {event!r}; media, mark and clear are accepted")]
        if told.get("streamSid") != self.stream_sid:
            return [BadMessage(BAD_MESSAGE, f"{event}: streamSid is not that of this stream")]
        odd = set(told) - _FIELDS[event]
        notes: list[Asked] = [BadMessage(BAD_MESSAGE, f"{event}: unexpected {sorted(odd)}")] if odd else []
        return notes + _asked(told)

    def _numbered(self, event: str, **body: Any) -> str:
        self._sequence += 1
        return json.dumps({"event": event, "sequenceNumber": str(self._sequence), **body, "streamSid": self.stream_sid})


def _asked(told: dict[str, Any]) -> list[Asked]:
    match told:
        case {"event": "clear"}:
            return [ClearAsked()]
        case {"event": "mark", "mark": {"name": str(name)}}:
            return [MarkAsked(name)]
        case {"event": "media", "media": {"payload": str(payload)}}:
            return _play(payload)
        case _:
            return [BadMessage(BAD_MESSAGE, f"{told['event']}: a field is missing or has the wrong type")]


def _play(payload: str) -> list[Asked]:
    try:
        ulaw = base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return [BadMessage(BAD_MESSAGE, "media: the payload is not base64")]
    if ulaw.startswith((b"RIFF", b"ID3", b"OggS", b"fLaC")):
        # Twilio plays the header as noise ("Providing header bytes causes the media to be streamed incorrectly").
        return [BadMessage(BAD_MESSAGE, "media: the payload begins with a file header"), PlayAsked(ulaw)]
    return [PlayAsked(ulaw)]
