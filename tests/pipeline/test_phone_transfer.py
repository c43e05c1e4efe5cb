"""Whole calls to agents by telephone, over the carrier's double in virtual time. The oracle is everybody's ear."""

from pathlib import Path

import numpy as np
import pytest

from recordings.wav import read_samples
from telephony.double.call import DoubleCall
from telephony.double.people import Answers
from telephony.double.script import PressAt
from telephony.transfer_state import State
from tests.fakes.application import tone
from tests.fakes.carrier import AGENT, OTHER
from tests.fakes.office import SPEECH, virtually
from tests.fakes.phone_office import WISH, phone_agent, phone_office
from voice.audio import pcm_to_samples, ulaw_to_pcm

pytestmark = pytest.mark.call

ANA = phone_agent("ana", AGENT)
BEN = phone_agent("ben", OTHER)
ACCEPTS = Answers(steps=[PressAt(1_000, "1")])


async def hears(speaker: DoubleCall, listener: DoubleCall, hz: float) -> bool:
    """Whether what one says is in the other's ear."""
    await speaker.say(tone(500, db=-18, hz=hz))
    await speaker.wait(200)
    heard = listener.ear.heard.audio(listener.now_ms - 600, listener.now_ms)
    samples = pcm_to_samples(ulaw_to_pcm(heard)).astype(np.float64)
    at = np.arange(len(samples)) / 8_000
    return bool(abs(np.exp(-2j * np.pi * hz * at) @ samples) / len(samples) > 100)


@virtually
async def test_caller_and_agent_hear_each_other_and_what_they_say_is_kept(tmp_path: Path):
    async with phone_office(tmp_path, ANA) as office:
        person = office.at.double.person(AGENT, ACCEPTS)
        call = await office.asks()
        office.says(call, caller=["my tent is torn"], agent=["I am sorry to hear that"])
        await office.until(call, State.CONNECTED)
        (agent,) = person.calls
        assert await hears(call, agent, 500.0)
        assert await hears(agent, call, 900.0)
        await call.say(SPEECH)
        await call.wait(2_000)
        await agent.say(SPEECH)
        await agent.wait(2_000)
        call.hang_up()
        record = await office.ended(call)
        assert record.outcome == "transferred"
        said = [(one["agent"], one["text"]) for one in await office.kept(call, "agent.said")]
        assert said == [("ana", "I am sorry to hear that")]
        texts = [one["text"] for one in await office.kept(call, "caller.said")]
        assert texts == [WISH, "my tent is torn"]
        began_ms = next(event.at_ms for event in await office.events(call) if event.kind == "transfer.connected")
    samples = np.abs(read_samples(tmp_path / f"{call.call_sid}.wav").astype(np.int32))
    caller, heard = samples[began_ms * 8 :].T
    assert caller.max() > 1_000
    assert heard.max() > 1_000
