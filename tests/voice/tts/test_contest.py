import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from tests.fakes.office import virtually
from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from tests.peers.speech import hear, say
from voice.errors import ProviderFailed, ProviderLate
from voice.hedge import LEAST, SHARE
from voice.tts.elevenlabs import Account, ElevenLabs
from voice.tts.failover import Failover
from voice.tts.port import Aligned, AskedTwice, SpeaksApart, Switched, TellsWords, TextToSpeech

pytestmark = pytest.mark.unit

TEXT = "your order left our warehouse on tuesday"


@dataclass
class TwoLines:
    """A voice with two connections, each of which begins after its next delay; an error is raised after it."""

    name: str = "lines"
    trouble: str = ""
    delays_ms: dict[str, list[int | Exception]] = field(default_factory=lambda: {"first": [], "apart": []})
    """By connection; 100 ms when there is none left."""
    asked: list[tuple[str, float]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def speak(self, text, language, deadline_ms):
        raise NotImplementedError

    def speak_aligned(self, text, language, deadline_ms):
        return self._speak("first", text)

    def speak_apart(self, text, language, deadline_ms):
        return self._speak("apart", text)

    async def _speak(self, line: Literal["first", "apart"], text: str):
        self.asked.append((line, round(now_ms())))
        delay = self.delays_ms[line].pop(0) if self.delays_ms[line] else 100
        try:
            await asyncio.sleep((30 if isinstance(delay, Exception) else delay) / 1000)
            if isinstance(delay, Exception):
                raise delay
            for end, letter in enumerate(text, start=1):
                yield Aligned(say(letter), end)
                await asyncio.sleep(0.01)
        finally:
            self.closed.append(line)


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


async def said_by(voice: TextToSpeech, text: str = TEXT) -> str:
    return hear(b"".join([pcm async for pcm in voice.speak(text, "en", 1500)]))


async def begins_ms(voice: TextToSpeech) -> float:
    began_ms = now_ms()
    async with aclosing(voice.speak(TEXT, "en", 1500)) as speech:
        await anext(speech)
        return round(now_ms() - began_ms)


async def usual(voices: TextToSpeech) -> None:
    """So often that it is known what the first audio usually takes: 100 ms."""
    for _ in range(4 * LEAST):
        assert await said_by(voices, "hello") == "hello"


def lines(*first: int | Exception, apart: int | Exception = 100) -> tuple[TwoLines, Failover, list[Any]]:
    voice = TwoLines()
    told: list[Any] = []
    voice.delays_ms["first"] = [*[100] * (4 * LEAST), *first]
    voice.delays_ms["apart"] = [apart]
    return voice, Failover([voice], told.append, hedge_ms="auto"), told


@virtually
async def test_a_text_whose_sound_is_late_is_asked_for_again_and_the_first_to_speak_is_heard_once():
    voice, voices, told = lines(700)
    await usual(voices)
    assert isinstance(voice, SpeaksApart)
    assert {line for line, _ in voice.asked} == {"first"}
    began_ms = now_ms()
    assert await said_by(voices) == TEXT
    assert [line for line, _ in voice.asked[-2:]] == ["first", "apart"]
    assert [at_ms for _, at_ms in voice.asked[-2:]] == pytest.approx([began_ms, began_ms + 150], abs=3)
    assert voice.closed[-2:] == ["first", "apart"]  # the loser at once, the winner when all is said
    (twice,) = told
    assert (twice.characters, twice.gained) == (len(TEXT), True)


@virtually
async def test_the_winner_is_heard_as_soon_as_it_speaks():
    _, voices, _ = lines(700)
    await usual(voices)
    assert await begins_ms(voices) == pytest.approx(250, abs=3)


@virtually
async def test_the_first_may_still_win_and_the_second_is_closed():
    voice, voices, told = lines(180, apart=400)
    await usual(voices)
    assert await said_by(voices) == TEXT
    assert voice.closed[-2:] == ["apart", "first"]
    assert [one.gained for one in told] == [False]


@virtually
async def test_when_the_second_fails_the_first_is_still_waited_for():
    _, voices, _ = lines(400, apart=ProviderFailed("lines", "busy"))
    await usual(voices)
    assert await begins_ms(voices) == pytest.approx(400, abs=3)
    assert voices.trouble == ""


@virtually
async def test_when_the_first_fails_after_the_second_was_asked_the_second_is_waited_for():
    voice, voices, _ = lines(apart=300)

    class Slowly(ProviderFailed):
        pass

    await usual(voices)
    voice.delays_ms["first"] = [200]
    voice.delays_ms["apart"] = [300]
    broken = voice._speak

    async def breaks(line, text):
        async with aclosing(broken(line, text)) as pieces:
            async for piece in pieces:
                if line == "first":
                    raise Slowly("lines", "broke as it began")
                yield piece

    voice._speak = breaks  # type: ignore[method-assign]
    assert await begins_ms(voices) == pytest.approx(450, abs=3)


@virtually
async def test_when_both_are_late_the_text_fails_once_and_both_are_closed():
    voice, voices, told = lines(9000, apart=9000)
    second = TwoLines("second")
    voices = Failover([voice, second], told.append, hedge_ms="auto")
    for _ in range(4 * LEAST):
        await said_by(voices, "hello")
    began_ms = now_ms()
    assert await said_by(voices) == TEXT
    assert [line for line, _ in second.asked] == ["first"]
    assert second.asked[0][1] == pytest.approx(began_ms + 800, abs=3)
    assert sorted(voice.closed[-2:]) == ["apart", "first"]
    assert [type(one) for one in told] == [AskedTwice, Switched]


@virtually
async def test_when_both_fail_the_first_ones_error_is_told():
    voice, voices, _ = lines()
    await usual(voices)
    voice.delays_ms["first"] = [200, 200]
    voice.delays_ms["apart"] = [ProviderFailed("lines", "busy")] * 2

    async def mute(line, text):
        await asyncio.sleep(0.2)
        raise ProviderFailed("lines", f"{line} broke")
        yield

    voice._speak = mute  # type: ignore[method-assign]
    with pytest.raises(ProviderFailed, match="first broke"):
        await said_by(voices)


@virtually
async def test_a_listener_who_goes_while_both_are_asked_leaves_none_behind():
    voice, voices, _ = lines(700, apart=700)
    await usual(voices)
    listening = asyncio.create_task(begins_ms(voices))
    await asyncio.sleep(0.2)
    listening.cancel()
    await asyncio.wait([listening])
    assert sorted(voice.closed[-2:]) == ["apart", "first"]


@virtually
async def test_a_voice_that_is_slow_for_everybody_is_asked_a_quarter_more_at_most():
    voice = TwoLines()
    voices = Failover([voice], hedge_ms=150)
    voice.delays_ms["first"] = voice.delays_ms["apart"] = [600] * 200
    for _ in range(60):
        await begins_ms(voices)
    twice = sum(line == "apart" for line, _ in voice.asked)
    assert twice <= 60 * SHARE + 1


@virtually
async def test_a_caller_who_waits_already_has_it_asked_twice_at_once():
    voice, voices, told = lines(700)
    await usual(voices)
    assert await begins_ms(voices.telling(told.append, lambda: True)) == pytest.approx(120, abs=3)
    assert [one.waited_ms for one in told] == [20]
    assert [line for line, _ in voice.asked].count("apart") == 1


@virtually
async def test_without_a_hedge_and_without_another_connection_nothing_is_asked_twice():
    class OneLine(TwoLines):
        speak_apart = None  # type: ignore[assignment]

    for voices, voice in ((Failover([one := TwoLines()]), one), (Failover([two := OneLine()], hedge_ms=150), two)):
        voice.delays_ms["first"] = [700]
        assert await begins_ms(voices) == pytest.approx(700, abs=3)
        assert len(voice.asked) == 1


@virtually
async def test_a_voice_that_is_late_for_good_is_late_all_the_same():
    voice = TwoLines()
    voice.delays_ms["first"] = voice.delays_ms["apart"] = [9000] * 4
    with pytest.raises(ProviderLate):
        await said_by(Failover([voice], hedge_ms=150))


def test_a_text_that_one_socket_is_slow_with_is_said_by_another():
    """ElevenLabs' protocol on loopback; the loser speaks after the winner, and is not heard."""

    async def script():
        async with ElevenLabsPeer() as peer:
            delays_ms = [*[20] * LEAST, 600, 20, 20]
            peer.first_audio_ms = lambda: delays_ms.pop(0)
            async with ElevenLabs.opened(Account(API_KEY, VOICE, url=peer.url), ["en"], sockets=2) as voice:
                told: list[Any] = []
                voices = Failover([voice], told.append, hedge_ms="auto")
                assert isinstance(voices, TellsWords)
                for _ in range(LEAST):
                    await said_by(voices, "hello")
                pieces = [piece async for piece in voices.speak_aligned(TEXT, "en", 1500)]
                assert hear(b"".join(piece.pcm for piece in pieces)) == TEXT
                assert pieces[-1].said == len(TEXT)
                assert [one.gained for one in told] == [True]
                assert peer.told("text")[-2:] == [TEXT, TEXT]
                assert len(peer.sockets) == 2
                await asyncio.sleep(0.8)  # the loser has spoken by now
                assert [sign for sign, _ in peer.log].count("final " + peer.told("final")[-1]) == 1
                assert await said_by(voices, "hello") == "hello"

    async def run():
        async with asyncio.timeout(20):
            await script()

    asyncio.run(run())
