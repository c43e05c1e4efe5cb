import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.audio import FRAME_MS
from voice.heard import WORD_TOLERANCE_MS
from voice.tts.delivery import STOPPED_MS, Delivery

pytestmark = pytest.mark.unit

SOUND, PAUSE = (np.ones(160) * 3000).astype("<i2").tobytes(), bytes(320)
TEXT = "your order left our warehouse on tuesday"


def audio(frames):
    return b"".join(SOUND if frame == "#" else PAUSE for frame in frames)


def delivered(text, frames, said=None, slowness=None):
    one = Delivery(text, slowness)
    one.add(audio(frames), said, 0)
    return one


def test_nothing_came_so_all_is_left():
    assert Delivery(TEXT).left() == TEXT
    assert delivered(TEXT, "." * 50).left() == TEXT


def test_a_voice_that_tells_is_believed_and_a_word_said_in_part_is_left_whole():
    assert delivered(TEXT, "#" * 10, said=len("your order")).left() == "left our warehouse on tuesday"
    assert delivered(TEXT, "#" * 10, said=len("your ord")).left() == "order left our warehouse on tuesday"
    assert delivered(TEXT, "#" * 10, said=len(TEXT)).left() == ""


def test_what_has_no_words_is_not_left():
    assert delivered("Hello there ...", "#" * 10, said=len("Hello there")).left() == ""


def test_a_voice_that_stops_telling_is_estimated():
    one = Delivery("tent tent tent tent", 1.0)
    one.add(audio("#" * 15), 4, 0)
    one.add(audio("#" * 35), None, 0)
    assert one.left() == "tent"


def test_a_pause_counts_for_the_punctuation_that_it_comes_near():
    text = "We are open on Sunday. The shop is in Portland."
    for stretch in (0.85, 1.0, 1.2):
        sounds = "#" * int(70 * stretch)
        assert delivered(text, sounds + "." * 15, slowness=1.0).left() == "The shop is in Portland."


def test_no_word_is_delivered_behind_punctuation_at_which_no_pause_was_heard():
    assert delivered("Yes. We are open.", "#" * 60).left().startswith("We are")


def test_it_has_stopped_when_all_was_played_and_nothing_came_for_a_while():
    one = Delivery(TEXT)
    one.add(audio("#" * 10), None, 5000)
    assert one.stopped_at_ms(5100) == 5100 + STOPPED_MS
    one.add(audio("#" * 190), None, 5200)
    assert one.stopped_at_ms(5200) == 5000 + 200 * FRAME_MS


def test_only_a_voice_that_tells_can_have_ended_early_and_one_word_is_forgiven():
    assert delivered(TEXT, "#", said=10).ended_early()
    assert not delivered(TEXT, "#", said=len(TEXT) - 3).ended_early()
    assert not delivered(TEXT, "#").ended_early()


def test_its_speed_is_told_when_enough_was_said():
    normal, slow = delivered(TEXT, "#" * 100).slowness(), delivered(TEXT, "#" * 150).slowness()
    assert normal is not None
    assert slow == pytest.approx(1.5 * normal)
    assert delivered("Yes.", "#" * 20).slowness() is None
    assert delivered(TEXT, "." * 20).slowness() is None


@given(st.text(alphabet="ab 1.,$"), st.text(alphabet="#."), st.none() | st.integers(0, 30))
def test_what_is_left_is_always_the_end_of_the_text(text, frames, said):
    one = delivered(text, frames, said)
    assert text.endswith(one.left())


@pytest.mark.parametrize("speed", [0.85, 1.0, 1.2])
def test_where_a_voice_of_known_speed_was_cut_is_found_to_the_word(speed):
    """Sounds and word starts as espeak-ng 1.52 told them, played faster and slower; cut every 140 ms."""
    off = []
    for row in json.loads((Path(__file__).parent.parent / "word_times.json").read_text()):
        frames, ends_ms = stretched(row, speed)
        for cut_ms in range(300, len(frames) * FRAME_MS - 200, 140):
            left = delivered(row["spoken"], frames[: cut_ms // FRAME_MS], slowness=speed).left()
            whole = sum(end_ms <= cut_ms + WORD_TOLERANCE_MS for end_ms in ends_ms)
            off.append(len(left.split()) - (len(ends_ms) - whole))
    assert len(off) > 400
    assert sum(words in (0, 1) for words in off) / len(off) > 0.92
    assert sum(words < 0 for words in off) / len(off) < 0.04, "words left out"
    assert sum(words > 1 for words in off) / len(off) < 0.06, "words said twice, beyond one"
    assert min(off) >= -2


def stretched(row, speed):
    sounds, starts_ms = row["sounds"], row["starts_ms"]
    frames = "".join(sounds[min(len(sounds) - 1, int(at / speed))] for at in range(int(len(sounds) * speed)))
    ends_ms = []
    for number, start_ms in enumerate(starts_ms):
        next_ms = next((one for one in starts_ms[number + 1 :] if one is not None), len(sounds) * FRAME_MS)
        sounding_ms = len(sounds[: next_ms // FRAME_MS].rstrip(".")) * FRAME_MS
        ends_ms.append(speed * min(next_ms, max(sounding_ms, start_ms or 0)))
    return frames, ends_ms
