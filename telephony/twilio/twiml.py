"""What we answer Twilio: TwiML documents, as text. Pure, although it imports twilio: its builder only writes XML.

A TwiML document always says what happens after the stream (DESIGN A5): a lost process is not a lost call.
"""

from typing import Final
from urllib.parse import urlsplit

from twilio.twiml.voice_response import VoiceResponse

TOKEN_PARAMETER: Final = "call_token"  # noqa: S105 - a name, not a secret
"""The stream parameter that carries the one-time token (telephony.token)."""

CALL_PARAMETER: Final = "caller_call"
"""The stream parameter that names the caller's call, where the stream is not on the caller's own leg."""

MAX_PARAMETER_CHARACTERS: Final = 500
"""Twilio's limit on name and value of a stream parameter together."""

MAX_SAY_CHARACTERS: Final = 4_096
"""Twilio's limit on one <Say>."""

MAX_MESSAGE_S: Final = 120
"""The longest message a caller may leave when no stream can be had."""

MESSAGE_SILENCE_S: Final = 5
"""So much silence ends a message."""

DIAL_S: Final = 40
"""So long a person's telephone rings for a caller whom our server did not answer."""

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def connect_stream(
    stream_url: str, token: str, resume_url: str, status_callback: str = "", *, call_sid: str = ""
) -> str:
    """Open a media stream; when it is over, however it ended, ask resume_url what now.

    call_sid: the caller's call, where another leg streams: the assistant's, which is with them in a conference.
    Raises ValueError on an address or a token that Twilio would refuse once the caller is on the line.
    """
    check_stream(stream_url, token)
    response = VoiceResponse()
    callback = {"status_callback": status_callback, "status_callback_method": "POST"} if status_callback else {}
    stream = response.connect().stream(url=stream_url, **callback)
    stream.parameter(name=TOKEN_PARAMETER, value=token)
    if call_sid:
        stream.parameter(name=CALL_PARAMETER, value=call_sid)
    response.redirect(resume_url, method="POST")
    return str(response)


def check_stream(url: str, token: str) -> None:
    """Raise ValueError on an address or a token that Twilio would refuse once the stream is to be opened."""
    parts = urlsplit(url)
    if parts.scheme != "wss" and not (parts.scheme == "ws" and parts.hostname in _LOOPBACK):
        raise ValueError(f"the stream address {url!r} is not wss://; Twilio speaks nothing else")
    if parts.query or parts.fragment:
        raise ValueError(f"the stream address {url!r} has a query, which Twilio refuses (error 31920)")
    if len(TOKEN_PARAMETER) + len(token) > MAX_PARAMETER_CHARACTERS:
        raise ValueError(f"a token of {len(token)} characters does not fit into a stream parameter")


def speak_and_hang_up(text: str, language: str) -> str:
    """Say this with the carrier's voice (language as in BCP 47, such as en-US), and end the call."""
    response = VoiceResponse()
    _say(response, text, language)
    response.hangup()
    return str(response)


def record_message(text: str, language: str, action_url: str, *, recorded_url: str = "", goodbye: str = "") -> str:
    """Say this, record what the caller then says, and ask action_url what now; a silent caller hears goodbye.

    recorded_url is told, after the call too, where the recording is. Without an action <Record> would start anew.
    """
    response = VoiceResponse()
    _say(response, text, language)
    callback = {"recording_status_callback": recorded_url} if recorded_url else {}
    response.record(
        action=action_url,
        method="POST",
        max_length=MAX_MESSAGE_S,
        timeout=MESSAGE_SILENCE_S,
        finish_on_key="#",
        play_beep=True,
        trim="trim-silence",
        **callback,
    )
    if goodbye:
        _say(response, goodbye, language)
    response.hangup()
    return str(response)


def redirect(url: str) -> str:
    """Ask this address what to do."""
    response = VoiceResponse()
    response.redirect(url, method="POST")
    return str(response)


def dial(text: str, language: str, number: str, sorry: str) -> str:
    """Say this, then call this number (E.164) for the caller; sorry is said when nobody answers there.

    It names no address of ours: the carrier does it alone, from a TwiML bin for instance.
    """
    response = VoiceResponse()
    _say(response, text, language)
    response.dial(number, timeout=DIAL_S)
    _say(response, sorry, language)
    response.hangup()
    return str(response)


def hang_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def _say(response: VoiceResponse, text: str, language: str) -> None:
    if not text or len(text) > MAX_SAY_CHARACTERS:
        raise ValueError(f"a text of {len(text)} characters cannot be spoken; Twilio takes 1 to {MAX_SAY_CHARACTERS}")
    response.say(text, language=language)
