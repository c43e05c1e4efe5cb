import pytest

from recordings.metrics.spoken import kind_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("mm-hm", "backchannel"),
        ("Uh huh.", "backchannel"),
        ("I see", "backchannel"),
        ("okay", "backchannel"),
        ("yeah, right", "backchannel"),
        ("um okay", "backchannel"),
        ("um", "vocal_tic"),
        ("uh, er", "vocal_tic"),
        ("okay but what about mine", "turn"),
        ("hold on", "turn"),  # to whom it was said, its words do not tell
        ("no", "turn"),
        ("", None),
        ("…", None),
    ],
)
def test_words_over_the_assistant(text, kind):
    assert kind_of(text, 500, over_assistant=True, over_question=False) == kind


@pytest.mark.parametrize(("text", "kind"), [("mm-hm", "backchannel"), ("yes", None), ("okay", None), ("two", "turn")])
def test_over_a_question_a_yes_may_be_its_answer(text, kind):
    assert kind_of(text, 500, over_assistant=True, over_question=True) == kind


@pytest.mark.parametrize(("text", "kind"), [("mm-hm", "turn"), ("okay", "turn"), ("um", "vocal_tic")])
def test_in_silence_listening_words_are_a_turn(text, kind):
    assert kind_of(text, 500, over_assistant=False, over_question=False) == kind


@pytest.mark.parametrize(("duration_ms", "known"), [(1500, True), (1501, False)])
@pytest.mark.parametrize("text", ["mm-hm", "um"])
def test_what_takes_too_long_is_not_known(text, duration_ms, known):
    assert (kind_of(text, duration_ms, over_assistant=True, over_question=False) is not None) == known
