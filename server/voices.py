"""The voices that settings ask for, opened in the order in which they are to speak."""

import asyncio
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Final

from pipeline.line.voices import ElevenLabsVoice, EspeakVoice, Voice
from server.settings import Settings
from voice.errors import ProviderAbsent
from voice.tts.port import Expects, TextToSpeech

USUAL: Final = Voice()
"""Nothing is chosen: the settings decide."""


async def open_tts(settings: Settings, stack: AsyncExitStack, chosen: Voice = USUAL) -> TextToSpeech:
    """The voice, and behind it the one that takes over. chosen: what a line wants of each; else the settings decide.

    Raises ProviderAbsent or ProviderRefused with what to do, perhaps within an ExceptionGroup. A service that cannot
    be reached is logged and is a trouble until it can.
    """
    names = [settings.tts, *([settings.tts_fallback] if settings.tts_fallback not in {"", settings.tts} else ())]
    voices = [await _voice(name, settings, stack, chosen) for name in names]
    if names == ["espeak"]:
        return voices[0]  # in this process: there is nothing to be late, and nothing to try again
    from voice.tts.failover import Failover  # noqa: PLC0415 for those who use it

    return Failover(voices, hedge_ms=settings.tts_hedge_ms)


def expect(tts: TextToSpeech, languages: Iterable[str]) -> None:
    """Tell the voice which languages calls will come in."""
    if isinstance(tts, Expects):
        for language in languages:
            tts.expect(language)


async def _voice(name: str, settings: Settings, stack: AsyncExitStack, chosen: Voice) -> TextToSpeech:
    match name:
        case "elevenlabs":
            return await _elevenlabs(settings, stack, chosen.elevenlabs)
        case "piper":
            return await _piper(settings, stack)
        case _:
            return await asyncio.to_thread(espeak, chosen.espeak)


async def _elevenlabs(settings: Settings, stack: AsyncExitStack, chosen: ElevenLabsVoice | None) -> TextToSpeech:
    from voice.tts.elevenlabs import Account, ElevenLabs  # noqa: PLC0415 a second to import, for those who use it

    account = Account(
        settings.elevenlabs_api_key.get_secret_value(),
        chosen.voice if chosen else settings.elevenlabs_voice,
        (chosen and chosen.model) or settings.elevenlabs_model,
        settings.elevenlabs_url,
    )
    sockets = 2 if settings.tts_hedge_ms else 1
    return await stack.enter_async_context(ElevenLabs.opened(account, sockets=sockets))


def espeak(chosen: EspeakVoice | None) -> TextToSpeech:
    """The offline voice. Blocks. Raises ProviderAbsent where there is no such voice, or no engine."""
    from voice.tts.espeak import Espeak  # noqa: PLC0415 GPL: imported where it is asked for

    if chosen is None:
        return Espeak()
    return Espeak(chosen.variant or "", chosen.words_per_minute, chosen.pitch, chosen.voice or "")


async def _piper(settings: Settings, stack: AsyncExitStack) -> TextToSpeech:
    from voice.tts.piper import Piper, PiperVoice  # noqa: PLC0415 for those who use it

    if settings.piper_voice is None:
        raise ProviderAbsent("piper", "no voice: set CORDBOARD_PIPER_VOICE to the .onnx file of one")
    command = () if settings.piper_program is None else (str(settings.piper_program),)
    return await stack.enter_async_context(Piper.opened(PiperVoice.found(settings.piper_voice.absolute(), command)))
