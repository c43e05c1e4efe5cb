"""The recognisers that settings ask for, and what is said at start when they cannot be had."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from server.app import open_office
from server.engines import check_keys, open_stt, open_turn_vote
from server.settings import Settings
from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault
from tests.peers.flux import FluxPeer
from voice.errors import ProviderAbsent, ProviderRefused
from voice.stt.port import SpeechToText

pytestmark = pytest.mark.adapter


@asynccontextmanager
async def started(tmp_path: Path, **chosen: Any) -> AsyncIterator[SpeechToText]:
    async with AsyncExitStack() as stack:
        yield await open_stt(Settings(_env_file=None, **chosen), (), tmp_path, stack)


def test_a_missing_key_is_said_at_start(tmp_path: Path):
    async def script() -> None:
        with pytest.raises(ProviderAbsent, match="no key: set CORDBOARD_DEEPGRAM_API_KEY"):
            async with started(tmp_path, stt="deepgram"):
                pass

    asyncio.run(script())


@pytest.mark.parametrize(("stt", "kind"), [("deepgram", DeepgramPeer), ("flux", FluxPeer)])
def test_a_wrong_key_is_said_at_start(tmp_path: Path, stt: str, kind: type[DeepgramPeer | FluxPeer]):
    async def script() -> None:
        async with kind() as peer:
            peer.keys = {"right"}
            with pytest.raises(ProviderRefused, match="key is not accepted"):
                async with started(tmp_path, stt=stt, deepgram_url=peer.url, deepgram_api_key="wrong"):
                    pass

    asyncio.run(script())


@pytest.mark.parametrize("stt", ["deepgram", "flux"])
def test_a_wrong_key_is_said_before_anything_that_takes_long(tmp_path: Path, stt: str):
    async def script() -> None:
        async with DeepgramPeer() as peer:
            peer.keys = {"right"}
            chosen: Any = {
                "stt": stt,
                "deepgram_url": peer.url,
                "deepgram_api_key": "wrong",
                "lines": [tmp_path / "none"],
            }
            with pytest.raises(ProviderRefused, match="key is not accepted"):
                async with open_office(Settings(_env_file=None, data_dir=tmp_path / "data", **chosen), ""):
                    pass

    asyncio.run(script())


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=429)])
def test_a_service_that_cannot_be_reached_is_no_wrong_key(tmp_path: Path, fault: Fault):
    async def script() -> None:
        async with DeepgramPeer() as peer:
            peer.faults = [fault]
            await check_keys(Settings(_env_file=None, stt="deepgram", deepgram_url=peer.url, deepgram_api_key="k"))

    asyncio.run(script())


def test_a_right_key_starts_and_costs_one_connection_without_audio(tmp_path: Path):
    async def script() -> None:
        async with DeepgramPeer() as peer:
            peer.keys = {"right"}
            async with started(tmp_path, stt="deepgram", deepgram_url=peer.url, deepgram_api_key="right") as stt:
                assert stt.wants == "continuous"
                assert stt.trouble == ""
            assert [stream.heard_ms for stream in peer.streams] == [0]

    asyncio.run(script())


def test_a_service_that_cannot_be_reached_is_trouble_and_the_other_one_listens(tmp_path: Path):
    async def script() -> None:
        async with DeepgramPeer() as peer:
            peer.faults = [Fault(status=503), Fault()]
            chosen = {"deepgram_url": peer.url, "deepgram_api_key": "k"}
            async with started(tmp_path, stt="deepgram", stt_fallback="flux", **chosen) as stt:
                assert stt.trouble.startswith("deepgram: no connection (503), left alone for 30 s")
                recognition = await stt.open("c1", 2000)
                assert peer.streams[-1].query["model"] == ["flux-general-en"]
                await recognition.aclose()

    asyncio.run(script())


def test_an_address_that_is_none_is_refused():
    with pytest.raises(ValueError, match="must look like wss:"):
        Settings(_env_file=None, deepgram_url="https://api.deepgram.com")


def test_when_flux_ends_turns_is_the_operators_to_say(tmp_path: Path):
    async def script() -> None:
        async with FluxPeer() as peer:
            chosen = {"flux_end_of_turn": 0.8, "flux_eager_end_of_turn": 0.5, "flux_end_of_turn_ms": 3000}
            async with started(tmp_path, stt="flux", deepgram_url=peer.url, deepgram_api_key="k", **chosen):
                query = peer.streams[-1].query
        assert query["eot_threshold"] == ["0.8"]
        assert query["eager_eot_threshold"] == ["0.5"]
        assert query["eot_timeout_ms"] == ["3000"]

    asyncio.run(script())


def test_a_turn_cannot_be_over_before_it_may_be():
    with pytest.raises(ValueError, match="EAGER_END_OF_TURN must be at most"):
        Settings(_env_file=None, flux_end_of_turn=0.5, flux_eager_end_of_turn=0.6)


@pytest.mark.parametrize("wanted", [False, True])
def test_the_model_that_votes_on_turns_is_opened_only_when_wanted(wanted: bool):
    async def script() -> None:
        async with AsyncExitStack() as stack:
            vote = await open_turn_vote(Settings(_env_file=None, smart_turn=wanted), stack)
            assert (vote is not None) is wanted
            if vote is not None:
                chance = await vote.vote(bytes(16_000), 5000)
                assert chance is not None
                assert 0.0 <= chance <= 1.0

    asyncio.run(script())
