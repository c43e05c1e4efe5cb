"""TwiML as the double reads it: a document in, verbs out. Pure.

Twilio accepts more than this. A verb that is valid but not played by the double is `NotPlayed`: a test can see it.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from telephony.double.attributes import INVALID, Method, method, number, oddities, one_of, text, url
from telephony.double.dial_twiml import Dial, Enqueue, Leave, dial, enqueue
from telephony.double.errors import TwimlRejected

MAX_BYTES: Final = 65_536
"""Twilio error 11750: a TwiML response is at most 64 kB."""
FOREVER: Final = 1000
"""`loop="0"` repeats until the call ends, at most this often."""


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text."""

    text: str
    language: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Play:
    """Play an audio file, or key tones."""

    url: str
    digits: str = ""
    loop: int = 1


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait silently."""

    length_s: int = 1


@dataclass(frozen=True, slots=True)
class Redirect:
    """Go on with another document."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not take the call."""

    reason: str = "rejected"


@dataclass(frozen=True, slots=True)
class Stream:
    """Where the call's media goes."""

    url: str
    name: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    status_callback: str = ""
    status_callback_method: Method = "POST"
    track: str = "inbound_track"


@dataclass(frozen=True, slots=True)
class Start:
    """Let the application listen to the call's media, whatever comes next."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Stop:
    """Let it listen no more."""

    name: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Hand the call's media to the application, both ways, until it closes the socket."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class Gather:
    """Collect keys while prompts play."""

    action: str
    method: Method = "POST"
    timeout_s: int = 5
    finish_on: str = "#"
    num_digits: int | None = None
    action_on_empty: bool = False
    prompts: "tuple[Say | Play | Pause, ...]" = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller until silence, a key or the limit."""

    action: str
    method: Method = "POST"
    timeout_s: int = 5
    finish_on: str = "1234567890*#"
    max_length_s: int = 3600
    beep: bool = True
    status_callback: str = ""
    """Told that the recording is ready, whatever becomes of the call."""
    status_callback_method: Method = "POST"


@dataclass(frozen=True, slots=True)
class NotPlayed:
    """A verb that the double does not play (yet)."""

    name: str


Verb = (
    Say | Play | Pause | Redirect | Hangup | Reject | Connect | Gather | Record | NotPlayed
    | Start | Stop | Dial | Enqueue | Leave
)  # fmt: skip


def parse(body: bytes, document_url: str) -> tuple[Verb, ...]:
    """The verbs of a document, relative URLs resolved against its own. Raises TwimlRejected with Twilio's code."""
    if len(body) > MAX_BYTES:
        raise TwimlRejected(11750, f"TwiML of {len(body)} bytes; at most {MAX_BYTES} are accepted")
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise TwimlRejected(12100, f"not well-formed XML ({error})") from error
    if root.tag != "Response":
        raise TwimlRejected(12100, f"the root element is <{root.tag}>, not <Response>")
    return tuple(_verb(element, document_url) for element in root)


def warnings(body: bytes) -> list[str]:
    """What Twilio warns of and passes over in a document that it executes."""
    return list(oddities(fromstring(body)))


def _verb(element: Element, base: str) -> Verb:  # noqa: C901 one line for each verb
    match element.tag:
        case "Say" | "Play" | "Pause":
            return _prompt(element, base)
        case "Redirect":
            return Redirect(urljoin(base, text(element)), method(element))
        case "Hangup":
            return Hangup()
        case "Reject":
            return Reject(element.get("reason", "rejected"))
        case "Connect" | "Start" | "Stop":
            return _media(element, base)
        case "Dial":
            return dial(element, base)
        case "Enqueue":
            return enqueue(element, base)
        case "Leave":
            return Leave()
        case "Gather":
            return _gather(element, base)
        case "Record":
            return _record(element, base)
        case _:
            return NotPlayed(element.tag)


def _prompt(element: Element, base: str) -> Say | Play | Pause:
    if element.tag == "Pause":
        return Pause(number(element, "length", 1))
    loop = number(element, "loop", 1) or FOREVER
    if element.tag == "Say":
        return Say(text(element), element.get("language", ""), loop)
    digits = element.get("digits", "")
    return Play("" if digits else urljoin(base, text(element)), digits, loop)


def _media(element: Element, base: str) -> Verb:
    found = element.find("Stream")
    if found is None:
        return NotPlayed("/".join([element.tag, *(child.tag for child in element)]))
    stream = _stream(found, base)
    match element.tag:
        case "Connect":
            if stream.track != "inbound_track":
                raise TwimlRejected(INVALID, f'<Connect><Stream track="{stream.track}">: only the inbound track')
            return Connect(stream)
        case "Start":
            return Start(stream)
        case _:
            return Stop(stream.name)


def _stream(stream: Element, base: str) -> Stream:
    address = url(stream, "url", base)
    return Stream(
        url=address.replace("http", "ws", 1) if address.startswith("http") else address,
        name=stream.get("name", ""),
        parameters={each.get("name", ""): each.get("value", "") for each in stream.iter("Parameter")},
        status_callback=url(stream, "statusCallback", base),
        status_callback_method=method(stream, "statusCallbackMethod"),
        track=one_of(stream, "track", ("inbound_track", "outbound_track", "both_tracks"), "inbound_track"),
    )


def _gather(element: Element, base: str) -> Verb:
    if "dtmf" not in element.get("input", "dtmf"):
        return NotPlayed('Gather input="speech"')
    prompts = tuple(_prompt(child, base) for child in element if child.tag in {"Say", "Play", "Pause"})
    return Gather(
        action=urljoin(base, element.get("action", "")),
        method=method(element),
        timeout_s=5 if element.get("timeout") == "auto" else number(element, "timeout", 5),
        finish_on=element.get("finishOnKey", "#"),
        num_digits=number(element, "numDigits", 0) or None,
        action_on_empty=element.get("actionOnEmptyResult", "false").lower() == "true",
        prompts=prompts,
    )


def _record(element: Element, base: str) -> Record:
    return Record(
        action=urljoin(base, element.get("action", "")),
        method=method(element),
        timeout_s=number(element, "timeout", 5),
        finish_on=element.get("finishOnKey", "1234567890*#"),
        max_length_s=number(element, "maxLength", 3600),
        beep=element.get("playBeep", "true").lower() == "true",
        status_callback=url(element, "recordingStatusCallback", base),
        status_callback_method=method(element, "recordingStatusCallbackMethod"),
    )
