from typing import Literal

import numpy as np
import pytest

from benchmarks.alignment import Spoken
from benchmarks.callers import Clause, Recording, joint_after, silences_in
from benchmarks.pauses import PHRASES, turns

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("token", "following", "where"),
    [
        ("folders.", "press", "sentence"),
        ("recording", "press", "sentence"),
        ("call,", "or", "clause"),
        ("number", "followed", "clause"),
        ("is", "four", "phrase"),
        ("eight", "to", "phrase"),
        ("agent", "login", None),
    ],
)
def test_a_joint_is_told_by_the_words_around_it(token, following, where):
    assert joint_after(token, token.strip(".,"), following) == where


def test_silences_are_found_to_ten_milliseconds_above_the_noise_of_a_room():
    rng = np.random.default_rng(1)
    sound = rng.normal(0, 0.1, 8000)
    sound[3200:4000] = 0
    sound += rng.normal(0, 0.002, 8000)
    _, end_ms, silences = silences_in(sound)
    assert silences == [(400, 100)]
    assert end_ms >= 980


WHERE: tuple[Literal["sentence", "clause", "phrase"], ...] = ("phrase", "phrase", "phrase", "clause", "sentence")


def recording(name, broken_off=False):
    rng = np.random.default_rng(len(name))
    clauses = tuple(
        Clause(rng.normal(0, 0.1, 4000), (Spoken(f"{name}{number}", 0, 500),), where)
        for number, where in enumerate(WHERE)
    )
    return Recording(name, "prompter", "test", clauses, broken_off)


def test_no_turn_has_more_than_two_pauses_inside_clauses_and_a_broken_off_one_goes_on(shared):
    said = [recording("whole"), recording("begun", broken_off=True)]
    composed = [turn for turn in turns(shared / "audio", said, 1) if turn.speaker == "prompter"]
    whole, begun = composed
    assert [pause.where for pause in whole.pauses].count("phrase") == PHRASES
    assert whole.pauses[-1].end_ms is None
    assert "joined" in [pause.where for pause in begun.pauses]
    assert len({word.text for word in begun.words} & {f"whole{n}" for n in range(5)}) >= 1


def test_words_are_said_where_their_sounds_are_and_told_later(shared):
    (turn,) = (turn for turn in turns(shared / "audio", [recording("whole")], 2) if turn.speaker == "prompter")
    starts = [pause.start_ms for pause in turn.pauses]
    assert all(word.told_ms - word.end_ms == 250 for word in turn.words)
    assert turn.words[-1].end_ms <= starts[-1]
