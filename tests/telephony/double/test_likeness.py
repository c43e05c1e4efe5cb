from pathlib import Path

import numpy as np
import pytest

from telephony.double.files import read_ulaw
from telephony.double.likeness import find
from voice.audio import pcm_to_samples, pcm_to_ulaw, silence_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.unit
SAMPLES = Path(__file__).resolve().parents[3] / "recordings" / "samples"
NAMES = ("to_the_agent_rms", "a_person_rms", "agent_hello_slt", "where_is_my_order_rms", "message_rms")


def said(name):
    return read_ulaw(SAMPLES / f"{name}.wav")


def mixed(one, other, gain=0.2):
    samples = pcm_to_samples(ulaw_to_pcm(one)).astype(float)
    beside = np.resize(pcm_to_samples(ulaw_to_pcm(other)).astype(float), samples.shape)
    return pcm_to_ulaw(np.clip(samples * 0.7 + gain * beside, -32768, 32767).astype("<i2").tobytes())


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_is_found_where_it_was_said_even_softer_and_mixed_with_another_voice(name):
    ear = silence_ulaw(1500) + mixed(said(name), said("message_slt")) + silence_ulaw(2000)
    found = find(said(name), ear)
    assert found.same
    assert abs(found.at_ms - 1500) <= 1


@pytest.mark.parametrize("name", NAMES)
def test_other_speech_of_the_same_voices_is_not_taken_for_it(name):
    ear = b"".join(said(other) + silence_ulaw(300) for other in NAMES if other != name)
    assert not find(said(name), ear).same


def test_nothing_is_found_in_silence_or_in_less_than_was_looked_for():
    assert find(said("a_person_rms"), silence_ulaw(20_000)).likeness < 0.1
    assert find(said("a_person_rms"), silence_ulaw(20)).likeness == 0.0


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_that_was_lost_or_doubled_on_the_way_does_not_hide_it(name):
    whole = said(name)
    for broken in (whole[:9600] + whole[9920:], whole[:9600] + silence_ulaw(60) + whole[9600:]):
        assert find(whole, silence_ulaw(900) + broken + silence_ulaw(900)).same
