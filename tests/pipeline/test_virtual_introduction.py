"""Caller and agent at the desk are introduced to each other, whole calls in virtual time."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from telephony.agent_words import introduction
from tests.fakes.agents import ANA, DeskAgent
from tests.fakes.application import tone
from tests.fakes.office import SPEECH, VirtualCall, VirtualOffice, virtual_office, virtually
from tests.fakes.put_through import WISH, asked, desk, every_queue
from tests.peers.speech import hear
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.call
WORDS = introduction("en", "Ana")
LETTERS = "".join(letter for letter in WORDS.lower() if letter.isalpha())


def letters(ulaw: bytes) -> str:
    return "".join(letter for letter in hear(ulaw_to_pcm(ulaw)) if letter.isalpha())


def in_ear(call: VirtualCall) -> int:
    """How often the caller has heard it."""
    return letters(call.ear.heard.audio(0, call.handset.now_ms)).count(LETTERS)


def at_desk(ana: DeskAgent) -> int:
    """How often the agent has."""
    return letters(bytes(ana.ear)).count(LETTERS)


def sounds(ulaw: bytes, hz: float) -> bool:
    """Whether this tone is in it."""
    samples = pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)


async def introduced(office: VirtualOffice, call: VirtualCall) -> list[tuple[str, bool]]:
    """What of it was heard, as the call's log has it."""
    events = await office.events(call.sid)
    ids = [one.data["utterance"] for one in events if one.data.get("purpose") == "introduction"]
    over = [one.data for one in events if one.kind == "assistant.heard" and one.data["utterance"] in ids]
    return [(one["heard_text"], one["complete"]) for one in over]


@virtually
async def test_caller_and_agent_at_the_desk_hear_the_same_words_once_and_each_other_meanwhile(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "hello there", "thanks"], agents=[ANA], spelled=True) as office:
        every_queue(office, introduction=True)
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        await asyncio.sleep(4)
        assert (in_ear(call), at_desk(ana)) == (1, 1)
        assert await introduced(office, call) == [(WORDS, True)]
        assert office.transfers.hand_back(offer["transfer"], "ana", "")
        await call.quiet(since_ms=call.handset.now_ms)
        texts = [one.data["text"] for one in await office.events(call.sid) if one.kind == "assistant.speaks"]
        assert texts.count(WORDS) == 1
        assert texts[-1].startswith("You're back with me")


@pytest.mark.edge("caller speaks over the announcement")
@virtually
async def test_who_speaks_into_the_introduction_is_heard_by_the_other_and_not_answered_by_the_assistant(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH, "where is my order"], agents=[ANA]) as office:
        every_queue(office, introduction=True)
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await asyncio.sleep(0.5)
        office.voice.said.clear()
        before, before_ms = len(ana.ear), call.handset.now_ms
        await call.speak(tone(400, hz=900))
        await ana.speaks(tone(400, hz=500))
        await asyncio.sleep(0.2)
        heard, ears = bytes(ana.ear[before:]), call.ear.heard.audio(before_ms, call.handset.now_ms)
        assert (sounds(heard, 900), sounds(heard, 500)) == (True, False)
        assert (sounds(ears, 900), sounds(ears, 500)) == (False, True)
        assert await introduced(office, call) == []  # it goes on
        await call.speak()
        await asyncio.sleep(8)
        said = [one.data for one in await office.events(call.sid) if one.kind == "caller.said"]
        assert said[-1]["text"] == "where is my order"
        assert office.voice.said == []
        assert await introduced(office, call) == [(WORDS, True)]


@virtually
async def test_an_introduction_that_ends_with_the_conversation_is_kept_as_far_as_it_was_heard(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], spelled=True) as office:
        every_queue(office, introduction=True)
        ana = desk(office, "ana")
        call = await asked(office)
        offer = await ana.accepts()
        await asyncio.sleep(1)
        assert office.transfers.hand_back(offer["transfer"], "ana", "")
        await asyncio.sleep(1)
        ((heard, complete),) = await introduced(office, call)
        assert not complete
        assert heard
        assert WORDS.startswith(heard)
        assert (in_ear(call), at_desk(ana)) == (0, 0)


@pytest.mark.parametrize("how", ["at once", "halfway", "without a sound"])
def test_where_the_voice_fails_they_are_joined_without_it(tmp_path: Path, how):
    @virtually
    async def script():
        async with virtual_office(tmp_path, [WISH], agents=[ANA]) as office:
            every_queue(office, introduction=True)
            ana = desk(office, "ana")
            office.voice.fail("You are now with", how=how)
            call = await asked(office)
            await ana.accepts()
            await asyncio.sleep(12)
            before_ms, heard_ms = call.handset.now_ms, ana.heard_ms()
            await ana.speaks(SPEECH)
            await call.speak()
            await asyncio.sleep(1)
            assert call.ear.heard.audible_ms(before_ms, call.handset.now_ms) >= 500
            assert ana.heard_ms() - heard_ms >= 500
            ((heard, complete),) = await introduced(office, call)
            assert not complete
            assert heard != WORDS
            assert office.voice.said[-1] == WORDS  # nothing is said about it

    script()


@virtually
async def test_a_caller_whose_connection_breaks_is_not_introduced_again(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], spelled=True) as office:
        every_queue(office, introduction=True)
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await asyncio.sleep(1.5)  # in the middle of it
        call.stream.lose()
        await asyncio.sleep(0.5)
        again = await office.resume(call)
        await asyncio.sleep(5)
        assert (in_ear(again), at_desk(ana)) == (0, 0)
        ((heard, complete),) = await introduced(office, call)
        assert WORDS.startswith(heard)
        assert not complete
        again.stream.hang_up()
        assert (await office.ended(call.sid)).outcome == "transferred"


@virtually
async def test_without_the_option_nothing_is_said(tmp_path: Path):
    async with virtual_office(tmp_path, [WISH], agents=[ANA], spelled=True) as office:
        ana = desk(office, "ana")
        call = await asked(office)
        await ana.accepts()
        await asyncio.sleep(4)
        assert (in_ear(call), at_desk(ana)) == (0, 0)
        assert await introduced(office, call) == []
