"""Two servers: whatever is wrong with the first, the second answers."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from pipeline.assistant.llm.failover import HedgedModel
from pipeline.assistant.llm.port import (
    LanguageModel,
    ModelPart,
    ModelSwitched,
    ModelToolBegins,
    ModelToolCall,
)
from tests.peers.openai import Fault, OpenAiPeer, Scripted, ToolCall, openai_peer
from tests.peers.openai_asked import LOOKUP, SAID, asking, model_at, parts_of, text_of, until_left
from voice.errors import ProviderLate

pytestmark = pytest.mark.adapter


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
