"""Flux's protocol against a peer that speaks it, and misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.speaking import Speaker, sound
from tests.peers.faults import Fault
from tests.peers.flux import FluxPeer
from voice.errors import ProviderFailed, ProviderRefused
from voice.stt.flux import Flux
from voice.stt.hosted import HostedStt
from voice.stt.port import EagerEnd, Transcript, TurnGoesOn, Unrecognised, Vocabulary

pytestmark = pytest.mark.adapter

KEY = "0123456789abcdef"


@asynccontextmanager
async def call(peer: FluxPeer, pace: float = 0.0) -> AsyncIterator[Speaker]:
    stt = HostedStt(Flux(KEY, peer.url))
    speaker = Speaker(await stt.open("c1", 2000), 10_000, pace=pace)
    try:
        yield speaker
    finally:
        await speaker.aclose()


def test_a_turn_comes_eagerly_then_for_good():
    async def script() -> None:
        async with FluxPeer(["where is my order"], delay_s=0.01) as peer, call(peer, pace=0.2) as caller:
            start_ms, end_ms = await caller.say(1400)
            (final,) = await caller.until(1)
            assert isinstance(final, Transcript)
            assert (final.text, final.start_ms, final.ends_turn) == ("where is my order", start_ms, True)
            assert abs(final.end_ms - end_ms) <= 500
            (eager,) = caller.told(EagerEnd)
            assert isinstance(eager, EagerEnd)
            assert eager.text == "where is my order"
            assert caller.results.index(eager) < caller.results.index(final)
            assert caller.partials()[0].text == "where"

    asyncio.run(script())


def test_a_turn_with_a_pause_is_one_turn_for_two_stretches_of_the_gate():
    async def script() -> None:
        async with (
            FluxPeer(["my number is", "four seven one"], delay_s=0.01, over_ms=900) as peer,
            call(peer, pace=0.2) as caller,
        ):
            first_ms, _ = await caller.say(800)
            await caller.quiet(200)
            await caller.say(800)
            await caller.quiet(900)
            (final,) = await caller.until(1)
            assert isinstance(final, Transcript)
            assert final.text == "my number is four seven one"
            assert final.start_ms == first_ms
            assert caller.told(TurnGoesOn)
            assert caller.texts == ["my number is four seven one"]

    asyncio.run(script())


def test_a_turn_that_flux_leaves_open_is_ended_in_time():
    async def script() -> None:
        async with FluxPeer(["my number is"], delay_s=0.01, over_ms=60_000) as peer, call(peer) as caller:
            await caller.say(900, deadline_ms=1000)
            await caller.until(1)
            assert caller.texts == ["my number is"]
            assert len(peer.times("forced")) == 1

    asyncio.run(script())


def test_a_cough_is_noise():
    async def script() -> None:
        async with FluxPeer([], delay_s=0.01) as peer, call(peer) as caller:
            span = await caller.say(200)
            await caller.quiet(600)
            assert await caller.until(1) == [Unrecognised("noise", *span)]

    asyncio.run(script())


def test_what_is_asked_for_stands_in_the_address():
    async def script() -> None:
        async with FluxPeer() as peer:
            peer.keys = {KEY}
            stt = HostedStt(Flux(KEY, peer.url))
            await stt.learn([Vocabulary("menu", "open", ("the rucksack please",))])
            await stt.check(2000)
            query = peer.streams[0].query
        assert query["model"] == ["flux-general-en"]
        assert query["eager_eot_threshold"] == ["0.4"]
        assert query["keyterm"] == ["rucksack"]

    asyncio.run(script())


def test_a_wrong_key_is_refused():
    async def script() -> None:
        async with FluxPeer() as peer:
            peer.keys = {"another"}
            with pytest.raises(ProviderRefused, match="key is not accepted"):
                await HostedStt(Flux(KEY, peer.url)).check(2000)

    asyncio.run(script())


def test_a_half_dead_connection_is_late_at_the_deadline():
    async def script() -> None:
        async with FluxPeer(["never told"]) as peer:
            peer.faults = [Fault(dead_after_ms=0)]
            async with call(peer) as caller:
                span = await caller.say(600, deadline_ms=500)
                assert await caller.until(1) == [Unrecognised("late", *span)]

    asyncio.run(script())


@pytest.mark.parametrize("fault", [Fault(malformed=True), Fault(close_after_ms=600)])
def test_what_breaks_in_the_middle_is_told_by_iteration(fault: Fault):
    async def script() -> None:
        async with FluxPeer(["never told"]) as peer:
            peer.faults = [fault]
            async with call(peer) as caller:
                await caller.say(900)
                await caller.until(1)
                assert isinstance(caller.error, ProviderFailed)

    asyncio.run(script())


def test_silence_of_ours_keeps_an_idle_connection_alive_and_shifts_no_instant(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voice.stt.streaming.IDLE_S", 0.05)

    async def script() -> None:
        async with FluxPeer(["yes"], delay_s=0.01) as peer, call(peer) as caller:
            await caller.quiet(120)
            await asyncio.sleep(0.2)
            assert peer.streams[0].heard_ms > 120
            caller.at_ms += 5000
            caller.recognition.speech_started(caller.at_ms)
            start_ms = caller.at_ms
            await caller.write(sound(600))
            end_ms = caller.at_ms
            await caller.quiet(600)
            caller.recognition.speech_ended(end_ms, 2500)
            (final,) = await caller.until(1)
            assert isinstance(final, Transcript)
            assert (final.text, final.start_ms) == ("yes", start_ms)
            assert abs(final.end_ms - end_ms) <= 500

    asyncio.run(script())
