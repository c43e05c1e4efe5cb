import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.tts.trim import LeadingSilence

pytestmark = pytest.mark.unit

SILENCE = bytes(2 * 800)
SOUND = (np.ones(800) * 3000).astype("<i2").tobytes()


def test_silence_before_the_first_sound_is_taken_off_but_for_ten_milliseconds():
    trim = LeadingSilence()
    assert trim.take(SILENCE) == b""
    assert not trim.begun
    assert trim.take(SILENCE + SOUND) == bytes(160) + SOUND
    assert trim.begun


def test_silence_between_and_after_sounds_stays():
    trim = LeadingSilence()
    assert trim.take(SOUND) + trim.take(SILENCE) + trim.take(SOUND) + trim.take(SILENCE) == (SOUND + SILENCE) * 2


def test_the_loudest_negative_sample_is_a_sound():
    assert LeadingSilence().take((np.ones(10) * -32768).astype("<i2").tobytes())


@given(st.lists(st.integers(1, 301), min_size=1))
def test_pieces_of_odd_size_come_out_as_whole_samples_and_in_order(sizes):
    trim, given_, taken = LeadingSilence(), SOUND * 2, b""
    for size in sizes:
        piece = trim.take(given_[:size])
        assert len(piece) % 2 == 0
        taken += piece
        given_ = given_[size:]
    assert (SOUND * 2).startswith(taken)
