"""The check at start: a wrong key, a silent server, a model that is not there."""

import asyncio

import pytest

from pipeline.assistant.llm.openai import OpenAiModel
from tests.peers.openai import KEY, Fault, OpenAiPeer, openai_peer
from tests.peers.openai_asked import model_at, parts_of
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused

pytestmark = pytest.mark.adapter


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
