"""The verbs that join calls, as the double reads them: `<Dial>` and its nouns, `<Enqueue>`. Pure."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from telephony.double.attributes import INVALID, Method, flag, method, number, one_of, text, url
from telephony.double.errors import TwimlRejected

MAX_TARGETS: Final = 10
"""Twilio rings at most ten targets of one `<Dial>` at once."""
CONFERENCE_EVENTS: Final = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
BEEPS: Final = ("true", "false", "onEnter", "onExit")
JITTER_BUFFERS: Final = ("off", "small", "medium", "large")
MAX_LABEL: Final = 128


@dataclass(frozen=True, slots=True)
class Target:
    """One telephone, client or SIP address to ring."""

    to: str
    """E.164, `client:name`, or `sip:…` with its headers still in it."""
    url: str = ""
    """What whoever answers hears before the bridge."""
    method: Method = "POST"
    status_callback: str = ""
    status_callback_method: Method = "POST"
    status_callback_events: frozenset[str] = frozenset({"completed"})


@dataclass(frozen=True, slots=True)
class Attendance:
    """How a call takes part in a conference; `<Conference>` and the Participants resource mean the same by it."""

    name: str
    label: str = ""
    muted: bool = False
    beep: str = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    wait_url: str | None = None
    """None: Twilio's music; empty: silence."""
    wait_method: Method = "POST"
    jitter_buffer: str = "large"
    coach: str = ""
    """The call that alone hears this one."""
    max_participants: int = 250
    status_callback: str = ""
    status_callback_method: Method = "POST"
    status_callback_events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class QueueTarget:
    """The first caller of a queue."""

    name: str
    url: str = ""
    """What that caller hears before the bridge."""
    method: Method = "POST"
    reservation_sid: str = ""


@dataclass(frozen=True, slots=True)
class Dial:
    """Join this call with others."""

    action: str = ""
    method: Method = "POST"
    timeout_s: int = 30
    time_limit_s: int = 14_400
    caller_id: str = ""
    answer_on_bridge: bool = False
    hangup_on_star: bool = False
    targets: tuple[Target, ...] = ()
    room: Attendance | None = None
    queue: QueueTarget | None = None


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Wait in a queue, or as the caller of a task."""

    name: str
    action: str = ""
    method: Method = "POST"
    wait_url: str | None = None
    wait_method: Method = "POST"
    workflow_sid: str = ""
    task: str = ""
    """The task's attributes, JSON."""
    task_priority: int = 0
    task_timeout_s: int = 86_400


@dataclass(frozen=True, slots=True)
class Leave:
    """Leave the queue, from a document that is played to whoever waits in it."""


def dial(element: Element, base: str) -> Dial:
    """Read `<Dial>`. Raises TwimlRejected."""
    nouns = [child for child in element if child.tag in {"Conference", "Queue"}]
    targets = tuple(_target(child, base) for child in element if child.tag in {"Number", "Client", "Sip"})
    bare = (element.text or "").strip()
    if bare:
        targets = (Target(bare), *targets)
    if len(nouns) + bool(targets) != 1 or len(targets) > MAX_TARGETS:
        raise TwimlRejected(13201, "<Dial> joins either at most ten targets, or one conference, or one queue")
    room = _room(nouns[0], base) if nouns and nouns[0].tag == "Conference" else None
    return Dial(
        action=url(element, "action", base),
        method=method(element),
        timeout_s=number(element, "timeout", 30),
        time_limit_s=number(element, "timeLimit", 14_400),
        caller_id=element.get("callerId", ""),
        answer_on_bridge=flag(element, "answerOnBridge", default=False),
        hangup_on_star=flag(element, "hangupOnStar", default=False),
        targets=targets,
        room=room,
        queue=_queue(nouns[0], base) if nouns and room is None else None,
    )


def enqueue(element: Element, base: str) -> Enqueue:
    """Read `<Enqueue>`. Raises TwimlRejected."""
    task = element.find("Task")
    return Enqueue(
        name="" if task is not None else text(element),
        action=url(element, "action", base),
        method=method(element),
        wait_url=_wait(element, base),
        wait_method=method(element, "waitUrlMethod"),
        workflow_sid=element.get("workflowSid", ""),
        task="" if task is None else text(task),
        task_priority=0 if task is None else number(task, "priority", 0),
        task_timeout_s=86_400 if task is None else number(task, "timeout", 86_400),
    )


def _target(element: Element, base: str) -> Target:
    to = text(element)
    if element.tag == "Client":
        identity = element.find("Identity")
        to = "client:" + (to if identity is None else text(identity))
    if element.tag == "Sip" and not to.startswith(("sip:", "sips:")):
        raise TwimlRejected(13224, f"{to!r} is no SIP address")
    return Target(
        to=to,
        url=url(element, "url", base),
        method=method(element),
        status_callback=url(element, "statusCallback", base),
        status_callback_method=method(element, "statusCallbackMethod"),
        status_callback_events=frozenset(element.get("statusCallbackEvent", "completed").split()),
    )


def _room(element: Element, base: str) -> Attendance:
    events = frozenset(element.get("statusCallbackEvent", "").split())
    if odd := events - set(CONFERENCE_EVENTS):
        raise TwimlRejected(INVALID, f"<Conference> tells nothing of {', '.join(sorted(odd))}")
    label = element.get("participantLabel", "")
    if not text(element) or len(label) > MAX_LABEL:
        raise TwimlRejected(INVALID, f"<Conference>: a name, and a label of at most {MAX_LABEL} characters")
    return Attendance(
        name=text(element),
        label=label,
        muted=flag(element, "muted", default=False),
        beep=one_of(element, "beep", BEEPS, "true"),
        start_on_enter=flag(element, "startConferenceOnEnter", default=True),
        end_on_exit=flag(element, "endConferenceOnExit", default=False),
        wait_url=_wait(element, base),
        wait_method=method(element, "waitMethod"),
        jitter_buffer=one_of(element, "jitterBufferSize", JITTER_BUFFERS, "large"),
        coach=element.get("coach", ""),
        max_participants=number(element, "maxParticipants", 250),
        status_callback=url(element, "statusCallback", base),
        status_callback_method=method(element, "statusCallbackMethod"),
        status_callback_events=events,
    )


def _queue(element: Element, base: str) -> QueueTarget:
    return QueueTarget(text(element), url(element, "url", base), method(element), element.get("reservationSid", ""))


def _wait(element: Element, base: str) -> str | None:
    given = element.get("waitUrl")
    return given if not given else urljoin(base, given)
