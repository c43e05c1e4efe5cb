"""A model's reply that is begun for a turn that may be over, and read by two: one after the other."""

import asyncio

import pytest

from pipeline.assistant.llm.port import ModelPart, ModelRequest, ModelText
from pipeline.foresight import Reply
from telephony.double import virtual_time
from tests.fakes.models import ScriptedModel
from voice.errors import ProviderError, ProviderFailed

pytestmark = pytest.mark.unit

REQUEST = ModelRequest((), ())


async def read(reply: Reply) -> list[ModelPart]:
    async with asyncio.timeout(10):
        return [part async for part in reply]


def replying(*script: tuple[int, ModelPart | ProviderError]) -> ScriptedModel:
    return ScriptedModel("told", lambda _: script)


def test_who_reads_on_after_the_end_meets_the_end_again():
    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            reply = Reply(replying((10, ModelText("Yes."))), REQUEST, tasks)
            assert await read(reply) == [ModelText("Yes.")]
            assert await read(reply) == []

    virtual_time.run(script())


def test_who_reads_on_after_a_failure_is_told_of_it_again():
    async def script() -> None:
        async with asyncio.TaskGroup() as tasks:
            reply = Reply(replying((10, ProviderFailed("told", "broken"))), REQUEST, tasks)
            for _ in range(2):
                with pytest.raises(ProviderFailed, match="broken"):
                    await read(reply)

    virtual_time.run(script())
