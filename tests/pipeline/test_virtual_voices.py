"""Whole calls in virtual time with two voices, the first of which fails: the second says what is left."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.fakes.office import virtual_office, virtually
from tests.fakes.voice import FAILINGS, Failing, ToneVoice
from voice.tts.failover import Failover
from voice.tts.port import Aligned

pytestmark = pytest.mark.call

ORDER = ["where is my order", "no thank you goodbye"]
ANSWER = "trail tent"
APOLOGY = "Sorry, this is taking a little longer."


class Second(ToneVoice):
    name = "second"


@pytest.mark.parametrize("how", FAILINGS)
@virtually
async def test_an_answer_in_which_the_first_voice_fails_is_said_by_the_second_without_an_apology(
    tmp_path: Path, how: Failing
):
    first, second = ToneVoice(), Second()
    first.fail(ANSWER, how=how)
    async with virtual_office(tmp_path, ORDER, prepared=True, speaks=Failover([first, second])) as office:
        call = await office.call()
        await call.turn()
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        assert record.outcome == "completed"
        said = [utterance for utterance in record.utterances if utterance.speaker == "assistant"]
        answer = next(utterance for utterance in said if ANSWER in utterance.text)
        assert answer.complete
        assert answer.heard_text == answer.text
        assert APOLOGY not in [utterance.text for utterance in said]
        (asked,) = [text for text in first.said if ANSWER in text]
        rest = second.said[0]
        assert asked.endswith(rest)
        assert (rest != asked) == (how == "halfway")
        (switch,) = [event.data for event in await office.events(call.sid) if event.kind == "provider.switched"]
        assert (switch["port"], switch["from"], switch["to"]) == ("tts", "tone", "second")
        assert switch["mid_sentence"] == (how == "halfway")
        waits = [silence.end_ms - silence.start_ms for silence in record.silences if silence.floor == "assistant"]
        assert max(waits, default=0) <= 3000


class TwoLines(ToneVoice):
    """Its first connection begins late, its second at once."""

    async def speak(self, text, language, deadline_ms):
        await asyncio.sleep(0.5)
        async with aclosing(super().speak(text, language, deadline_ms)) as speech:
            async for pcm in speech:
                yield pcm

    async def speak_apart(self, text, language, deadline_ms):
        yield Aligned(self._audio(text), None)


@virtually
async def test_an_answer_that_is_late_is_asked_for_twice_heard_once_and_its_cost_is_in_the_log(tmp_path: Path):
    speaks = Failover([TwoLines()], hedge_ms=150)
    async with virtual_office(tmp_path, ORDER, prepared=True, speaks=speaks) as office:
        call = await office.call()
        await call.turn()
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        (wasted,) = [event.data for event in await office.events(call.sid) if event.kind == "provider.wasted"]
        said = [one for one in record.utterances if one.speaker == "assistant" and ANSWER in one.text]
        assert [one.complete for one in said] == [True]
        assert (wasted["port"], wasted["why"], wasted["gained"]) == ("tts", "hedged", True)
        assert wasted["characters"] >= len(ANSWER)
