import pytest

from voice.stt.port import Expectation, Hypothesis
from voice.stt.readings import Reading, judged, longest_number, torn

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


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ((Hypothesis("yup", 0.977), Hypothesis("nope", 0.931)), True),
        ((Hypothesis("no thanks", 0.9), Hypothesis("that's right", 0.8)), True),
        ((Hypothesis("yes", 0.977), Hypothesis("yep", 0.97), Hypothesis("no", 0.4)), False),
        ((Hypothesis("where is my order", 0.6), Hypothesis("no", 0.59)), False),
        ((Hypothesis("yes", 1.0),), False),
    ],
)
def test_an_answer_is_torn_when_its_contrary_is_nearly_as_likely(heard: tuple[Hypothesis, ...], expected: bool) -> None:
    assert torn(heard) is expected
