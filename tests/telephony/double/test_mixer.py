import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.double.mixer import SILENCE, DelayLine, Loop, Once, mixed
from tests.fakes.application import tone
from voice.audio import pcm_to_samples, samples_to_ulaw, ulaw_to_pcm

pytestmark = pytest.mark.unit

FRAMES = st.binary(min_size=160, max_size=160)


def samples(ulaw: bytes) -> np.ndarray:
    return pcm_to_samples(ulaw_to_pcm(ulaw)).astype(np.int32)


@given(st.lists(FRAMES, max_size=4))
def test_mixing_is_the_clipped_sum_whatever_the_order(frames):
    wanted = np.clip(sum((samples(each) for each in frames), np.zeros(160, np.int32)), -32768, 32767)
    assert np.array_equal(samples(mixed(frames)), samples(samples_to_ulaw(wanted.astype(np.int16))))
    assert mixed(frames) == mixed(frames[::-1])


def test_a_lone_voice_passes_unchanged_and_nobody_is_silence():
    voice = tone(20)
    assert mixed([SILENCE, voice, SILENCE]) == voice
    assert mixed([]) == mixed([SILENCE, SILENCE]) == SILENCE


def test_two_loud_voices_saturate_and_do_not_wrap():
    loud = samples_to_ulaw(np.full(160, 30_000, np.int16))
    assert samples(mixed([loud, loud])).min() > 30_000


@given(st.integers(0, 40), st.integers(1, 60))
def test_a_delay_line_gives_back_all_in_order_and_later(delay_frames, count):
    line = DelayLine(delay_frames * 20)
    frames = [bytes([number]) * 160 for number in range(count)]
    came = []
    for frame in frames:
        line.put(frame)
        came.append(line.take())
    came += [line.take() for _ in range(delay_frames)]
    assert came == [SILENCE] * delay_frames + frames


def test_a_clock_that_is_late_does_not_make_the_delay_grow():
    line = DelayLine(40)
    for number in range(50):
        line.put(bytes([number]) * 160)
    assert [line.take()[0] for _ in range(6)] == [45, 46, 47, 48, 49, 0xFF]


def test_music_repeats_and_an_announcement_ends():
    music, told = Loop(b"\x01" * 160 + b"\x02" * 100), Once()
    assert [music.take()[0] for _ in range(3)] == [1, 2, 1]
    assert Loop(b"").take() == SILENCE
    told.put(b"\x03" * 200)
    assert told
    assert [told.take()[0] for _ in range(3)] == [3, 3, 0xFF]
    assert not told
