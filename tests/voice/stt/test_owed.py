"""What one caller said and nobody has understood yet."""

import pytest

from voice.stt.owed import Audio, Begin, End, Owed

pytestmark = pytest.mark.unit


def fed(owed: Owed, since_ms: int, until_ms: int) -> None:
    for at_ms in range(since_ms, until_ms, 60):
        owed.wrote(bytes(960), at_ms)


def audio_ms(told: list[Begin | Audio | End]) -> list[int]:
    return [one.at_ms for one in told if isinstance(one, Audio)]


def test_an_utterance_is_told_again_whole_with_a_little_before_it():
    owed = Owed()
    fed(owed, 0, 3000)
    owed.began(1200)
    fed(owed, 3000, 3600)
    owed.ended(3300, 9000)
    told = list(owed.again(0))
    assert audio_ms(told) == list(range(900, 3600, 60))
    marks = [one for one in told if not isinstance(one, Audio)]
    assert marks == [Begin(1200), End(3300, 9000)]
    assert told.index(marks[0]) == audio_ms(told).index(1200)
    assert told.index(marks[1]) - 1 == audio_ms(told).index(3300)


def test_a_route_that_hears_utterances_only_gets_their_pre_roll_after_their_begin():
    owed = Owed()
    fed(owed, 0, 3000)
    owed.began(1200)
    told = list(owed.again(300))
    assert told[0] == Begin(900)
    assert audio_ms(told)[0] == 900


def test_what_has_a_result_is_never_told_again():
    owed = Owed()
    owed.began(0)
    fed(owed, 0, 1200)
    owed.ended(900, 5000)
    assert owed.answered(900)
    told = list(owed.again(0))
    assert audio_ms(told) == list(range(900, 1200, 60))
    assert len(told) == 5
    owed.began(1140)
    fed(owed, 1200, 1800)
    assert audio_ms(list(owed.again(0)))[0] >= 880


def test_a_result_that_nobody_waits_for_is_not_wanted():
    owed = Owed()
    assert not owed.answered(500)
    owed.began(1000)
    owed.ended(1500, 4000)
    assert owed.answered(1500)
    assert not owed.answered(1500)


def test_one_result_may_answer_two_utterances():
    owed = Owed()
    for start_ms in (0, 2000):
        owed.began(start_ms)
        owed.ended(start_ms + 1000, 9000)
    assert owed.answered(3100)
    assert owed.due_ms is None


def test_a_result_in_the_middle_of_an_utterance_leaves_the_rest_owed():
    owed = Owed()
    owed.began(0)
    assert owed.answered(700)
    owed.ended(2000, 9000)
    assert owed.due_ms == 9000
    assert owed.answered(1900)


def test_an_utterance_that_was_answered_before_its_end_owes_nothing():
    owed = Owed()
    owed.began(0)
    assert owed.answered(700)
    owed.ended(900, 9000)
    assert owed.due_ms is None


def test_what_is_overdue_is_given_up_once_and_its_result_is_not_wanted_any_more():
    owed = Owed()
    owed.began(0)
    owed.ended(900, 3000)
    assert owed.overdue(2999) is None
    assert owed.overdue(3000) == (0, 900)
    assert owed.overdue(3001) is None
    assert not owed.answered(900)


def test_nothing_is_due_while_the_caller_speaks():
    owed = Owed()
    owed.began(0)
    owed.ended(900, 3000)
    owed.began(1200)
    assert owed.due_ms is None
    assert owed.overdue(60_000) is None


def test_audio_is_kept_for_ten_seconds():
    owed = Owed()
    owed.began(0)
    fed(owed, 0, 30_000)
    told = audio_ms(list(owed.again(0)))
    assert 29_940 - told[0] <= 10_000
    assert told[-1] == 29_940
