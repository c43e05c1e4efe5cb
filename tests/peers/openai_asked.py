"""Our client of a loopback OpenAI server, and what is asked of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

from pipeline.assistant.llm.openai import OpenAiModel
from pipeline.assistant.llm.port import (
    LanguageModel,
    Message,
    ModelPart,
    ModelRequest,
    ModelText,
    ModelTool,
)
from tests.peers.openai import KEY, MODEL, OpenAiPeer, openai_peer
from voice.errors import ProviderError

SAID = "Sure, your order ships on Monday."
LOOKUP = ModelTool("shop.order_status", "Where an order is.", {"type": "object", "properties": {"order": {}}})


def asking(text: str = SAID, tools: Sequence[ModelTool] = ()) -> ModelRequest:
    return ModelRequest((Message("rules", "Be brief."), Message("caller", text)), tuple(tools))


@asynccontextmanager
async def model_at(peer: OpenAiPeer, key: str = KEY, stall_ms: int = 1500) -> AsyncIterator[OpenAiModel]:
    model = OpenAiModel(MODEL, key, peer.url, stall_ms=stall_ms)
    try:
        yield model
    finally:
        await model.aclose()


@asynccontextmanager
async def one(peer: OpenAiPeer, stall_ms: int = 1500) -> AsyncIterator[OpenAiModel]:
    async with openai_peer(peer), model_at(peer, stall_ms=stall_ms) as model:
        yield model


async def parts_of(
    model: LanguageModel, request: ModelRequest | None = None, deadline_ms: int = 5000
) -> tuple[list[ModelPart], ProviderError | None]:
    parts: list[ModelPart] = []
    try:
        async with aclosing(model.reply(request or asking(), deadline_ms)) as reply:
            async for part in reply:
                parts.append(part)  # noqa: PERF401  # what came before an error counts
    except ProviderError as error:
        return parts, error
    return parts, None


def text_of(parts: Sequence[ModelPart]) -> str:
    return "".join(part.text for part in parts if isinstance(part, ModelText))


async def until_left(peer: OpenAiPeer) -> None:
    """Wait until the peer has seen its clients go."""
    async with asyncio.timeout(2):
        await peer.idle.wait()
