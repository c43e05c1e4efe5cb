"""One server: what a reply is, how it breaks, and how it is let go."""

import asyncio
import gc
import time
from contextlib import aclosing
from typing import Any

import pytest

from pipeline.assistant.llm.openai import OpenAiModel
from pipeline.assistant.llm.port import (
    Message,
    ModelPart,
    ModelRequest,
    ModelText,
    ModelToolBegins,
    ModelToolCall,
    ModelUsage,
)
from tests.peers.openai import KEY, MODEL, Fault, OpenAiPeer, Scripted, ToolCall, openai_peer
from tests.peers.openai_asked import LOOKUP, SAID, asking, one, parts_of, text_of, until_left
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused

pytestmark = pytest.mark.adapter


def test_a_reply_comes_piece_by_piece_with_what_it_cost() -> None:
    async def calls() -> None:
        async with one(peer := OpenAiPeer()) as model:
            parts, error = await parts_of(model)
            assert error is None
            assert text_of(parts) == SAID
            assert len([part for part in parts if isinstance(part, ModelText)]) == len(SAID.split())
            assert parts[-1] == ModelUsage(MODEL, 12, len(SAID.split()), 4)
            assert peer.requests[0]["messages"][0] == {"role": "system", "content": "Be brief."}
            assert peer.requests[0]["max_tokens"] == 300
            assert "temperature" not in peer.requests[0]

    asyncio.run(calls())


def test_fragments_of_two_tool_calls_are_joined_and_come_together() -> None:
    calls = (ToolCall("shop-order_status", '{"order": "41729"}', "a"), ToolCall("shop-order_status", "", "b"))

    async def talk() -> list[ModelPart]:
        async with one(OpenAiPeer({"hi": Scripted("One moment.", calls)}, fragment=3)) as model:
            return (await parts_of(model, asking("hi", [LOOKUP])))[0]

    parts = asyncio.run(talk())
    assert parts[2:] == [
        ModelToolBegins("shop.order_status"),
        ModelToolBegins("shop.order_status"),
        ModelToolCall("a", "shop.order_status", {"order": "41729"}),
        ModelToolCall("b", "shop.order_status", {}),
        ModelUsage(MODEL, 12, 2, 4),
    ]


@pytest.mark.parametrize("arguments", ['{"order": "417', "41729", "[1]", '{"order": NaN}', "[" * 100_000, "x" * 70_000])
def test_arguments_that_are_no_json_object_run_nothing(arguments: str) -> None:
    calls = (ToolCall("shop-order_status", '{"order": "1"}', "a"), ToolCall("shop-order_status", arguments, "b"))

    async def talk() -> tuple[list[ModelPart], ProviderError | None]:
        async with one(OpenAiPeer({"hi": Scripted("", calls)}, fragment=1000)) as model:
            return await parts_of(model, asking("hi", [LOOKUP]))

    parts, error = asyncio.run(talk())
    assert isinstance(error, ProviderFailed)
    assert not [part for part in parts if isinstance(part, ModelToolCall)]


def test_tool_calls_and_results_go_back_as_they_came() -> None:
    call = ModelToolCall("a", "shop.order_status", {"order": "41729"})
    said = (
        Message("caller", "Where is my order?"),
        Message("assistant", calls=(call,)),
        Message("tool", '{"status": "shipped"}', call_id="a"),
    )

    async def talk() -> list[dict[str, Any]]:
        async with one(peer := OpenAiPeer()) as model:
            await parts_of(model, ModelRequest(said, (LOOKUP,)))
            sent: list[dict[str, Any]] = peer.requests[0]["messages"]
            return sent

    _, assistant, tool = asyncio.run(talk())
    assert assistant["content"] is None
    assert assistant["tool_calls"][0]["function"] == {"name": "shop-order_status", "arguments": '{"order": "41729"}'}
    assert tool == {"role": "tool", "content": '{"status": "shipped"}', "tool_call_id": "a"}


REFUSED: dict[Fault, type[ProviderError]] = {
    "wrong_key": ProviderRefused,
    "no_quota": ProviderRefused,
    "no_model": ProviderRefused,
    "rate_limit": ProviderFailed,
    "broken": ProviderFailed,
    "html": ProviderFailed,
    "empty": ProviderFailed,
    "filtered": ProviderFailed,
    "nonsense": ProviderFailed,
    "half_dead": ProviderLate,
    "headers_only": ProviderLate,
    "pings": ProviderLate,
}


@pytest.mark.parametrize(("fault", "kind"), REFUSED.items())
def test_a_server_that_gives_nothing_is_an_error_of_its_kind_in_time(fault: Fault, kind: type[ProviderError]) -> None:
    async def talk() -> tuple[list[ModelPart], ProviderError | None, float]:
        async with one(peer := OpenAiPeer(fault=fault)) as model:
            began = time.monotonic()
            parts, error = await parts_of(model, deadline_ms=300)
            took_s = time.monotonic() - began
            await until_left(peer)
            assert len(peer.requests) == 1  # nothing is tried twice
            return parts, error, took_s

    parts, error, took_s = asyncio.run(talk())
    assert type(error) is kind
    assert parts == []
    assert "4111" not in str(error)
    assert took_s < 2


BROKEN: dict[Fault, tuple[type[ProviderError], str]] = {
    "stall": (ProviderLate, "Sure, your order"),
    "cut": (ProviderFailed, "Sure, your order"),
    "unfinished": (ProviderFailed, "Sure, your order"),
    "malformed": (ProviderFailed, "Sure,"),
    "error_chunk": (ProviderFailed, "Sure,"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_what_came_before_a_reply_broke_was_given_out(fault: Fault) -> None:
    async def talk() -> tuple[list[ModelPart], ProviderError | None]:
        async with one(peer := OpenAiPeer(fault=fault), stall_ms=200) as model:
            answer = await parts_of(model)
            await until_left(peer)
            return answer

    parts, error = asyncio.run(talk())
    kind, said = BROKEN[fault]
    assert type(error) is kind
    assert text_of(parts) == said
    assert "4111" not in str(error)


def test_a_listener_who_takes_his_time_is_no_stall_of_the_server() -> None:
    async def talk() -> str:
        async with one(OpenAiPeer(between_tokens_ms=20), stall_ms=400) as model:
            said = ""
            async with aclosing(model.reply(asking(), 1000)) as reply:
                async for part in reply:
                    said += part.text if isinstance(part, ModelText) else ""
                    await asyncio.sleep(0.5 if said == "Sure," else 0)  # longer than a stall may last
            return said

    assert asyncio.run(talk()) == SAID


def test_a_server_ten_times_slower_is_late_and_let_go() -> None:
    async def talk() -> ProviderError | None:
        async with one(peer := OpenAiPeer(first_token_ms=100, slowness=10)) as model:
            error = (await parts_of(model, deadline_ms=300))[1]
            await until_left(peer)
            assert peer.served("closed") == 1
            return error

    assert isinstance(asyncio.run(talk()), ProviderLate)


def test_an_unreachable_server_is_an_error_at_once() -> None:
    async def talk() -> ProviderError | None:
        async with openai_peer() as peer:
            url = peer.url
        model = OpenAiModel(MODEL, KEY, url)
        try:
            return (await parts_of(model))[1]
        finally:
            await model.aclose()

    assert isinstance(asyncio.run(talk()), ProviderFailed)


def test_closing_a_reply_cancels_its_request() -> None:
    async def talk() -> None:
        async with one(peer := OpenAiPeer(between_tokens_ms=50)) as model:
            reply = model.reply(asking(), 1000)
            assert await anext(reply) == ModelText("Sure,")
            assert peer.open == 1
            await reply.aclose()
            await until_left(peer)
            assert peer.served("closed") == 1

    asyncio.run(talk())


def test_a_closed_reply_leaves_nothing_for_the_garbage_collector() -> None:
    async def talk() -> list[str]:
        async with one(OpenAiPeer(between_tokens_ms=50)) as model:
            reply = model.reply(asking(), 5000)
            await anext(reply)
            await reply.aclose()
            del reply
            left = []
            for _ in range(5):
                gc.collect()
                await asyncio.sleep(0)
                left += [task.get_coro().__class__.__name__ for task in asyncio.all_tasks()]
            return left

    assert "async_generator_athrow" not in asyncio.run(talk())


def test_a_server_that_counts_nothing_ends_its_reply_all_the_same() -> None:
    async def talk() -> None:
        async with one(OpenAiPeer(counts=False)) as model:
            parts, error = await parts_of(model)
            assert error is None
            assert text_of(parts) == SAID
            assert not isinstance(parts[-1], ModelUsage)

    asyncio.run(talk())


def test_warming_opens_the_connection_that_the_reply_takes() -> None:
    async def talk() -> None:
        async with one(peer := OpenAiPeer()) as model:
            await model.warm()
            await parts_of(model)
            await parts_of(model)
            assert len(peer.headers) == 3
            assert len(peer.connections) == 1

    asyncio.run(talk())


def test_only_the_settings_tell_the_client_who_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    monkeypatch.setenv("OPENAI_ORG_ID", "another")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "another")

    async def talk() -> None:
        async with one(peer := OpenAiPeer()) as model:
            assert (await parts_of(model))[1] is None
            assert "another" not in str(peer.headers)

    asyncio.run(talk())
