"""In which languages recognisers hear: what they are asked for, and what nobody can hear."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from pipeline.assistant.languages.reading import languages
from server.settings import Settings

ONLY: Final[Mapping[str, str]] = {"sphinx": "en", "flux": "en"}
"""Recognisers that hear one language and no other."""
SEVERAL: Final = "multi"
"""How Deepgram calls listening for several languages at once."""


def deepgram_language(settings: Settings, spoken: Sequence[str]) -> str:
    """What Deepgram is to listen for: the setting, else the lines' one language, or all of them at once."""
    if settings.deepgram_language:
        return settings.deepgram_language
    codes = list(dict.fromkeys(spoken)) or ["en"]
    return languages()[codes[0]].engines.get("deepgram", codes[0]) if len(codes) == 1 else SEVERAL


def unheard(settings: Settings, spoken: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """By recogniser that is used: the languages of the lines that it does not hear."""
    chosen = dict.fromkeys(name for name in (settings.stt, settings.stt_fallback) if name)
    heard = {name: _heard(name, settings) for name in chosen}
    every = tuple(dict.fromkeys(spoken))
    every = tuple(dict.fromkeys(spoken))
    missed = {name: tuple(code for code in every if only and code != only) for name, only in heard.items()}
    return {name: codes for name, codes in missed.items() if codes}


def warn(settings: Settings, spoken: Sequence[str]) -> None:
    """Say at start which languages are not heard, and what to do."""
    for name, codes in unheard(settings, spoken).items():
        structlog.get_logger().warning(
            "language not heard",
            recogniser=name,
            languages=", ".join(codes),
            remedy="keys are all that callers have there; CORDBOARD_STT=deepgram or whisper hears more languages",
        )


def _heard(name: str, settings: Settings) -> str:
    """The one language that a recogniser hears; empty: those of the lines."""
    if name == "whisper":
        return "en" if settings.whisper_model.endswith(".en") else ""
    if name == "deepgram":
        set_to = settings.deepgram_language.partition("-")[0]
        return "" if set_to == SEVERAL else set_to
    return ONLY[name]
