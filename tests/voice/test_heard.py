import json
from itertools import pairwise
from pathlib import Path

import pytest

from voice.audio import ULAW_SILENCE
from voice.heard import SPEED, WORD_TOLERANCE_MS, Passage, duration_ms

pytestmark = pytest.mark.unit

SOUND, PAUSE = bytes([0x20]) * 160, bytes([ULAW_SILENCE]) * 160


def passage_of(text, frames, closed=True):
    passage = Passage(text, 0)
    passage.add(b"".join(SOUND if frame == "#" else PAUSE for frame in frames))
    if closed:
        passage.close()
    return passage


def test_words_are_heard_one_after_the_other_and_all_at_the_end():
    passage = passage_of("tent tent tent tent", "#" * 100)
    heard = [passage.heard(at_ms, SPEED) for at_ms in range(0, 2020, 20)]
    assert heard[0] == ""
    assert heard[-1] == passage.text
    assert all(later.startswith(earlier) for earlier, later in pairwise(heard))
    assert heard[30] == "tent"


def test_pauses_of_the_voice_do_not_count_as_words():
    passage = passage_of("tent tent", "#" * 25 + "." * 50 + "#" * 25)
    assert passage.heard(500 + 900, SPEED) == "tent"
    assert passage.heard(2000, SPEED) == "tent tent"


def test_figures_take_as_long_as_they_are_said():
    assert duration_ms("41729") > 4 * duration_ms("one")
    assert duration_ms("$12.50,") > duration_ms("twelve,")
    assert duration_ms("SKU") > duration_ms("sku") > duration_ms("the")


def test_while_audio_is_still_coming_the_voices_speed_tells_what_was_heard():
    text = "one moment please while I look for it"
    passage = passage_of(text, "#" * 20, closed=False)
    assert len(passage.heard(400, SPEED).split()) <= 2
    assert passage.heard(400, SPEED / 8) != passage.heard(400, SPEED)


def test_frames_may_come_in_any_pieces():
    audio = b"".join(SOUND if frame == "#" else PAUSE for frame in "##..##")
    whole, pieces = Passage("a tent", 0), Passage("a tent", 0)
    whole.add(audio)
    for start in range(0, len(audio), 37):
        pieces.add(audio[start : start + 37])
    assert whole.close() == pieces.close()


def test_silence_says_nothing():
    passage = passage_of("hello there", "." * 50)
    assert passage.heard(900, SPEED) == ""
    assert passage_of("", "#").heard(10, SPEED) == ""


def test_words_fall_where_espeak_says_that_it_says_them():
    """Word starts reported by espeak-ng 1.52 at 160 words a minute; sound and pauses as in its audio."""
    errors_ms = []
    for row in json.loads((Path(__file__).parent / "word_times.json").read_text()):
        passage = passage_of(row["spoken"], row["sounds"])
        counts = [len(passage.heard(at_ms, SPEED).split()) for at_ms in range(0, len(row["sounds"]) * 20, 20)]
        for number, start_ms in enumerate(row["starts_ms"]):
            if number and start_ms is not None:
                ended_ms = next(20 * step for step, count in enumerate(counts) if count >= number) + WORD_TOLERANCE_MS
                pause = row["sounds"][: start_ms // 20].rstrip(".")
                errors_ms.append(abs(ended_ms - min(start_ms, max(ended_ms, 20 * len(pause)))))
    errors_ms.sort()
    assert len(errors_ms) > 180
    assert sum(errors_ms) / len(errors_ms) < 80
    assert errors_ms[len(errors_ms) * 95 // 100] < 240
