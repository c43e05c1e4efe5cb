"""The language models that settings ask for, and what is said at start when they cannot be had."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pipeline.assistant.llm.port import LanguageModel, Message, ModelRequest, ModelText
from server.engines import open_llm
from server.settings import Settings
from tests.peers.openai import KEY, MODEL, OpenAiPeer, openai_peer
from voice.errors import ProviderAbsent, ProviderRefused

pytestmark = pytest.mark.adapter


@asynccontextmanager
async def opened(**chosen: Any) -> AsyncIterator[LanguageModel | None]:
    async with AsyncExitStack() as stack:
        yield await open_llm(Settings(_env_file=None, **chosen), stack)


async def said(model: LanguageModel) -> str:
    async with aclosing(model.reply(ModelRequest((Message("caller", "Hello there"),)), 5000)) as reply:
        return "".join([part.text async for part in reply if isinstance(part, ModelText)])


def test_without_a_model_named_nothing_is_opened() -> None:
    async def script() -> None:
        async with opened() as model:
            assert model is None

    asyncio.run(script())


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"llm_api_key": "sk"}, "set CORDBOARD_LLM_MODEL"),
        ({"llm_model": "gpt-4.1-mini"}, "gpt-4.1-mini needs a key: set CORDBOARD_LLM_API_KEY"),
        ({"llm2_model": "gpt-4.1-mini"}, "set CORDBOARD_LLM_MODEL"),
    ],
)
def test_what_is_missing_is_said(chosen: dict[str, str], told: str) -> None:
    async def script() -> None:
        with pytest.raises(ProviderAbsent, match=told):
            async with opened(**chosen):
                pass

    asyncio.run(script())


def test_a_wrong_key_of_the_second_is_said_at_start() -> None:
    async def script() -> None:
        async with openai_peer() as peer:
            first = {"llm_model": MODEL, "llm_api_key": KEY, "llm_base_url": peer.url}
            second = {"llm2_model": MODEL, "llm2_api_key": "sk-wrong", "llm2_base_url": peer.url}
            with pytest.raises(ProviderRefused, match=r"key is not accepted.*mend CORDBOARD_LLM2_API_KEY"):
                async with opened(**first, **second):
                    pass

    asyncio.run(script())


def test_a_server_that_is_down_is_a_trouble_until_it_answers() -> None:
    async def script() -> None:
        async with AsyncExitStack() as stack:
            peer = await stack.enter_async_context(openai_peer(OpenAiPeer(fault="broken")))
            chosen = opened(llm_model=MODEL, llm_api_key=KEY, llm_base_url=peer.url)
            model = await stack.enter_async_context(chosen)
            assert model is not None
            assert "HTTP 500" in model.trouble
            peer.fault = ""
            assert await said(model) == "Hello there"
            assert model.trouble == ""

    asyncio.run(script())


def test_the_second_answers_when_the_first_is_down() -> None:
    async def script() -> None:
        async with openai_peer(OpenAiPeer(fault="broken")) as down, openai_peer() as up:
            first = {"llm_model": MODEL, "llm_api_key": KEY, "llm_base_url": down.url}
            second = {"llm2_model": MODEL, "llm2_api_key": KEY, "llm2_base_url": f"{up.url}/"}
            async with opened(**first, **second) as model:
                assert model is not None
                assert await said(model) == "Hello there"

    asyncio.run(script())


def test_serving_with_a_wrong_key_ends_with_one_line_and_status_2(tmp_path: Path) -> None:
    async def script() -> tuple[int | None, str]:
        async with openai_peer() as peer:
            environment = {
                **{name: value for name, value in os.environ.items() if not name.startswith("CORDBOARD_")},
                "CORDBOARD_LLM_MODEL": MODEL,
                "CORDBOARD_LLM_API_KEY": "sk-wrong",
                "CORDBOARD_LLM_BASE_URL": peer.url,
                "CORDBOARD_DATA_DIR": str(tmp_path),
            }
            serve = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "server", "serve", "--port", "0",
                env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            told, _ = await serve.communicate()
            return serve.returncode, told.decode()

    status, told = asyncio.run(script())
    assert status == 2
    assert told.count("\n") == 1
    assert "language model" in told
    assert "the key is not accepted (HTTP 401, invalid_api_key); mend CORDBOARD_LLM_API_KEY" in told
    assert "sk-wrong" not in told
