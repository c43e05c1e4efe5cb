"""Documents as sound: what somebody hears who waits, is on hold or is told something, made whole before it is heard."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from telephony.double import tones
from telephony.double.entry import CallEntry
from telephony.double.errors import NotAudio, TwimlRejected, WebhookFailed
from telephony.double.files import HEADERLESS, decode
from telephony.double.program import Voice
from telephony.double.record import Purpose
from telephony.double.twiml import Pause, Play, Redirect, Say, parse
from telephony.double.webhooks import TWIML_TYPES
from voice.audio import silence_ulaw

INVALID_MEDIA = 12400


@dataclass(frozen=True, slots=True)
class Sound:
    """What is heard, and the document that follows it; empty when nothing does."""

    ulaw: bytes
    follows: str = ""


async def spoken(voice: Voice | None, verb: Say) -> bytes:
    """One `<Say>`, once."""
    return await asyncio.to_thread(voice or tones.stand_in_speech, verb.text, verb.language)


async def fetched(entry: CallEntry, url: str) -> bytes:
    """The audio at an address. Raises WebhookFailed, NotAudio."""
    answer = await entry.request("play", "GET", url, {})
    return decode(answer.body, url, headerless=url.endswith(tuple(HEADERLESS)))


async def sound(
    entry: CallEntry, voice: Voice | None, purpose: Purpose, method: str, url: str, params: Mapping[str, str]
) -> Sound:
    """What a document or an audio file sounds like. What fails is a problem of the call, and silent."""
    try:
        answer = await entry.request(purpose, method, url, params)
        if answer.content_type not in TWIML_TYPES:
            return Sound(decode(answer.body, url, headerless=url.endswith(tuple(HEADERLESS))))
        return await _document(entry, voice, answer.body, answer.url)
    except (WebhookFailed, TwimlRejected) as error:
        entry.problem(error.code, error.detail)
    except NotAudio as error:
        entry.problem(INVALID_MEDIA, str(error))
    return Sound(b"")


async def _document(entry: CallEntry, voice: Voice | None, body: bytes, url: str) -> Sound:
    heard = bytearray()
    for verb in parse(body, url):
        match verb:
            case Say():
                heard += await spoken(voice, verb) * verb.loop
            case Play():
                heard += (tones.keys(verb.digits) if verb.digits else await fetched(entry, verb.url)) * verb.loop
            case Pause():
                heard += silence_ulaw(verb.length_s * 1000)
            case Redirect():
                return Sound(bytes(heard), verb.url)
            case _:
                entry.problem(12200, f"<{type(verb).__name__}> is not allowed in what is heard meanwhile")
    return Sound(bytes(heard))
