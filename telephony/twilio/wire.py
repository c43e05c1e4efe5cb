"""What a carrier says on a Media Streams socket, as typed messages: decoding only, no state.

Source of every shape: https://www.twilio.com/docs/voice/media-streams/websocket-messages. All messages are JSON in text
frames; `sequenceNumber`, `chunk` and `timestamp` are decimal numbers written as strings.
"""

import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from telephony.ports import Fault

MAX_MESSAGE_BYTES: Final = 65_536
"""A larger message is not read. Twilio's are below 1 kB; uvicorn alone would take 16 MiB (reliability.md §0.7)."""

ENCODING: Final = "audio/x-mulaw"
"""The one encoding that the documentation allows."""

STREAM_PARAMETER: Final = "stream"
LISTENING: Final = "listening"
"""The value of STREAM_PARAMETER on a stream that only listens: caller and agent, two tracks."""

DTMF_KEYS: Final = frozenset("0123456789*#ABCD")
"""ITU-T Q.23: sixteen keys; A to D exist on no telephone that calls a shop, and still are valid signals."""

_MAX_NUMBER_DIGITS: Final = 15
_MAX_SID_CHARACTERS: Final = 128


class Undecodable(Exception):
    """A message that is not Media Streams. `fault` and `detail` are as in telephony.ports.Faulty."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message of a socket: which protocol follows."""

    protocol: str
    version: str


@dataclass(frozen=True, slots=True)
class Start:
    """The first message of a stream. `media_format` is None when the carrier did not say what it sends."""

    stream_sid: str
    call_sid: str
    account_sid: str
    tracks: tuple[str, ...]
    media_format: tuple[Any, Any, Any] | None
    """Encoding, sample rate in Hz, channels: as sent, unchecked."""
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Media:
    """20 ms or so of one track."""

    stream_sid: str
    track: str
    """inbound: the caller's sound; outbound: what the caller hears."""
    chunk: int
    """Counts media messages from 1: of the track, or of the stream; it is not documented which."""
    timestamp_ms: int
    """Presentation time since the stream's start, by the carrier's clock."""
    ulaw: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the caller pressed."""

    stream_sid: str
    sequence: int
    """Counts all messages of this stream from 1; 0: not told."""
    digit: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of ours that comes back."""

    stream_sid: str
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The last message of a stream."""

    stream_sid: str


CarrierMessage = Connected | Start | Media | Key | Mark | Stop


def decode(message: str | bytes) -> CarrierMessage:
    """Read one WebSocket message. Raises Undecodable, and nothing else, on any input."""
    fields = json_object(message)
    event = fields.get("event")
    read = _READERS.get(event) if isinstance(event, str) else None
    if read is None:
        raise Undecodable("unknown" if isinstance(event, str) else "malformed", "no such event")
    return read(fields)


def json_object(message: str | bytes) -> dict[str, Any]:
    """Read a text message as a JSON object. Raises Undecodable."""
    if is_oversized(message):
        raise Undecodable("oversized", f"more than {MAX_MESSAGE_BYTES} bytes")
    if not isinstance(message, str):
        raise Undecodable("malformed", "binary message")
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):  # ValueError: also a number of more than 4300 digits
        raise Undecodable("malformed", "not JSON") from None
    if not isinstance(fields, dict):
        raise Undecodable("malformed", "not a JSON object")
    return fields


def is_oversized(message: str | bytes) -> bool:
    """Whether the message is longer than MAX_MESSAGE_BYTES in UTF-8, without encoding it if that can be avoided."""
    if isinstance(message, str) and not message.isascii() and len(message) <= MAX_MESSAGE_BYTES:
        return len(message.encode("utf-8", "surrogatepass")) > MAX_MESSAGE_BYTES
    return len(message) > MAX_MESSAGE_BYTES


def section(fields: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give the object under this name. Raises Undecodable."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Undecodable("malformed", f"no object {name!r}")
    return value


def text(fields: Mapping[str, Any], name: str) -> str:
    """Give the non-empty string under this name. Raises Undecodable."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise Undecodable("malformed", f"no text {name!r}")
    return value


def audio(media: Mapping[str, Any]) -> bytes:
    """Give the payload of a media object as μ-law. Raises Undecodable."""
    try:
        ulaw = binascii.a2b_base64(text(media, "payload"), strict_mode=True)
    except ValueError:  # binascii.Error is one; so is a character beyond ASCII
        raise Undecodable("malformed", "payload is not base64") from None
    if not ulaw:
        raise Undecodable("malformed", "payload is empty")
    return ulaw


def _number(fields: Mapping[str, Any], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**_MAX_NUMBER_DIGITS:
        return value  # Twilio writes a string; copies of its protocol write a number
    if not (isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_NUMBER_DIGITS):
        raise Undecodable("malformed", f"{name!r} is not a decimal number")
    return int(value)


def _sid(fields: Mapping[str, Any], name: str) -> str:
    value = text(fields, name)
    if len(value) > _MAX_SID_CHARACTERS or not value.isascii() or not value.isprintable():
        raise Undecodable("malformed", f"{name!r} is not an identifier")
    return value


def _stream_of(fields: Mapping[str, Any]) -> str:
    value = fields.get("streamSid")
    return value if isinstance(value, str) else ""


def _connected(fields: Mapping[str, Any]) -> Connected:
    return Connected(text(fields, "protocol"), text(fields, "version"))


def _start(fields: Mapping[str, Any]) -> Start:
    start = section(fields, "start")
    stream_sid = _sid(start, "streamSid")
    if _stream_of(fields) not in ("", stream_sid):
        raise Undecodable("malformed", "two stream sids in one start")
    tracks = start.get("tracks", ["inbound"])
    parameters = start.get("customParameters", {})
    if not (isinstance(tracks, list) and all(isinstance(track, str) for track in tracks)):
        raise Undecodable("malformed", "'tracks' is not a list of names")
    if not (isinstance(parameters, dict) and all(isinstance(value, str) for value in parameters.values())):
        raise Undecodable("malformed", "'customParameters' are not names with texts")
    media_format = start.get("mediaFormat")
    return Start(
        stream_sid=stream_sid,
        call_sid=_sid(start, "callSid"),
        account_sid=_sid(start, "accountSid"),
        tracks=tuple(tracks),
        media_format=(media_format.get("encoding"), media_format.get("sampleRate"), media_format.get("channels"))
        if isinstance(media_format, dict)
        else None,
        parameters=parameters,
    )


def _media(fields: Mapping[str, Any]) -> Media:
    media = section(fields, "media")
    return Media(
        _stream_of(fields), text(media, "track"), _number(media, "chunk"), _number(media, "timestamp"), audio(media)
    )


def _key(fields: Mapping[str, Any]) -> Key:
    digit = text(section(fields, "dtmf"), "digit")
    if digit not in DTMF_KEYS:
        raise Undecodable("malformed", "'digit' is not a key")
    sequence = _number(fields, "sequenceNumber") if "sequenceNumber" in fields else 0
    return Key(_stream_of(fields), sequence, digit)


def _mark(fields: Mapping[str, Any]) -> Mark:
    return Mark(_stream_of(fields), text(section(fields, "mark"), "name"))


def _stop(fields: Mapping[str, Any]) -> Stop:
    return Stop(_stream_of(fields))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], CarrierMessage]]] = {
    "connected": _connected,
    "start": _start,
    "media": _media,
    "dtmf": _key,
    "mark": _mark,
    "stop": _stop,
}
