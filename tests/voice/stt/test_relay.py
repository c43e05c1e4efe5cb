"""How often a call looks for a recogniser while there is none, and what speech without a word leads to."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Final

import pytest

from telephony.double.virtual_time import run
from tests.fakes.scripted_stt import ScriptedStt
from tests.fakes.speaking import Speaker
from tests.peers.deepgram import DeepgramPeer
from tests.peers.faults import Fault
from voice.cooldown import COOL_DOWN_MS
from voice.stt.choosing import Route
from voice.stt.deepgram import Deepgram
from voice.stt.failover import FailoverStt
from voice.stt.hosted import HostedStt
from voice.stt.listening import Listening, Utterance
from voice.stt.port import ProviderSwitched, Recognition, Result

pytestmark = pytest.mark.adapter

TEXTS: Final = ["where is my order", "four seven one", "no thank you", "good bye then"]
SILENCE_MS: Final = 12_000
PAUSES_MS: Final = (250, 500, 1000, 2000, 4000, 4000)
MOST_LATE_MS: Final = 300
"""What it takes to notice that a connection broke."""


class Noted(HostedStt):
    """Notes when it is asked to open."""

    def __init__(self, peer: DeepgramPeer) -> None:
        super().__init__(Deepgram("k", peer.url))
        self.asked_ms: list[int] = []

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        self.asked_ms.append(round(asyncio.get_running_loop().time() * 1000))
        return await super().open(call_id, deadline_ms)


def switches(caller: Speaker) -> list[tuple[str, str]]:
    told = caller.told(ProviderSwitched)
    return [(one.successor, one.reason) for one in told if isinstance(one, ProviderSwitched)]


@pytest.mark.parametrize(
    "fault", [Fault(status=500), Fault(close_after_ms=0)], ids=["it does not open", "it opens and breaks at once"]
)
def test_a_call_that_nobody_listens_to_tries_again_ever_more_seldom(fault: Fault):
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as peer:
            peer.faults, peer.always = [Fault(close_after_ms=700)], fault
            stt = Noted(peer)
            caller = Speaker(await FailoverStt([Route("deepgram", stt)]).open("c1", 4000), pace=1.0)
            await caller.say(1200)
            await caller.quiet(SILENCE_MS)
            await caller.aclose()
            assert stt.asked_ms[1] - 700 < MOST_LATE_MS, "at once"
            pauses_ms = [later - earlier for earlier, later in pairwise(stt.asked_ms[1:])]
            assert len(pauses_ms) >= 5
            late_ms = [waited - due for waited, due in zip(pauses_ms, PAUSES_MS, strict=False)]
            assert all(0 <= late < MOST_LATE_MS for late in late_ms), late_ms

    run(script())


def test_an_attempt_that_is_of_use_makes_the_next_one_prompt():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as peer:
            peer.faults = [Fault(close_after_ms=700), Fault(status=500), Fault(status=500), Fault(close_after_ms=4000)]
            stt = Noted(peer)
            caller = Speaker(await FailoverStt([Route("deepgram", stt)]).open("c1", 4000), pace=1.0)
            await caller.say(1200)
            await caller.quiet(SILENCE_MS)
            await caller.aclose()
            pauses_ms = [round(later - earlier, -1) for earlier, later in pairwise(stt.asked_ms[1:])]
            assert pauses_ms[:2] == [250, 500]
            assert len(pauses_ms) == 3, "the fourth connection broke later, and one attempt was enough"

    run(script())


@pytest.mark.parametrize("others", [0, 1])
def test_utterances_without_a_word_lead_to_another_recogniser_or_a_new_connection(others: int):
    """Two of 1.2 s, each answered in time, without words: 2 s of speech, counted across them."""

    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first, DeepgramPeer(TEXTS) as second:
            first.faults = [Fault(no_words=True)]
            routes = [Route("first", Noted(first)), Route("second", Noted(second))][: 1 + others]
            caller = Speaker(await FailoverStt(routes).open("c1", 4000), pace=1.0)
            for number in range(3):
                await caller.say(1200)
                await caller.until(number + 1)
                await caller.quiet(600)
            await caller.aclose()
            assert switches(caller) == [(routes[-1].name, "silent")]
            assert caller.texts == ["<noise>", *TEXTS[:2]]

    run(script())


def test_where_nothing_is_said_one_new_connection_is_enough():
    async def script() -> None:
        async with DeepgramPeer([]) as peer:
            stt = Noted(peer)
            caller = Speaker(await FailoverStt([Route("deepgram", stt)]).open("c1", 4000), pace=1.0)
            for number in range(8):
                await caller.say(1200)
                await caller.until(number + 1)
                await caller.quiet(600)
            await caller.aclose()
            assert caller.texts == ["<noise>"] * 8
            assert len(stt.asked_ms) == 2

    run(script())


def test_a_caller_who_hangs_up_while_a_route_is_tried_again_leaves_it_to_the_next_call():
    async def script() -> None:
        async with DeepgramPeer(TEXTS) as first, DeepgramPeer(TEXTS) as second:
            first.faults = [Fault(status=500), Fault(connect_s=5.0)]
            stt = Noted(first)
            routes = [Route("deepgram", stt), Route("second", HostedStt(Deepgram("k", second.url)))]
            failover = FailoverStt(routes)
            await (await failover.open("c1", 4000)).aclose()
            await asyncio.sleep(COOL_DOWN_MS / 1000)
            opening = asyncio.create_task(failover.open("c2", 4000))
            await asyncio.sleep(0.5)
            opening.cancel()
            await asyncio.wait([opening])
            await (await failover.open("c3", 4000)).aclose()
            assert len(stt.asked_ms) == 3, "the third call tries it, too"

    run(script())


class Faulty(Listening):
    """A recognition whose adapter has a fault."""

    async def __aiter__(self) -> AsyncIterator[Result]:
        raise RuntimeError("a fault in an adapter")
        yield


class FaultyStt(ScriptedStt):
    """Opens nothing else."""

    async def open(self, call_id: str, deadline_ms: int) -> Recognition:
        del call_id, deadline_ms
        return Faulty(NoEngine())


class NoEngine:
    """Hears nothing."""

    def submit(self, utterance: Utterance) -> None: ...
    def write(self, utterance: Utterance, pcm: bytes) -> None: ...
    def end(self, utterance: Utterance, deadline_ms: int) -> None: ...
    def drop(self, utterance: Utterance) -> None: ...


def test_a_fault_of_an_adapter_ends_the_stream_and_does_not_leave_it_deaf():
    async def script() -> None:
        recognition = await FailoverStt([Route("faulty", FaultyStt([]))]).open("c1", 4000)
        with pytest.raises(RuntimeError, match="a fault in an adapter"):
            async with asyncio.timeout(5):
                await anext(aiter(recognition))
        await recognition.aclose()

    run(script())
