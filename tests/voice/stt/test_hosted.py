"""A hosted recogniser whatever service it is: what each call is opened with."""

import asyncio
from collections.abc import Callable

import pytest

from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault, RecognitionPeer
from tests.peers.flux import FluxPeer
from voice.errors import ProviderLate
from voice.stt.deepgram import Deepgram
from voice.stt.flux import Flux
from voice.stt.hosted import Dialect, HostedStt
from voice.stt.port import Vocabulary

pytestmark = pytest.mark.adapter

SERVICES: list[tuple[type[RecognitionPeer], Callable[[str, str], Dialect]]] = [
    (DeepgramPeer, Deepgram),
    (FluxPeer, Flux),
]


def words(*phrases: str) -> list[Vocabulary]:
    return [Vocabulary("open", "open", phrases)]


@pytest.mark.parametrize(("kind", "dialect"), SERVICES)
def test_new_words_are_listened_for_in_the_calls_that_come(
    kind: type[RecognitionPeer], dialect: Callable[[str, str], Dialect]
):
    async def script() -> None:
        async with kind() as peer:
            stt = HostedStt(dialect("k", peer.url), words("the rucksack"))
            first = await stt.open("c1", 2000)
            await stt.learn(words("the crampons"))
            second = await stt.open("c2", 2000)
            assert [stream.query["keyterm"] for stream in peer.streams] == [["rucksack"], ["crampons"]]
            await first.aclose()
            await second.aclose()

    asyncio.run(script())


@pytest.mark.parametrize(("kind", "dialect"), SERVICES)
def test_a_service_that_lets_the_handshake_hang_is_late(
    kind: type[RecognitionPeer], dialect: Callable[[str, str], Dialect]
):
    async def script() -> None:
        async with kind() as peer:
            stt = HostedStt(dialect("k", peer.url))
            assert (stt.wants, stt.trouble) == ("continuous", "")
            peer.always = Fault(connect_s=0.3)
            with pytest.raises(ProviderLate, match="no connection within 100 ms"):
                await stt.open("c1", 100)

    asyncio.run(script())


def test_a_key_is_not_shown_with_what_is_asked_for():
    assert "secret" not in repr(Deepgram("secret")) + repr(Flux("secret"))
