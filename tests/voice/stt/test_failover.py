"""Another recogniser takes over: nothing that was said is lost, nothing comes twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from tests.fakes.scripted_stt import ScriptedStt
from tests.fakes.speaking import Speaker, sound
from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault
from tests.peers.flux import FluxPeer
from voice.errors import ProviderFailed
from voice.stt.choosing import Route
from voice.stt.deepgram import Deepgram
from voice.stt.failover import FailoverStt
from voice.stt.flux import Flux
from voice.stt.hosted import HostedStt
from voice.stt.port import Expectation, ProviderSwitched, Recognition, Result, Transcript, Unrecognised, Vocabulary

pytestmark = pytest.mark.adapter

TEXTS = ["where is my order", "four seven one two nine", "no thank you"]


def deepgram(peer: DeepgramPeer, name: str = "deepgram") -> Route:
    return Route(name, HostedStt(Deepgram("k", peer.url)))


@asynccontextmanager
async def call(routes: Sequence[Route], pace: float = 0.0) -> AsyncIterator[Speaker]:
    speaker = Speaker(await FailoverStt(routes).open("c1", 4000), 10_000, pace=pace)
    try:
        yield speaker
    finally:
        await speaker.aclose()


def switches(caller: Speaker) -> list[tuple[str, str, str]]:
    return [
        (one.provider, one.successor, one.reason)
        for one in caller.told(ProviderSwitched)
        if isinstance(one, ProviderSwitched)
    ]


async def say_all(caller: Speaker, gap_ms: int = 400) -> None:
    """Three utterances; each waits for the result of the one before, as a conversation does."""
    for number in range(3):
        await caller.say(1200)
        await caller.until(number + 1)
        await caller.quiet(gap_ms)


def test_while_all_is_well_nothing_is_noticed():
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as first, DeepgramPeer(TEXTS) as second:
            async with call([deepgram(first), deepgram(second, "second")]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == []
            assert second.streams == []

    asyncio.run(script())


@pytest.mark.parametrize(
    "fault",
    [Fault(status=401), Fault(status=402), Fault(status=429), Fault(status=500), Fault(connect_s=1.5)],
    ids=["wrong key", "nothing to spend", "too many", "broken", "no handshake"],
)
def test_a_route_that_does_not_open_is_passed_over(fault: Fault, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("voice.stt.choosing.OPEN_MS", 900)

    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as second:
            first = DeepgramPeer(TEXTS)
            first.always = fault
            async with first, call([deepgram(first), deepgram(second, "second")]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS

    asyncio.run(script())


def test_nobody_there_at_all_is_an_error_when_the_call_begins():
    async def script() -> None:
        nobody = Route("deepgram", HostedStt(Deepgram("k", "ws://127.0.0.1:9")))
        with pytest.raises(ProviderFailed, match="cannot be reached"):
            await FailoverStt([nobody]).open("c1", 1000)

    asyncio.run(script())


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(close_after_ms=700), "broken"),
        (Fault(close_after_ms=1300), "broken"),
        (Fault(malformed=True), "broken"),
        (Fault(dead_after_ms=0), "late"),
        (Fault(slow=60.0), "late"),
    ],
    ids=["closes in the middle of speech", "closes after speech", "malformed", "half dead", "slow"],
)
def test_what_fails_in_the_middle_is_replaced_and_every_utterance_has_its_words_once(fault: Fault, reason: str):
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.05) as first, DeepgramPeer(TEXTS, delay_s=0.02) as second:
            first.faults = [fault]
            async with call([deepgram(first), deepgram(second, "second")]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == [("deepgram", "second", reason)]

    asyncio.run(script())


def test_what_was_understood_before_the_break_is_not_said_again():
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as first, DeepgramPeer(TEXTS[1:], delay_s=0.02) as second:
            first.faults = [Fault(close_after_ms=3300)]
            async with call([deepgram(first), deepgram(second, "second")]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == [("deepgram", "second", "broken")]
                assert second.streams[0].heard_ms < 6000

    asyncio.run(script())


def test_speech_without_a_word_for_two_seconds_is_a_recogniser_that_does_not_hear():
    async def script() -> None:
        text = "i would like to know where the tent is that i ordered last week"
        async with DeepgramPeer([text]) as first, DeepgramPeer([text], delay_s=0.02) as second:
            first.faults = [Fault(dead_after_ms=0)]
            async with call([deepgram(first), deepgram(second, "second")], pace=1.0) as caller:
                await caller.say(3300)
                await caller.until(1)
                assert caller.texts == [text]
                assert switches(caller) == [("deepgram", "second", "silent")]

    asyncio.run(script())


def test_long_noise_does_not_cost_a_route_its_good_name():
    async def script() -> None:
        async with DeepgramPeer([]) as first, DeepgramPeer([], delay_s=0.02) as second:
            stt = FailoverStt([deepgram(first), deepgram(second, "second")])
            caller = Speaker(await stt.open("c1", 2000), pace=1.0)
            await caller.say(2600)
            await caller.until(1)
            assert caller.texts == ["<noise>"]
            assert switches(caller) == [("deepgram", "second", "silent")]
            assert stt.trouble == ""
            await caller.aclose()

    asyncio.run(script())


def test_one_route_alone_gets_a_new_connection():
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as peer:
            peer.faults = [Fault(close_after_ms=700)]
            async with call([deepgram(peer)]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == [("deepgram", "deepgram", "broken")]

    asyncio.run(script())


def test_when_nothing_listens_every_utterance_is_late_in_time_and_the_call_goes_on():
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as peer:
            peer.faults = [Fault(close_after_ms=700), Fault(status=500), Fault(status=500), Fault(status=500)]
            async with call([deepgram(peer)]) as caller:
                await caller.say(1200, deadline_ms=500)
                await caller.until(1)
                assert caller.texts == ["<late>"]
                await asyncio.sleep(2.0)
                await caller.say(1200)
                await caller.until(2)
                assert caller.texts == ["<late>", TEXTS[0]]

    asyncio.run(script())


def test_a_recogniser_of_utterances_takes_over_from_a_continuous_one():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first:
            first.faults = [Fault(close_after_ms=700)]
            offline = ScriptedStt(TEXTS, delay_ms=20)
            async with call([deepgram(first), Route("offline", offline)]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == [("deepgram", "offline", "broken")]

    asyncio.run(script())


class Told:
    """A recogniser of utterances that remembers what it was told, and says what it is given."""

    def __init__(self, *says: Transcript | Unrecognised) -> None:
        self.says = says
        self.began: list[int] = []
        self.audio: list[int] = []
        self.wants: Literal["speech", "continuous"] = "speech"
        self.trouble = ""
        self._results: asyncio.Queue[Result | None] = asyncio.Queue()

    async def learn(self, vocabularies: Sequence[Vocabulary]) -> None:
        pass

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        return self

    def expect(self, expectation: Expectation) -> None:
        pass

    def speech_started(self, at_ms: int) -> None:
        self.began.append(at_ms)
        self.audio.append(0)

    def write(self, pcm: bytes, at_ms: int) -> None:
        if self.audio:
            self.audio[-1] += len(pcm) // 16

    def speech_paused(self, at_ms: int) -> None:
        pass

    def speech_ended(self, at_ms: int, deadline_ms: int) -> None:
        for result in self.says:
            self._results.put_nowait(result)

    async def __aiter__(self) -> AsyncIterator[Result]:
        while (result := await self._results.get()) is not None:
            yield result

    async def aclose(self) -> None:
        self._results.put_nowait(None)


def test_a_recogniser_of_utterances_gets_their_beginnings_live_and_again():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first:
            first.faults = [Fault(close_after_sound_ms=300)]
            offline = Told(Transcript("yes", True, 10_600, 11_800), Transcript("no", True, 13_000, 15_000))
            async with call([deepgram(first), Route("offline", offline)]) as caller:
                await caller.quiet(900)
                one_ms, _ = await caller.say(900)
                await caller.until(1)
                await caller.quiet(900)
                two_ms, _ = await caller.say(900)
                await caller.until(2)
                assert offline.began == [one_ms - 300, two_ms - 300]
                assert all(1200 <= audio_ms <= 1700 for audio_ms in offline.audio)

    asyncio.run(script())


def test_one_failure_is_counted_once_however_often_it_is_told():
    async def script() -> None:
        async with DeepgramPeer(TEXTS, delay_s=0.02) as second:
            late = Unrecognised("late", 0, 1_000_000)
            stt = FailoverStt([Route("told", Told(late, late)), deepgram(second)])
            caller = Speaker(await stt.open("c1", 2000), 10_000)
            await caller.say(900)
            await caller.until(1)
            assert caller.texts == [TEXTS[0]]
            assert stt.trouble.endswith("left alone for 30 s")
            await caller.aclose()

    asyncio.run(script())


def test_a_successor_that_had_no_time_is_not_left_for_it():
    async def script() -> None:
        async with (
            DeepgramPeer(TEXTS) as first,
            DeepgramPeer(TEXTS) as second,
            DeepgramPeer(TEXTS, delay_s=0.02) as third,
        ):
            first.always = second.always = Fault(dead_after_ms=0)
            routes = [deepgram(peer, name) for peer, name in ((first, "a"), (second, "b"), (third, "c"))]
            async with call(routes) as caller:
                await caller.say(900, deadline_ms=600)
                await caller.until(1)
                assert caller.texts == ["<late>"]
                await asyncio.sleep(0.3)
                assert switches(caller) == [("a", "b", "late")]
                await caller.say(900)
                await caller.until(2)
                assert caller.texts == ["<late>", TEXTS[0]]
                assert switches(caller)[1:] == [("b", "c", "late")]

    asyncio.run(script())


def test_flux_is_followed_by_deepgram():
    async def script() -> None:
        async with FluxPeer(TEXTS, delay_s=0.02) as flux, DeepgramPeer(TEXTS, delay_s=0.02) as second:
            flux.faults = [Fault(close_after_ms=700)]
            preferred = Route("flux", HostedStt(Flux("k", flux.url)))
            async with call([preferred, deepgram(second)]) as caller:
                await say_all(caller)
                assert caller.texts == TEXTS
                assert switches(caller) == [("flux", "deepgram", "broken")]

    asyncio.run(script())


def test_the_next_call_does_not_try_a_route_that_failed_and_people_are_told():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first, DeepgramPeer(TEXTS, delay_s=0.02) as second:
            first.faults = [Fault(status=402)]
            stt = FailoverStt([deepgram(first), deepgram(second, "second")])
            calls: list[Recognition] = [await stt.open(f"c{number}", 2000) for number in range(3)]
            assert (first.refused, len(first.streams), len(second.streams)) == (1, 0, 3)
            assert stt.trouble.startswith("deepgram: the account has nothing left to spend (402), left alone for 300 s")
            for recognition in calls:
                await recognition.aclose()

    asyncio.run(script())


def test_a_call_that_ends_while_nothing_listens_ends_at_once():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as peer:
            peer.faults = [Fault(close_after_ms=300)]
            peer.always = Fault(connect_s=1.0)
            speaker = Speaker(await FailoverStt([deepgram(peer)]).open("c1", 2000))
            speaker.recognition.speech_started(0)
            await speaker.write(sound(600))
            await asyncio.sleep(0.1)
            loop = asyncio.get_running_loop()
            began_s = loop.time()
            await speaker.aclose()
            await speaker.aclose()
            assert loop.time() - began_s < 1.0

    asyncio.run(script())
