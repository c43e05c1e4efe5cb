import asyncio
import gc
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from pipeline.assistant.llm.failover import HedgedModel
from pipeline.assistant.llm.openai import OpenAiModel
from pipeline.assistant.llm.port import (
    LanguageModel,
    Message,
    ModelPart,
    ModelRequest,
    ModelSwitched,
    ModelText,
    ModelTool,
    ModelToolBegins,
    ModelToolCall,
    ModelUsage,
)
from tests.peers.openai import KEY, MODEL, Fault, OpenAiPeer, Scripted, ToolCall, openai_peer
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused

pytestmark = pytest.mark.adapter

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


async def _checked(peer: OpenAiPeer, key: str = KEY) -> tuple[ProviderError | None, str]:
    async with openai_peer(peer), model_at(peer, key) as model:
        try:
            await model.check(300)
        except ProviderError as error:
            return error, model.trouble
        return None, model.trouble


def test_a_wrong_key_is_told_by_the_check_in_one_line() -> None:
    error, trouble = asyncio.run(_checked(OpenAiPeer(), "sk-wrong"))
    assert isinstance(error, ProviderRefused)
    assert not error.retryable
    assert str(error).endswith("the key is not accepted (HTTP 401, invalid_api_key)")
    assert trouble == str(error)


@pytest.mark.parametrize(
    ("fault", "kind"), [("broken", ProviderFailed), ("html", ProviderFailed), ("half_dead", ProviderLate)]
)
def test_a_server_that_does_not_answer_the_check_is_a_trouble(fault: Fault, kind: type[ProviderError]) -> None:
    error, trouble = asyncio.run(_checked(OpenAiPeer(fault=fault)))
    assert type(error) is kind
    assert trouble


def test_a_server_without_a_list_of_models_passes_the_check() -> None:
    assert asyncio.run(_checked(OpenAiPeer(lists_models=False))) == (None, "")


def test_a_model_that_the_server_does_not_list_is_a_trouble_until_it_answers() -> None:
    async def talk() -> None:
        async with openai_peer() as peer:
            model = OpenAiModel("tset-model", KEY, peer.url)
            try:
                await model.check()
                assert "no such model" in model.trouble
                await parts_of(model)
                assert model.trouble == ""
            finally:
                await model.aclose()

    asyncio.run(talk())


@asynccontextmanager
async def two(first: OpenAiPeer, second: OpenAiPeer, hedge_ms: int = 100) -> AsyncIterator[HedgedModel]:
    async with openai_peer(first), openai_peer(second), model_at(first) as one, model_at(second) as other:
        yield HedgedModel(one, other, hedge_after_ms=hedge_ms)


FIRST_FAILS: list[Fault] = ["wrong_key", "no_quota", "rate_limit", "broken", "html", "empty", "nonsense", "half_dead"]


@pytest.mark.parametrize("fault", FIRST_FAILS)
def test_whatever_is_wrong_with_the_first_server_the_second_answers(fault: Fault) -> None:
    async def talk() -> list[ModelPart]:
        first = OpenAiPeer(fault=fault)
        async with two(first, second := OpenAiPeer()) as model:
            parts, error = await parts_of(model)
            assert error is None
            await until_left(first)
            assert len(second.requests) == 1
            return parts

    parts = asyncio.run(talk())
    assert isinstance(parts[0], ModelSwitched)
    assert parts[0].reason == ("slow" if fault == "half_dead" else "failed")
    assert text_of(parts) == SAID


def test_the_slower_server_is_cut_off_when_the_other_has_begun() -> None:
    async def talk() -> None:
        first = OpenAiPeer(first_token_ms=4000)
        async with two(first, second := OpenAiPeer(between_tokens_ms=5)) as model:
            parts, error = await parts_of(model)
            assert error is None
            assert text_of(parts) == SAID
            await until_left(first)
            assert (first.served("closed"), second.served("done")) == (1, 1)

    asyncio.run(talk())


def test_a_first_server_in_time_is_the_only_one_asked() -> None:
    async def talk() -> None:
        async with two(OpenAiPeer(first_token_ms=20), second := OpenAiPeer(), 1500) as model:
            parts, _ = await parts_of(model)
            assert text_of(parts) == SAID
            assert second.requests == []

    asyncio.run(talk())


def test_a_stall_in_mid_sentence_is_not_repeated_by_the_other() -> None:
    async def talk() -> None:
        first = OpenAiPeer(fault="stall")
        async with two(first, second := OpenAiPeer(), 1500) as model:
            parts, error = await parts_of(model)
            assert isinstance(error, ProviderLate)
            assert text_of(parts) == "Sure, your order"
            assert second.requests == []
            await until_left(first)

    asyncio.run(talk())


def test_a_tool_call_that_breaks_before_it_is_whole_is_asked_for_elsewhere() -> None:
    bad, good = (ToolCall("shop-order_status", arguments) for arguments in ('{"or', '{"order": "1"}'))

    async def talk() -> list[ModelPart]:
        first = OpenAiPeer({"hi": Scripted("", (bad,))})
        async with two(first, OpenAiPeer({"hi": Scripted("", (good,))})) as model:
            return (await parts_of(model, asking("hi", [LOOKUP])))[0]

    parts = asyncio.run(talk())
    assert [part for part in parts if isinstance(part, ModelToolCall)] == [
        ModelToolCall("call_1", "shop.order_status", {"order": "1"})
    ]
    assert [type(part) for part in parts][:2] == [ModelToolBegins, ModelSwitched]


def test_callers_who_interrupt_at_any_time_leave_no_request_behind() -> None:
    async def interrupted(model: LanguageModel, begins_s: float, after_s: float) -> None:
        await asyncio.sleep(begins_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(after_s):
                await parts_of(model)

    async def talk() -> None:
        drawn = random.Random(7)
        slow = OpenAiPeer(first_token_ms=lambda: drawn.choice([0, 5, 60, 4000]), between_tokens_ms=4)
        async with two(slow, second := OpenAiPeer(first_token_ms=20, between_tokens_ms=4), 30) as model:
            async with asyncio.TaskGroup() as calls:
                for _ in range(60):
                    calls.create_task(interrupted(model, drawn.uniform(0, 2), drawn.uniform(0, 0.3)))
            await until_left(slow)
            await until_left(second)
            assert min(slow.served("closed"), second.served("closed"), second.served("done")) > 0
            parts, error = await parts_of(model)  # and the next caller is served
            assert (text_of(parts), error) == (SAID, None)
            await until_left(slow)

    asyncio.run(talk())
