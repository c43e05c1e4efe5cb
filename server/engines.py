"""The engines that settings ask for: recognisers and language models (voices: server.voices)."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Final

import structlog

from pipeline.assistant.llm.port import LanguageModel
from server import hearing
from server.settings import Settings
from voice.errors import ProviderAbsent, ProviderError, ProviderFailed, ProviderLate, ProviderRefused
from voice.smart_turn import SmartTurn, TurnVote, bundled_model
from voice.stt.choosing import Route
from voice.stt.deepgram import Deepgram
from voice.stt.failover import FailoverStt
from voice.stt.flux import Flux
from voice.stt.hosted import HostedStt
from voice.stt.port import SpeechToText, Vocabulary

CHECK_MS: Final = 3000
"""Longest wait at start for a service that is asked whether it would serve."""


async def check_keys(settings: Settings) -> None:
    """Ask recognisers that are services whether our key opens them: a connection each, before what takes long.

    One that cannot be reached is no error here: `open_stt` tells of it. Raises ProviderAbsent or ProviderRefused
    with what to do.
    """
    for name in dict.fromkeys((settings.stt, settings.stt_fallback)):
        if (service := _service(name, settings)) is not None:
            with suppress(ProviderLate, ProviderFailed):
                await service.check(CHECK_MS)


async def open_stt(
    settings: Settings,
    vocabularies: Sequence[Vocabulary],
    data_dir: Path,
    stack: AsyncExitStack,
    spoken: Sequence[str] = ("en",),
) -> SpeechToText:
    """The recogniser, and behind it the one that takes over. Raises ProviderAbsent, ProviderRefused with what to do.

    spoken: the languages of the lines; which of them is not heard is said in the log.
    """
    hearing.warn(settings, spoken)
    settings = settings.model_copy(update={"deepgram_language": hearing.deepgram_language(settings, spoken)})
    first, second = settings.stt, settings.stt_fallback
    route = await _route(first, settings, vocabularies, data_dir, stack)
    if route.check is None and second in {"", first}:
        return route.stt
    routes = [
        route,
        *([await _route(second, settings, vocabularies, data_dir, stack)] if second not in {"", first} else ()),
    ]
    failover = FailoverStt(routes)
    await failover.check(CHECK_MS)
    return failover


async def _route(
    name: str, settings: Settings, vocabularies: Sequence[Vocabulary], data_dir: Path, stack: AsyncExitStack
) -> Route:
    """One recogniser, started. Raises ProviderAbsent, and ProviderLate or ProviderFailed when it cannot be started."""
    if (service := _service(name, settings, vocabularies)) is not None:
        return Route(name, service, check=service.check)
    match name:
        case "whisper":
            return await _whisper(settings, stack)
        case _:
            return await _sphinx(settings, vocabularies, data_dir, stack)


def _service(name: str, settings: Settings, vocabularies: Sequence[Vocabulary] = ()) -> HostedStt | None:
    """The recogniser, if it is a service. Raises ProviderAbsent without a key."""
    match name:
        case "deepgram":
            key, url = _deepgram_key(settings), settings.deepgram_url
            asked = Deepgram(key, url, settings.deepgram_model, settings.deepgram_language or "en")
            return HostedStt(asked, vocabularies)
        case "flux":
            return HostedStt(_flux(settings), vocabularies)
        case _:
            return None


async def _whisper(settings: Settings, stack: AsyncExitStack) -> Route:
    from voice.stt.whisper import WhisperStt  # noqa: PLC0415 seconds to import, for those who use it

    whisper = WhisperStt(settings.whisper_model, may_fetch=settings.whisper_may_fetch, device=settings.whisper_device)
    await whisper.start()
    stack.push_async_callback(whisper.aclose)
    return Route("whisper", whisper, tells_partials=False)


async def _sphinx(
    settings: Settings, vocabularies: Sequence[Vocabulary], data_dir: Path, stack: AsyncExitStack
) -> Route:
    from voice.stt.sphinx import SphinxStt  # noqa: PLC0415 likewise

    sphinx = SphinxStt(
        vocabularies, data_dir / "sphinx", processes=settings.sphinx_processes, lanes=settings.sphinx_lanes
    )
    await sphinx.start()
    stack.push_async_callback(sphinx.aclose)
    return Route("sphinx", sphinx)


def _flux(settings: Settings) -> Flux:
    return Flux(
        _deepgram_key(settings),
        settings.deepgram_url,
        end_of_turn=settings.flux_end_of_turn,
        eager_end_of_turn=settings.flux_eager_end_of_turn,
        end_of_turn_ms=settings.flux_end_of_turn_ms,
    )


def _deepgram_key(settings: Settings) -> str:
    key = settings.deepgram_api_key.get_secret_value()
    if not key:
        raise ProviderAbsent("deepgram", "no key: set CORDBOARD_DEEPGRAM_API_KEY, or choose another CORDBOARD_STT")
    return key


async def open_turn_vote(settings: Settings, stack: AsyncExitStack) -> TurnVote | None:
    """The model that votes on whether callers are done, if it is wanted. Raises ProviderAbsent with what to do."""
    if not settings.smart_turn:
        return None
    file = bundled_model()
    if file is None:
        raise ProviderAbsent("smart-turn", "pipecat's copy of the model is not there: unset CORDBOARD_SMART_TURN")
    model = await asyncio.to_thread(SmartTurn, file)
    stack.push_async_callback(model.aclose)
    return model


async def open_llm(settings: Settings, stack: AsyncExitStack) -> LanguageModel | None:
    """The language model, or two as one; None when none is named.

    Raises ProviderAbsent or ProviderRefused with what to do. A server that does not answer is logged and is a trouble
    until it does.
    """
    named = (settings.llm_model, settings.llm2_model)
    keys = (settings.llm_api_key.get_secret_value(), settings.llm2_api_key.get_secret_value())
    for number, model, key in zip(("", "2"), named, keys, strict=True):
        if key and not model:
            raise ProviderAbsent("language model", f"a key but no model: set CORDBOARD_LLM{number}_MODEL")
    if not settings.llm_model:
        if settings.llm2_model:
            raise ProviderAbsent("language model", "a second but no first: set CORDBOARD_LLM_MODEL")
        return None
    first = await _open_model("", settings.llm_model, keys[0], settings.llm_base_url, stack)
    if not settings.llm2_model:
        return first
    from pipeline.assistant.llm.failover import HedgedModel  # noqa: PLC0415 for those who use two

    second = await _open_model("2", settings.llm2_model, keys[1], settings.llm2_base_url, stack)
    return HedgedModel(first, second, settings.llm_hedge_ms)


async def _open_model(number: str, name: str, key: str, url: str, stack: AsyncExitStack) -> LanguageModel:
    from pipeline.assistant.llm.openai import OPENAI_URL, OpenAiModel  # noqa: PLC0415 0.8 s, for those who use it

    if not key and url == OPENAI_URL:
        raise ProviderAbsent("language model", f"{name} needs a key: set CORDBOARD_LLM{number}_API_KEY")
    model = OpenAiModel(name, key, url)
    stack.push_async_callback(model.aclose)
    try:
        await model.check(CHECK_MS)
    except ProviderRefused as error:
        raise ProviderRefused("language model", f"{error}; mend CORDBOARD_LLM{number}_API_KEY") from None
    except ProviderError as error:
        structlog.get_logger().warning("language model not reached", model=model.name, why=str(error))
    return model
