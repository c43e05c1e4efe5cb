import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from telephony.double import virtual_time
from tests.fakes.office import virtually
from tests.peers.elevenlabs import API_KEY, VOICE, ElevenLabsPeer
from tests.peers.speech import LETTER_MS, hear, say
from voice.cooldown import COOL_DOWN_MS as REST_MS
from voice.errors import ProviderFailed, ProviderLate, ProviderRefused
from voice.tts.elevenlabs import Account, ElevenLabs
from voice.tts.failover import FIRST_AUDIO_MS, Failover
from voice.tts.port import Aligned, AskedTwice, Rendered, Switched, TellsSwitches, TextToSpeech

pytestmark = pytest.mark.unit

TEXT = "your order left our warehouse on tuesday and it should be there by friday"
WORDS = TEXT.split()


@dataclass
class Spoken:
    """A voice that does as told, letter by letter; what it was asked is kept."""

    name: str
    first_ms: int = 100
    letter_ms: int = 10
    fails_after: int | None = None
    """Letters; then it raises `error`, or stops when that is None."""
    error: Exception | None = None
    trouble: str = ""
    asked: list[str] = field(default_factory=list)
    closed: int = 0

    async def speak(self, text, language, deadline_ms):
        self.asked.append(text)
        try:
            await asyncio.sleep(self.first_ms / 1000)
            for number, letter in enumerate(text):
                if number == self.fails_after:
                    if self.error is not None:
                        raise self.error
                    await asyncio.sleep(3600)
                yield say(letter)
                await asyncio.sleep(self.letter_ms / 1000)
        finally:
            self.closed += 1


class Telling(Spoken):
    """The same, telling how far it is."""

    async def speak_aligned(self, text, language, deadline_ms):
        said = 0
        async with aclosing(self.speak(text, language, deadline_ms)) as speech:
            async for pcm in speech:
                said += 1
                yield Aligned(pcm, said)


async def said_by(voice: TextToSpeech, text: str = TEXT, deadline_ms: int = 1500) -> str:
    return hear(b"".join([pcm async for pcm in voice.speak(text, "en", deadline_ms)]))


def now_ms() -> float:
    return asyncio.get_running_loop().time() * 1000


async def first_audio_ms(voice: TextToSpeech) -> float:
    began_ms = now_ms()
    async with aclosing(voice.speak(TEXT, "en", 1500)) as speech:
        await anext(speech)
        return now_ms() - began_ms


@virtually
async def test_the_first_voice_speaks_as_long_as_it_is_well():
    first, second = Spoken("first"), Spoken("second")
    voices: TextToSpeech = Failover([first, second])
    assert await said_by(voices) == TEXT
    assert second.asked == []
    assert voices.name == "first"
    assert voices.trouble == ""


@virtually
async def test_a_voice_that_says_no_is_replaced_at_once_and_rests():
    first, second = Spoken("first", 0, 10, 0, ProviderFailed("first", "answered 500")), Spoken("second")
    told: list[Switched | AskedTwice] = []
    voices = Failover([first, second], told.append)
    with capture_logs() as logs:
        assert await said_by(voices) == TEXT
        assert await said_by(voices) == TEXT
    assert len(first.asked) == 1
    assert told == [Switched("first", "second", "first: answered 500", mid_sentence=False)]
    assert voices.trouble == "first: answered 500"
    assert [entry["event"] for entry in logs] == ["voice failed"]


@virtually
async def test_a_voice_that_takes_the_text_and_sends_nothing_is_replaced_within_its_time():
    first, second = Spoken("first", fails_after=0), Spoken("second", first_ms=100)
    assert await first_audio_ms(Failover([first, second])) == pytest.approx(FIRST_AUDIO_MS + 100, abs=20)
    assert first.closed == 1


@virtually
async def test_silence_is_not_audio():
    class Silent(Spoken):
        async def speak(self, text, language, deadline_ms):
            while True:
                yield bytes(320)
                await asyncio.sleep(0.02)

    assert await first_audio_ms(Failover([Silent("first"), Spoken("second")])) < FIRST_AUDIO_MS + 150


@virtually
async def test_a_voice_that_ends_without_a_sound_is_replaced():
    class Mute(Spoken):
        async def speak(self, text, language, deadline_ms):
            return
            yield b""

    assert await said_by(Failover([Mute("first"), Spoken("second")])) == TEXT


@pytest.mark.parametrize("letters", range(1, len(TEXT), 3))
@pytest.mark.parametrize("error", [ProviderFailed("first", "gone"), None])
def test_a_voice_that_breaks_in_the_middle_is_continued_from_the_first_word_not_said(letters, error):
    async def script():
        told: list[Switched | AskedTwice] = []
        first, second = Telling("first", fails_after=letters, error=error), Telling("second")
        heard = await said_by(Failover([first, second], told.append))
        whole = len(TEXT[:letters].rsplit(" ", 1)[0].split()) if TEXT[letters] != " " else len(TEXT[:letters].split())
        whole = whole if " " in TEXT[:letters] or TEXT[letters] == " " else 0
        assert second.asked == [" ".join(WORDS[whole:])]
        assert heard.replace(" ", "") == (TEXT[:letters] + second.asked[0]).replace(" ", "")
        assert [switch.mid_sentence for switch in told if isinstance(switch, Switched)] == [True]

    virtual_time.run(script())


@virtually
async def test_it_is_not_taken_for_stopped_while_what_came_still_plays():
    """As services do: much at once, then nothing for seconds, then the rest."""

    class Bursts(Spoken):
        async def speak(self, text, language, deadline_ms):
            yield say(text[:40])
            await asyncio.sleep(40 * LETTER_MS / 1000 - 0.05)
            yield say(text[40:])

    second = Spoken("second")
    assert await said_by(Failover([Bursts("first"), second])) == TEXT
    assert second.asked == []


@virtually
async def test_a_voice_that_stopped_is_replaced_when_its_audio_has_run_out():
    first, second = Telling("first", first_ms=0, letter_ms=0, fails_after=40), Telling("second", first_ms=100)
    at_ms = [now_ms()]
    async with aclosing(Failover([first, second]).speak(TEXT, "en", 1500)) as speech:
        at_ms += [now_ms() async for _ in speech]
    assert max(after - before for before, after in pairwise(at_ms)) == pytest.approx(1700, abs=20)
    assert at_ms[-1] > 40 * LETTER_MS


@virtually
async def test_a_listener_that_takes_its_time_does_not_make_a_voice_late():
    second = Spoken("second")
    heard = b""
    async for pcm in Failover([Spoken("first"), second]).speak(TEXT[:20], "en", 1500):
        heard += pcm
        await asyncio.sleep(2)
    assert hear(heard) == TEXT[:20].strip()
    assert second.asked == []


@virtually
async def test_three_voices_that_break_say_every_word_once_or_twice_at_most():
    voices = [Telling("one", fails_after=20), Telling("two", fails_after=16), Telling("three")]
    heard = await said_by(Failover(voices))
    assert voices[1].asked == [TEXT[20:]]
    assert heard.endswith(" ".join(voices[2].asked[0].split()))
    assert voices[2].asked[0] in voices[1].asked[0]


@virtually
async def test_when_none_can_go_on_the_last_error_is_raised_and_nothing_was_said_twice():
    voices = Failover([Telling("one", fails_after=11), Telling("two", fails_after=0)])
    heard = bytearray()

    async def listen():
        async for pcm in voices.speak(TEXT, "en", 1500):
            heard.extend(pcm)

    with pytest.raises(ProviderLate, match="two"):
        await listen()
    assert hear(bytes(heard)) == "your order"


@virtually
async def test_a_single_voice_may_go_on_by_itself():
    class Once(Telling):
        async def speak(self, text, language, deadline_ms):
            self.fails_after = 11 if not self.asked else None
            async with aclosing(super().speak(text, language, deadline_ms)) as speech:
                async for pcm in speech:
                    yield pcm

    told: list[Switched | AskedTwice] = []
    voice = Once("only", error=ProviderFailed("only", "the socket was closed"))
    assert await said_by(Failover([voice], told.append)) == TEXT
    assert voice.asked == [TEXT, TEXT[11:]]
    assert told == []


@virtually
async def test_a_voice_is_asked_again_when_it_has_rested():
    first, second = Spoken("first", fails_after=0), Spoken("second")
    voices = Failover([first, second])
    await said_by(voices, "hello")
    first.fails_after = None
    await said_by(voices, "hello")
    assert len(first.asked) == 1
    await asyncio.sleep(REST_MS / 1000)
    assert await said_by(voices, "hello") == "hello"
    assert len(first.asked) == 2
    assert voices.trouble == ""


@virtually
async def test_calls_share_what_is_known_and_each_is_told_of_its_own_switches():
    voices = Failover([Spoken("first", fails_after=0), Spoken("second")])
    assert isinstance(voices, TellsSwitches)
    mine: list[Switched | AskedTwice] = []
    yours: list[Switched | AskedTwice] = []
    await said_by(voices.telling(mine.append))
    await said_by(voices.telling(yours.append))
    assert len(mine) == 1
    assert yours == []


@virtually
async def test_a_refusal_is_not_tried_again_for_long():
    first = Spoken("first", 0, 10, 0, ProviderRefused("first", "the key is wrong"))
    voices = Failover([first, Spoken("second")])
    for _ in range(2):
        await said_by(voices, "hello")
        await asyncio.sleep(REST_MS / 1000)
    assert len(first.asked) == 1


@virtually
async def test_closing_closes_the_voice_that_speaks():
    first = Spoken("first")
    async with aclosing(Failover([first]).speak(TEXT, "en", 1500)) as speech:
        await anext(speech)
    assert first.closed == 1


@virtually
async def test_nothing_to_say_asks_nobody():
    first = Spoken("first")
    assert await said_by(Failover([first]), " ... ") == ""
    assert first.asked == []


@virtually
async def test_a_prompt_is_rendered_by_the_first_that_can_and_told_whose_it_is():
    class Rendering(Spoken):
        async def render(self, text, language, deadline_ms):
            if self.error is not None:
                raise self.error
            return Rendered(say(text), self.name)

    second = Spoken("second")
    made = await Failover([Rendering("first"), second]).render(TEXT, "en", 5000)
    assert (hear(made.pcm), made.voice, second.asked) == (TEXT, "first", [])
    refused = Rendering("first", error=ProviderRefused("first", "the plan's characters are used up"))
    made = await Failover([refused, second]).render(TEXT, "en", 5000)
    assert (hear(made.pcm), made.voice) == (TEXT, "second")
    with pytest.raises(ProviderRefused):
        await Failover([refused]).render(TEXT, "en", 5000)


def test_a_service_that_fails_in_the_middle_of_a_call_is_continued_by_another():
    """ElevenLabs' protocol on loopback, every fault in turn; the ear hears each word, none of them twice."""

    async def script(fault):
        async with ElevenLabsPeer() as peer, ElevenLabsPeer() as other:
            peer.chunk_letters, peer.stop_after_letters = 5, 22
            accounts = [Account(API_KEY, VOICE, url=one.url) for one in (peer, other)]
            async with (
                ElevenLabs.opened(accounts[0], ["en"]) as first,
                ElevenLabs.opened(accounts[1], ["en"]) as second,
            ):
                told: list[Switched | AskedTwice] = []
                voices = Failover([first, second], told.append, first_audio_ms=200)
                assert await said_by(voices) == TEXT
                peer.fault = fault
                heard = await said_by(voices)
        middle = fault in {"stops", "ends early", "closes"}
        cut, left = (TEXT[:22], TEXT[20:]) if middle else ("", TEXT)
        assert other.told("text") == [left], fault
        assert heard.replace(" ", "") == (cut + left).replace(" ", ""), fault
        assert [switch.mid_sentence for switch in told if isinstance(switch, Switched)] == [middle]

    for fault in (
        "quota", "wrong key later", "malformed", "empty", "quota without a word", "half-dead", "closes", "stops",
        "ends early",
    ):  # fmt: skip
        asyncio.run(script(fault))


async def pieces_of(voices: Failover, text: str = TEXT) -> list[Aligned]:
    return [piece async for piece in voices.speak_aligned(text, "en", 1500)]


def words_told(pieces: list[Aligned], text: str = TEXT) -> list[tuple[str, str]]:
    """After each piece: the words that it is told were said, and all letters that were heard by then."""
    heard, told = b"", []
    for piece in pieces:
        heard += piece.pcm
        told.append((text[: piece.said], hear(heard).replace(" ", "")))
    return told


@virtually
async def test_what_a_voice_tells_of_its_words_is_passed_on_across_a_break():
    first, second = Telling("first", fails_after=22, error=ProviderFailed("first", "gone")), Telling("second")
    pieces = await pieces_of(Failover([first, second]))
    said = [piece.said for piece in pieces]
    assert said[21] == 22
    assert said[22] == TEXT.index(second.asked[0]) + 1
    assert said[-1] == len(TEXT)
    for told, heard in words_told(pieces):
        whole = told.rsplit(" ", 1)[0].replace(" ", "")  # the last one may be broken
        assert whole in heard or heard.startswith(TEXT[:22].replace(" ", ""))


@virtually
async def test_of_a_voice_that_goes_on_and_does_not_tell_the_words_are_estimated():
    first, second = Telling("first", fails_after=30, error=ProviderFailed("first", "gone")), Spoken("second")
    pieces = await pieces_of(Failover([first, second]))
    rest = TEXT.index(second.asked[0])
    said = [piece.said for piece in pieces if piece.said is not None]
    assert len(said) == len(pieces)
    assert all(one >= rest for one in said[30:])
    assert max(said[30:]) > rest


@virtually
async def test_a_voice_that_does_not_tell_tells_nothing_and_neither_does_the_one_that_goes_on():
    first, second = Spoken("first", fails_after=30, error=ProviderFailed("first", "gone")), Telling("second")
    assert {piece.said for piece in await pieces_of(Failover([first, second]))} == {None}


def test_the_services_own_alignment_is_told_behind_the_failover_and_after_a_break():
    """ElevenLabs' protocol on loopback: what is told is never more than what was heard."""

    async def script(fault):
        async with ElevenLabsPeer() as peer, ElevenLabsPeer() as other:
            peer.chunk_letters, other.chunk_letters, peer.stop_after_letters = 5, 7, 22
            accounts = [Account(API_KEY, VOICE, url=one.url) for one in (peer, other)]
            async with (
                ElevenLabs.opened(accounts[0], ["en"]) as first,
                ElevenLabs.opened(accounts[1], ["en"]) as second,
            ):
                peer.fault = fault
                pieces = await pieces_of(Failover([first, second], first_audio_ms=400))
        assert pieces[-1].said == len(TEXT)
        letters = 0
        for piece in pieces:
            assert piece.said is not None
            letters += len(hear(piece.pcm).replace(" ", ""))
            assert len(TEXT[: piece.said].replace(" ", "")) <= letters
        assert len(pieces) > 5

    for fault in ("", "closes", "ends early"):
        asyncio.run(script(fault))
