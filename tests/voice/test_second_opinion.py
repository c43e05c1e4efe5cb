import numpy as np
import pytest

from voice.second_opinion import WINDOW, SecondOpinion

pytestmark = pytest.mark.unit

FRAME = np.zeros(160, dtype=np.float32)


class Told:
    """Says what it is told to, and remembers what it heard."""

    def __init__(self, likely=0.0):
        self.likely = likely
        self.heard = []
        self.restarts = 0

    def restart(self):
        self.restarts += 1

    def hear(self, windows):
        self.heard += list(windows.copy())
        return [self.likely] * len(windows)


def feed(opinion, frames, haste, *, stands_out):
    return [opinion.hear(FRAME, haste, stands_out=stands_out) for _ in range(frames)]


def test_it_is_not_asked_while_nothing_stands_out():
    told = Told(0.9)
    assert feed(SecondOpinion(told), 500, "now", stands_out=False) == [0.0] * 500
    assert told.heard == []


def test_it_hears_what_came_before_the_sound_that_wakes_it_without_a_gap():
    told = Told(0.9)
    opinion = SecondOpinion(told)
    line = np.arange(40 * 160, dtype=np.float32)
    for at in range(0, line.size, 160):
        opinion.hear(line[at : at + 160], "now", stands_out=at >= 30 * 160)
    heard = np.concatenate(told.heard) * 32768
    assert np.allclose(np.diff(heard), 1.0)
    assert heard[0] == 24 * 160


def test_in_haste_it_is_asked_as_soon_as_a_window_is_full():
    told = Told(0.9)
    feed(SecondOpinion(told), 16, "now", stands_out=True)
    assert len(told.heard) == 16 * 160 // WINDOW


def test_without_haste_windows_are_caught_up_on_together():
    told = Told(0.9)
    opinion = SecondOpinion(told)
    counts = []
    for _ in range(20):
        opinion.hear(FRAME, "whenever", stands_out=True)
        counts.append(len(told.heard))
    assert set(counts) == {0, 8}


def test_each_of_the_windows_that_are_caught_up_on_counts():
    class Rising(Told):
        def hear(self, windows):
            return [0.95, *super().hear(windows)[1:]]

    opinion = SecondOpinion(Rising(0.2))
    feed(opinion, 13, "whenever", stands_out=True)
    assert (opinion.likely, opinion.best) == (0.2, 0.95)


def test_it_falls_asleep_after_a_while_without_speech_and_forgets():
    told = Told(0.9)
    opinion = SecondOpinion(told)
    feed(opinion, 16, "now", stands_out=True)
    told.likely = 0.02
    feed(opinion, 30, "now", stands_out=False)
    asked = len(told.heard)
    assert told.restarts == 1
    assert opinion.likely == opinion.best == 0.0
    feed(opinion, 50, "now", stands_out=False)
    assert len(told.heard) == asked


def test_it_stays_awake_in_a_pause_that_it_takes_for_speech():
    told = Told(0.9)
    opinion = SecondOpinion(told)
    feed(opinion, 16, "now", stands_out=True)
    assert feed(opinion, 100, "now", stands_out=False)[-1] == 0.9


def test_missing_frames_are_forgotten():
    told = Told(0.9)
    opinion = SecondOpinion(told)
    feed(opinion, 16, "now", stands_out=True)
    opinion.forget()
    assert opinion.likely == 0.0
    assert told.restarts == 1
    asked = len(told.heard)
    feed(opinion, 1, "now", stands_out=True)
    assert len(told.heard) == asked
