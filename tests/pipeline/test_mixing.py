"""Several people's sound for one ear."""

import numpy as np
import pytest

from pipeline.mixing import Mix
from voice.audio import pcm_to_samples, samples_to_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.unit


def tone(level):
    return samples_to_ulaw(np.full(160, level, np.int16))


def value(frame):
    return int(pcm_to_samples(ulaw_to_pcm(frame))[0])


def test_who_alone_sends_is_passed_on_as_it_came():
    mix = Mix()
    frame = bytes(range(160))
    assert mix.put("ana", 0, frame) == [frame]
    assert mix.put("ana", 20, frame) == [frame]


def test_two_who_speak_at_once_are_both_heard():
    mix = Mix()
    mix.put("ana", 0, tone(1000))
    assert mix.put("ada", 5, tone(2000)) == []  # ana's next one is waited for
    (mixed,) = mix.put("ana", 20, tone(1000))
    assert value(mixed) == pytest.approx(3000, rel=0.05)


def test_too_loud_together_is_as_loud_as_can_be():
    mix = Mix()
    mix.put("ana", 0, tone(30000))
    mix.put("ada", 5, tone(30000))
    (mixed,) = mix.put("ana", 20, tone(30000))
    assert value(mixed) > 30000


def test_who_falls_silent_is_not_waited_for_for_long():
    mix = Mix()
    mix.put("ana", 0, tone(1))
    mix.put("ada", 0, tone(1))
    given = [len(mix.put("ana", at, tone(1))) for at in range(20, 200, 20)]
    assert sum(given) == len(given)
    assert given[-1] == 1


def test_a_burst_of_one_does_not_wait_for_ever():
    mix = Mix()
    mix.put("ada", 0, tone(1))
    assert sum(len(mix.put("ana", 0, tone(1))) for _ in range(10)) >= 6


def test_who_is_gone_is_waited_for_no_more():
    mix = Mix()
    mix.put("ada", 0, tone(1))
    assert mix.put("ana", 20, tone(1)) == []
    mix.forget("ada")
    assert len(mix.put("ana", 21, tone(1))) == 2
