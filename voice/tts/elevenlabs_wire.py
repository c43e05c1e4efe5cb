"""ElevenLabs' multi-context WebSocket, as messages. Pure.

Facts (elevenlabs.io, "Multi-context WebSocket", API reference and guide, 2026): one context is one stream of text and
its audio; at most five are open on a socket, and a context is open until its final message came; a context that is
closed after a flush still gives all of its audio, then its final message; an empty text resets the inactivity timeout.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

MOST_CONTEXTS: Final = 5
"""On one socket; a sixth has it closed (close code 1008)."""
OUTPUT_FORMAT: Final = "ulaw_8000"
KEEP_ALIVE: Final = '{"text": ""}'
INACTIVITY_S: Final = 180
"""The longest timeout that may be asked for; messages to keep a socket alive come far more often."""

_NO_LANGUAGES: Final = ("eleven_flash_v2", "eleven_turbo_v2", "eleven_multilingual_v2", "eleven_monolingual_v1")
"""Models that take no language code: they tell the language by the text, or speak one only."""
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{2,40}")
_REFUSALS: Final = {
    "invalid_api_key": "the API key is wrong (CORDBOARD_ELEVENLABS_API_KEY)",
    "unauthorized": "the API key is wrong (CORDBOARD_ELEVENLABS_API_KEY)",
    "needs_authorization": "the API key is missing or not accepted (CORDBOARD_ELEVENLABS_API_KEY)",
    "missing_permissions": "the API key may not make speech; give it the permission text_to_speech",
    "quota_exceeded": "the plan's characters are used up",
    "payment_required": "the plan does not pay for this",
    "voice_not_found": "there is no such voice (CORDBOARD_ELEVENLABS_VOICE)",
    "model_not_found": "there is no such model (CORDBOARD_ELEVENLABS_MODEL)",
}


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of a context's speech."""

    context: str
    ulaw: bytes
    chars: str | None
    """The characters that it says, as in the text that was sent; None when not told."""
    last: bool = False
    """The context is over with it."""


@dataclass(frozen=True, slots=True)
class ContextOver:
    """A context is over; it counts no longer."""

    context: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something is wrong, with one context or (context empty) with the socket."""

    context: str
    code: str
    """The service's own word for it ("quota_exceeded"); never its sentence, which may quote what was said."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Not of this protocol."""


Received = Audio | ContextOver | Complaint | Unreadable


def language_code(model: str, language: str) -> str:
    """What to ask for: ISO 639-1, or empty for a model that does not take it."""
    return "" if model in _NO_LANGUAGES else language.lower().replace("_", "-").partition("-")[0]


def stream_path(voice: str, model: str, language: str) -> str:
    """Path and query of the socket that speaks with this voice; language as language_code gives it."""
    asked = {"model_id": model, "output_format": OUTPUT_FORMAT, "auto_mode": "true", "sync_alignment": "true"}
    asked |= {"inactivity_timeout": str(INACTIVITY_S)} | ({"language_code": language} if language else {})
    return f"/v1/text-to-speech/{quote(voice, safe='')}/multi-stream-input?{urlencode(asked)}"


def utterance(context: str, text: str) -> tuple[str, ...]:
    """The messages that have one text said and its context closed: its final message comes right after the audio."""
    return (
        json.dumps({"text": " ", "context_id": context}),
        json.dumps({"text": f"{text} ", "context_id": context, "flush": True}),
        json.dumps({"context_id": context, "close_context": True}),
    )


def refusal(code: str) -> str | None:
    """For people: what a code means that no retry gets past; None for all others."""
    return _REFUSALS.get(code)


def closed_because(reason: str) -> str:
    """The code that a close frame's sentence stands for; empty for an unknown one."""
    told = reason.lower()
    signs = {
        "quota": "quota_exceeded",
        "credits": "quota_exceeded",
        "api key": "invalid_api_key",
        "api_key": "invalid_api_key",
        "unauthorized": "unauthorized",
        "voice_id": "voice_not_found",
        "simultaneous contexts": "max_active_conversations",
    }
    return next((code for sign, code in signs.items() if sign in told), "")


def received(message: str | bytes) -> Received:
    """What a message means; whatever is not of the protocol is Unreadable."""
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        return Unreadable()
    if not isinstance(told, dict):
        return Unreadable()
    context = told.get("contextId", told.get("context_id"))
    context = context if isinstance(context, str) else ""
    if told.get("error") or ("message" in told and "audio" not in told and not _final(told)):
        return Complaint(context, _code(told))
    if told.get("audio"):
        return _audio(context, told)
    return ContextOver(context) if _final(told) else Unreadable()


def _final(told: dict[str, Any]) -> bool:
    return told.get("isFinal") is True or told.get("is_final") is True


def _audio(context: str, told: dict[str, Any]) -> Received:
    try:
        ulaw = base64.b64decode(told["audio"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        return Unreadable()
    alignment = told.get("alignment")
    chars = alignment.get("chars") if isinstance(alignment, dict) else None
    known = isinstance(chars, list) and all(isinstance(one, str) for one in chars)
    return Audio(context, ulaw, "".join(chars) if known and chars else None, _final(told))


def _code(told: dict[str, Any]) -> str:
    for said in (told.get("error"), told.get("status"), told.get("code")):
        if isinstance(said, str) and _CODE.fullmatch(said):
            return said
    return closed_because(str(told.get("message", ""))) or "unknown"


class Reached:
    """Follows how far into a text the audio's characters reach."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._known = True

    def take(self, chars: str | None) -> int | None:
        """Characters of the text said so far; None from the first piece on that does not tell or does not fit."""
        for char in chars or "":
            if char.isspace() or not self._known:
                continue
            while self._at < len(self._text) and self._text[self._at].isspace():
                self._at += 1
            if self._at >= len(self._text) or self._text[self._at] != char:
                self._known = False
            self._at += 1
        self._known = self._known and chars is not None
        return min(self._at, len(self._text)) if self._known else None
