"""The loopback peer, shown to a client that is not ours: benchmarks run a stock pipecat service against it."""

import asyncio

import pytest
from pipecat.frames.frames import LLMContextFrame, LLMTextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.tests.utils import run_test

from tests.peers.openai import KEY, MODEL, OpenAiPeer, openai_peer

pytestmark = pytest.mark.adapter


def test_pipecats_own_service_understands_it_and_its_times_are_in_the_log() -> None:
    async def script() -> tuple[str, OpenAiPeer]:
        async with openai_peer(OpenAiPeer(first_token_ms=100, between_tokens_ms=5)) as peer:
            service = OpenAILLMService(api_key=KEY, base_url=peer.url, settings=OpenAILLMService.Settings(model=MODEL))
            context = LLMContext(messages=[{"role": "user", "content": "Where is my order?"}])
            frames, _ = await run_test(service, frames_to_send=[LLMContextFrame(context)])
            await service._client.close()
            return "".join(frame.text for frame in frames if isinstance(frame, LLMTextFrame)), peer

    said, peer = asyncio.run(script())
    assert said == "Where is my order?"
    asked, first, done = peer.log
    assert (asked.what, first.what, done.what) == ("request", "first_token", "done")
    assert first.at_s - asked.at_s >= 0.1
    assert done.at_s - first.at_s >= 0.015
