"""What stands in the elements of TwiML: their texts, their attributes, and which attributes there are. Pure.

The table is Twilio's own pages of each verb and noun, as twilio-python 9 knows them; an attribute that is not in it is
a schema warning (12200) at Twilio, and the document is executed without it.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Literal
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from telephony.double.errors import TwimlRejected

INVALID: Final = 12200
Method = Literal["GET", "POST"]

_CALLBACKS: Final = "statusCallback statusCallbackMethod statusCallbackEvent"
_RECORDED: Final = "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent"
_AMD: Final = (
    "machineDetection amdStatusCallback amdStatusCallbackMethod machineDetectionTimeout machineDetectionSilenceTimeout "
    "machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold"
)
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    name: frozenset(attributes.split())
    for name, attributes in {
        "Response": "",
        "Say": "voice language loop",
        "Play": "digits loop",
        "Pause": "length",
        "Redirect": "method",
        "Hangup": "",
        "Leave": "",
        "Reject": "reason",
        "Connect": "action method",
        "Start": "action method",
        "Stop": "",
        "Stream": "name connectorName url track statusCallback statusCallbackMethod audioFormat sampleRate",
        "Parameter": "name value",
        "Gather": "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits "
        "partialResultCallback partialResultCallbackMethod language hints bargeIn debug "
        "actionOnEmptyResult speechModel enhanced",
        "Record": "action method timeout finishOnKey maxLength playBeep trim transcribe transcribeCallback "
        f"{_RECORDED}",
        "Dial": "action method timeout hangupOnStar timeLimit callerId record trim answerOnBridge ringTone "
        f"recordingTrack sequential referUrl referMethod events {_RECORDED}",
        "Number": f"sendDigits url method byoc {_CALLBACKS} {_AMD}",
        "Client": f"url method {_CALLBACKS}",
        "Identity": "",
        "Sip": f"username password url method {_CALLBACKS} {_AMD}",
        "Queue": "url method reservationSid postWorkActivitySid",
        "Conference": "muted beep startConferenceOnEnter endConferenceOnExit waitUrl waitMethod maxParticipants record "
        f"region coach trim participantLabel jitterBufferSize eventCallbackUrl {_CALLBACKS} {_RECORDED}",
        "Enqueue": "action method maxQueueSize waitUrl waitUrlMethod workflowSid",
        "Task": "priority timeout",
    }.items()
}


def oddities(root: Element) -> Iterator[str]:
    """The attributes that Twilio does not know."""
    for element in root.iter():
        known = _KNOWN.get(element.tag)
        if known is not None and (odd := set(element.keys()) - known):
            yield f"<{element.tag}> has no attribute {', '.join(sorted(odd))}"


def text(element: Element) -> str:
    """All that is written in an element."""
    return "".join(element.itertext()).strip()


def url(element: Element, name: str, base: str) -> str:
    """An address, relative to that of the document; empty when there is none."""
    given = element.get(name, "")
    return urljoin(base, given) if given else ""


def method(element: Element, name: str = "method") -> Method:
    """GET or POST. Raises TwimlRejected."""
    given = element.get(name, "POST").upper()
    if given not in {"GET", "POST"}:
        raise TwimlRejected(INVALID, f'<{element.tag} {name}="{given}">: GET or POST')
    return "GET" if given == "GET" else "POST"


def number(element: Element, name: str, default: int) -> int:
    """A whole number. Raises TwimlRejected."""
    value = element.get(name, str(default))
    if not value.isdecimal():
        raise TwimlRejected(INVALID, f'<{element.tag} {name}="{value}">: not a whole number')
    return int(value)


def flag(element: Element, name: str, *, default: bool) -> bool:
    """True or false. Raises TwimlRejected."""
    value = element.get(name, str(default)).lower()
    if value not in {"true", "false"}:
        raise TwimlRejected(INVALID, f'<{element.tag} {name}="{value}">: true or false')
    return value == "true"


def one_of(element: Element, name: str, choices: tuple[str, ...], default: str) -> str:
    """One of these words. Raises TwimlRejected."""
    value = element.get(name, default)
    if value not in choices:
        raise TwimlRejected(INVALID, f'<{element.tag} {name}="{value}">: one of {", ".join(choices)}')
    return value
