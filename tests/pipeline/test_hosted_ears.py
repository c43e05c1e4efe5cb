"""Whole calls that a hosted recogniser hears, and loses; over real sockets, by the caller's ear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from recordings.record import CallRecord
from telephony.double.errors import CallOver
from tests.fakes.ears import ToldStt
from tests.fakes.exchange import Exchange, exchange
from tests.fakes.office import SPEECH, virtual_office, virtually
from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault, RecognitionPeer
from tests.peers.flux import FluxPeer
from voice.stt.choosing import Route
from voice.stt.deepgram import Deepgram
from voice.stt.failover import FailoverStt
from voice.stt.flux import Flux
from voice.stt.hosted import HostedStt
from voice.stt.port import EagerEnd, ProviderSwitched, Recognition, Result, SpeechToText, TurnGoesOn

pytestmark = pytest.mark.call

TEXTS = ["where is my order", "no thank you goodbye"]


def ears(*peers: RecognitionPeer) -> SpeechToText:
    routes = []
    for number, peer in enumerate(peers):
        stt: SpeechToText = HostedStt(Deepgram("k", peer.url))
        if isinstance(peer, FluxPeer):
            stt = HostedStt(Flux("k", peer.url))
        routes.append(Route(f"peer {number}", stt))
    return FailoverStt(routes)


async def conversation(served: Exchange) -> tuple[CallRecord, int]:
    """The order's status and goodbye; the call as it was kept, and the longest silence the caller sat through."""
    call = await served.call()
    await call.until_quiet(timeout_s=15)
    await call.say(SPEECH)
    await call.until_quiet(timeout_s=15)
    await call.press("12345")
    await call.until_quiet(timeout_s=15)
    await call.say(SPEECH)
    with suppress(CallOver):
        await call.wait(8000)
    longest_ms = max((span.length_ms for span in call.ear.dead_air(500)), default=0)
    call.hang_up()
    return await served.ended(call.call_sid), longest_ms


def said_by_caller(record: CallRecord) -> list[str]:
    return [one.text for one in record.utterances if one.text in {*TEXTS, "12345"}]


@pytest.mark.parametrize("kind", [DeepgramPeer, FluxPeer])
def test_a_hosted_recogniser_hears_a_call(tmp_path: Path, kind: type[DeepgramPeer | FluxPeer]):
    async def script() -> None:
        async with kind(TEXTS) as peer, exchange(tmp_path, ears=ears(peer)) as served:
            record, longest_ms = await conversation(served)
            assert said_by_caller(record) == ["where is my order", "12345", "no thank you goodbye"]
            assert longest_ms <= 3000

    asyncio.run(script())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(dead_after_ms=0),
        Fault(slow=50.0),
        Fault(malformed=True),
        Fault(close_after_sound_ms=300),
        Fault(status=402),
    ],
    ids=["half dead", "slow", "malformed", "closes in the middle of speech", "nothing to spend"],
)
def test_a_caller_whose_recogniser_fails_is_answered_all_the_same(tmp_path: Path, fault: Fault):
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first, DeepgramPeer(TEXTS) as second:
            first.faults = [fault]
            async with exchange(tmp_path, ears=ears(first, second)) as served:
                record, longest_ms = await conversation(served)
                assert said_by_caller(record) == ["where is my order", "12345", "no thank you goodbye"]
                assert longest_ms <= 3000

    asyncio.run(script())


class Foreseeing(ToldStt):
    """Says before each result that the turn may be over, that it goes on, and that another one listens."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        return _Foreseeing(await super().open(call_id, deadline_ms))


class _Foreseeing:
    def __init__(self, inner: Recognition) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def __aiter__(self) -> AsyncIterator[Result]:
        async for result in self._inner:
            yield EagerEnd(0, "where is", 0.5)
            yield TurnGoesOn(0)
            yield ProviderSwitched(0, "one", "another", "broken", 0)
            yield result


@virtually
async def test_what_the_pipeline_does_not_use_of_a_recogniser_does_no_harm(tmp_path: Path):
    async with virtual_office(tmp_path, ears=Foreseeing(["where is my order"])) as office:
        call = await office.call()
        await call.turn()
        record = await office.record(call.sid)
        assert said_by_caller(record) == ["where is my order"]
        call.stream.hang_up()
        await office.ended(call.sid)
