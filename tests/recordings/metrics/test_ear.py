import numpy as np
import pytest

from recordings.metrics.ear import ear_timeline
from recordings.metrics.timeline import Stretch, Timeline, with_the_assistant

pytestmark = pytest.mark.unit

NOTHING = Timeline((), (), 0)


def sound(*spans, end_ms=10_000, level=3000, noise=0):
    """One channel with a tone in these spans, over noise."""
    samples = np.random.default_rng(7).normal(0, noise, end_ms * 8) if noise else np.zeros(end_ms * 8)
    tone = np.sin(np.arange(end_ms * 8) * 0.3) * level
    for start_ms, stop_ms in spans:
        samples[start_ms * 8 : stop_ms * 8] += tone[start_ms * 8 : stop_ms * 8]
    return samples.astype(np.int16)


def stereo(caller, heard):
    return np.stack([caller, heard], axis=1)


def spans(line):
    return [(each.start_ms, each.end_ms) for each in line.caller]


def test_an_empty_recording_has_an_empty_timeline():
    assert ear_timeline(np.zeros((0, 2), dtype=np.int16), NOTHING) == Timeline((), (), 0)


def test_sound_on_each_channel_is_found_at_its_time():
    line = ear_timeline(stereo(sound((1000, 2000)), sound((3000, 5000), (7000, 7500))), NOTHING)
    assert line.caller == (Stretch(1000, 2000, None),)
    assert line.assistant == ((3000, 5000), (7000, 7500))
    assert line.end_ms == 10_000


def test_a_breath_is_no_silence_and_half_a_second_is():
    line = ear_timeline(stereo(sound(), sound((1000, 2000), (2480, 3000), (3500, 4000))), NOTHING)
    assert line.assistant == ((1000, 3000), (3500, 4000))


def test_a_pause_in_which_the_caller_makes_a_sound_is_a_silence_however_short():
    line = ear_timeline(stereo(sound((1900, 2100)), sound((1000, 2000), (2300, 3000))), NOTHING)
    assert line.assistant == ((1000, 2000), (2300, 3000))


def test_a_noisy_line_is_not_all_speech():
    line = ear_timeline(stereo(sound((1000, 2000), noise=100), sound()), NOTHING)
    assert spans(line) == [(1000, 2000)]


def test_noise_that_lasts_longer_than_the_speech_is_no_speech_also_on_a_line_that_is_dead_before_and_after():
    caller = sound((1000, 2000), end_ms=3000, noise=150)
    line = ear_timeline(stereo(np.concatenate([caller * 0, caller, caller * 0]), sound(end_ms=9000)), NOTHING)
    assert spans(line) == [(4000, 5000)]


def test_a_soft_caller_is_heard():
    line = ear_timeline(stereo(sound((1000, 2000), level=500, noise=30), sound()), NOTHING)  # −39 over −61 dB
    assert spans(line) == [(1000, 2000)]


def test_nothing_but_noise_is_no_speech():
    assert ear_timeline(stereo(sound(noise=200), sound()), NOTHING).caller == ()


def test_clicks_are_not_speech():
    assert ear_timeline(stereo(sound((1000, 1040)), sound()), NOTHING).caller == ()


def test_what_a_stretch_was_is_told_by_the_events_and_when_it_was_by_the_ear():
    told = Timeline((Stretch(900, 3100, "turn", used_tool=True), Stretch(5000, 5300, "backchannel")), (), 10_000)
    heard = stereo(sound((1000, 1800), (2600, 3000), (5040, 5240), (8000, 8200)), sound())
    assert ear_timeline(heard, told).caller == (
        Stretch(1000, 3000, "turn", used_tool=True),
        Stretch(5040, 5240, "backchannel"),
        Stretch(8000, 8200, None),
    )


def test_a_persons_voice_is_none_of_the_assistants_also_where_no_pause_parts_the_two():
    told = Timeline((Stretch(1000, 2000, "turn"),), ((2500, 4000),), 10_000, away=((4100, 7000),))
    line = ear_timeline(
        stereo(sound((1000, 2000), (5500, 6000)), sound((2500, 4000), (4200, 5000), (8000, 9000))), told
    )
    assert line.assistant == ((2500, 4000), (8000, 9000))
    assert with_the_assistant(line).caller == (Stretch(1000, 2000, "turn"),)


def test_a_person_who_has_the_caller_at_the_end_has_them_until_the_recordings_end():
    line = ear_timeline(stereo(sound(), sound((8500, 9500))), Timeline((), (), 9000, away=((4000, 9000),)))
    assert (line.assistant, line.away) == ((), ((4000, 10_000),))
