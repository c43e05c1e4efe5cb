import pytest

from voice.stt.port import Expectation
from voice.stt.readings import Reading, judged, longest_number

pytestmark = pytest.mark.unit

YES_NO = Expectation("yes_no", "yes_no")


def test_the_expected_answer_wins_when_it_explains_the_audio_as_well() -> None:
    heard = judged([Reading("yes", -200.0, 90)], [Reading("this", -230.0, 90)], YES_NO)
    assert heard[0].text == "yes"


def test_an_unexpected_answer_wins_when_it_explains_the_audio_better() -> None:
    heard = judged([Reading("no no", -900.0, 300)], [Reading("where is my order", -500.0, 300)], YES_NO)
    assert [one.text for one in heard] == ["where is my order", "no no"]


def test_a_number_of_the_expected_length_is_preferred_among_open_readings() -> None:
    openly = [Reading("one two three four", -400.0, 200), Reading("one two three four five", -410.0, 200)]
    assert judged([], openly, Expectation("open", "", 5, 5))[0].text == "one two three four five"
    assert judged([], openly, Expectation())[0].text == "one two three four"


def test_the_same_words_are_one_hypothesis() -> None:
    heard = judged([Reading("yes", -200.0, 90)], [Reading("yes", -220.0, 90), Reading("yet", -240.0, 90)], YES_NO)
    assert [one.text for one in heard] == ["yes", "yet"]


def test_a_reading_far_ahead_is_believed_more_than_one_that_is_close() -> None:
    far = judged([Reading("yes", -200.0, 90), Reading("no", -290.0, 90)], [], YES_NO)[0]
    close = judged([Reading("yes", -200.0, 90), Reading("no", -203.0, 90)], [], YES_NO)[0]
    assert 0.0 <= close.confidence < far.confidence <= 1.0


def test_no_reading_is_no_hypothesis() -> None:
    assert judged([], [], YES_NO) == ()


@pytest.mark.parametrize(
    ("text", "digits"),
    [("", 0), ("yes", 0), ("order double four one", 3), ("it's one two then three", 2), ("oh five", 2)],
)
def test_the_longest_run_of_spoken_digits_is_counted(text: str, digits: int) -> None:
    assert longest_number(text) == digits
