"""The engines that settings ask for: recognisers and voices."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from server.settings import Settings
from voice.stt.port import SpeechToText, Vocabulary
from voice.tts.port import TextToSpeech


async def open_stt(
    settings: Settings, vocabularies: Sequence[Vocabulary], data_dir: Path, stack: AsyncExitStack
) -> SpeechToText:
    """The recogniser. Raises ProviderAbsent."""
    if settings.stt == "whisper":
        from voice.stt.whisper import WhisperStt  # noqa: PLC0415 seconds to import, for those who use it

        whisper = WhisperStt(
            settings.whisper_model, may_fetch=settings.whisper_may_fetch, device=settings.whisper_device
        )
        await whisper.start()
        stack.push_async_callback(whisper.aclose)
        return whisper
    from voice.stt.sphinx import SphinxStt  # noqa: PLC0415 likewise

    sphinx = SphinxStt(
        vocabularies, data_dir / "sphinx", processes=settings.sphinx_processes, lanes=settings.sphinx_lanes
    )
    await sphinx.start()
    stack.push_async_callback(sphinx.aclose)
    return sphinx


def open_tts(settings: Settings) -> TextToSpeech:
    """The voice. Raises ProviderAbsent."""
    from voice.tts.espeak import Espeak  # noqa: PLC0415 GPL: imported where it is asked for

    return {"espeak": Espeak}[settings.tts]()
