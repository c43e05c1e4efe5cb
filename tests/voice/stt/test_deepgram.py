"""Deepgram's streaming protocol against a peer that speaks it, and misbehaves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.speaking import Speaker
from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault
from voice.errors import ProviderError, ProviderFailed, ProviderLate, ProviderRefused
from voice.stt.deepgram import Deepgram
from voice.stt.hosted import HostedStt
from voice.stt.port import Transcript, Unrecognised, Vocabulary

pytestmark = pytest.mark.adapter

KEY = "0123456789abcdef"


@asynccontextmanager
async def call(peer: DeepgramPeer) -> AsyncIterator[Speaker]:
    stt = HostedStt(Deepgram(KEY, peer.url))
    speaker = Speaker(await stt.open("c1", 2000), 10_000)
    try:
        yield speaker
    finally:
        await speaker.aclose()


def test_utterances_come_back_with_their_words_and_instants_of_the_call():
    async def script() -> None:
        async with DeepgramPeer(["where is my order", "no thank you"], delay_s=0.02) as peer, call(peer) as caller:
            first = await caller.say(1400)
            await caller.until(1)
            second = await caller.say(900)
            one, two = await caller.until(2)
        assert isinstance(one, Transcript)
        assert isinstance(two, Transcript)
        assert (one.text, one.start_ms, one.end_ms, one.settled) == ("where is my order", *first, True)
        assert (two.text, two.start_ms, two.end_ms) == ("no thank you", *second)
        assert one.confidence == pytest.approx(0.98)

    asyncio.run(script())


def test_partials_come_while_the_caller_speaks_and_settle_at_a_pause():
    async def script() -> None:
        async with (
            DeepgramPeer(["my order number is four seven"], delay_s=0.02, interim_delay_s=0.0) as peer,
            call(peer) as caller,
        ):
            caller.pace = 0.2
            await caller.say(1600)
            await caller.until(1)
            partials = caller.partials()
            assert partials[0].text == "my"
            assert not partials[0].settled
            assert partials[-1].settled
            assert partials[-1].text == "my order number is four seven"
            assert caller.texts == ["my order number is four seven"]
            assert len(peer.times("finalize")) == 1

    asyncio.run(script())


def test_missing_frames_do_not_shift_what_comes_after_them():
    async def script() -> None:
        async with DeepgramPeer(["one", "two"], delay_s=0.02) as peer, call(peer) as caller:
            await caller.say(600)
            await caller.until(1)
            caller.at_ms += 7000
            start_ms, end_ms = await caller.say(600)
            _, two = await caller.until(2)
        assert (two.start_ms, two.end_ms) == (start_ms, end_ms)
        assert caller.texts == ["one", "two"]

    asyncio.run(script())


def test_what_is_asked_for_stands_in_the_address_and_the_key_in_the_header_only():
    async def script() -> None:
        vocabulary = Vocabulary("menu", "open", ("where is my tent", "the rucksack please", "yes please"))
        async with DeepgramPeer() as peer:
            peer.keys = {KEY}
            stt = HostedStt(Deepgram(KEY, peer.url + "/", language="en-GB"), [vocabulary])
            await stt.check(2000)
            query = peer.streams[0].query
            path = peer.streams[0].connection.request.path if peer.streams[0].connection.request else ""
        assert query["encoding"] == ["mulaw"]
        assert query["sample_rate"] == ["8000"]
        assert query["endpointing"] == ["false"]
        assert query["interim_results"] == ["true"]
        assert query["language"] == ["en-GB"]
        assert "rucksack" in query["keyterm"]
        assert "please" not in query["keyterm"]
        assert path.startswith("/v1/listen?")
        assert KEY not in path
        assert [message["type"] for message in peer.streams[0].told] == ["CloseStream"]

    asyncio.run(script())


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(status=401, error="Invalid credentials."), ProviderRefused, "key is not accepted (401: Invalid cred"),
        (Fault(status=402), ProviderRefused, "nothing left to spend (402)"),
        (Fault(status=400, error="Bad model"), ProviderRefused, "wrong model, language or address (400: Bad model)"),
        (Fault(status=429), ProviderFailed, "too many connections at once (429)"),
        (Fault(status=500), ProviderFailed, "no connection (500)"),
        (Fault(connect_s=1.0), ProviderLate, "no connection within 300 ms"),
    ],
)
def test_a_refusal_says_in_one_line_what_is_wrong(fault: Fault, kind: type[ProviderError], said: str):
    async def script() -> None:
        async with DeepgramPeer() as peer:
            peer.faults = [fault]
            with pytest.raises(kind) as told:
                await HostedStt(Deepgram(KEY, peer.url)).open("c1", 300)
        assert said in str(told.value)
        assert KEY not in str(told.value)
        assert "\n" not in str(told.value)

    asyncio.run(script())


def test_a_service_that_cannot_be_reached_has_failed():
    async def script() -> None:
        with pytest.raises(ProviderFailed, match="cannot be reached"):
            await HostedStt(Deepgram(KEY, "ws://127.0.0.1:9")).open("c1", 1000)

    asyncio.run(script())


def test_no_words_are_noise():
    async def script() -> None:
        async with DeepgramPeer(["never told"], delay_s=0.02) as peer:
            peer.faults = [Fault(no_words=True)]
            async with call(peer) as caller:
                span = await caller.say(600)
                assert await caller.until(1) == [Unrecognised("noise", *span)]

    asyncio.run(script())


def test_a_half_dead_connection_is_late_at_the_deadline_and_not_before():
    async def script() -> None:
        async with DeepgramPeer(["never told"]) as peer:
            peer.faults = [Fault(dead_after_ms=0)]
            async with call(peer) as caller:
                loop = asyncio.get_running_loop()
                span = await caller.say(600, deadline_ms=700)
                ended_s = loop.time()
                assert await caller.until(1) == [Unrecognised("late", *span)]
                assert 0.69 <= loop.time() - ended_s < 1.2

    asyncio.run(script())


def test_ten_times_slower_is_late_and_the_late_words_are_not_told_to_the_next_utterance():
    async def script() -> None:
        async with DeepgramPeer(["slow one", "yes"], delay_s=0.08, interim_delay_s=0.08) as peer:
            peer.faults = [Fault(slow=10.0)]
            async with call(peer) as caller:
                await caller.say(600, deadline_ms=300)
                await caller.until(1)
                await asyncio.sleep(1.0)
                await caller.say(600, deadline_ms=2500)
                await caller.until(2)
                assert caller.texts == ["<late>", "yes"]

    asyncio.run(script())


def test_a_final_that_is_owed_to_nobodys_question_comes_from_the_interim_words():
    async def script() -> None:
        async with DeepgramPeer(["yes please"], answers=False, interim_delay_s=0.0) as peer, call(peer) as caller:
            caller.pace = 1.0
            await caller.say(700)
            await caller.quiet(900)
            await caller.until(1)
            assert caller.texts == ["yes please"]

    asyncio.run(script())


@pytest.mark.parametrize("fault", [Fault(malformed=True), Fault(close_after_ms=600)])
def test_what_breaks_in_the_middle_is_told_by_iteration(fault: Fault):
    async def script() -> None:
        async with DeepgramPeer(["never told"]) as peer:
            peer.faults = [fault]
            async with call(peer) as caller:
                await caller.say(900)
                await caller.until(1)
                assert isinstance(caller.error, ProviderFailed)
                assert caller.over == []

    asyncio.run(script())


def test_a_connection_without_audio_is_kept_alive(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voice.stt.streaming.IDLE_S", 0.05)

    async def script() -> None:
        async with DeepgramPeer() as peer:
            async with call(peer):
                await asyncio.sleep(0.3)
            assert {"type": "KeepAlive"} in peer.streams[0].told

    asyncio.run(script())


def test_closing_takes_less_than_a_second_even_when_the_peer_is_gone():
    async def script() -> None:
        loop = asyncio.get_running_loop()
        async with DeepgramPeer() as peer, call(peer) as caller:
            peer.streams[0].connection.transport.abort()
            began_s = loop.time()
            await caller.aclose()
            await caller.aclose()
            assert loop.time() - began_s < 1.0

    asyncio.run(script())
