import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice import audio

pytestmark = pytest.mark.unit


def test_every_code_survives_a_round_trip_except_negative_zero():
    codes = bytes(range(256))
    again = audio.pcm_to_ulaw(audio.ulaw_to_pcm(codes))
    assert again.replace(b"\xff", b"\x7f") == codes.replace(b"\xff", b"\x7f")


def test_decoding_gives_the_values_of_itu_g711():
    assert audio.pcm_to_samples(audio.ulaw_to_pcm(b"\x00\x80\xff\x7f\xf0\x8f")).tolist() == [
        -32124,
        32124,
        0,
        0,
        120,
        16764,
    ]


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=400))
def test_encoding_is_within_the_quantiser_step(values):
    samples = np.array(values, dtype="<i2")
    back = audio.pcm_to_samples(audio.ulaw_to_pcm(audio.samples_to_ulaw(samples))).astype(int)
    clipped = np.clip(samples.astype(int), -32635, 32635)
    # Half a step of the segment: 4 below 120, doubling up to 512 at the top; truncation costs a whole one.
    assert np.all(np.abs(back - clipped) <= np.maximum(8, (np.abs(clipped) + 132) / 16))


def test_frames_are_twenty_milliseconds_and_the_last_is_padded_with_silence():
    frames = list(audio.ulaw_frames(b"\x10" * 200))
    assert [len(frame) for frame in frames] == [160, 160]
    assert frames[1] == b"\x10" * 40 + b"\xff" * 120


def test_silence_is_silent_and_as_long_as_asked():
    quiet = audio.silence_ulaw(30)
    assert len(quiet) == 240
    assert audio.level_db(audio.ulaw_to_pcm(quiet)) == -96.0


def test_level_of_a_full_scale_square_wave_is_zero_db():
    wave = np.tile(np.array([32767, -32768], dtype="<i2"), 400).tobytes()
    assert audio.level_db(wave) == pytest.approx(0.0, abs=0.01)


def test_odd_pcm_is_refused():
    with pytest.raises(ValueError, match="multiple"):
        audio.pcm_to_ulaw(b"\x00\x00\x00")
