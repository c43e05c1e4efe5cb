"""Where the sounds begin that callers let hear over the assistant."""

import numpy as np
import pytest

from benchmarks.interjections import _cut

pytestmark = pytest.mark.unit

VOICE = np.sin(np.arange(2400) * 0.5)
CLICK = np.where(np.arange(80) < 8, 0.2, 0.0)


def silence(ms):
    return np.zeros(ms * 8)


def test_a_sound_begins_with_its_first_loud_sample():
    assert _cut(np.concatenate([silence(500), VOICE, silence(500)])).size == pytest.approx(VOICE.size, abs=16)


def test_a_click_long_before_a_sound_is_no_part_of_it():
    clicks = [CLICK, silence(150), CLICK, silence(400)]
    assert _cut(np.concatenate([silence(500), *clicks, VOICE])).size == pytest.approx(VOICE.size, abs=16)


def test_a_consonant_before_its_closure_is():
    word = np.concatenate([CLICK, silence(70), VOICE])
    assert _cut(np.concatenate([silence(500), word])).size == pytest.approx(word.size, abs=16)


def test_what_is_nothing_but_clicks_stays_whole():
    clicks = np.concatenate([CLICK, silence(300), CLICK])
    assert _cut(clicks).size >= clicks.size - CLICK.size
