import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.record import Silence
from recordings.silence import SHORTEST_SILENCE_MS, silences

pytestmark = pytest.mark.unit


def test_nobody_speaking_is_one_silence_from_zero_to_the_end():
    assert silences([], [], 2000) == (Silence(0, 2000, "nobody"),)


def test_nothing_before_zero_and_nothing_in_no_time():
    assert silences([(-500, 100)], [(-900, "assistant")], 1000) == (Silence(100, 1000, "assistant"),)
    assert silences([], [], -900) == ()


def test_overlapping_speech_is_one_stretch():
    assert silences([(0, 1000), (200, 400), (900, 1500)], [], 2500) == (Silence(1500, 2500, "nobody"),)


def test_499_ms_is_a_breath_and_500_ms_a_silence():
    assert silences([(499, 1000)], [], 1500) == (Silence(1000, 1500, "nobody"),)


spans = st.tuples(st.integers(-2000, 20_000), st.integers(0, 4000)).map(lambda s: (s[0], s[0] + s[1]))
floors = st.lists(st.tuples(st.integers(-100, 20_000), st.sampled_from(["caller", "assistant", "nobody"])), max_size=6)


@given(st.lists(spans, max_size=8), floors, st.integers(0, 20_000))
def test_silences_are_disjoint_ordered_and_silent(spoken, changes, end_ms):
    found = silences(spoken, changes, end_ms)
    assert list(found) == sorted(found, key=lambda silence: silence.start_ms)
    last_ms = 0
    for silence in found:
        assert last_ms <= silence.start_ms <= silence.end_ms - SHORTEST_SILENCE_MS <= end_ms
        assert not any(start < silence.end_ms and stop > silence.start_ms for start, stop in spoken)
        assert not any(silence.start_ms < at < silence.end_ms and f != silence.floor for at, f in changes)
        last_ms = silence.end_ms
