import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.dtmf import Cleared, Collected, Ignored, Incomplete, KeypadAction, KeypadCollector, KeyPressed

pytestmark = pytest.mark.unit


def expecting(min_digits: int, max_digits: int, **more: str | int) -> KeypadCollector:
    collector = KeypadCollector()
    collector.expect(min_digits, max_digits, **more)  # type: ignore[arg-type]
    return collector


def press(collector: KeypadCollector, keys: str, start_ms: int = 0, gap_ms: int = 200) -> list[KeypadAction]:
    return [
        action
        for number, key in enumerate(keys)
        for action in collector.handle(KeyPressed(start_ms + number * gap_ms, key))
    ]


def test_a_menu_is_answered_by_one_key_at_once():
    assert press(expecting(1, 1), "2", 50) == [Collected("2", 50, 50)]


def test_the_last_possible_digit_completes_an_answer():
    assert press(expecting(5, 5), "12345") == [Collected("12345", 800, 0)]


def test_the_terminator_completes_a_shorter_answer():
    collector = expecting(3, 10)
    assert press(collector, "12345#") == [Collected("12345", 1_000, 0)]
    assert not collector.expecting


def test_a_terminator_after_an_answer_that_was_complete_without_it_is_no_answer_to_the_next_question():
    collector = expecting(5, 5)
    press(collector, "12345")
    assert collector.handle(KeyPressed(1_000, "#")) == [Ignored("not_expected")]
    collector.expect(1, 1)
    assert collector.handle(KeyPressed(1_100, "#")) == [Ignored("nothing_entered")]
    assert collector.handle(KeyPressed(1_200, "1")) == [Collected("1", 1_200, 1_200)]


def test_a_pause_completes_an_answer_that_is_long_enough():
    collector = expecting(3, 10)
    assert press(collector, "1234") == []
    assert collector.deadline_ms == 600 + 3_000
    assert collector.tick(3_599) == []
    assert collector.tick(3_600) == [Collected("1234", 3_600, 0)]


@pytest.mark.parametrize("end", ["#", "pause"])
def test_too_few_digits_are_forgotten_and_asked_for_again(end):
    collector = expecting(5, 5)
    press(collector, "12")
    actions = collector.handle(KeyPressed(400, "#")) if end == "#" else collector.tick(3_200)
    assert actions == [Incomplete(2, 400 if end == "#" else 3_200, 0)]
    assert collector.deadline_ms is None
    assert press(collector, "54321", 5_000) == [Collected("54321", 5_800, 5_000)]


def test_a_key_after_the_pause_ends_the_answer_first_even_if_time_was_not_told():
    assert press(expecting(1, 10), "12", gap_ms=3_000) == [Collected("1", 3_000, 0), Ignored("not_expected")]


def test_star_begins_anew():
    assert press(expecting(2, 2), "1*34") == [Cleared(200, 1), Collected("34", 600, 400)]


def test_star_may_be_the_terminator():
    assert press(expecting(1, 9, terminator="*"), "12*") == [Collected("12", 400, 0)]


def test_without_a_terminator_the_hash_key_is_no_digit():
    assert press(expecting(2, 2, terminator=""), "1#2") == [Ignored("not_a_digit"), Collected("12", 400, 0)]


def test_keys_that_no_telephone_has_are_ignored():
    assert press(expecting(2, 2), "A1x2") == [Ignored("not_a_digit"), Ignored("not_a_digit"), Collected("12", 600, 200)]


def test_keys_while_nothing_is_expected_are_ignored():
    collector = KeypadCollector()
    assert press(collector, "1") == [Ignored("not_expected")]
    collector.expect(2, 2)
    press(collector, "1")
    collector.stop()
    assert collector.deadline_ms is None
    assert press(collector, "2") == [Ignored("not_expected")]


def test_a_new_question_forgets_what_was_keyed_in_for_the_last_one():
    collector = expecting(5, 5)
    press(collector, "123")
    collector.expect(2, 2)
    assert collector.deadline_ms is None
    assert press(collector, "45", 700) == [Collected("45", 900, 700)]


def test_a_secret_reaches_a_log_as_its_kind_and_length_only():
    collector = expecting(4, 4, secret="pin")
    assert collector.secret_at(0) == "pin"
    [action] = press(collector, "4711")
    assert isinstance(action, Collected)
    assert action.digits == "4711"
    assert action.for_log() == {"secret": {"kind": "pin", "length": 4}}
    assert "4711" not in repr(action)


def test_keys_that_follow_a_secret_without_a_pause_belong_to_it():
    collector = expecting(4, 4, secret="pin")
    press(collector, "4711")
    for at_ms in (800, 3_000, 5_900):
        assert collector.secret_at(at_ms) == "pin"
        collector.handle(KeyPressed(at_ms, "9"))
    assert collector.secret_at(5_900 + 3_000) == ""
    collector.expect(1, 1)
    assert collector.secret_at(6_000) == ""


def test_an_answer_that_is_no_secret_is_logged():
    [action] = press(expecting(2, 2), "12")
    assert isinstance(action, Collected)
    assert action.for_log() == {"digits": "12"}


@pytest.mark.parametrize(("least", "most", "terminator"), [(0, 5, "#"), (3, 2, "#"), (1, 1, "5"), (1, 1, "##")])
def test_an_expectation_that_makes_no_sense_is_our_mistake_and_changes_nothing(least, most, terminator):
    collector = KeypadCollector()
    with pytest.raises(ValueError, match="cannot"):
        collector.expect(least, most, terminator)
    assert not collector.expecting


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.sampled_from("0123456789*#A")), max_size=40),
    st.integers(1, 4),
    st.integers(0, 4),
    st.sampled_from(["", "#", "*"]),
)
def test_an_answer_has_the_right_length_and_comes_once_however_time_is_told(keys, least, more, terminator):
    told, untold = (
        expecting(least, least + more, terminator=terminator),
        expecting(least, least + more, terminator=terminator),
    )
    at_ms, one, other = 0, [], []
    for gap_ms, key in keys:
        at_ms += gap_ms
        if told.deadline_ms is not None and told.deadline_ms <= at_ms:
            one += told.tick(told.deadline_ms)
        one += told.handle(KeyPressed(at_ms, key))
        other += untold.handle(KeyPressed(at_ms, key))
    assert [type(action) for action in one] == [type(action) for action in other]
    answers = [action for action in one if isinstance(action, Collected)]
    assert len(answers) <= 1
    for answer in answers:
        assert least <= len(answer.digits) <= least + more
        assert answer.digits.isdigit()
        assert answer.start_ms <= answer.at_ms
    assert told.expecting is not bool(answers)


def test_the_terminator_after_a_complete_answer_means_nothing():
    keypad = KeypadCollector()
    keypad.expect(5, 5)
    for at_ms, digit in enumerate("12345"):
        assert keypad.takes(digit)
        keypad.handle(KeyPressed(at_ms, digit))
    assert not keypad.takes("#")
    keypad.expect(1, 1)
    assert not keypad.takes("#")
    assert keypad.takes("1")
