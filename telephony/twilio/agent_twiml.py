"""What agents' legs do, and callers' who are put through: TwiML documents, as text. Pure.

The briefing is spoken on the agent's own leg: the caller is still with the assistant. Only a key accepts; an answering
machine presses none, and whoever says nothing is hung up on.
"""

from dataclasses import dataclass
from typing import Final, Literal

from twilio.twiml.voice_response import Dial, VoiceResponse

from telephony.agent_words import AgentWords
from telephony.rooms import CALLER, agent_label, first_stream, is_call_room
from telephony.twilio.addresses import TransferAddresses
from telephony.twilio.twiml import MAX_SAY_CHARACTERS, TOKEN_PARAMETER, check_stream
from telephony.twilio.wire import LISTENING, STREAM_PARAMETER

CHOICE_S: Final = 8
"""So long an agent may think after the briefing."""
MAX_CHARACTERS: Final = 4_000
"""Twilio's limit on a document that is sent with a request."""
ROOM_EVENTS: Final = "start end join leave mute hold"
JitterBuffer = Literal["off", "small", "medium", "large"]


@dataclass(frozen=True, slots=True)
class Listening:
    """A stream that carries caller and agent to us, for transcript, recording and supervision."""

    url: str
    """wss://…"""
    token: str
    """One-time, as on every stream (telephony.token)."""


@dataclass(frozen=True, slots=True)
class Room:
    """A conference, as one transfer uses it."""

    name: str
    transfer: str
    addresses: TransferAddresses
    jitter: JitterBuffer = "small"
    """The carrier's own default, large, delays every word the most."""


def briefing(transfer: str, offer: int, text: str, words: AgentWords, addresses: TransferAddresses) -> str:
    """Tell the agent who is calling and why, and wait for a key: 1 accepts, 2 declines, 3 repeats. None: hang up.

    Raises ValueError on a text that cannot be spoken.
    """
    response = VoiceResponse()
    gather = response.gather(
        input="dtmf",
        num_digits=1,
        timeout=CHOICE_S,
        finish_on_key="",
        action=addresses.chosen(transfer, offer),
        method="POST",
    )
    gather.say(_spoken(f"{text} {words.choice}"), language=words.tag)
    response.hangup()
    return str(response)


def supervisor_rung(transfer: str, leg: str, words: AgentWords, addresses: TransferAddresses) -> str:
    """Ask a supervisor for any key before they hear a call. None: hang up; no machine presses one."""
    response = VoiceResponse()
    asked = addresses.supervisor(transfer, leg, "/key")
    gather = response.gather(
        input="dtmf", num_digits=1, timeout=CHOICE_S, finish_on_key="", action=asked, method="POST"
    )
    gather.say(_spoken(words.listens), language=words.tag)
    response.hangup()
    return str(response)


def supervisor_joins(room: str, label: str, jitter: JitterBuffer) -> str:
    """Put a supervisor into the conference of others, heard by nobody. It neither begins nor ends with them."""
    response = VoiceResponse()
    response.dial().conference(
        room,
        participant_label=label,
        muted=True,
        start_conference_on_enter=False,
        end_conference_on_exit=False,
        beep="false",
        jitter_buffer_size=jitter,
        wait_url="",
    )
    return str(response)


def agent_joins(room: Room, offer: int, language: str = "en") -> str:
    """Put the agent who accepted into the conference. It ends when they leave: the carrier asks what the caller does.

    So an agent's goodbye never leaves the caller alone in it, even while no process of ours runs; but a conference that
    the caller is in from the beginning goes on. The star key lets the agent out: they stay on the line, and are asked
    about at `done`.
    """
    response = VoiceResponse()
    dial = response.dial(action=room.addresses.done(room.transfer, offer), method="POST", hangup_on_star=True)
    _conference(dial, room, agent_label(offer), waits_in=language)
    return str(response)


def caller_joins(room: Room, listening: Listening | None, label: str = CALLER) -> str:
    """Move the caller into the conference. When that is over, ask what now; if nobody says, resume the assistant.

    listening None: nothing of the human part is kept, or (conference first) the assistant listens as one of them.
    Raises ValueError on what Twilio would refuse once the caller is on the way.
    """
    response = VoiceResponse()
    if listening is not None:
        _listen(response, listening, room.transfer)
    dial = response.dial(action=room.addresses.after(room.transfer), method="POST")
    _conference(dial, room, label)
    response.redirect(room.addresses.resume, method="POST")
    document = str(response)
    if len(document) > MAX_CHARACTERS:
        raise ValueError(f"a document of {len(document)} characters cannot be sent; Twilio takes {MAX_CHARACTERS}")
    return document


def said(text: str, language: str) -> str:
    """Say this and nothing else: an announcement into a conference, such as an introduction of three."""
    response = VoiceResponse()
    response.say(_spoken(text), language=language)
    return str(response)


def waiting(text: str, language: str) -> str:
    """Say this to whoever is alone in the conference, then let them wait. The carrier asks again when it is over."""
    response = VoiceResponse()
    response.say(_spoken(text), language=language)
    response.pause(length=10)
    return str(response)


def on_hold(music_url: str) -> str:
    """Play this over and over."""
    response = VoiceResponse()
    response.play(music_url, loop=0)
    return str(response)


def _conference(dial: Dial, room: Room, label: str, *, waits_in: str = "") -> None:
    alone = room.addresses.waiting(room.transfer, waits_in) if waits_in else ""
    heard = {"wait_url": alone, "wait_method": "POST"} if alone else {}
    dial.conference(
        room.name,
        participant_label=label,
        start_conference_on_enter=True,
        end_conference_on_exit=label == CALLER or not is_call_room(room.name),
        beep="false",
        jitter_buffer_size=room.jitter,
        status_callback=room.addresses.room(room.transfer),
        status_callback_event=ROOM_EVENTS,
        status_callback_method="POST",
        **heard,
    )


def _listen(response: VoiceResponse, listening: Listening, transfer: str) -> None:
    check_stream(listening.url, listening.token)
    stream = response.start().stream(url=listening.url, track="both_tracks", name=first_stream(transfer))
    stream.parameter(name=TOKEN_PARAMETER, value=listening.token)
    stream.parameter(name=STREAM_PARAMETER, value=LISTENING)


def _spoken(text: str) -> str:
    if not text or len(text) > MAX_SAY_CHARACTERS:
        raise ValueError(f"a text of {len(text)} characters cannot be spoken; Twilio takes 1 to {MAX_SAY_CHARACTERS}")
    return text
