"""Whole calls in virtual time: what the record says was heard of an answer that was cut short, against the ear."""

from contextlib import aclosing
from pathlib import Path

import pytest

from tests.fakes.office import virtual_office, virtually
from tests.fakes.voice import ToneVoice
from tests.peers.speech import hear, say
from voice.audio import ulaw_to_pcm
from voice.tts.failover import Failover
from voice.tts.port import Aligned

pytestmark = pytest.mark.call

PIECE_LETTERS = 5


class ToldVoice(ToneVoice):
    """Spells every letter, in pieces, and tells how far it is. Its long words take as long as their letters say."""

    name = "told"

    async def speak_aligned(self, text, language, deadline_ms):
        self.said.append(text)
        for start in range(0, len(text), PIECE_LETTERS):
            yield Aligned(say(text[start : start + PIECE_LETTERS]), min(len(text), start + PIECE_LETTERS))

    async def speak(self, text, language, deadline_ms):
        async with aclosing(self.speak_aligned(text, language, deadline_ms)) as pieces:
            async for piece in pieces:
                yield piece.pcm


@virtually
async def test_an_answer_by_a_voice_behind_the_failover_that_is_cut_short_was_heard_to_the_word(tmp_path: Path):
    said = ["what is your return policy", "where is my order", "no thank you goodbye"]
    async with virtual_office(tmp_path, said, prepared=True, speaks=Failover([ToldVoice(), ToneVoice()])) as office:
        call = await office.call()
        await call.quiet()
        await call.speak()
        await call.handset.wait_ms(700)  # into the answer
        await call.speak()
        await call.quiet(since_ms=call.handset.now_ms)
        await call.keys("12345")
        await call.turn()
        assert await call.over()
        record = await office.ended(call.sid)
        said_by_us = [one for one in record.utterances if one.speaker == "assistant"]
        (cut,) = [one for one in said_by_us if one.heard_text and not one.complete]
        heard = hear(ulaw_to_pcm(call.ear.heard.audio(cut.start_ms, cut.end_ms)))
        assert len(heard.split()) >= 3, heard
        assert abs(len(heard.split()) - len(cut.heard_text.split())) <= 1
        assert cut.text.startswith(cut.heard_text)
