"""`cordboard voices`: the voices that an ElevenLabs account may use."""

import asyncio

from rich.console import Console

from server.cli.exits import Exit, fail
from server.settings import Settings


def show(settings: Settings, out: Console) -> None:
    """Print id, name and what is told of each, by name. Raises ProviderError."""
    from voice.tts.elevenlabs import voices  # noqa: PLC0415 a second to import

    key = settings.elevenlabs_api_key.get_secret_value()
    if not key:
        fail(Exit.INVALID, "elevenlabs: the API key is missing; set CORDBOARD_ELEVENLABS_API_KEY")
    for voice in asyncio.run(voices(key, settings.elevenlabs_url)):
        chosen = "*" if voice.voice_id == settings.elevenlabs_voice else " "
        out.print(f"{chosen} {voice.voice_id}  {voice.name}  {voice.about}".rstrip(), markup=False)
