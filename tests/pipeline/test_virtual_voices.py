"""Whole calls in virtual time with two voices, the first of which fails: the second says what is left."""

from pathlib import Path

import pytest

from tests.fakes.office import virtual_office, virtually
from tests.fakes.voice import FAILINGS, Failing, ToneVoice
from voice.tts.failover import Failover

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
